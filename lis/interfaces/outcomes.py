"""What became of a message, and how a refusal is said in HL7."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lis.interfaces.hl7.ack import ErrorCondition
from lis.kernel.errors import Refusal
from lis.wire.er7 import Seg

PROCESSED, HELD, REFUSED, DUPLICATE = "processed", "held", "refused", "duplicate"
UNPROCESSED, DEAD_LETTER = "unprocessed", "dead_letter"

ACCEPT, ERROR, REJECT = "AA", "AE", "AR"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The state a message ends in, the acknowledgement it gets, and the body of an application reply.

    `before_reading`: it failed on what MSH says, so that an accept acknowledgement would refuse it too.
    """

    state: str
    code: str
    reason: str = ""
    detail: str = ""
    accession: str = ""
    conditions: tuple[ErrorCondition, ...] = ()
    message_type: str = ""
    body: tuple[Seg, ...] = ()
    before_reading: bool = False


def processed(accession: str = "") -> Outcome:
    """Done."""
    return Outcome(PROCESSED, ACCEPT, accession=accession)


def held(reason: str, detail: str) -> Outcome:
    """Stored for a person: accepted, because a sender that is refused may throw it away."""
    return Outcome(HELD, ACCEPT, reason, detail)


def refused(code: str, reason: str, *conditions: ErrorCondition, before_reading: bool = False) -> Outcome:
    """Answered with an error."""
    detail = "; ".join(condition.text for condition in conditions)
    return Outcome(REFUSED, code, reason, detail, conditions=conditions, before_reading=before_reading)


def by_refusal(refusal: Refusal) -> Outcome:
    """A use case said no: AE, with its words."""
    return refused(ERROR, refusal.code, condition_of(refusal))


def condition_of(refusal: Refusal, where: Sequence[str] = ()) -> ErrorCondition:
    """A refusal as an error condition of HL7 0357, at the place where the value stands."""
    code, location = _BY_REFUSAL.get(refusal.code, ("207", ""))
    return ErrorCondition(code, str(refusal), "^".join(where) or location)


_BY_REFUSAL = {
    "patient.no_mrn": ("101", "PID^1^3"),
    "patient.mismatch": ("204", "PID^1^3"),
    "visit.other_patient": ("204", "PV1^1^19"),
    "order.empty": ("101", "OBR^1^4"),
    "order.priority": ("103", "TQ1^1^9"),
    "order.duplicate": ("205", "ORC^1^2"),
    "order.number_twice": ("205", "ORC^1^2"),
    "order.unknown": ("204", "ORC^1^2"),
    "test.unknown": ("103", "OBR^1^4"),
    "profile.unknown": ("207", ""),
}
