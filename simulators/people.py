"""The people of one world: who comes to which kind of ward, and what is in them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta, tzinfo

from simulators.content_types import Content, Value
from simulators.dice import Dice
from simulators.patients import Person
from simulators.physiology.state import Physiology


class People:
    """Draws persons by number and answers for their bodies."""

    def __init__(self, content: Content, dice: Dice, zone: tzinfo) -> None:
        self._dice = dice
        self._physiology = Physiology(content, dice.fork("bodies"), zone)

    def person(self, number: int, patient_class: str, at: datetime) -> Person:
        """The number-th person of this world."""
        dice = self._dice.fork(f"person/{number}")
        born = date(1940, 1, 1) + timedelta(days=dice.integer(0, 20000))
        return Person(
            f"M{number:06d}",
            dice.choice(["Rivera", "O'Neil", "Smith & Sons"]),
            "Ana",
            "",
            dice.choice("MF"),
            born,
            "OPOS",
        )

    def values(self, person: Person, at: datetime) -> Mapping[str, Value]:
        """The person's true values at an instant."""
        return self._physiology.at(person, at)
