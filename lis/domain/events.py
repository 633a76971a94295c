"""The verbs of the journal, in the past tense. `docs/generated/events.md` is made from this table."""

from __future__ import annotations

from enum import StrEnum


class Verb(StrEnum):
    """What happened. Each member's text is the spelling that readers of the journal use."""

    CLOCK_SET = "clock.set"
    CATALOG_LOADED = "catalog.loaded"
    CATALOG_CHANGED = "catalog.changed"
    STAFF_ADDED = "staff.added"
    PATIENT_REGISTERED = "patient.registered"
    PATIENT_UPDATED = "patient.updated"
    VISIT_UPDATED = "visit.updated"
    ORDER_PLACED = "order.placed"
    ORDER_CHANGED = "order.changed"
    ORDER_CANCELLED = "order.cancelled"
    TEST_ADDED = "test.added"
    TEST_CANCELLED = "test.cancelled"
    SPECIMEN_RECEIVED = "specimen.received"
    SPECIMEN_REJECTED = "specimen.rejected"
    SPECIMEN_SET_ASIDE = "specimen.set_aside"
    SPECIMEN_ACCEPTED = "specimen.accepted"
    SPECIMEN_INSPECTED = "specimen.inspected"
    RECEIPT_WITHDRAWN = "receipt.withdrawn"
    COLLECTION_RECORDED = "collection.recorded"
    SCAN_REFUSED = "scan.refused"
    IDENTITY_COMPARED = "identity.compared"
    RECOLLECTION_REQUESTED = "recollection.requested"
    RECOLLECTION_COLLECTED = "recollection.collected"
    RECOLLECTION_CLOSED = "recollection.closed"
    LABEL_PRINTED = "label.printed"
    LABEL_CONFIRMED = "label.confirmed"
    LABEL_VOIDED = "label.voided"
    CLOTTING_STARTED = "clotting.started"
    SPIN_STARTED = "spin.started"
    SPIN_ENDED = "spin.ended"
    CONDITION_OBSERVED = "condition.observed"
    ALIQUOT_MADE = "aliquot.made"
    VOLUME_RECORDED = "volume.recorded"
    CONTAINER_ROUTED = "container.routed"
    CONTAINER_STORED = "container.stored"
    CONTAINER_RETRIEVED = "container.retrieved"
    CONTAINER_DISCARDED = "container.discarded"
    WORK_SENT = "work.sent"
    WORK_ANSWERED = "work.answered"
    WORK_CANCELLED = "work.cancelled"
    RESULT_FILED = "result.filed"
    RESULT_ENTERED = "result.entered"
    RESULT_CALCULATED = "result.calculated"
    RESULT_JUDGED = "result.judged"
    RESULT_VERIFIED = "result.verified"
    RESULT_RELEASED = "result.released"
    RESULT_CORRECTED = "result.corrected"
    RESULT_AMENDED = "result.amended"
    RESULT_WITHDRAWN = "result.withdrawn"
    RERUN_REQUESTED = "rerun.requested"
    CONTROL_FILED = "control.filed"
    MESSAGE_HELD = "message.held"
    MESSAGE_REFUSED = "message.refused"
    MESSAGE_VIEWED = "message.viewed"
    MESSAGE_GIVEN_UP = "message.given_up"
    MESSAGE_RESENT = "message.resent"
    MESSAGE_REFILED = "message.refiled"
    MESSAGE_DISCARDED = "message.discarded"
    MESSAGE_MADE = "message.made"
    OBSERVATION_HELD = "observation.held"
    OBSERVATION_LINKED = "observation.linked"
    OBSERVATION_DISCARDED = "observation.discarded"
    INTERFACE_STARTED = "interface.started"
    INTERFACE_STOPPED = "interface.stopped"
    INTERFACE_CHANGED = "interface.changed"
    REPORT_SENT = "report.sent"
    REPORT_PRINTED = "report.printed"
    CALL_OPENED = "call.opened"
    CALL_RECORDED = "call.recorded"
    CALL_CLOSED = "call.closed"
    OCCURRENCE_OPENED = "occurrence.opened"
    OCCURRENCE_FOLLOWED = "occurrence.followed"
    OCCURRENCE_CLOSED = "occurrence.closed"
    HANDOFF_WRITTEN = "handoff.written"
    COUNTERSIGNED = "countersigned"
    CHART_VIEWED = "chart.viewed"
    HISTORY_VIEWED = "history.viewed"


