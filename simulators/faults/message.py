"""What happens to messages on their way to the laboratory: one class per mechanism; here, how often and when they come.

Each turns a message into what leaves instead; `message_content` has those that change what it says. Waiting, answers
that get lost and cables that are dead are carried out by the stage as events of simulated time; nothing ever waits for
a time-out.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from typing import Any, ClassVar, Self

from simulators.dice import Dice
from simulators.faults.base import Fault, register
from simulators.faults.preanalytical_model import NOTHING, FaultError, Range, Strength, range_of

FIELD, COMPONENT, SEGMENT = "|", "^", "\r"
SOME_MINUTES = Range(15.0, 180.0)
RANGES = frozenset({"minutes", "share"})


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message on its way out: bytes and control id, how long it is held back, how many answers to it get lost."""

    content: bytes
    control: str
    held_back: timedelta = timedelta(0)
    answers_lost: int = 0


Parcels = tuple[Parcel, ...]
Segment = list[str]


class Er7:
    """The segments of one of our own messages as lists of fields, MSH-1 not counted, so that MSH-n is at n - 1."""

    def __init__(self, content: bytes) -> None:
        self.segments: list[Segment] = [line.split(FIELD) for line in content.decode().split(SEGMENT) if line]

    def named(self, *names: str) -> list[Segment]:
        """The segments of these names, in order."""
        return [segment for segment in self.segments if segment[0] in names]

    def bytes(self) -> bytes:
        """Written again."""
        return "".join(FIELD.join(segment) + SEGMENT for segment in self.segments).encode()

    @property
    def kind(self) -> str:
        """MSH-9.1 and 9.2."""
        return COMPONENT.join(self.segments[0][8].split(COMPONENT)[:2])

    def number_anew(self, control: str) -> None:
        """Another control id."""
        self.segments[0][9] = control


def facts_of(content: bytes) -> dict[str, Any]:
    """What a trigger can ask of a message: its type and event, and the containers it speaks of."""
    message = Er7(content)
    containers = [value for segment, place in containers_in(message) for value in [segment[place]]]
    return {"kind": message.kind, "container": tuple(dict.fromkeys(containers))}


@dataclass(frozen=True, kw_only=True)
class MessageFault(Fault[Parcels]):
    """What all message faults share: they act on each message that leaves, one by one."""

    stage: ClassVar[Any] = "message"
    menus: Mapping[str, frozenset[str]]

    @classmethod
    def from_content(cls, menus: Mapping[str, frozenset[str]], given: Mapping[str, Any]) -> Self:
        """From plain data; a parameter the kind does not know is refused."""
        unknown = set(given) - {each.name for each in fields(cls)}
        if unknown:
            raise FaultError(f"{cls.name} has no {', '.join(sorted(unknown))}")
        return cls(menus=menus, **{name: _parameter(name, value) for name, value in given.items()})

    def apply(self, thing: Parcels, level: float, dice: Dice) -> tuple[Parcels, Mapping[str, Any]]:
        """What leaves instead."""
        left: list[Parcel] = []
        truths: list[Mapping[str, Any]] = []
        for number, parcel in enumerate(thing):
            instead, truth = self.change(parcel, Strength(level, dice.fork(str(number))))
            left += instead
            truths.append(truth)
        return tuple(left), {"message": self.name, "what": truths}

    @abstractmethod
    def change(self, parcel: Parcel, strength: Strength) -> tuple[Parcels, Mapping[str, Any]]:
        """What leaves instead of one message, and the truth about it."""


def _parameter(name: str, value: Any) -> Any:
    if name in RANGES:
        return range_of(value)
    return tuple(value) if isinstance(value, list) else value


@dataclass(frozen=True, kw_only=True)
class ResultFault(MessageFault):
    """A message fault that only a message with results can have."""

    def suits(self, thing: Parcels) -> bool:
        """Something was measured, and it was not a control."""
        return any(is_patient_result(Er7(parcel.content)) for parcel in thing)


@register
@dataclass(frozen=True, kw_only=True)
class LostAck(MessageFault):
    """The laboratory takes the message and answers; the answer gets lost, so the sender sends the same bytes again."""

    name: ClassVar[str] = "lost_ack"
    answers: int = 1

    def change(self, parcel: Parcel, strength: Strength) -> tuple[Parcels, Mapping[str, Any]]:
        """The stage drops so many answers."""
        return (replace(parcel, answers_lost=self.answers),), {"answers_lost": self.answers}


@register
@dataclass(frozen=True, kw_only=True)
class Retransmit(MessageFault):
    """The same bytes once more, although they were answered."""

    name: ClassVar[str] = "retransmit"
    minutes: Range = NOTHING

    def change(self, parcel: Parcel, strength: Strength) -> tuple[Parcels, Mapping[str, Any]]:
        """A copy, at once or later."""
        wait = timedelta(minutes=round(strength.of(self.minutes)))
        return (parcel, replace(parcel, held_back=wait)), {"again_after_minutes": wait / timedelta(minutes=1)}


@register
@dataclass(frozen=True, kw_only=True)
class Doubled(MessageFault):
    """The same results once more under a new control id, as a device does whose operator presses "transmit" again."""

    name: ClassVar[str] = "doubled"

    def change(self, parcel: Parcel, strength: Strength) -> tuple[Parcels, Mapping[str, Any]]:
        """A copy with its own MSH-10."""
        again = renumbered(parcel, "D")
        return (parcel, again), {"second_control": again.control}


@register
@dataclass(frozen=True, kw_only=True)
class Late(MessageFault):
    """The message waits in the device, or in a box between, and comes late."""

    name: ClassVar[str] = "late"
    minutes: Range = SOME_MINUTES

    def change(self, parcel: Parcel, strength: Strength) -> tuple[Parcels, Mapping[str, Any]]:
        """The bytes are the same; later messages overtake it."""
        wait = timedelta(minutes=round(strength.of(self.minutes)))
        return (replace(parcel, held_back=wait),), {"minutes": wait / timedelta(minutes=1)}


@register
@dataclass(frozen=True, kw_only=True)
class StoppedLink(Fault[bool]):
    """The cable of a peer is dead: nothing reaches the laboratory until the fault ends; then all comes, in order."""

    name: ClassVar[str] = "stopped_link"
    stage: ClassVar[Any] = "link"

    def apply(self, thing: bool, level: float, dice: Dice) -> tuple[bool, Mapping[str, Any]]:
        """Closed."""
        return False, {"link": "stopped"}


CONTAINED: Mapping[str, int] = {"SPM": 2, "SAC": 3, "OBR": 3}
"""Where a message with results says which container they are of, as places in the lists of `Er7`."""


def containers_in(message: Er7) -> list[tuple[Segment, int]]:
    """Every place where a message with results names a container."""
    if not message.named("OBX"):
        return []
    found = [(segment, CONTAINED[segment[0]]) for segment in message.named(*CONTAINED)]
    return [(segment, place) for segment, place in found if place < len(segment) and segment[place]]


def is_patient_result(message: Er7) -> bool:
    """Results, and not of a control (SPM-11)."""
    roles = [segment[11].split(COMPONENT)[0] for segment in message.named("SPM") if len(segment) > 11]
    return bool(message.named("OBX")) and "Q" not in roles


def renumbered(parcel: Parcel, letter: str) -> Parcel:
    """The same under another control id: the old one with a letter."""
    message, control = Er7(parcel.content), f"{parcel.control}{letter}"
    message.number_anew(control)
    return replace(parcel, content=message.bytes(), control=control)
