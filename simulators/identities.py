"""Names, numbers and addresses of people who do not exist; some resemble each other on purpose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from faker import Faker

from simulators.dice import Dice

_SERIALS = 10_000_000
_STEP = 7_654_321  # shares no factor with the number of serials, so every person gets an own one
_TRIES = 200
_PARTNERS = 6


@dataclass(frozen=True, slots=True)
class Identity:
    """What a wristband and a registration screen say, birth date apart."""

    family_name: str
    given_name: str
    middle_initial: str
    street: str
    city: str
    state: str
    postal_code: str
    phone: str


class Identities:
    """Number, sex and identity of the n-th person of one world: functions of n alone."""

    def __init__(self, names: Mapping[str, Any], dice: Dice) -> None:
        """`names` says the locale and how often people resemble each other."""
        self._names = names
        self._dice = dice
        self._faker = Faker(names["locale"])
        self._offset = dice.fork("serials").integer(0, _SERIALS - 1)

    def mrn(self, number: int) -> str:
        """Seven digits that do not follow each other, and their check digit (Luhn, HL7 table 0061 M10)."""
        serial = f"{(number * _STEP + self._offset) % _SERIALS:07d}"
        return serial + luhn_digit(serial)

    def sex(self, number: int) -> str:
        """F or M, equally likely."""
        return "F" if self._dice.fork("sex").unit(str(number)) < 0.5 else "M"

    def identity(self, number: int) -> Identity:
        """The person's own identity, or at the stated rate one that resembles an earlier person of the same sex."""
        own = self._own(number)
        dice = self._dice.fork(f"similar/{number}")
        partner = self._partner(number)
        if partner is None or not dice.chance(self._names["similar_share"]):
            return own
        other = self._own(partner)
        if dice.weighted(self._names["similar_kinds"]) == "same_name":
            return replace(own, family_name=other.family_name, given_name=other.given_name)
        return replace(own, family_name=other.family_name, given_name=self._like(other.given_name, number))

    def _partner(self, number: int) -> int | None:
        """The last person of the same sex before this one, if not too long ago."""
        sex = self.sex(number)
        before = range(number - 1, max(number - 1 - _PARTNERS, -1), -1)
        return next((other for other in before if self.sex(other) == sex), None)

    def _own(self, number: int) -> Identity:
        dice = self._dice.fork(f"identity/{number}")
        fake = self._seeded(dice)
        return Identity(
            family_name=fake.last_name(),
            given_name=self._given(number),
            middle_initial=dice.choice("ABCDEFGHJKLMNPRSTVW"),
            street=fake.street_address(),
            city=fake.city(),
            state=fake.state_abbr(include_territories=False),
            postal_code=fake.zipcode(),
            phone=f"({dice.integer(201, 989)}) 555-01{dice.integer(0, 99):02d}",
        )

    def _seeded(self, dice: Dice) -> Faker:
        self._faker.seed_instance(dice.number())
        return self._faker

    def _given(self, number: int) -> str:
        return self._first(self.sex(number))

    def _first(self, sex: str) -> str:
        name: str = self._faker.first_name_female() if sex == "F" else self._faker.first_name_male()
        return name

    def _like(self, given: str, number: int) -> str:
        """Another given name that begins alike; the same name when there is none."""
        self._seeded(self._dice.fork(f"like/{number}"))
        names = (self._first(self.sex(number)) for _ in range(_TRIES))
        return next((name for name in names if name[:2] == given[:2] and name != given), given)


def luhn_digit(digits: str) -> str:
    """Check digit of the Luhn algorithm: catches every single wrong digit and nearly every swap of neighbours."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 if place % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return str(-total % 10)
