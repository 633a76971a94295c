"""What a hospital sends: orders at collection (OML^O21 or ORM^O01) and patient movements (ADT)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from simulators.hl7.envelope import Envelope, day, msh
from simulators.hl7.skeleton import Line, Part, Skeleton
from simulators.hospital_plan import Collector, Provider, Ward
from simulators.patients import Person
from simulators.place import Orderable


@dataclass(frozen=True, slots=True)
class Encounter:
    """A stay: who, where, since when, under which visit number."""

    person: Person
    ward: Ward
    bed: str
    visit: str
    attending: Provider
    admitted_at: datetime
    discharged_at: datetime | None = None
    came_from: tuple[str, str] = ("", "")  # ward and room before the last move


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One order of a requisition, and the container that was drawn for it."""

    placer: str
    code: str
    name: str
    specimen_type: str
    container_code: str
    container_number: str
    specimen_set: int
    separated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Requisition:
    """Orders placed together and collected together; XO for `control` says that a new specimen was drawn for them."""

    number: str
    priority: str
    ordered_at: datetime
    collected_at: datetime
    provider: Provider
    collector: Collector
    lines: tuple[OrderLine, ...]
    control: str = "NW"
    due_at: datetime | None = None
    information: str = ""


_PID = {
    1: "1",
    3: "@@mrn@@^^^@@authority@@^MR",
    5: "@@family@@^@@given@@^@@middle@@^^^^L",
    7: "@@born@@",
    8: "@@sex@@",
    11: "@@street@@^^@@city@@^@@state@@^@@postal@@",
    13: "@@phone@@",
    18: "@@visit@@^^^@@authority@@^AN",
}
_PV1 = {
    1: "1",
    2: "@@class@@",
    3: "@@ward@@^@@room@@^@@bed@@^@@authority@@",
    6: "@@prior_ward@@^@@prior_room@@",
    7: "@@doctor@@^@@doctor_family@@^@@doctor_given@@",
    19: "@@visit@@^^^@@authority@@^VN",
    44: "@@admitted@@",
    45: "@@discharged@@",
}
_ORC = {
    1: "@@order_control@@",
    2: "@@placer@@^@@authority@@",
    4: "@@group@@^@@authority@@",
    9: "@@ordered@@",
    12: "@@provider@@^@@provider_family@@^@@provider_given@@",
    14: "@@provider_phone@@",
    16: "^@@reason@@",
}
_OBR = {
    1: "@@set@@",
    2: "@@placer@@^@@authority@@",
    4: "@@code@@^@@name@@^L",
    7: "@@collected@@",
    10: "@@collector@@^@@initials@@",
    13: "@@information@@",
    16: "@@provider@@^@@provider_family@@^@@provider_given@@",
}
_REQUEST = ("OML_O21_ORDER", "OML_O21_OBSERVATION_REQUEST")
_SPECIMEN = (*_REQUEST, "OML_O21_SPECIMEN")


@cache
def _oml() -> Skeleton:
    return Skeleton(
        "OML_O21",
        (
            msh("OML^O21^OML_O21"),
            Line(("OML_O21_PATIENT",), "PID", _PID),
            Line(("OML_O21_PATIENT", "OML_O21_PATIENT_VISIT"), "PV1", _PV1),
            Line(("OML_O21_ORDER",), "ORC", _ORC),
            Line(
                ("OML_O21_ORDER", "OML_O21_TIMING"),
                "TQ1",
                {1: "1", 7: "@@due@@", 9: "@@priority@@^@@priority_text@@^HL70485"},
            ),
            Line(_REQUEST, "OBR", _OBR),
            Line(
                _SPECIMEN,
                "SPM",
                {
                    1: "@@specimen_set@@",
                    2: "@@number@@&@@authority@@",
                    4: "@@type@@^^HL70487",
                    11: "P^^HL70369",
                    17: "@@collected@@",
                    27: "@@container_code@@^^L",
                },
            ),
            Line(
                _SPECIMEN,
                "OBX",
                {1: "1", 2: "TS", 3: "SEPARATED^Specimen separated at^L", 5: "@@separated@@", 11: "F"},
            ),
            Line((*_SPECIMEN, "OML_O21_CONTAINER"), "SAC", {3: "@@number@@^@@authority@@"}),
        ),
    )


@cache
def _orm() -> Skeleton:
    """The old way: hour asked for and priority stand in OBR-27, the material in OBR-15, the tube's number in OBR-18."""
    obr = _OBR | {15: "@@type@@", 18: "@@number@@", 27: "^^^@@due@@^^@@priority@@"}
    detail = ("ORM_O01_ORDER", "ORM_O01_ORDER_DETAIL", "ORM_O01_OBRRQDRQ1RXOODSODT_SUPPGRP")
    return Skeleton(
        "ORM_O01",
        (
            msh("ORM^O01^ORM_O01"),
            Line(("ORM_O01_PATIENT",), "PID", _PID),
            Line(("ORM_O01_PATIENT", "ORM_O01_PATIENT_VISIT"), "PV1", _PV1),
            Line(("ORM_O01_ORDER",), "ORC", _ORC),
            Line(detail, "OBR", obr),
        ),
    )


