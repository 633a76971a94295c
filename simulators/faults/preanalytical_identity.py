"""Whose blood, whose label: mechanisms of identity. The ledger gets whose blood it is, and what the label was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, get_args

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
        return now.done(signs, collection_label=self._written(label, now.strength.dice))

    def _written(self, label: CollectionLabel, dice: Dice) -> CollectionLabel | None:
        match self.how:
            case "none":
                return None
            case "digit":
                return replace(label, mrn=_one_digit_off(label.mrn, dice))
            case "birth_year":
                return replace(label, born_on=_another_year(label, dice))
            case "misspelt":
                return replace(label, name=_misspelt(label.name, dice))
            case "illegible":
                return replace(label, name=_smeared(label.name, dice), mrn=_smeared(label.mrn, dice))
            case "source":
                return replace(label, note=self.note)
            case _:
                return label


@register
@dataclass(frozen=True, kw_only=True)
class Swap(Mechanism, Pairing[Tube]):
    """The labels of two patients' tubes crossed at the bedside or in the bag."""

    name: ClassVar[str] = "swap"

    def suits(self, thing: Tube) -> bool:
        """A tube that has a label."""
        return super().suits(thing) and thing.collection_label is not None

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
        """Each bears the other's."""
        one = replace(thing, collection_label=partner.collection_label)
        other = replace(partner, collection_label=thing.collection_label)
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


def _other_patient(thing: Tube, earlier: Sequence[Tube]) -> Tube | None:
    others = (tube for tube in earlier if tube.patient != thing.patient and tube.collection_label)
    return next(others, None)


def _is_right(tube: Tube) -> bool:
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


def _another_year(label: CollectionLabel, dice: Dice) -> Any:
    step = dice.choice((-10, -1, 1))
    day = min(label.born_on.day, 28)
    return label.born_on.replace(year=label.born_on.year + step, day=day)


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
