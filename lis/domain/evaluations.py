"""What verification is given of a value, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal, NamedTuple

from lis.domain import autoverification, calculations, consistency, critical, units, values
from lis.domain.catalog import Catalog
from lis.domain.checks import Check
from lis.domain.companions import Companion
from lis.domain.critical import is_critical
from lis.domain.delta import PreviousResult, comparable
from lis.domain.expressions import UNKNOWN, Value
from lis.domain.patients import PatientFacts
from lis.domain.qc.gate import NO_ANALYZER, QcStatus
from lis.domain.specimens import SpecimenFacts
from lis.domain.values import ReportedValue

PASSED: Literal["passed"] = "passed"
HOLD: Literal["hold"] = "hold"
# These ask for a person's look, or look at other results: the value itself is not in doubt by them.
_NO_DOUBT = frozenset({critical.NAME, autoverification.NAME, consistency.NAME, calculations.NAME})
_KIND = frozenset({units.NAME, values.NAME})
_NO_VALUE = ReportedValue("", None, "")


class ResultFacts(NamedTuple):
    """All that the checks may know but for the other tests of the collection. `at`: when it is believed measured."""

    catalog: Catalog
    patient: PatientFacts
    specimen: SpecimenFacts
    at: datetime
    qc: QcStatus = NO_ANALYZER
    previous: PreviousResult | None = None
    reports_indices: bool = False

    def names(self) -> dict[str, Value]:
        """AGE, SEX and the constants of the content as formulas and rules use them."""
        years = self.patient.age_years(self.specimen.dated_at)
        return {
            **self.catalog.constants,
            calculations.AGE: UNKNOWN if years is None else Decimal(years),
            calculations.SEX: self.patient.known_sex or UNKNOWN,
        }

    def earlier(self, test: str) -> PreviousResult | None:
        """The earlier result as relations to other results may use it."""
        if self.previous is None:
            return None
        rule, unit = self.catalog.deltas.get(test), self.catalog.tests[test].unit
        return comparable(rule, self.previous, unit=unit, collected_at=self.specimen.collected_at)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What is filed with a value: how it reads, its flags, and every check with its outcome.

    `holding` are the checks that keep it on hold.
    """

    test: str
    reported: ReportedValue
    flags: tuple[str, ...]
    interval_text: str
    checks: tuple[Check, ...]
    holding: tuple[Check, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "holding", tuple([check for check in self.checks if check.holds]))

    @property
    def on_hold(self) -> bool:
        return bool(self.holding)

    @property
    def holds(self) -> tuple[str, ...]:
        """The reason codes that keep it on hold."""
        return tuple([check.reason_code for check in self.holding])

    @property
    def disposition(self) -> Literal["passed", "hold"]:
        return HOLD if self.holding else PASSED

    @property
    def critical(self) -> bool:
        return any(map(is_critical, self.holding))

    def joined_by(self, checks: tuple[Check, ...]) -> Evaluation:
        """The same with more checks."""
        return Evaluation(self.test, self.reported, self.flags, self.interval_text, self.checks + checks)

    @property
    def doubtful(self) -> bool:
        """Whether a check of the value itself says that it may be wrong."""
        return any(check.name not in _NO_DOUBT for check in self.holding)

    @property
    def readable(self) -> bool:
        """Whether the value is of the test's kind and unit, so that rules may compute with it."""
        return not any(check.name in _KIND for check in self.holding)


def companion(evaluation: Evaluation, previous: PreviousResult | None = None) -> Companion:
    """A judged value as the checks of other results see it."""
    before = previous.quantity if previous else None
    if not evaluation.holding:
        return Companion(False, evaluation.reported.quantity, evaluation.reported.value, before)
    value = evaluation.reported if evaluation.readable else _NO_VALUE
    return Companion(
        quantity=value.quantity,
        text=value.value,
        previous=before,
        on_hold=True,
        doubtful=evaluation.doubtful,
    )
