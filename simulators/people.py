"""The people of one world: who comes to which kind of ward, and what is in them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Protocol

from simulators.content_types import Content, Value
from simulators.dice import Dice
from simulators.patients import Person
from simulators.physiology.state import Physiology
from simulators.population import Population


class Bodies(Protocol):
    """Who lives here, and what is in them."""

    def person(self, number: int, location: str, at: datetime) -> Person:
        """The number-th person of this world, with whatever brings them to this kind of ward."""

    def returned(self, person: Person, visit: int, location: str, at: datetime) -> Person:
        """The same person, who comes again."""

    def values(self, person: Person, at: datetime) -> Mapping[str, Value]:
        """The person's true values at an instant."""


class People:
    """Population and physiology of one world; a location of the case mix is what a ward names as its population."""

    def __init__(self, content: Content, dice: Dice, zone: tzinfo) -> None:
        self._population = Population(content, dice, zone)
        self._physiology = Physiology(content, dice, zone)

    def person(self, number: int, location: str, at: datetime) -> Person:
        """The number-th person of this world, with what brings them."""
        return self._population.person(number, location, at)

    def returned(self, person: Person, visit: int, location: str, at: datetime) -> Person:
        """Somebody known who comes again."""
        return self._population.returned(person, visit, location, at)

    def values(self, person: Person, at: datetime) -> Mapping[str, Value]:
        """The person's true values at an instant."""
        return self._physiology.at(person, at)
