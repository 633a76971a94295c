"""Results on the wire (ORU^R01, ORU^R3x, OUL^R22) as facts: what was said of which container, nothing interpreted.

HL7 v2.5.1 chapter 7 (OBX) and chapter 13 (OUL^R22). What a sender does in its own way is in its profile.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from lis.domain.observations import ReportedControl, ReportedSpecimen, Role
from lis.interfaces.hl7.groups import Order, orders_of
from lis.interfaces.hl7.observations import observation_of, said, service_of
from lis.interfaces.hl7.patients import name_of, number_of
from lis.interfaces.profiles import Profile
from lis.wire.er7 import Message, Segment

PATIENT_ROLES = ("", "P")


@dataclass(frozen=True, slots=True)
class Reading:
    """The observations of one specimen, with every number it came under: containers, then filler's and placer's."""

    specimen: ReportedSpecimen
    numbers: tuple[str, ...]


def read_results(message: Message, profile: Profile, zone: ZoneInfo) -> tuple[Reading, ...]:
    """Every observation of a message, gathered by patient and container in the order they came."""
    found: dict[tuple[str, ...], Reading] = {}
    seq = 0
    for order in orders_of(message, is_leading(message, profile)):
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
    service = service_of(order, profile, zone)
    container = next(iter(_all(order, profile.container)), "")
    observations = tuple(
        observation_of(item, order, service, profile, zone, seq + number)
        for number, item in enumerate(order.observed, 1)
    )
    if others := _other_tubes(order, container):
        words = f"Two tubes are named for it: {container} and {others[0]}."
        observations = tuple(replace(one, doubt=one.doubt or words) for one in observations)
    specimen = ReportedSpecimen(
        role=role,
        container=container,
        patient_id=number_of(order.patient),
        patient_name=name_of(order.patient),
        observations=observations,
        control=_control(order, profile) if role == "control" else None,
        doubt=doubt,
    )
    numbers = [*_all(order, profile.container), _number(order, 3), _number(order, 2)]
    return Reading(specimen, tuple(dict.fromkeys(number for number in numbers if number)))


def _other_tubes(order: Order, container: str) -> list[str]:
    """What else an order names as the tube it was measured in."""
    names = [_identifier(other, "3" if other.id == "SAC" else "2") for other in order.others]
    return [name for name in names if name and name != container]


def _role(message: Message, order: Order, profile: Profile) -> tuple[Role, str]:
    """Patient or control, by the profile's marks. Marks that contradict each other are a doubt, never a guess."""
    marks = marks_of(message, order, profile)
    kind = order.specimen.value(11, 1).strip().upper() if order.specimen else ""
    has_patient = bool(number_of(order.patient) or name_of(order.patient))
    if marks and has_patient and not profile.control_mark_decides:
        return "doubtful", f"Marked as control material ({marks[0]}), but a patient is named."
    if marks:
        return "control", ""
    if kind not in PATIENT_ROLES:
        return "doubtful", f"The specimen's role is {kind}: neither a patient's nor a known control's."
    return "patient", ""


def marks_of(message: Message, order: Order, profile: Profile) -> list[str]:
    """The profile's control marks that an order carries."""
    return [mark for mark in profile.control_marks if _is_marked(message, order, mark)]


def container_place(order: Order, profile: Profile) -> str:
    """Where an order says which container it is about, "" when nowhere."""
    return next((path for path in profile.container if _all(order, [path])), "")


def is_leading(message: Message, profile: Profile) -> bool:
    """Whether SPM stands before the orders of its specimen."""
    is_oul = message.header.value(9, 1) == "OUL"
    return profile.specimen == "leading" or (profile.specimen == "auto" and is_oul)


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
    return said(segment.value(number, 1, 1)) or said(segment.value(number, 2, 1) if number == 2 else "")


def _number(order: Order, field: int) -> str:
    """The placer's (2) or filler's (3) number of an order, out of OBR or else ORC."""
    for segment in (order.obr, order.orc):
        text = said(segment.value(field, 1, 1)) if segment is not None else ""
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
