"""Results on the wire (ORU^R01, ORU^R3x, OUL^R22) as facts: what was said of which container, nothing interpreted.

HL7 v2.5.1 chapter 7 (OBX) and chapter 13 (OUL^R22). What a sender does in its own way is in its profile.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from lis.domain.observations import ReportedControl, ReportedObservation, ReportedSpecimen, Role
from lis.interfaces.hl7.groups import Observed, Order, orders_of
from lis.interfaces.hl7.patients import name_of, number_of
from lis.interfaces.hl7.times import read_instant
from lis.interfaces.profiles import Profile
from lis.wire.er7 import Message, Segment

LOINC_NAMES = ("LN", "LOINC")
PATIENT_ROLES = ("", "P")
RESERVED_CLASSES = ("S_RAW", "S_OTHER", "S_IMAGE")
REAGENT_TYPES = ("SR", "MR", "RC")


@dataclass(frozen=True, slots=True)
class Reading:
    """The observations of one specimen, with every number it came under: containers, then filler's and placer's."""

    specimen: ReportedSpecimen
    numbers: tuple[str, ...]


def read_results(message: Message, profile: Profile, zone: ZoneInfo) -> tuple[Reading, ...]:
    """Every observation of a message, gathered by patient and container in the order they came."""
    leading = profile.specimen == "leading" or (
        profile.specimen == "auto" and message.header.value(9, 1) == "OUL"
    )
    found: dict[tuple[str, ...], Reading] = {}
    seq = 0
    for order in orders_of(message, leading):
        if not order.observed:
            continue
        reading = _reading(message, order, profile, zone, seq)
        seq += len(order.observed)
        key = _key(reading)
        found[key] = _joined(found[key], reading) if key in found else reading
    return tuple(found.values())


def _key(reading: Reading) -> tuple[str, ...]:
    one = reading.specimen
    control = (one.control.material, one.control.lot, one.control.run) if one.control else ()
    return (one.role, one.container, one.patient_id, one.patient_name, one.doubt, *control)


def _joined(one: Reading, other: Reading) -> Reading:
    first, second = one.specimen, other.specimen
    both = (*first.observations, *second.observations)
    specimen = ReportedSpecimen(
        first.role, first.container, first.patient_id, first.patient_name, both, first.control, first.doubt
    )
    return Reading(specimen, tuple(dict.fromkeys((*one.numbers, *other.numbers))))


def _reading(message: Message, order: Order, profile: Profile, zone: ZoneInfo, seq: int) -> Reading:
    role, doubt = _role(message, order, profile)
    service = _service(order, profile, zone)
    observations = tuple(
        _observation(item, order, service, profile, zone, seq + number)
        for number, item in enumerate(order.observed, 1)
    )
    specimen = ReportedSpecimen(
        role=role,
        container=next(iter(_all(order, profile.container)), ""),
        patient_id=number_of(order.patient),
        patient_name=name_of(order.patient),
        observations=observations,
        control=_control(order, profile) if role == "control" else None,
        doubt=doubt,
    )
    numbers = [*_all(order, profile.container), _number(order, 3), _number(order, 2)]
    return Reading(specimen, tuple(dict.fromkeys(number for number in numbers if number)))


def _role(message: Message, order: Order, profile: Profile) -> tuple[Role, str]:
    """Patient or control, by the profile's marks. Marks that contradict each other are a doubt, never a guess."""
    marks = [mark for mark in profile.control_marks if _is_marked(message, order, mark)]
    kind = order.specimen.value(11, 1).strip().upper() if order.specimen else ""
    has_patient = bool(number_of(order.patient) or name_of(order.patient))
    if marks and has_patient and not profile.control_mark_decides:
        return "doubtful", f"Marked as control material ({marks[0]}), but a patient is named."
    if marks:
        return "control", ""
    if kind not in PATIENT_ROLES:
        return "doubtful", f"The specimen's role is {kind}: neither a patient's nor a known control's."
    return "patient", ""


