"""Whose blood, whose label: mechanisms of identity. The ledger gets whose blood it is, and what the label was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import ClassVar, Literal, TypeVar, get_args

from simulators.bags import LOOSE, Paper
from simulators.dice import Dice
from simulators.faults.base import Pair, Pairing, register
from simulators.faults.preanalytical import Mechanism, Spoiling
from simulators.faults.preanalytical_model import FaultError, differences
from simulators.tubes import CollectionLabel, Tube, Value

How = Literal["none", "wrong", "digit", "birth_year", "misspelt", "illegible", "askew", "source"]
SIGNS_OF = {"illegible": ("smear",), "askew": ("askew",)}
SMEARED = "\N{MIDDLE DOT}"
ON_THE_WAY = ("ward", "transport")


@register
@dataclass(frozen=True, kw_only=True)
class Label(Mechanism, Pairing[Tube]):
    """The collection label is missing, another patient's, wrong in one place, not readable, or names another source."""

    name: ClassVar[str] = "label"
    how: How = "none"
    note: str = ""

    def __post_init__(self) -> None:
        if self.how not in get_args(How):
            raise FaultError(f"a label is not {self.how}")

    @property
    def needs_partner(self) -> bool:
        """Another patient's label has to come from somewhere."""
        return self.how == "wrong"

    def suits(self, thing: Tube) -> bool:
        """A tube that has a label."""
        return super().suits(thing) and thing.collection_label is not None

    def partner(self, thing: Tube, earlier: Sequence[Tube]) -> Tube | None:
        """The latest tube of another patient, whose label was printed twice."""
        return _other_patient(thing, earlier) if self.needs_partner else None

    def apply_to_pair(self, thing: Tube, partner: Tube, level: float, dice: Dice) -> Pair[Tube]:
        """This tube bears the other's label; the other stays as it is."""
        changed = replace(thing, collection_label=partner.collection_label)
        return Pair(changed, {**differences(thing, changed), "from": partner.id}, partner)

    def spoil(self, now: Spoiling) -> Tube:
        """The label as it really is, as far as it takes no second patient."""
        self.draw(now)
        label = now.tube.collection_label
        if label is None or self.how == "wrong":
            return now.done(())
        signs = (*self.signs, *SIGNS_OF.get(self.how, ()))
        if self.how == "source":
            return now.done(signs, collection_label=replace(label, note=self.note))
        return now.done(signs, collection_label=written(label, self.how, now.strength.dice))


@register
@dataclass(frozen=True, kw_only=True)
class Swap(Mechanism, Pairing[Tube]):
    """The labels of two patients' tubes crossed at the bedside, or the tubes went into each other's bags."""

    name: ClassVar[str] = "swap"
    what: Literal["labels", "bags"] = "labels"

    def suits(self, thing: Tube) -> bool:
        """A tube that has what is to be crossed."""
        crossed = thing.collection_label if self.what == "labels" else thing.paper
        return super().suits(thing) and crossed is not None

    def partner(self, thing: Tube, earlier: Sequence[Tube]) -> Tube | None:
        """A tube of the same kind, rightly labelled, that nobody in the laboratory has seen yet; same ward first."""
        near = [
            tube
            for tube in earlier
            if tube.kind.code == thing.kind.code and tube.spot in ON_THE_WAY and _is_right(tube)
        ]
        same_ward = [tube for tube in near if tube.ward == thing.ward]
        return _other_patient(thing, same_ward) or _other_patient(thing, near)

    def apply_to_pair(self, thing: Tube, partner: Tube, level: float, dice: Dice) -> Pair[Tube]:
        """Each bears the other's, or lies in the bag with the other's requisition."""
        part = "collection_label" if self.what == "labels" else "paper"
        one: Tube = replace(thing, **{part: getattr(partner, part)})
        other: Tube = replace(partner, **{part: getattr(thing, part)})
        return Pair(
            one,
            {**differences(thing, one), "with": partner.id},
            other,
            partner.id,
            {**differences(partner, other), "with": thing.id},
        )

    def spoil(self, now: Spoiling) -> Tube:
        """One tube alone has nothing to cross with."""
        return now.tube


@register
@dataclass(frozen=True, kw_only=True)
class Requisition(Mechanism):
    """The paper in the bag says something else than the tube does, or there is none."""

    name: ClassVar[str] = "requisition"
    how: Literal["none", "digit", "birth_year", "misspelt", "time"] = "none"
    minutes: int = -90

    def suits(self, thing: Tube) -> bool:
        """A tube that has not come yet, whose bag has a requisition."""
        return super().suits(thing) and thing.paper is not None and thing.arrived_at is None

    def spoil(self, now: Spoiling) -> Tube:
        """Only the paper is otherwise; the order that was sent and the tube are as they were."""
        paper = now.tube.paper
        if paper is None or self.how == "none":
            return now.done(self.signs, paper=None)
        if self.how == "time":
            at = paper.collected_at + timedelta(minutes=self.minutes)
            return now.done(self.signs, paper=replace(paper, collected_at=at))
        return now.done(self.signs, paper=written(paper, self.how, now.strength.dice))


