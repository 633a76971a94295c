"""What the standards call the parts of a message: segments, fields and components of HL7, records of LIS02.

Field names come from hl7apy's definitions of the message's own version, read once and nothing else of it.
"""

from __future__ import annotations

import importlib
from functools import cache
from typing import Any

from lis.interfaces.hl7.envelope import SUPPORTED

USUAL = "2.5.1"

SEGMENTS = {
    "MSH": "Message header",
    "MSA": "Message acknowledgement",
    "ERR": "Error",
    "EVN": "Event type",
    "PID": "Patient identification",
    "PD1": "Patient demographics",
    "NK1": "Next of kin",
    "PV1": "Visit",
    "PV2": "Visit, more",
    "ORC": "Common order",
    "OBR": "Observation request",
    "TQ1": "Timing and priority",
    "OBX": "Observation",
    "TCD": "Test code detail",
    "NTE": "Note",
    "SPM": "Specimen",
    "SAC": "Container",
    "INV": "Inventory",
    "SID": "Substance",
    "CTI": "Clinical trial",
    "DG1": "Diagnosis",
    "AL1": "Allergy",
    "QPD": "Query parameters",
    "RCP": "Response control",
    "QAK": "Query acknowledgement",
    "QRD": "Query definition",
    "QRF": "Query filter",
    "DSP": "Display data",
    "DSC": "Continuation",
    "EQU": "Equipment",
    "FHS": "File header",
    "BHS": "Batch header",
    "BTS": "Batch trailer",
    "FTS": "File trailer",
}

RECORDS = {
    "H": "Header",
    "P": "Patient",
    "O": "Order",
    "R": "Result",
    "C": "Comment",
    "Q": "Query",
    "M": "Manufacturer's own",
    "S": "Scientific",
    "L": "End",
}

# LIS02-A2 section 6 to 12, in short words.
_RECORD_FIELDS = {
    "H": "2 delimiters,3 message number,4 password,5 sender,10 receiver,11 comment,12 processing id,13 version,14 time",
    "P": "2 number,3 patient id of the practice,4 patient id of the laboratory,5 patient id,6 name,8 birth date,9 sex",
    "O": "2 number,3 specimen id,4 instrument's specimen id,5 test,6 priority,7 requested at,8 collected at,"
    "12 action,15 received at,16 specimen type,26 report type",
    "R": "2 number,3 test,4 value,5 unit,6 range,7 flags,9 status,10 norms changed at,11 operator,12 started at,"
    "13 completed at,14 instrument",
    "C": "2 number,3 source,4 text,5 type",
    "Q": "2 number,3 first id,4 last id,5 test,13 status",
    "L": "2 number,3 how it ended",
}


def segment_name(name: str, *, records: bool = False) -> str:
    """A segment or record in words; "" for one that no standard knows."""
    return RECORDS.get(name, "") if records else SEGMENTS.get(name, "")


def field_name(segment: str, field: int, *, version: str = USUAL, records: bool = False) -> str:
    """A field in words; "" beyond what the standard defines."""
    if records:
        return _record_fields(segment).get(field, "")
    found = _fields(_version(version)).get(f"{segment}_{field}")
    return _words(found[3]) if found else ""


def component_name(
    segment: str, field: int, component: int, *, version: str = USUAL, datatype: str = ""
) -> str:
    """A component in words. `datatype` is for fields whose type the message itself tells (OBX-5)."""
    version = _version(version)
    found = _fields(version).get(f"{segment}_{field}")
    kind = datatype or (found[2] if found else "")
    parts = _structures(version).get(kind, ())
    return _words(parts[component - 1][1][3]) if 0 < component <= len(parts) else ""


def _version(version: str) -> str:
    return version if version in SUPPORTED else USUAL


def _words(name: str | None) -> str:
    return (name or "").replace("_", " ").capitalize()


@cache
def _fields(version: str) -> dict[str, Any]:
    """`PID_5` → (kind, parts, datatype, long name, table, length)."""
    module = importlib.import_module(f"hl7apy.v{version.replace('.', '_')}.segments")
    return {field[0]: field[1] for segment in module.SEGMENTS.values() for field in segment[1]}


@cache
def _structures(version: str) -> dict[str, Any]:
    module = importlib.import_module(f"hl7apy.v{version.replace('.', '_')}.datatypes")
    structures: dict[str, Any] = module.DATATYPES_STRUCTS
    return structures


@cache
def _record_fields(name: str) -> dict[int, str]:
    pairs = (part.split(" ", 1) for part in _RECORD_FIELDS.get(name, "").split(",") if part)
    return {1: "Record type"} | {int(number): words.capitalize() for number, words in pairs}