def _is_marked(message: Message, order: Order, mark: str) -> bool:
    path, _, wanted = mark.partition("=")
    if not wanted:
        path, _, prefix = mark.partition("~")
        return _at(message, order, path).startswith(prefix)
    return _at(message, order, path).upper() == wanted


def _at(message: Message, order: Order, path: str) -> str:
    name, _, place = path.partition("-")
    if name == "MSH":
        return message.header.get(place).strip() if "." in place else message.header.value(int(place), 1)
    segment = order.segment(name)
    return _identifier(segment, place) if segment is not None else ""


def _all(order: Order, paths: Iterable[str]) -> list[str]:
    """What stands at the paths, in their order, empty ones left out."""
    found = []
    for path in paths:
        name, _, place = path.partition("-")
        segment = order.segment(name)
        text = _identifier(segment, place) if segment is not None else ""
        if text:
            found.append(text)
    return found


def _identifier(segment: Segment, place: str) -> str:
    """An identifier without its authority: the first component that says something, first subcomponent."""
    if "." in place:
        return segment.get(place).strip()
    number = int(place)
    return _said(segment.value(number, 1, 1)) or _said(segment.value(number, 2, 1) if number == 2 else "")


def _said(text: str) -> str:
    """Text without padding; the explicit null says nothing."""
    text = text.strip()
    return "" if text == '""' else text


def _number(order: Order, field: int) -> str:
    """The placer's (2) or filler's (3) number of an order, out of OBR or else ORC."""
    for segment in (order.obr, order.orc):
        text = _said(segment.value(field, 1, 1)) if segment is not None else ""
        if text:
            return text
    return ""


def _control(order: Order, profile: Profile) -> ReportedControl:
    name = next(iter(_all(order, profile.control_id)), "")
    found = re.fullmatch(profile.control_level, name)
    material = found["material"] if found else name
    level = int(found["level"]) if found else _told_level(order, profile)
    runs = {item.obx.value(4, 1).strip() for item in order.observed}
    return ReportedControl(
        material,
        next(iter(_all(order, profile.control_lot)), ""),
        level,
        runs.pop() if len(runs) == 1 else "",
    )


def _told_level(order: Order, profile: Profile) -> int | None:
    """The level that an observation of its own tells."""
    codes = {item.obx.value(3, 1): item.obx.value(5, 1).strip() for item in order.observed}
    return profile.control_levels.get(codes.get(profile.control_level_code, ""))


@dataclass(frozen=True, slots=True)
class _Service:
    """What OBR says for all its observations."""

    code: str = ""
    status: str = ""
    observed_at: datetime | None = (
        None  # OBR-22, else OBR-7; an observation's own (OBX-19, else 14) goes before
    )
    is_supplemental: bool = False


def _service(order: Order, profile: Profile, zone: ZoneInfo) -> _Service:
    obr = order.obr
    if obr is None:
        return _Service()
    code = obr.value(4, 1)
    supplemental = bool(profile.supplemental_services and re.fullmatch(profile.supplemental_services, code))
    return _Service(code, obr.value(25, 1), _first_instant(obr, (22, 7), zone), supplemental)


def _first_instant(segment: Segment, fields: Iterable[int], zone: ZoneInfo) -> datetime | None:
    return next((at for number in fields if (at := read_instant(segment.value(number, 1), zone))), None)


def _observation(
    item: Observed, order: Order, service: _Service, profile: Profile, zone: ZoneInfo, seq: int
) -> ReportedObservation:
    obx = item.obx
    code, name, loinc = _code(obx)
    kind = obx.value(2, 1).strip().upper()
    flags = tuple(_flags(obx, profile))
    value = _value(obx, kind, profile, flags)
    status = obx.value(11, 1).strip().upper()
    return ReportedObservation(
        seq=seq,
        code=code,
        name=name,
        loinc=loinc,
        value_type=kind,
        value=value,
        unit=_unit(obx),
        flags=flags,
        status=profile.statuses.get(status, status),
        observed_at=_first_instant(obx, (19, 14), zone) or service.observed_at,
        supplemental=service.is_supplemental or _is_supplemental(item, kind, code, profile),
        extra=_extra(item, order, service),
        doubt=_doubt(item, value, status, profile),
    )


