"""Messages that say something wrong: results missing, units, codes, containers, times. One class per mechanism."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

from simulators.dice import Dice
from simulators.faults.base import register
from simulators.faults.message import (
    COMPONENT,
    Er7,
    MessageFault,
    Parcel,
    Parcels,
    ResultFault,
    Segment,
    containers_in,
    renumbered,
)
from simulators.faults.preanalytical_model import FaultError, Range, Strength

CLOCKED: Mapping[str, tuple[int, ...]] = {"MSH": (6,), "OBR": (7, 22), "OBX": (14, 19)}
"""Where the sender's own clock is written, as places in the lists of `Er7`."""
STAMP = "%Y%m%d%H%M%S%z"
SOME = Range(0.2, 0.8)
ONE_HOUR_SLOW = Range(-60.0, -60.0)


@register
@dataclass(frozen=True, kw_only=True)
class Partial(ResultFault):
    """Some results are missing; after `rest_after` minutes, if given, they follow in a message of their own."""

    name: ClassVar[str] = "partial"
    share: Range = SOME
    tests: tuple[str, ...] = ()
    rest_after: float = 0.0

    def __post_init__(self) -> None:
        if not self.menus.keys() >= set(self.tests):
            raise FaultError(f"no analyzer measures one of {', '.join(self.tests)}")

    def suits(self, thing: Parcels) -> bool:
        """Something can be missing, and something else stays."""
        messages = [Er7(parcel.content).named("OBX") for parcel in thing]
        return super().suits(thing) and any(
            0 < len(self._named(results)) < len(results) if self.tests else len(results) > 1
            for results in messages
        )

    def change(self, parcel: Parcel, strength: Strength) -> tuple[Parcels, Mapping[str, Any]]:
        """The named tests, else as many as the level says, but at least one, and never all."""
        results = Er7(parcel.content).named("OBX")
        count = min(max(round(strength.of(self.share) * len(results)), 1), len(results) - 1)
        drawn = strength.dice.sample(range(len(results)), max(count, 0))
        missing = self._named(results) if self.tests else set(drawn)
        part = replace(parcel, content=_without(parcel.content, missing))
        truth = {"missing": [_code(results[place]) for place in sorted(missing)]}
        if not self.rest_after:
            return (part,), truth
        others = set(range(len(results))) - missing
        rest = renumbered(replace(parcel, content=_without(parcel.content, others)), "R")
        return (part, replace(rest, held_back=timedelta(minutes=self.rest_after))), truth

    def _named(self, results: list[Segment]) -> set[int]:
        codes = frozenset[str]().union(*(self.menus[test] for test in self.tests))
        return {place for place, segment in enumerate(results) if _code(segment) in codes}


@dataclass(frozen=True, kw_only=True)
class _OneTest(MessageFault):
    """A fault of the results of one test (its code in the pack), or of every result."""

    test: str = ""

    def __post_init__(self) -> None:
        if self.test and self.test not in self.menus:
            raise FaultError(f"no analyzer measures {self.test}")

    def suits(self, thing: Parcels) -> bool:
        """It has such a result."""
        return any(self._concerned(Er7(parcel.content)) for parcel in thing)

    def _concerned(self, message: Er7) -> list[Segment]:
        results = [segment for segment in message.named("OBX") if len(segment) > 5]
        codes = self.menus.get(self.test)
        return [segment for segment in results if codes is None or _code(segment) in codes]


@register
@dataclass(frozen=True, kw_only=True)
class Unit(_OneTest):
    """A unit is wrong. factor alone: the number changes silently; unit alone: its name; both: a conversion."""

    name: ClassVar[str] = "unit"
    unit: str | None = None
    factor: float = 1.0
    decimals: int = 2

    def change(self, parcel: Parcel, strength: Strength) -> tuple[Parcels, Mapping[str, Any]]:
        """OBX-5 and OBX-6; ranges and flags stay as they were."""
        message, changed = Er7(parcel.content), []
        for segment in self._concerned(message):
            before = segment[5:7]
            segment[5] = self._converted(segment[5])
            if self.unit is not None and len(segment) > 6:
                segment[6] = self.unit
            changed.append({"code": _code(segment), "was": before, "is": segment[5:7]})
        return (replace(parcel, content=message.bytes()),), {"changed": changed}

    def _converted(self, text: str) -> str:
        *before, number = text.split(COMPONENT)
        if self.factor == 1.0 or not _is_number(number):
            return text
        return COMPONENT.join([*before, f"{float(number) * self.factor:.{self.decimals}f}"])