MEANINGS: dict[Verb, str] = {
    Verb.CLOCK_SET: "Lab time was moved, paused, or given another pace.",
    Verb.CATALOG_LOADED: "A content pack became the catalogue in force.",
    Verb.CATALOG_CHANGED: "A person changed rows of the catalogue; the former version is kept.",
    Verb.STAFF_ADDED: "A member of staff was entered.",
    Verb.PATIENT_REGISTERED: "A patient became known to the laboratory.",
    Verb.PATIENT_UPDATED: "A patient's demographics were changed by a message or a person.",
    Verb.VISIT_UPDATED: "A visit was opened, moved or closed.",
    Verb.ORDER_PLACED: "An order was accepted, its accession given and its containers planned.",
    Verb.ORDER_CHANGED: "An order's priority, provider or notes were changed.",
    Verb.ORDER_CANCELLED: "An order ended before it was complete, with a reason.",
    Verb.TEST_ADDED: "A test was added to an accession that already existed.",
    Verb.TEST_CANCELLED: "One ordered test ended before it was complete, with a reason.",
    Verb.SPECIMEN_RECEIVED: "A container arrived in the laboratory and was accepted.",
    Verb.SPECIMEN_REJECTED: "A container, or some of its tests, was refused with a coded reason.",
    Verb.SPECIMEN_SET_ASIDE: "A container was put aside until a question about it is answered.",
    Verb.SPECIMEN_ACCEPTED: "A container set aside, or tests kept back, were accepted after all, with a reason.",
    Verb.SPECIMEN_INSPECTED: "What was seen of a container at the counter was recorded.",
    Verb.RECEIPT_WITHDRAWN: "A receipt was taken back before anything else happened to the container.",
    Verb.COLLECTION_RECORDED: "The collection time was supplied or put right by who collected.",
    Verb.SCAN_REFUSED: "A scan was answered with a refusal.",
    Verb.IDENTITY_COMPARED: "A person compared two identifiers on the tube with the order.",
    Verb.RECOLLECTION_REQUESTED: "A new specimen was asked for.",
    Verb.RECOLLECTION_COLLECTED: "The new specimen was drawn and is on its way.",
    Verb.RECOLLECTION_CLOSED: "The new specimen came, or the wish for it ended.",
    Verb.LABEL_PRINTED: "A container label was printed or reprinted.",
    Verb.LABEL_CONFIRMED: "The label was scanned again after it had been affixed.",
    Verb.LABEL_VOIDED: "A printed label was declared void.",
    Verb.CLOTTING_STARTED: "A tube was set to clot.",
    Verb.SPIN_STARTED: "A tube went into the centrifuge.",
    Verb.SPIN_ENDED: "A tube left the centrifuge.",
    Verb.CONDITION_OBSERVED: "What a person saw of a specimen was recorded.",
    Verb.ALIQUOT_MADE: "A child container was poured from its parent.",
    Verb.VOLUME_RECORDED: "Volume was taken from a container or measured in it.",
    Verb.CONTAINER_ROUTED: "A container was sent to a bench.",
    Verb.CONTAINER_STORED: "A container was put to a storage position.",
    Verb.CONTAINER_RETRIEVED: "A container was taken from storage.",
    Verb.CONTAINER_DISCARDED: "A container was thrown away.",
    Verb.WORK_SENT: "Ordered tests of a container were sent to an analyzer.",
    Verb.WORK_ANSWERED: "An analyzer accepted or refused the tests sent to it.",
    Verb.WORK_CANCELLED: "Tests that had been sent to an analyzer were taken back.",
    Verb.RESULT_FILED: "An analyzer's value became a result version.",
    Verb.RESULT_ENTERED: "A person entered a value.",
    Verb.RESULT_CALCULATED: "A value was computed from reported ones.",
    Verb.RESULT_JUDGED: "A filed value was judged again because a fact it waited for came.",
    Verb.RESULT_VERIFIED: "A result was accepted by a person.",
    Verb.RESULT_RELEASED: "A result left the laboratory.",
    Verb.RESULT_CORRECTED: "A released value was wrong and a new version replaced it.",
    Verb.RESULT_AMENDED: "Text was added to a result, the value unchanged.",
    Verb.RESULT_WITHDRAWN: "A value was taken back.",
    Verb.RERUN_REQUESTED: "A test was asked to be run again.",
    Verb.CONTROL_FILED: "A control observation was stored.",
    Verb.MESSAGE_HELD: "A message could not be used as it came and waits for a person.",
    Verb.MESSAGE_REFUSED: "A message was answered with an error.",
    Verb.MESSAGE_VIEWED: "A person opened a stored message.",
    Verb.MESSAGE_GIVEN_UP: "A message could not be delivered, or was refused, and is not sent again by itself.",
    Verb.MESSAGE_RESENT: "A message was queued to be sent once more.",
    Verb.MESSAGE_REFILED: "What was held of a message was tried again by the same rules, with a reason.",
    Verb.MESSAGE_DISCARDED: "A held message was set aside for good, with a reason.",
    Verb.MESSAGE_MADE: "A person put an edited copy of a message in its way, as a message of its own.",
    Verb.OBSERVATION_HELD: "A value on the wire matched nothing safely and waits for a person.",
    Verb.OBSERVATION_LINKED: "A held value was linked to the test it belongs to.",
    Verb.OBSERVATION_DISCARDED: "A held value was set aside for good, with a reason.",
    Verb.INTERFACE_STARTED: "An interface was started.",
    Verb.INTERFACE_STOPPED: "An interface was stopped, with a reason.",
    Verb.INTERFACE_CHANGED: "An interface's settings or code map were changed.",
    Verb.REPORT_SENT: "A report was queued for its receiver.",
    Verb.REPORT_PRINTED: "A report was made as PDF.",
    Verb.CALL_OPENED: "A telephone call became due.",
    Verb.CALL_RECORDED: "A telephone call, or an attempt, was recorded.",
    Verb.CALL_CLOSED: "A call was completed, with read-back where a value was said.",
    Verb.OCCURRENCE_OPENED: "An occurrence report was opened.",
    Verb.OCCURRENCE_FOLLOWED: "A follow-up was added to an occurrence report.",
    Verb.OCCURRENCE_CLOSED: "An occurrence report was closed by a supervisor.",
    Verb.HANDOFF_WRITTEN: "The shift was handed over in writing.",
    Verb.COUNTERSIGNED: "A second person signed an act at the same station.",
    Verb.CHART_VIEWED: "A person opened a patient's chart.",
    Verb.HISTORY_VIEWED: "A person opened the timeline of an accession.",
}
