"""What the rules need to know of a patient, and the age they count with.

Age is by the laboratory's calendar at collection: completed days for limits, completed years for formulas.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from lis.kernel.clock import age_in_days

KNOWN_SEXES = ("M", "F")


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
        """Completed days of life at an instant; None when either is unknown or the birth lies after it."""
        if self.birth_on is None or at is None:
            return None
        days = age_in_days(self.birth_on, at, self.zone)
        return days if days >= 0 else None

    def age_years(self, at: datetime | None) -> int | None:
        """Completed years of life; who is born on 29 February has a birthday on 1 March in common years."""
        days = self.age_days(at)
        if self.birth_on is None or days is None:
            return None
        day = self.birth_on + timedelta(days=days)
        before_birthday = (day.month, day.day) < (self.birth_on.month, self.birth_on.day)
        return day.year - self.birth_on.year - before_birthday


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