_STRUCTURES = {"A02": "ADT_A02", "A03": "ADT_A03"}


@cache
def _adt(trigger: str) -> Skeleton:
    structure = _STRUCTURES.get(trigger, "ADT_A01")
    return Skeleton(
        structure,
        (
            msh(f"ADT^{trigger}^{structure}"),
            Line((), "EVN", {2: "@@happened@@"}),
            Line((), "PID", _PID),
            Line((), "PV1", _PV1),
        ),
    )


def order_message(envelope: Envelope, encounter: Encounter, requisition: Requisition) -> bytes:
    """One requisition with the tubes that were drawn for it, as OML^O21 or ORM^O01 as the ward does it."""
    is_old = encounter.ward.message == "ORM"
    parts = _opening(envelope, encounter)
    for number, line in enumerate(requisition.lines, 1):
        about = ("OBX",) if line.separated_at else ()
        names = ("ORC", "OBR") if is_old else ("ORC", "TQ1", "OBR", "SPM", *about, "SAC")
        values = _order_values(envelope, requisition, line) | {"set": str(number)}
        parts += [(name, values) for name in names]
    return (_orm() if is_old else _oml()).fill(parts)


def cancel_message(
    envelope: Envelope,
    encounter: Encounter,
    ordered_at: datetime,
    lines: Iterable[tuple[str, Orderable]],
    reason: str,
) -> bytes:
    """Orders are taken back (ORC-1 CA), each under its placer's number, with the reason in words (ORC-16)."""
    parts = _opening(envelope, encounter)
    for number, (placer, order) in enumerate(lines, 1):
        values = {
            "set": str(number),
            "order_control": "CA",
            "placer": placer,
            "group": placer.rpartition("-")[0],
            "authority": envelope.facility,
            "ordered": envelope.time(ordered_at),
            "reason": reason,
            "code": order.code,
            "name": order.name,
        }
        parts += [("ORC", values), ("OBR", values)]
    return (_orm() if encounter.ward.message == "ORM" else _oml()).fill(parts)


def movement_message(envelope: Envelope, trigger: str, encounter: Encounter) -> bytes:
    """ADT: A01 admitted, A02 moved, A03 discharged, A04 registered, A08 data changed."""
    opening = _opening(envelope, encounter)
    parts = [opening[0], ("EVN", {"happened": envelope.time(envelope.at)}), *opening[1:]]
    return _adt(trigger).fill(parts)


def _opening(envelope: Envelope, encounter: Encounter) -> list[Part]:
    patient = _patient_values(envelope, encounter.person) | {"visit": encounter.visit}
    return [
        ("MSH", envelope.values()),
        ("PID", patient),
        ("PV1", _visit_values(envelope, encounter)),
    ]


def _patient_values(envelope: Envelope, person: Person) -> dict[str, str]:
    return {
        "mrn": person.mrn,
        "authority": envelope.facility,
        "family": person.family_name,
        "given": person.given_name,
        "middle": person.middle_initial,
        "born": day(person.born_on),
        "sex": person.sex,
        "street": person.street,
        "city": person.city,
        "state": person.state,
        "postal": person.postal_code,
        "phone": person.phone,
    }


def _visit_values(envelope: Envelope, encounter: Encounter) -> dict[str, str]:
    return {
        "class": encounter.ward.patient_class,
        "ward": encounter.ward.code,
        "room": encounter.bed,
        "bed": "1" if encounter.bed else "",
        "authority": envelope.facility,
        "prior_ward": encounter.came_from[0],
        "prior_room": encounter.came_from[1],
        "doctor": encounter.attending.id,
        "doctor_family": encounter.attending.family,
        "doctor_given": encounter.attending.given,
        "visit": encounter.visit,
        "admitted": envelope.time(encounter.admitted_at),
        "discharged": envelope.time(encounter.discharged_at),
    }


_PRIORITY_TEXTS = {"S": "Stat", "R": "Routine", "T": "Timing critical"}


def _order_values(envelope: Envelope, requisition: Requisition, line: OrderLine) -> dict[str, str]:
    return {
        "authority": envelope.facility,
        "order_control": requisition.control,
        "placer": line.placer,
        "group": requisition.number,
        "ordered": envelope.time(requisition.ordered_at),
        "collected": envelope.time(requisition.collected_at),
        "provider": requisition.provider.id,
        "provider_family": requisition.provider.family,
        "provider_given": requisition.provider.given,
        "provider_phone": requisition.provider.phone,
        "collector": requisition.collector.id,
        "initials": requisition.collector.initials,
        "priority": requisition.priority,
        "due": envelope.time(requisition.due_at),
        "information": requisition.information,
        "priority_text": _PRIORITY_TEXTS.get(requisition.priority, ""),
        "code": line.code,
        "name": line.name,
        "type": line.specimen_type,
        "number": line.container_number,
        "container_code": line.container_code,
        "separated": envelope.time(line.separated_at),
        "specimen_set": str(line.specimen_set),
    }