@register
@dataclass(frozen=True, kw_only=True)
class Loose(Mechanism):
    """Handed over without a bag and without its requisition."""

    name: ClassVar[str] = "loose"

    def suits(self, thing: Tube) -> bool:
        """A tube that has not come yet."""
        return super().suits(thing) and thing.arrived_at is None

    def spoil(self, now: Spoiling) -> Tube:
        """It comes on its own."""
        return now.done(self.signs, bag=LOOSE, paper=None)


@register
@dataclass(frozen=True, kw_only=True)
class Patient(Mechanism, Pairing[Tube]):
    """Wrong blood in tube: the label is the intended patient's, the blood is another's."""

    name: ClassVar[str] = "patient"

    @property
    def needs_partner(self) -> bool:
        """Somebody nobody knows will do."""
        return False

    def partner(self, thing: Tube, earlier: Sequence[Tube]) -> Tube | None:
        """Whoever was drawn last."""
        return _other_patient(thing, earlier)

    def apply_to_pair(self, thing: Tube, partner: Tube, level: float, dice: Dice) -> Pair[Tube]:
        """The other's blood, with what this tube went through."""
        contents = {
            test: _carried(value, thing.truth.get(test), thing.contents.get(test))
            for test, value in partner.truth.items()
        }
        kept = {test: value for test, value in thing.contents.items() if test in self._index_tests}
        changed = replace(thing, patient=partner.patient, truth=partner.truth, contents=contents | kept)
        return Pair(changed, {**differences(thing, changed), "from": partner.id}, partner)

    def spoil(self, now: Spoiling) -> Tube:
        """Nobody else was drawn yet: blood of somebody who is not known here, as the pattern states it."""
        self.draw(now)
        return now.done(self.signs, patient="")

    @property
    def _index_tests(self) -> frozenset[str]:
        return frozenset(self.chemistry.index_tests.values())


Written = TypeVar("Written", CollectionLabel, Paper)


def written(on: Written, how: str, dice: Dice) -> Written | None:
    """What is written on a label or a requisition, wrong in one place; None when it is not there at all."""
    match how:
        case "none":
            return None
        case "digit":
            return replace(on, mrn=_one_digit_off(on.mrn, dice))
        case "birth_year":
            return replace(on, born_on=_another_year(on.born_on, dice))
        case "misspelt":
            return replace(on, name=_misspelt(on.name, dice))
        case "illegible":
            return replace(on, name=_smeared(on.name, dice), mrn=_smeared(on.mrn, dice))
        case _:
            return on


def _other_patient(thing: Tube, earlier: Sequence[Tube]) -> Tube | None:
    others = (tube for tube in earlier if tube.patient != thing.patient and tube.collection_label)
    return next(others, None)


def _is_right(tube: Tube) -> bool:
    """Whether label and requisition name whose blood it is."""
    if tube.paper is not None and tube.paper.mrn != tube.patient:
        return False
    return tube.collection_label is not None and tube.collection_label.mrn == tube.patient


def _carried(value: Value, true: Value | None, in_tube: Value | None) -> Value:
    """The other patient's value, changed as this tube changed its own."""
    if isinstance(value, float) and isinstance(true, float) and isinstance(in_tube, float) and true:
        return value * in_tube / true
    return value


def _one_digit_off(text: str, dice: Dice) -> str:
    places = [index for index, letter in enumerate(text) if letter.isdigit()]
    if not places:
        return text
    place = dice.choice(places)
    digit = (int(text[place]) + dice.integer(1, 9)) % 10
    return f"{text[:place]}{digit}{text[place + 1 :]}"


def _another_year(born_on: date, dice: Dice) -> date:
    step = dice.choice((-10, -1, 1))
    return born_on.replace(year=born_on.year + step, day=min(born_on.day, 28))


def _misspelt(name: str, dice: Dice) -> str:
    """Two different neighbours of the family name change places; a name without such has its last letter doubled."""
    family, comma, given = name.partition(",")
    places = [index for index in range(1, len(family) - 1) if family[index] != family[index + 1]]
    if not places:
        return f"{family}{family[-1:]}{comma}{given}"
    place = dice.choice(places)
    return f"{family[:place]}{family[place + 1]}{family[place]}{family[place + 2 :]}{comma}{given}"


def _smeared(text: str, dice: Dice) -> str:
    """Most of what was written cannot be read."""
    return "".join(SMEARED if letter.isalnum() and dice.chance(0.7) else letter for letter in text)
