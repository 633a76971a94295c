"""What the rules need to know of a patient, and the age they count with.

Age is by the laboratory's calendar at collection. Formulas count completed years; limits count days, 365 to each
completed year: what holds from 18 years on (6570 days) holds from the birthday on, whatever leap years lie between.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date, datetime

from lis.domain.catalog import NO_AGE_LIMIT
from lis.kernel.clock import age_in_years

KNOWN_SEXES = ("M", "F")
DAYS_OF_YEAR = 365


@dataclass(frozen=True, slots=True)
class PatientFacts:
    """`sex` as HL7 0001 has it; only M and F select limits. `condition` as the order says: fasting, pregnant_T3 …"""

    birth_on: date | None
    sex: str
    zone: str
    condition: str = ""

    @property
    def known_sex(self) -> str | None:
        return self.sex if self.sex in KNOWN_SEXES else None

    def age_days(self, at: datetime | None) -> int | None:
        """Age as limits count it: 365 days for each year and those since the birthday, no more than limits know of.

        None when birth or instant is unknown, or the birth lies after it.
        """
        lived = self._lived(at)
        if lived is None:
            return None
        years, days = lived
        return min(years * DAYS_OF_YEAR + min(days, DAYS_OF_YEAR - 1), NO_AGE_LIMIT)

    def age_years(self, at: datetime | None) -> int | None:
        """Completed years of life."""
        lived = self._lived(at)
        return None if lived is None else lived[0]

    def _lived(self, at: datetime | None) -> tuple[int, int] | None:
        if self.birth_on is None or at is None:
            return None
        lived = age_in_years(self.birth_on, at, self.zone)
        return lived if lived[0] >= 0 else None


SHORTEST_CUT = 5  # letters: a name cut to a device's field is still told apart


def is_same_name(said: str, family: str, given: str) -> bool:
    """Whether "family, given" as a device says it can be this patient's name.

    Devices write in capitals, without accents, and cut what is long: a beginning of five letters and more will do for
    the family name, the first letter for the given one. What is not said is not compared.
    """
    their_family, _, their_given = said.partition(",")
    theirs, ours = _letters(their_family), _letters(family)
    if theirs and ours and theirs != ours and not (len(theirs) >= SHORTEST_CUT and ours.startswith(theirs)):
        return False
    return not their_given.strip() or not given or _letters(their_given)[:1] == _letters(given)[:1]


def _letters(name: str) -> str:
    plain_letters = unicodedata.normalize("NFKD", name).casefold()
    return "".join(letter for letter in plain_letters if letter.isalnum())
