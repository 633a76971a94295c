"""What happens to a specimen before it is measured: one class per mechanism, its numbers in the pack.

A mechanism changes what is in the tube and what eyes see of it. What was true in the patient stays in `truth`; results
that an analyzer computes follow by themselves from what it measures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta
from typing import Any, ClassVar, Self

from simulators.content_types import Effect
from simulators.dice import Dice
from simulators.faults.base import Fault, register
from simulators.faults.preanalytical_model import (
    NOTHING,
    Chemistry,
    Contents,
    FaultError,
    Range,
    Strength,
    differences,
    range_of,
)
from simulators.tubes import Tube

ALL = "all"
HAEMOLYSIS, FIBRIN = "H", "fibrin"
USUAL_INDEX, SHORT, SOME_HOURS = Range(60.0, 600.0), Range(0.5, 0.85), Range(3.0, 8.0)
RANGES = frozenset({"share", "index", "hours", "haemolysis", "expired_days"})


@dataclass
class Spoiling:
    """A tube while something happens to it: copies of its contents and indices, and how strong it is."""

    tube: Tube
    contents: Contents
    indices: dict[str, float]
    strength: Strength

    @classmethod
    def of(cls, tube: Tube, level: float, dice: Dice) -> Self:
        """Begin with the tube as it is."""
        return cls(tube, dict(tube.contents), dict(tube.indices), Strength(level, dice))

    def done(self, signs: tuple[str, ...], **changes: Any) -> Tube:
        """The tube as it has become; what eyes can see of it is added to what they saw already."""
        seen = (*self.tube.signs, *(sign for sign in signs if sign not in self.tube.signs))
        return replace(self.tube, contents=self.contents, indices=self.indices, signs=seen, **changes)


@dataclass(frozen=True, kw_only=True)
class Mechanism(Fault[Tube]):
    """What all pre-analytical mechanisms share: the chemistry, effects that are only stated, signs that eyes see.

    `true_of` names the tests of which the patient, too, has what is in the tube: an illness, not a spoilt specimen.
    """

    stage: ClassVar[Any] = "tube"
    chemistry: Chemistry
    specimens: frozenset[str] = frozenset({ALL})
    containers: frozenset[str] = frozenset()
    effects: tuple[Effect, ...] = ()
    signs: tuple[str, ...] = ()
    true_of: tuple[str, ...] = ()

    @classmethod
    def from_content(cls, chemistry: Chemistry, given: Mapping[str, Any]) -> Self:
        """From plain data; a parameter the kind does not know is refused."""
        unknown = set(given) - {each.name for each in fields(cls)}
        if unknown:
            raise FaultError(f"{cls.name} has no {', '.join(sorted(unknown))}")
        return cls(chemistry=chemistry, **{name: _parameter(name, value) for name, value in given.items()})

    def suits(self, thing: Tube) -> bool:
        """Whether it can happen to a specimen of this type, or in this container where the kind names containers."""
        if self.containers:
            return thing.kind.code in self.containers
        return ALL in self.specimens or thing.kind.specimen_type in self.specimens

    def apply(self, thing: Tube, level: float, dice: Dice) -> tuple[Tube, Mapping[str, Any]]:
        """The tube as it has become, and what became different."""
        changed = self.spoil(Spoiling.of(thing, level, dice))
        if self.true_of:
            true = {test: changed.contents[test] for test in self.true_of if test in changed.contents}
            changed = replace(changed, truth={**changed.truth, **true})
        return changed, differences(thing, changed)

    def spoil(self, now: Spoiling) -> Tube:
        """What happens: the stated effects, where a kind says no more."""
        self.draw(now)
        return now.done(self.signs)

    def draw(self, now: Spoiling) -> None:
        """The stated effects."""
        self.chemistry.draw(now.contents, self.effects, now.strength)


def _parameter(name: str, value: Any) -> Any:
    if name in RANGES:
        return range_of(value)
    if name in ("specimens", "containers", "instead_of"):
        return frozenset(value)
    return tuple(value) if isinstance(value, list) else value


@register
@dataclass(frozen=True, kw_only=True)
class Contamination(Mechanism):
    """Something else came into the tube: infusion, line flush, the additive of another tube, dirt."""

    name: ClassVar[str] = "contamination"
    share: Range = NOTHING
    fluid: str = ""
    additive: str = ""
    adds: Mapping[str, float] = field(default_factory=dict)

    def spoil(self, now: Spoiling) -> Tube:
        """Mass balance for a fluid; an additive comes with the patient's own blood and dilutes nothing but itself."""
        share = now.strength.of(self.share)
        if self.fluid:
            self.chemistry.mix(now.contents, {**self.chemistry.fluids[self.fluid], **self.adds}, share)
        if self.additive:
            self.chemistry.add(now.contents, self.chemistry.additives[self.additive], share, now.strength)
        self.draw(now)
        return now.done(self.signs)


@register
@dataclass(frozen=True, kw_only=True)
class Haemolysis(Mechanism):
    """Red cells burst: haemoglobin colours what stands above the cells, and their contents are measured with it."""

    name: ClassVar[str] = "haemolysis"
    index: Range = USUAL_INDEX

    def spoil(self, now: Spoiling) -> Tube:
        """Release in proportion to the haemoglobin that is free."""
        self.chemistry.lyse(now.contents, now.indices, HAEMOLYSIS, now.strength.of(self.index))
        self.draw(now)
        return now.done(self.signs)


