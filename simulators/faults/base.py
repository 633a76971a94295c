"""Faults: what goes wrong, how strongly, and when. The laboratory's software knows nothing of them.

A fault is a pure change of one thing (a tube, what an analyzer says, a message, a cable); a trigger says which things
it meets. Each kind is one class in a module of this folder, known by its name once its module is imported.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Generic, Literal, TypeVar

from simulators.dice import Dice

T = TypeVar("T")
Stage = Literal["tube", "analyzer", "message", "link"]
REMEMBERED = 40
"""How many earlier things of a stage a fault can reach that needs a second one."""


class Fault(ABC, Generic[T]):
    """One mechanism. Its `level` runs from 0 (hardly there) to 1 (as strong as it comes); 0.5 is the usual case."""

    name: ClassVar[str]
    stage: ClassVar[Stage]

    @abstractmethod
    def apply(self, thing: T, level: float, dice: Dice) -> tuple[T, Mapping[str, Any]]:
        """The thing as it is with the fault, and the truth about the change for the ledger."""

    def suits(self, thing: T) -> bool:
        """Whether such a thing can have this fault at all."""
        return True


@dataclass(frozen=True, slots=True)
class Pair(Generic[T]):
    """Two things after one fault. Without a name the second is as it was."""

    thing: T
    truth: Mapping[str, Any]
    partner: T
    partner_name: str = ""
    partner_truth: Mapping[str, Any] = field(default_factory=dict)


class Pairing(Fault[T]):
    """A mechanism that needs a second thing, one that came before: another patient's label, or blood."""

    @property
    def needs_partner(self) -> bool:
        """Whether nothing happens while there is no second thing."""
        return True

    @abstractmethod
    def partner(self, thing: T, earlier: Sequence[T]) -> T | None:
        """Which of the earlier things it can be, the latest first; None when none fits."""

    @abstractmethod
    def apply_to_pair(self, thing: T, partner: T, level: float, dice: Dice) -> Pair[T]:
        """Both as they are with the fault, and the truth about each."""


@dataclass(frozen=True, slots=True)
class Trigger:
    """When a fault strikes: in a time window, on things whose facts are these, with a chance, so many times.

    A fact with several values (the orders of a tube) matches when one of them does; of the things that match, `every`
    n-th is struck.
    """

    since: datetime | None = None
    until: datetime | None = None
    matching: Mapping[str, Any] = field(default_factory=dict)
    chance: float = 1.0
    times: int | None = None
    every: int = 1

    def matches(self, at: datetime, facts: Mapping[str, Any]) -> bool:
        """Whether it speaks of this thing at this instant."""
        if (self.since and at < self.since) or (self.until and at >= self.until):
            return False
        return all(_agrees(facts.get(key), value) for key, value in self.matching.items())

    def meets(
        self, at: datetime, facts: Mapping[str, Any], used: int, dice: Dice, matched: int | None = None
    ) -> bool:
        """Whether it strikes this thing now, the `matched`-th that it speaks of."""
        if self.times is not None and used >= self.times:
            return False
        if matched is not None and matched % self.every:
            return False
        return self.matches(at, facts) and dice.chance(self.chance)


def _agrees(fact: Any, wanted: Any) -> bool:
    return wanted in fact if isinstance(fact, (tuple, list, frozenset)) else bool(fact == wanted)


Make = Callable[[str, Mapping[str, Any]], Fault[Any]]


@dataclass(frozen=True, slots=True)
class Injection:
    """A fault that was put into the world, with its level and its trigger, under a name of its own."""

    id: str
    fault: Fault[Any]
    level: float
    trigger: Trigger
    named: str = ""

    @classmethod
    def from_args(cls, args: Mapping[str, Any], make: Make | None = None) -> Injection:
        """From plain data, as scenarios and inputs keep it: id, fault; level, trigger, parameters as wanted."""
        raw: dict[str, Any] = dict(args.get("trigger", {}))
        raw |= {key: datetime.fromisoformat(raw[key]) for key in ("since", "until") if raw.get(key)}
        fault = (make or _known_alone)(args["fault"], args.get("parameters", {}))
        return cls(args["id"], fault, float(args.get("level", 0.5)), Trigger(**raw), args["fault"])


