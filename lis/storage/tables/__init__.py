"""Every table of a laboratory (`lab_metadata`) and of the control database (`control_metadata`)."""

from lis.storage.tables.communications import (
    call,
    call_attempt,
    countersignature,
    handoff,
    occurrence,
    occurrence_note,
)
from lis.storage.tables.lab import catalog_file, catalog_version, counter, journal, lab, staff
from lis.storage.tables.messages import inbound, interface, outbox
from lis.storage.tables.orders import lab_order, ordered_test, patient, visit
from lis.storage.tables.results import control_observation, observation, report_note, result, result_version
from lis.storage.tables.specimens import (
    analyzer_work,
    container,
    label_print,
    recollection,
    rejection,
    specimen,
)
from lis.storage.tables.types import control_metadata, lab_metadata

__all__ = [
    "analyzer_work",
    "call",
    "call_attempt",
    "catalog_file",
    "catalog_version",
    "container",
    "control_metadata",
    "control_observation",
    "counter",
    "countersignature",
    "handoff",
    "inbound",
    "interface",
    "journal",
    "lab",
    "lab_metadata",
    "lab_order",
    "label_print",
    "observation",
    "occurrence",
    "occurrence_note",
    "ordered_test",
    "outbox",
    "patient",
    "recollection",
    "rejection",
    "report_note",
    "result",
    "result_version",
    "specimen",
    "staff",
    "visit",
]