@register
@dataclass(frozen=True, kw_only=True)
class Interference(Mechanism):
    """Something in the specimen misleads a method: turbidity, pigment, cells, antibodies, a drug."""

    name: ClassVar[str] = "interference"
    letter: str = ""
    index: Range = NOTHING
    follows: Mapping[str, float] = field(default_factory=dict)

    def spoil(self, now: Spoiling) -> Tube:
        """An index, whose consequences the analyzer makes itself; what colours the serum rises with it."""
        if self.letter:
            index = now.strength.of(self.index)
            self.chemistry.show(now.contents, now.indices, self.letter, index)
            now.contents |= {test: index * factor for test, factor in self.follows.items()}
        self.draw(now)
        return now.done(self.signs)


@register
@dataclass(frozen=True, kw_only=True)
class Fill(Mechanism):
    """Too little or too much in the tube for its additive, or for the tests."""

    name: ClassVar[str] = "fill"
    share: Range = SHORT
    lost: bool = False

    def spoil(self, now: Spoiling) -> Tube:
        """Strong means far from full. What was lost on the way had its share of the additive with it."""
        is_over = self.share.low > 1
        share = self.share.at(now.strength.own("fill", is_over))
        self.draw(now)
        volume = round(share * now.tube.kind.draw_volume_ml, 3)
        return now.done(self.signs, volume_ml=volume, drawn_ml=now.tube.drawn_ml if self.lost else volume)


@register
@dataclass(frozen=True, kw_only=True)
class Clot(Mechanism):
    """Blood that should not have clotted has, or fibrin still forms in serum: cells are caught, probes block."""

    name: ClassVar[str] = "clot"
    signs: tuple[str, ...] = ("clot",)

    def spoil(self, now: Spoiling) -> Tube:
        """A lump has taken its cells; threads mislead the probe as long as they hang there."""
        if FIBRIN not in self.signs:
            return super().spoil(now)
        signs = tuple(sign for sign in self.signs if sign != FIBRIN)
        return now.done(signs, fibrin=self.effects)


@register
@dataclass(frozen=True, kw_only=True)
class Delay(Mechanism):
    """The tube comes late; until then cells live on in it, as in every tube, and the label's time tells."""

    name: ClassVar[str] = "delay"
    hours: Range = SOME_HOURS
    celsius: float | None = None
    unmixed: bool = False

    def suits(self, thing: Tube) -> bool:
        """A tube that has not come yet: what has arrived is not late any more."""
        return super().suits(thing) and thing.arrived_at is None

    def spoil(self, now: Spoiling) -> Tube:
        """So many hours more, and how warm; an additive that nobody mixed in keeps nothing from happening."""
        hours = now.strength.of(self.hours)
        self.draw(now)
        celsius = now.tube.temperature_c if self.celsius is None else self.celsius
        kept = now.tube.kept_back + timedelta(seconds=round(3600 * hours))
        unmixed = now.tube.is_unmixed or self.unmixed
        return now.done(self.signs, temperature_c=celsius, kept_back=kept, is_unmixed=unmixed)


@register
@dataclass(frozen=True, kw_only=True)
class Temperature(Mechanism):
    """Carried too cold or too warm; frozen blood thaws haemolysed."""

    name: ClassVar[str] = "temperature"
    celsius: float = 4.0
    haemolysis: Range = NOTHING

    def spoil(self, now: Spoiling) -> Tube:
        """The tube feels so; freezing bursts the cells."""
        if self.haemolysis.high:
            self.chemistry.lyse(now.contents, now.indices, HAEMOLYSIS, now.strength.of(self.haemolysis))
        self.draw(now)
        return now.done(self.signs, temperature_c=self.celsius)


@register
@dataclass(frozen=True, kw_only=True)
class Container(Mechanism):
    """The wrong tube for the tests, or one past its date, whose vacuum is weak."""

    name: ClassVar[str] = "tube"
    container: str = ""
    instead_of: frozenset[str] = frozenset()
    expired_days: Range = NOTHING
    share: Range = NOTHING

    def suits(self, thing: Tube) -> bool:
        """A tube of another kind than it should have been."""
        if self.instead_of:
            return thing.kind.specimen_type in self.instead_of and thing.kind.code != self.container
        return super().suits(thing)

    def spoil(self, now: Spoiling) -> Tube:
        """The blood came into another tube, with its additive; the papers still name the right one."""
        tube, kind = now.tube, now.tube.kind
        if self.container:
            kind = self.chemistry.kinds[self.container]
        share = tube.drawn_share
        if self.share.high:
            share = self.share.at(now.strength.own("fill", upwards=False))
        self.draw(now)
        volume = round(share * kind.draw_volume_ml, 3)
        return now.done(
            self.signs, kind=kind, volume_ml=volume, drawn_ml=volume, expires_on=self._expiry(now)
        )

    def _expiry(self, now: Spoiling) -> Any:
        if not self.expired_days.high:
            return now.tube.expires_on
        return now.tube.drawn_at.date() - timedelta(days=round(now.strength.of(self.expired_days)))


@register
@dataclass(frozen=True, kw_only=True)
class Collection(Mechanism):
    """How it was drawn or caught shows in it: tourniquet, air, the wrong vessel, skin, the first millilitres."""

    name: ClassVar[str] = "collection"


@register
@dataclass(frozen=True, kw_only=True)
class Procedure(Mechanism):
    """A step at the bench went wrong for this tube: carry-over, a reagent forgotten or spoiled."""

    name: ClassVar[str] = "procedure"
