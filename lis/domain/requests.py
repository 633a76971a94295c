"""What somebody asks of the laboratory, as facts: read from a message or typed at the keyboard, both the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

STAT, ASAP, ROUTINE, TIMED = "S", "A", "R", "T"
PRIORITIES = (STAT, ASAP, ROUTINE, TIMED)


@dataclass(frozen=True, slots=True)
class PatientDetails:
    """Who the patient is, as the asker says. `sex` is HL7 0001; U when not said."""

    mrn: str
    family: str
    given: str
    birth_on: date | None
    sex: str
    middle: str = ""


@dataclass(frozen=True, slots=True)
class VisitDetails:
    """The stay an order belongs to."""

    number: str
    patient_class: str = ""
    location: str = ""
    attending: str = ""
    admitted_at: datetime | None = None
    discharged_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RequestedTest:
    """One line: an orderable of the catalogue under the number the placer gives it."""

    code: str
    placer_number: str = ""


@dataclass(frozen=True, slots=True)
class CollectedSpecimen:
    """A tube the asker drew or will draw. `tests` are positions in the request's tests; empty: all that fit."""

    collection_number: str
    specimen_type: str = ""
    container_type: str = ""
    source: str = ""
    collected_at: datetime | None = None
    collected_by: str = ""
    tests: tuple[int, ...] = ()
    separated_at: datetime | None = None  # where it was drawn, before it was sent


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """A requisition: one patient, one priority, some tests, perhaps tubes already drawn."""

    patient: PatientDetails
    tests: tuple[RequestedTest, ...]
    specimens: tuple[CollectedSpecimen, ...] = ()
    visit: VisitDetails | None = None
    peer: str = ""
    placer_group: str = ""
    priority: str = ROUTINE
    provider: str = ""
    provider_phone: str = ""
    location: str = ""
    condition: str = ""
    notes: str = ""
    ordered_at: datetime | None = None
