"""The telephone as the content describes it (`world/telephone.yaml`): who answers, what is said, when a ward rings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

PROVIDER, NURSE, CLERK = "provider", "nurse", "clerk"


@dataclass(frozen=True, slots=True)
class Staff:
    """Somebody on a ward who answers the telephone."""

    id: str
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that may be said by picking it; what the other side answers, and what it does then."""

    id: str
    text: str
    answer: str
    effect: str = ""


@dataclass(frozen=True, slots=True)
class Addition:
    """A test that may be wanted in addition by who has one of these orders."""

    has: tuple[str, ...]
    test: str


@dataclass(frozen=True, slots=True)
class Occasion:
    """A reason to ring the laboratory: how often, how long after, in which words, and what may be answered."""

    kind: str
    share: float
    after_minutes: tuple[float, float]
    says: tuple[str, ...]
    choices: tuple[str, ...]
    priority: str = ""
    unless_reported: bool = False
    flags: frozenset[str] = frozenset()
    adds: tuple[Addition, ...] = ()


@dataclass(frozen=True, slots=True)
class TelephonePlan:
    """All of it. Without content nobody answers and nobody rings."""

    answered: float = 0.0
    answers: Mapping[str, float] = field(default_factory=dict)
    read_back_wrong: Mapping[str, float] = field(default_factory=dict)
    rings_minutes: float = 3.0
    again_times: int = 0
    again_minutes: tuple[float, float] = (0.0, 0.0)
    staff: tuple[Staff, ...] = ()
    greetings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    nobody: str = ""
    read_back: tuple[str, ...] = ()
    takes_no_results: str = ""
    last_time: str = ""
    choices: Mapping[str, Choice] = field(default_factory=dict)
    outgoing: tuple[str, ...] = ()
    occasions: tuple[Occasion, ...] = ()


def read_telephone(raw: Mapping[str, Any]) -> TelephonePlan:
    """The plan from the file's content; a choice that no list defines is a KeyError."""
    choices = {key: Choice(key, **value) for key, value in raw["choices"].items()}
    low, high = raw["again"]["after_minutes"]
    plan = TelephonePlan(
        answered=float(raw["answered"]),
        answers=raw["answers"],
        read_back_wrong=raw["read_back_wrong"],
        rings_minutes=float(raw["rings_minutes"]),
        again_times=int(raw["again"]["times"]),
        again_minutes=(float(low), float(high)),
        staff=tuple(Staff(**one) for one in raw["staff"]),
        greetings={role: tuple(texts) for role, texts in raw["greetings"].items()},
        nobody=raw["nobody"],
        read_back=tuple(raw["read_back"]),
        takes_no_results=raw["takes_no_results"],
        last_time=raw["last_time"],
        choices=choices,
        outgoing=tuple(raw["outgoing"]),
        occasions=tuple(_occasion(one) for one in raw["occasions"]),
    )
    for name in (*plan.outgoing, *(name for one in plan.occasions for name in one.choices)):
        plan.choices[name]
    return plan


def _occasion(raw: Mapping[str, Any]) -> Occasion:
    low, high = raw["after_minutes"]
    return Occasion(
        kind=raw["kind"],
        share=float(raw["share"]),
        after_minutes=(float(low), float(high)),
        says=tuple(raw["says"]),
        choices=tuple(raw["choices"]),
        priority=raw.get("priority", ""),
        unless_reported=bool(raw.get("unless_reported")),
        flags=frozenset(raw.get("flags", ())),
        adds=tuple(Addition(tuple(one["has"]), one["test"]) for one in raw.get("adds", ())),
    )
