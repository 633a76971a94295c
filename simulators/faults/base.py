"""Faults: what goes wrong, how strongly, and when. The laboratory's software knows nothing of them.

A fault is a pure change of one thing (a tube, an analyzer's meter, a message); a trigger says which things it meets.
Each kind is one class in a module of this folder, known by its name once its module is imported.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Generic, Literal, TypeVar

from simulators.dice import Dice

T = TypeVar("T")
Stage = Literal["tube", "analyzer", "message"]


class Fault(ABC, Generic[T]):
    """One mechanism. Its `level` runs from 0 (hardly there) to 1 (as strong as it comes)."""

    name: ClassVar[str]
    stage: ClassVar[Stage]

    @abstractmethod
    def apply(self, thing: T, level: float, dice: Dice) -> tuple[T, Mapping[str, Any]]:
        """The thing as it is with the fault, and the truth about the change for the ledger."""


@dataclass(frozen=True, slots=True)
class Trigger:
    """When a fault strikes: in a time window, on things whose facts are these, with a chance, so many times."""

    since: datetime | None = None
    until: datetime | None = None
    matching: Mapping[str, Any] = field(default_factory=dict)
    chance: float = 1.0
    times: int | None = None

    def meets(self, at: datetime, facts: Mapping[str, Any], used: int, dice: Dice) -> bool:
        """Whether it strikes this thing now."""
        if (self.since and at < self.since) or (self.until and at >= self.until):
            return False
        if self.times is not None and used >= self.times:
            return False
        return all(facts.get(key) == value for key, value in self.matching.items()) and dice.chance(
            self.chance
        )


@dataclass(frozen=True, slots=True)
class Injection:
    """A fault that was put into the world, with its level and its trigger, under a name of its own."""

    id: str
    fault: Fault[Any]
    level: float
    trigger: Trigger

    @classmethod
    def from_args(cls, args: Mapping[str, Any]) -> Injection:
        """From plain data, as scenarios and recorded inputs keep it: id, fault, level, trigger."""
        raw: dict[str, Any] = dict(args.get("trigger", {}))
        raw |= {key: datetime.fromisoformat(raw[key]) for key in ("since", "until") if raw.get(key)}
        return cls(args["id"], known()[args["fault"]](), float(args["level"]), Trigger(**raw))


Tell = Callable[[str, str, Mapping[str, Any]], Any]


class Injections:
    """Everything that is set to go wrong in one world, in the order in which it was injected."""

    def __init__(self, dice: Dice, tell: Tell) -> None:
        self._dice = dice
        self._tell = tell
        self._injected: dict[str, Injection] = {}
        self._used: dict[str, int] = {}

    def inject(self, injection: Injection) -> None:
        """From now on this can go wrong; the ledger knows it."""
        self._injected[injection.id] = injection
        self._used.setdefault(injection.id, 0)
        data = {"fault": injection.fault.name, "level": injection.level, "trigger": injection.trigger}
        self._tell("fault.injected", injection.id, data)

    def withdraw(self, injection_id: str) -> None:
        """From now on it does not; what it did stays done."""
        if self._injected.pop(injection_id, None) is not None:
            self._tell("fault.withdrawn", injection_id, {})

    def are_set_for(self, stage: Stage) -> bool:
        """Whether anything of this stage can go wrong at all."""
        return bool(self._of(stage))

    def pass_through(self, stage: Stage, thing: T, subject: str, at: datetime, facts: Mapping[str, Any]) -> T:
        """The thing after every fault of this stage that meets it, each change told to the ledger."""
        for injection in self._of(stage):
            dice = self._dice.fork(f"{injection.id}/{subject}")
            if injection.trigger.meets(at, facts, self._used[injection.id], dice.fork("trigger")):
                self._used[injection.id] += 1
                thing, truth = injection.fault.apply(thing, injection.level, dice)
                self._tell("fault.struck", subject, {"injection": injection.id, "change": truth})
        return thing

    def _of(self, stage: Stage) -> list[Injection]:
        return [injection for injection in self._injected.values() if injection.fault.stage == stage]


_KNOWN: dict[str, type[Fault[Any]]] = {}


def register(kind: type[Fault[Any]]) -> type[Fault[Any]]:
    """Make a kind of fault known by its name; two of one name are a mistake."""
    if kind.name in _KNOWN:
        raise ValueError(f"there are two faults named {kind.name}")
    _KNOWN[kind.name] = kind
    return kind


def known() -> Mapping[str, type[Fault[Any]]]:
    """Every registered kind of fault by name."""
    return dict(sorted(_KNOWN.items()))
