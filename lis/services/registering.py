"""Patients and visits become known, and change, by what the hospital says of them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from lis.domain.events import Verb
from lis.domain.requests import PatientDetails, VisitDetails
from lis.domain.workflow import OrderState
from lis.kernel.errors import Conflict, Invalid
from lis.services import filing
from lis.storage import tables as t
from lis.storage.work import Work

UNKNOWN_SEX = "U"
_IDENTIFYING = ("family", "birth_on", "sex")
_JUDGED_BY = {"birth_on", "sex"}


def register_patient(work: Work, details: PatientDetails) -> int:
    """The patient of an order: registered at first sight, matched by number afterwards.

    An order never changes who a patient is: a known number with another name, birth date or sex is refused, so that
    nothing lands on the wrong chart. What was unknown so far may be filled in.
    """
    if not details.mrn:
        raise Invalid(
            "patient.no_mrn", "The patient has no number.", "Send the medical record number in PID-3."
        )
    known = work.patients.by_mrn(details.mrn)
    if known is None:
        return _add_patient(work, details)
    _refuse_another_person(known, details)
    _fill_gaps(work, known, details)
    return int(known.id)


def update_patient(work: Work, details: PatientDetails) -> int:
    """The hospital's own correction of demographics (ADT^A08): the patient's number stays, the rest follows."""
    known = work.patients.by_mrn(details.mrn)
    if known is None:
        return register_patient(work, details)
    said = {name: getattr(details, name) for name in ("family", "given", "middle", "birth_on", "sex")}
    changed = {name: new for name, new in said.items() if _is_known(new) and new != getattr(known, name)}
    if changed:
        _change_patient(work, known, changed)
        if set(changed) & _JUDGED_BY:
            _judge_open_orders(work, known.id)
    return int(known.id)


def update_visit(work: Work, patient_id: int, details: VisitDetails) -> int:
    """Open, move or close a visit. A visit number that belongs to another patient is refused."""
    known = next(iter(work.visits.where(t.visit.c.number == details.number)), None)
    values: dict[str, Any] = {
        "patient_class": details.patient_class,
        "location": details.location,
        "attending": details.attending,
        "admitted_at": details.admitted_at,
        "discharged_at": details.discharged_at,
    }
    if known is None:
        defaults = {"patient_class": "", "location": "", "attending": ""}
        row = work.visits.add(patient_id=patient_id, number=details.number, **(defaults | values))
        work.journal.append(Verb.VISIT_UPDATED, f"visit:{details.number}", location=details.location)
        return row
    if known.patient_id != patient_id:
        raise Conflict("visit.other_patient", f"Visit {details.number} belongs to another patient.")
    changed = {name: new for name, new in values.items() if new and new != getattr(known, name)}
    if changed:
        work.visits.change(known.id, **changed)
        work.journal.append(Verb.VISIT_UPDATED, f"visit:{details.number}", **changed)
    return int(known.id)


def _add_patient(work: Work, details: PatientDetails) -> int:
    row = work.patients.add(
        mrn=details.mrn,
        family=details.family,
        given=details.given,
        middle=details.middle,
        birth_on=details.birth_on,
        sex=details.sex or UNKNOWN_SEX,
        registered_at=work.now,
        updated_at=work.now,
    )
    work.journal.append(
        Verb.PATIENT_REGISTERED,
        f"patient:{details.mrn}",
        family=details.family,
        given=details.given,
        birth_on=details.birth_on,
        sex=details.sex or UNKNOWN_SEX,
    )
    return row


def _refuse_another_person(known: Row[Any], details: PatientDetails) -> None:
    differing = [
        name
        for name in _IDENTIFYING
        if _is_known(getattr(details, name))
        and _is_known(getattr(known, name))
        and _folded(getattr(details, name)) != _folded(getattr(known, name))
    ]
    if differing:
        raise Conflict(
            "patient.mismatch",
            f"Patient {details.mrn} is known here with another {_words(differing)}.",
            "Compare with the requisition; the hospital corrects demographics with an update message.",
            fields=differing,
        )


def _fill_gaps(work: Work, known: Row[Any], details: PatientDetails) -> None:
    names = ("family", "given", "middle", "birth_on", "sex")
    gaps = {
        name: getattr(details, name)
        for name in names
        if _is_known(getattr(details, name)) and not _is_known(getattr(known, name))
    }
    if gaps:
        _change_patient(work, known, gaps)


def _change_patient(work: Work, known: Row[Any], changed: dict[str, Any]) -> None:
    work.patients.change(known.id, updated_at=work.now, **changed)
    before = {name: getattr(known, name) for name in changed}
    work.journal.append(Verb.PATIENT_UPDATED, f"patient:{known.mrn}", before=before, after=changed)


def _judge_open_orders(work: Work, patient_id: int) -> None:
    """Values that no one has accepted yet are judged by the patient's true age and sex."""
    for order in work.orders.having(patient_id=patient_id, state=OrderState.OPEN):
        for collected_at in {row.collected_at for row in work.results.of_order(order.id)}:
            filing.judge_anew(work, order, collected_at)


def _is_known(value: Any) -> bool:
    return value not in (None, "", UNKNOWN_SEX)


def _folded(value: Any) -> Any:
    return " ".join(value.casefold().split()) if isinstance(value, str) else value


def _words(names: list[str]) -> str:
    spoken = {"family": "family name", "birth_on": "birth date", "sex": "sex"}
    return " and ".join(spoken[name] for name in names)