@register
@dataclass(frozen=True, kw_only=True)
class Code(_OneTest):
    """A test is sent under another code than the laboratory's map knows, as after a vendor's update."""

    name: ClassVar[str] = "code"
    code: str = ""

    def change(self, parcel: Parcel, strength: Strength) -> tuple[Parcels, Mapping[str, Any]]:
        """OBX-3.1; without a given code the old one gets a letter."""
        message, changed = Er7(parcel.content), []
        for segment in self._concerned(message):
            code, caret, rest = segment[3].partition(COMPONENT)
            new = self.code or f"{code}X"
            segment[3] = f"{new}{caret}{rest}"
            changed.append({"was": code, "is": new})
        return (replace(parcel, content=message.bytes()),), {"changed": changed}


@register
@dataclass(frozen=True, kw_only=True)
class WrongContainer(ResultFault):
    """The results are sent under another container id: one digit misread, or the one given."""

    name: ClassVar[str] = "wrong_container"
    container: str = ""

    def change(self, parcel: Parcel, strength: Strength) -> tuple[Parcels, Mapping[str, Any]]:
        """Everywhere in the message alike, as a device does that read it so."""
        message = Er7(parcel.content)
        truth: dict[str, str] = {}
        for segment, place in containers_in(message):
            old = segment[place]
            truth.setdefault(old, self.container or _misread(old, strength.dice))
            segment[place] = truth[old]
        return (replace(parcel, content=message.bytes()),), {"containers": truth}


@register
@dataclass(frozen=True, kw_only=True)
class ClockSkew(MessageFault):
    """The sender's clock is wrong by so many minutes (negative: slow), in every time that it writes."""

    name: ClassVar[str] = "clock_skew"
    minutes: Range = ONE_HOUR_SLOW

    def change(self, parcel: Parcel, strength: Strength) -> tuple[Parcels, Mapping[str, Any]]:
        """MSH-7, OBR-7 and 22, OBX-14 and 19."""
        message, shift = Er7(parcel.content), timedelta(minutes=round(strength.of(self.minutes)))
        for name, places in CLOCKED.items():
            for segment in message.named(name):
                for place in places:
                    if place < len(segment):
                        segment[place] = _shifted(segment[place], shift)
        return (replace(parcel, content=message.bytes()),), {"minutes": shift / timedelta(minutes=1)}


def _code(segment: Segment) -> str:
    return segment[3].split(COMPONENT)[0]


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdigit()


def _misread(container: str, dice: Dice) -> str:
    places = [place for place, letter in enumerate(container) if letter.isdigit()]
    if not places:
        return f"{container}X"
    place = dice.choice(places)
    digit = (int(container[place]) + dice.integer(1, 9)) % 10
    return f"{container[:place]}{digit}{container[place + 1 :]}"


def _without(content: bytes, missing: set[int]) -> bytes:
    """The message without these results; an order that has none left goes with them."""
    message = Er7(content)
    results = message.named("OBX")
    gone = {id(results[place]) for place in missing}
    kept: list[Segment] = []
    order: list[Segment] = []
    for segment in message.segments:
        if segment[0] in ("OBR", "ORC") and "OUL" in message.kind:
            order.append(segment)
        elif id(segment) not in gone:
            kept += [*order, segment]
            order = []
        else:
            order = []
    message.segments = kept
    return message.bytes()


def _shifted(text: str, shift: timedelta) -> str:
    try:
        return (datetime.strptime(text, "%Y%m%d%H%M%S%z") + shift).strftime(STAMP)
    except ValueError:
        return text
