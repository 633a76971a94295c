"""Roles and acts: who may do what. The table itself is content (`roles.csv` of the pack)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Act(StrEnum):
    """Everything a role may or may not carry. Services require acts; screens only hide what would be refused."""

    PATIENT_VIEW = "patient.view"
    ORDER_ENTER = "order.enter"
    ORDER_CANCEL = "order.cancel"
    SPECIMEN_RECEIVE = "specimen.receive"
    SPECIMEN_REJECT = "specimen.reject"
    SPECIMEN_PROCESS = "specimen.process"
    SPECIMEN_EXCEPTION = "specimen.exception"
    LABEL_PRINT = "label.print"
    CALL_RECORD = "call.record"
    RESULT_ENTER = "result.enter"
    RESULT_VERIFY_PASSED = "result.verify.passed"
    RESULT_VERIFY_HELD = "result.verify.held"
    RESULT_RELEASE = "result.release"
    RESULT_OVERRIDE = "result.override"
    RESULT_CORRECT = "result.correct"
    HELD_RESOLVE = "held.resolve"
    QC_VIEW = "qc.view"
    QC_ACT = "qc.act"
    OCCURRENCE_OPEN = "occurrence.open"
    OCCURRENCE_CLOSE = "occurrence.close"
    HANDOFF_WRITE = "handoff.write"
    COUNTERSIGN = "countersign"
    MESSAGE_VIEW = "message.view"
    MESSAGE_RESEND = "message.resend"
    INTERFACE_STOP = "interface.stop"
    INTERFACE_MANAGE = "interface.manage"
    CONTENT_EDIT = "content.edit"
    STAFF_MANAGE = "staff.manage"
    LAB_MANAGE = "lab.manage"


PROCESSOR, TECHNICIAN, TECHNOLOGIST, SUPERVISOR, LIS_ADMIN = (
    "processor",
    "technician",
    "technologist",
    "supervisor",
    "lis_admin",
)
ROLES = (PROCESSOR, TECHNICIAN, TECHNOLOGIST, SUPERVISOR, LIS_ADMIN)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a member of staff, or the system for a message. `via` is web, hl7, astm, rule or admin."""

    staff_id: int | None
    code: str
    name: str
    role: str
    station: str = ""
    via: str = "web"


SYSTEM_ROLE = "system"


def system(via: str, code: str = "system") -> Actor:
    """The laboratory's own hand: interfaces and rules act under it, never under a person's name."""
    return Actor(staff_id=None, code=code, name=code, role=SYSTEM_ROLE, via=via)