Tell = Callable[[str, str, Mapping[str, Any]], Any]


class Injections:
    """Everything that is set to go wrong in one world, in the order in which it was injected."""

    def __init__(self, dice: Dice, tell: Tell) -> None:
        self._dice = dice
        self._tell = tell
        self._injected: dict[str, Injection] = {}
        self._used: dict[str, int] = {}
        self._matched: dict[str, int] = {}
        self._earlier: dict[Stage, deque[Any]] = {}

    def inject(self, injection: Injection) -> None:
        """From now on this can go wrong; the ledger knows it."""
        self._injected[injection.id] = injection
        self._used.setdefault(injection.id, 0)
        self._tell("fault.injected", injection.id, _described(injection))

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
            if self._meets(injection, thing, at, facts, dice):
                thing = self._strike(injection, thing, subject, dice)
        if stage == "tube":
            self._earlier.setdefault(stage, deque(maxlen=REMEMBERED)).append(thing)
        return thing

    def strike_now(self, injection: Injection, thing: T, subject: str) -> T:
        """Let a fault strike this one thing, whatever its trigger says."""
        self._tell("fault.injected", injection.id, _described(injection))
        return self._strike(injection, thing, subject, self._dice.fork(f"{injection.id}/{subject}"))

    def _meets(
        self, injection: Injection, thing: Any, at: datetime, facts: Mapping[str, Any], dice: Dice
    ) -> bool:
        if not injection.fault.suits(thing) or not injection.trigger.matches(at, facts):
            return False
        matched = self._matched[injection.id] = self._matched.get(injection.id, 0) + 1
        used = self._used.get(injection.id, 0)
        return injection.trigger.meets(at, facts, used, dice.fork("trigger"), matched)

    def _strike(self, injection: Injection, thing: T, subject: str, dice: Dice) -> T:
        fault = injection.fault
        partner = self._partner(fault, thing)
        if partner is not None and isinstance(fault, Pairing):
            thing, truth = self._strike_both(injection, fault, thing, partner, dice)
        elif isinstance(fault, Pairing) and fault.needs_partner:
            return thing
        else:
            thing, truth = fault.apply(thing, injection.level, dice)
        self._used[injection.id] = self._used.get(injection.id, 0) + 1
        self._tell("fault.struck", subject, _struck(injection, truth))
        return thing

    def _strike_both(
        self, injection: Injection, fault: Pairing[T], thing: T, partner: T, dice: Dice
    ) -> tuple[T, Mapping[str, Any]]:
        """The partner is on its way already, and others hold it: it changes where it is."""
        pair = fault.apply_to_pair(thing, partner, injection.level, dice)
        if pair.partner_name:
            vars(partner).update(vars(pair.partner))
            self._tell("fault.struck", pair.partner_name, _struck(injection, pair.partner_truth))
        return pair.thing, pair.truth

    def _partner(self, fault: Fault[T], thing: T) -> T | None:
        if not isinstance(fault, Pairing):
            return None
        return fault.partner(thing, list(reversed(self._earlier.get(fault.stage, deque()))))

    def _of(self, stage: Stage) -> list[Injection]:
        return [injection for injection in self._injected.values() if injection.fault.stage == stage]


def _described(injection: Injection) -> Mapping[str, Any]:
    return {
        "fault": injection.named or injection.fault.name,
        "level": injection.level,
        "trigger": injection.trigger,
    }


def _struck(injection: Injection, truth: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"injection": injection.id, "fault": injection.named or injection.fault.name, "change": truth}


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


def _known_alone(name: str, parameters: Mapping[str, Any]) -> Fault[Any]:
    return known()[name](**parameters)
