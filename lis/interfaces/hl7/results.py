"""Results on the wire (ORU^R01, ORU^R3x, OUL^R22) as facts: what was said of which container, nothing interpreted.

HL7 v2.5.1 chapter 7 (OBX) and chapter 13 (OUL^R22). What a sender does in its own way is in its profile.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain
from typing import NamedTuple
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
    """Every observation of a message, gathered by patient and container in the order they came.

    Where order numbers may name the container, those of one container number may still be of several orders.
    """
    found: dict[tuple[str, ...], list[Reading]] = {}
    seq = 0
    for order in orders_of(message, is_leading(message, profile)):
        if not order.observed:
            continue
        reading = _reading(message, order, profile, zone, seq)
        seq += len(order.observed)
        key = (*key_of(reading.specimen), *(reading.numbers if profile.match_orders else ()))
        found.setdefault(key, []).append(reading)
    return tuple(map(_joined, found.values()))


def key_of(one: ReportedSpecimen) -> tuple[str, ...]:
    """What is equal of observations that belong together."""
    control = (one.control.material, one.control.lot, one.control.run) if one.control else ()
    return (one.role, one.container, one.patient_id, one.patient_name, one.doubt, *control)


def _joined(readings: list[Reading]) -> Reading:
    if len(readings) == 1:
        return readings[0]
    numbers = dict.fromkeys(number for one in readings for number in one.numbers)
    return Reading(together([one.specimen for one in readings]), tuple(numbers))


def together(specimens: Sequence[ReportedSpecimen]) -> ReportedSpecimen:
    """The first, with the observations of the others behind its own."""
    if len(specimens) == 1:
        return specimens[0]
    return replace(specimens[0], observations=tuple(chain(*(one.observations for one in specimens))))


def _reading(message: Message, order: Order, profile: Profile, zone: ZoneInfo, seq: int) -> Reading:
    patient_id, patient_name = number_of(order.patient), name_of(order.patient)
    role, doubt = _role(message, order, profile, has_patient=bool(patient_id or patient_name))
    service = service_of(order, profile, zone)
    containers = _all(order, profile.container)
    container = containers[0] if containers else ""
    observations = tuple(
        [
            observation_of(item, order, service, profile, zone, seq + number)
            for number, item in enumerate(order.observed, 1)
        ]
    )
    if other := _other_tube(order, container):
        words = f"Two tubes are named for it: {container} and {other}."
        observations = tuple(replace(one, doubt=one.doubt or words) for one in observations)
    specimen = ReportedSpecimen(
        role=role,
        container=container,
        patient_id=patient_id,
        patient_name=patient_name,
        observations=observations,
        control=_control(order, profile) if role == "control" else None,
        doubt=doubt,
    )
    numbers = [*containers, _number(order, 3), _number(order, 2)]
    return Reading(specimen, tuple(dict.fromkeys([number for number in numbers if number])))


def _other_tube(order: Order, container: str) -> str:
    """What else an order names as the tube it was measured in, "" if nothing."""
    others = chain(order.others_before, order.others)
    names = (_identifier(other, _SAC if other.id == "SAC" else _SPM) for other in others)
    return next((name for name in names if name and name != container), "")


def _role(message: Message, order: Order, profile: Profile, *, has_patient: bool) -> tuple[Role, str]:
    """Patient or control, by the profile's marks. Marks that contradict each other are a doubt, never a guess."""
    marks = marks_of(message, order, profile)
    kind = order.specimen.value(11, 1).strip().upper() if order.specimen else ""
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
    place, wanted, prefix = _mark(mark)
    text = _at(message, order, place)
    return text.upper() == wanted if wanted else text.startswith(prefix)


class _Place(NamedTuple):
    """Where something stands. `parts` are the component and subcomponent, if its path names them."""

    segment: str
    field: int
    parts: tuple[int, ...]


@lru_cache(maxsize=256)
def _place(path: str) -> _Place:
    segment, _, place = path.partition("-")
    field, *parts = map(int, place.split("."))
    return _Place(segment, field, tuple(parts))


_SAC, _SPM = _place("SAC-3"), _place("SPM-2")


@lru_cache(maxsize=256)
def _mark(mark: str) -> tuple[_Place, str, str]:
    """Where a control mark stands, and what must stand there: this and nothing else, or this at the beginning."""
    path, _, wanted = mark.partition("=")
    if wanted:
        return _place(path), wanted, ""
    path, _, prefix = mark.partition("~")
    return _place(path), "", prefix


def _at(message: Message, order: Order, place: _Place) -> str:
    if place.segment == "MSH":
        header = message.header
        return (
            header.value(place.field, *place.parts).strip() if place.parts else header.value(place.field, 1)
        )
    segment = order.segment(place.segment)
    return _identifier(segment, place) if segment is not None else ""


def _all(order: Order, paths: Iterable[str]) -> list[str]:
    """What stands at the paths, in their order, empty ones left out."""
    found = []
    for path in paths:
        place = _place(path)
        segment = order.segment(place.segment)
        text = _identifier(segment, place) if segment is not None else ""
        if text:
            found.append(text)
    return found


def _identifier(segment: Segment, place: _Place) -> str:
    """An identifier without its authority: the first component that says something, first subcomponent."""
    field = place.field
    if place.parts:
        return segment.value(field, *place.parts).strip()
    return said(segment.value(field, 1, 1)) or said(segment.value(field, 2, 1) if field == 2 else "")


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