def _code(obx: Segment) -> tuple[str, str, str]:
    """The sender's own code and name, and the LOINC: whichever of the two triplets of OBX-3 says LN (table 0396)."""
    triplets = [tuple(obx.value(3, at + part).strip() for part in range(3)) for at in (1, 4)]
    said = [triplet for triplet in triplets if triplet[0]]
    loinc = next((code for code, _, system in said if system.upper() in LOINC_NAMES), "")
    own = next((triplet for triplet in said if triplet[2].upper() not in LOINC_NAMES), None)
    code, name, _ = own or (said[0] if said else ("", *triplets[0][1:]))
    return code, name or triplets[0][1] or triplets[1][1], loinc


def _value(obx: Segment, kind: str, profile: Profile, flags: tuple[str, ...]) -> str:
    """The value as one text: comparators and separators of SN kept, codes before their texts, repetitions joined."""
    if kind in ("TX", "FT", "ST"):
        text = obx.whole(5, "\n")
    elif kind in ("CE", "CWE", "CNE", "CF"):
        text = obx.value(5, 1) or obx.value(5, 2) or obx.value(5, 4)
    elif kind == "SN":
        text = "".join(obx.value(5, part).strip() for part in range(1, 5))
    else:
        text = obx.whole(5)
    if _said(text) in profile.value_from_flag:
        text = next((profile.values.get(flag, flag) for flag in flags if flag), "")
    text = "" if _said(text) == "" else text
    return profile.values.get(text.strip(), text)


def _unit(obx: Segment) -> str:
    return next((text for part in (1, 2, 4, 5) if (text := _said(obx.value(6, part)))), "")


def _flags(obx: Segment, profile: Profile) -> Iterable[str]:
    for number in range(len(obx.reps(8))):
        flag = obx.value(8, 1, rep=number).strip()
        if flag:
            yield profile.flags.get(flag, flag)


def _is_supplemental(item: Observed, kind: str, code: str, profile: Profile) -> bool:
    """Images, raw data and settings: kept with the message, no results (LAW: OBX-3.4 to 3.6 names the class)."""
    classes = {item.obx.value(3, part).strip().upper() for part in (1, 4)}
    return (
        item.of_specimen
        or kind in profile.supplemental_types
        or bool(classes & set(RESERVED_CLASSES))
        or (bool(profile.supplemental_codes) and bool(re.fullmatch(profile.supplemental_codes, code)))
    )


def _doubt(item: Observed, value: str, status: str, profile: Profile) -> str:
    """Why this observation must not be read further, though it can be matched."""
    if item.broken:
        return "A line without segment id follows: the value may have been cut."
    if glued := item.obx.glued():
        return f"A {glued} segment seems to be glued to this one."
    if profile.no_value and re.fullmatch(profile.no_value, value.strip()):
        return f"The sender wrote {value.strip()}: no value."
    if not value.strip() and status in ("F", "C", "A", "B"):
        return "Declared final, but without a value."
    return ""


def _extra(item: Observed, order: Order, service: _Service) -> dict[str, Any]:
    """What else was said, for people and for later rules."""
    obx = item.obx
    said = {
        "run": obx.value(4, 1),
        "range": obx.whole(7),
        "edited": obx.value(13, 1),
        "operator": obx[16],
        "method": obx.value(17, 1),
        "equipment": obx[18],
        "dilution": item.tcd.value(2) if item.tcd else "",
        "reagent_lot": _reagent_lot(item, order),
        "notes": "\n".join(item.notes),
        "service": service.code,
        "order_status": service.status,
    }
    return {name: text for name, text in said.items() if text.strip()}


def _reagent_lot(item: Observed, order: Order) -> str:
    lots = [
        inv.value(16, 1) for inv in [*item.inventory, *order.inventory] if inv.value(3, 1) in REAGENT_TYPES
    ]
    return "~".join(lot for lot in lots if lot)
