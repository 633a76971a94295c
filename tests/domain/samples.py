"""Rows and facts that the tests of the rules are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Literal

from lis.domain.catalog import Catalog, CriticalLimit, DeltaLimit, ReferenceInterval
from lis.domain.companions import Companion
from lis.domain.evaluations import Evaluation, ResultFacts
from lis.domain.patients import PatientFacts
from lis.domain.qc.gate import QcStatus
from lis.domain.specimens import SpecimenFacts
from lis.domain.together import evaluate_together
from lis.domain.values import SentValue
from lis.kernel.quantity import Quantity, parse_quantity

ZONE = "America/Chicago"
NOON = datetime(2026, 3, 2, 18, tzinfo=UTC)
HOUR = timedelta(hours=1)
MAN = PatientFacts(date(1980, 3, 2), "M", ZONE)


def number(text: str, unit: str = "") -> Quantity:
    """A quantity out of its text."""
    quantity = parse_quantity(text, unit)
    assert quantity is not None
    return quantity


def decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def interval(
    low: str | None,
    high: str | None,
    *,
    sex: Literal["A", "M", "F"] = "A",
    ages: tuple[int, int] = (0, 43800),
    condition: str = "",
    text: str = "",
    when_unknown: bool = False,
) -> ReferenceInterval:
    return ReferenceInterval(
        "X", sex, *ages, decimal(low), decimal(high), text, "mmol/L", condition, "", when_unknown
    )


def critical_limit(
    low: str | None,
    high: str | None,
    *,
    ages: tuple[int, int] = (0, 43800),
    text: str = "",
    codes: tuple[str, ...] = (),
    inclusive: bool = False,
) -> CriticalLimit:
    return CriticalLimit("X", *ages, decimal(low), decimal(high), text, "", "", codes, inclusive)


def delta_limit(
    logic: Literal["ABS", "PCT", "AND", "OR", "ANY"],
    absolute: str | None = None,
    percent: str | None = None,
    hours: int = 72,
) -> DeltaLimit:
    return DeltaLimit("X", hours, decimal(absolute), decimal(percent), logic, "", "", "")


def serum(**changes: object) -> SpecimenFacts:
    """A serum tube collected an hour before noon, spun half an hour later."""
    facts = SpecimenFacts("SER", NOON - HOUR, NOON - HOUR / 2, NOON - HOUR / 2)
    return replace(facts, **changes)  # type: ignore[arg-type]


def indices(**values: str) -> dict[str, Companion]:
    """Companions that carry the indices of the small pack; without a word all are nought."""
    return {f"{letter}IDX": Companion(quantity=number(values.get(letter, "0"))) for letter in "HIL"}


def facts(
    catalog: Catalog, companions: Mapping[str, Companion] | None = None, **changes: object
) -> ResultFacts:
    """Facts under which a usual value passes; the indices among its companions are its tube's own."""
    usual = ResultFacts(catalog, MAN, serum(), NOON, QcStatus("accepted"), reports_indices=True)
    made = usual._replace(**changes)  # type: ignore[arg-type]
    own = measured(catalog, indices() if companions is None else companions)
    return made._replace(specimen=replace(made.specimen, indices=own))


def judged(
    value: SentValue, known: ResultFacts, companions: Mapping[str, Companion] | None = None
) -> Evaluation:
    """One value as it is judged when it comes in alone, beside what stands on its collection."""
    standing = indices() if companions is None else companions
    return evaluate_together({value.test: value}, {value.test: known}, standing).evaluations[value.test]


def measured(catalog: Catalog, companions: Mapping[str, Companion]) -> dict[str, Quantity]:
    """The indices among companions, as measured in the specimen's own container."""
    found = {letter: companions.get(test) for letter, test in catalog.index_tests.items()}
    return {letter: one.quantity for letter, one in found.items() if one and one.quantity}


def sent(test: str, text: str, unit: str = "mmol/L", **more: object) -> SentValue:
    return SentValue(test, text, unit, **more)  # type: ignore[arg-type]
