"""PID and PV1 as facts (HL7 v2.5.1 chapter 3): who the patient is, and which stay it is."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from lis.domain.requests import PatientDetails, VisitDetails
from lis.interfaces.hl7.times import read_day, read_instant
from lis.wire.er7 import Message, Segment

_SEXES = {"FEMALE": "F", "MALE": "M", "OTHER": "O", "UNKNOWN": "U", "AMBIGUOUS": "A"}
KNOWN_SEXES = "FMOUAN"


def read_patient(pid: Segment) -> PatientDetails:
    """The patient a PID names; what is not said stays empty, a birth date that is none is left out."""
    return PatientDetails(
        mrn=number_of(pid),
        family=_said(pid.value(5, 1, 1)),
        given=_said(pid.value(5, 2)),
        middle=_said(pid.value(5, 3)),
        birth_on=read_day(pid.value(7, 1)),
        sex=_sex(pid.value(8, 1)),
    )


def read_visit(message: Message, zone: ZoneInfo) -> VisitDetails | None:
    """The stay that PV1 speaks of, numbered by PV1-19 or else the account (PID-18); None when it has no number."""
    pv1, pid = message.first("PV1"), message.first("PID")
    if pv1 is None:
        return None
    number = _said(pv1.value(19, 1)) or (_said(pid.value(18, 1)) if pid else "")
    if not number:
        return None
    return VisitDetails(
        number=number,
        patient_class=_said(pv1.value(2, 1)),
        location=location_of(pv1, 3),
        attending=person_of(pv1, 7),
        admitted_at=read_instant(pv1.value(44, 1), zone),
        discharged_at=read_instant(pv1.value(45, 1), zone),
    )


def number_of(pid: Segment | None) -> str:
    """The medical record number: PID-3's repetition of type MR, else its first, else PID-2 of old versions."""
    if pid is None:
        return ""
    for parts in pid.repeated(3):
        if len(parts) > 4 and parts[4].strip() == "MR" and (text := _said(parts[0])):
            return text
    return _said(pid.value(3, 1)) or _said(pid.value(2, 1))


def name_of(pid: Segment | None) -> str:
    """Family name, given name, as a line."""
    if pid is None:
        return ""
    family, given = _said(pid.value(5, 1, 1)), _said(pid.value(5, 2))
    return f"{family}, {given}" if family and given else family or given


def person_of(segment: Segment, field: int) -> str:
    """A person in a field (XCN) as people say it: name, else number."""
    family, given = _said(segment.value(field, 2, 1)), _said(segment.value(field, 3))
    return ", ".join(part for part in (family, given) if part) or _said(segment.value(field, 1))


def location_of(segment: Segment, field: int) -> str:
    """Ward, room and bed (PL) as a line."""
    return " ".join(text for part in (1, 2, 3) if (text := _said(segment.value(field, part))))


def _sex(text: str) -> str:
    text = text.strip().upper()
    if text in _SEXES:
        return _SEXES[text]
    return text if len(text) == 1 and text in KNOWN_SEXES else "U"


def _said(text: str) -> str:
    text = text.strip()
    return "" if text == '""' else text
