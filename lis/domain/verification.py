"""Verification: every check a value meets on its way to the chart, and whether a person has to decide on it.

The checks stand in one table, in their order. `passed` means that a technician may verify and release it;
`hold` keeps it for a technologist, with reasons. Nothing passes because something was absent. A critical value
always holds: a person confirms it and calls. Measuring range, analyzer flags and stability judge what was sent;
the rest, the reported value. Which absent fact means what: clinical content catalogue, "Absent facts".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from lis.domain import autoverification, calculations, consistency, critical, measuring, units
from lis.domain.catalog import CodedValue, Test
from lis.domain.checks import Check, not_applicable, not_evaluable, passed, wait
from lis.domain.companions import Companion
from lis.domain.conditions import condition_check
from lis.domain.critical import critical_check_by
from lis.domain.delta import delta_check
from lis.domain.evaluations import Evaluation, ResultFacts, companion
from lis.domain.interference import interference_check
from lis.domain.limits import Limits, limits_for
from lis.domain.qc.gate import qc_check
from lis.domain.ranges import coded_flag, flag_for
from lis.domain.specimens import stability_check
from lis.domain.values import ReportedValue, SentValue, reported, value_check
from lis.kernel.errors import Invalid
from lis.kernel.quantity import Quantity, parse_quantity

STATUS, INTERVAL = "status", "interval"
PRELIMINARY, FINAL = frozenset("PSRI"), frozenset("FVUCAB")

__all__ = ["Evaluation", "ResultFacts", "companion", "evaluate", "judge_alone", "judge_with"]


def evaluate(sent: SentValue, facts: ResultFacts) -> Evaluation:
    """Judge one value by itself and together with its companions."""
    return judge_with(judge_alone(sent, facts, facts.companions), facts, facts.companions)


def judge_alone(sent: SentValue, facts: ResultFacts, companions: Mapping[str, Companion]) -> Evaluation:
    """Every check but consistency."""
    case = _Case.of(sent, facts, companions)
    text = case.limits.interval_text
    checks = [check(case) for check in _OF_THE_MESSAGE]
    if [check for check in checks if check.holds]:
        return Evaluation(sent.test, case.value, (), text, tuple(checks))
    checks += [check(case) for check in _OF_THE_VALUE]
    return Evaluation(sent.test, case.value, _flags(case, checks), text, tuple(checks))


def judge_with(
    alone: Evaluation,
    facts: ResultFacts,
    companions: Mapping[str, Companion],
    judged: consistency.Judged | None = None,
) -> Evaluation:
    """Add the relations to other results. Its own doubt is already among its checks.

    `judged` are rules that were judged for others of the same `companions`: they are not judged again.
    """
    rules = facts.catalog.rules_for.get(alone.test)
    if not rules or not alone.readable:
        return alone
    own = companion(alone, facts.previous)
    if own.doubtful or judged is None:
        companions, judged = {**companions, alone.test: replace(own, doubtful=False)}, {}
    return alone.joined_by(consistency.checks_of(rules, companions, facts.names(), judged))


@dataclass(slots=True)  # not frozen: one is made for every value, and seen by nobody else
class _Case:
    """A value with everything that several checks need, looked up once."""

    sent: SentValue
    facts: ResultFacts
    companions: Mapping[str, Companion]
    test: Test
    value: ReportedValue
    measured: Quantity | None
    limits: Limits
    value_set: tuple[CodedValue, ...]
    main_flag: str | None  # None: left open

    @classmethod
    def of(cls, sent: SentValue, facts: ResultFacts, companions: Mapping[str, Companion]) -> _Case:
        catalog, patient = facts.catalog, facts.patient
        test = catalog.tests.get(sent.test)
        if test is None:
            raise Invalid("test.unknown", f"{sent.test} is no test of this laboratory.")
        age = patient.age_days(facts.specimen.dated_at)
        limits = limits_for(catalog, test.code, patient.sex, age, patient.condition)
        value, value_set = reported(sent, test), catalog.value_set_of(test.code)
        flag = _main_flag(value, value_set, limits)
        measured = parse_quantity(sent.text)
        return cls(sent, facts, companions, test, value, measured, limits, value_set, flag)


def _status(case: _Case) -> Check:
    status = case.sent.status
    if status in FINAL:
        return passed(STATUS)
    if status in PRELIMINARY:
        return wait(STATUS, "status.preliminary", "Preliminary: the final value is still to come.")
    return not_evaluable(STATUS, "status.unknown", f"The status {status or '(none)'} is no filed value's.")


def _unit(case: _Case) -> Check:
    if case.sent.source != "analyzer" and not case.sent.unit:
        return passed(units.NAME)
    return units.unit_check(case.test, case.sent.unit, case.facts.catalog)


def _value(case: _Case) -> Check:
    return value_check(case.value, case.test, case.value_set)


def _calculation(case: _Case) -> Check:
    if case.sent.source != "calculation":
        return not_applicable(calculations.NAME, "Not calculated here.")
    unknown = not_evaluable(calculations.NAME, "calculation.unknown", "How it was calculated is not known.")
    return case.facts.calculation or unknown


def _analyzer_flags(case: _Case) -> Check:
    return measuring.analyzer_flag_check(case.sent.flags, case.value.quantity)


def _measuring_range(case: _Case) -> Check:
    if case.sent.source == "calculation":
        return not_applicable(measuring.RANGE, "Calculated, not measured.")
    return measuring.measuring_range_check(case.test, case.measured, case.sent.dilution)


def _interval(case: _Case) -> Check:
    interval = case.limits.interval
    if interval.state == "not_evaluable":
        missing = " and ".join(interval.missing)
        return not_evaluable(INTERVAL, "interval.unknown", f"The interval depends on the unknown {missing}.")
    if interval.row is None:
        return not_applicable(INTERVAL, case.limits.interval_text or "No reference interval.")
    if case.main_flag is None:
        return not_evaluable(
            INTERVAL, "interval.open", f"Whether {case.value.text} lies within the interval is left open."
        )
    return passed(INTERVAL)


def _critical(case: _Case) -> Check:
    limits, quantity = case.limits, case.value.quantity
    return critical_check_by(
        limits.critical,
        limits.critical_known,
        quantity,
        "" if quantity else case.value.value,
        normal=coded_flag(case.value.value, case.value_set) == "N",
    )


def _stability(case: _Case) -> Check:
    at = case.sent.observed_at or case.facts.at
    return stability_check(case.test, case.facts.specimen, at, case.facts.catalog)


def _condition(case: _Case) -> Check:
    return condition_check(case.facts.specimen)


def _interference(case: _Case) -> Check:
    facts = case.facts
    return interference_check(
        case.test,
        facts.specimen,
        case.limits.review,
        case.companions,
        reports_indices=facts.reports_indices,
        catalog=facts.catalog,
    )


def _qc(case: _Case) -> Check:
    return qc_check(case.facts.qc)


def _delta(case: _Case) -> Check:
    check = delta_check(
        case.facts.catalog.deltas.get(case.test.code),
        case.facts.previous,
        quantity=case.value.quantity,
        text=case.value.text,
        unit=case.value.unit,
        collected_at=case.facts.specimen.collected_at,
    )
    review = case.limits.review
    advises = review is not None and not review.delta_required
    return replace(check, advisory=True) if advises else check


def _review(case: _Case) -> Check:
    if case.test.code in case.facts.catalog.index_letters:
        return not_applicable(autoverification.NAME, "An index is not reviewed by itself.")
    return autoverification.review_check(case.limits.review, case.limits.review_known, case.value.quantity)


# The order in which a value is judged. A value of another kind or unit is judged no further: its number means nothing.
_OF_THE_MESSAGE: tuple[Callable[[_Case], Check], ...] = (_unit, _value)
_OF_THE_VALUE: tuple[Callable[[_Case], Check], ...] = (
    _status,
    _calculation,
    _analyzer_flags,
    _measuring_range,
    _interval,
    _critical,
    _stability,
    _condition,
    _interference,
    _qc,
    _delta,
    _review,
)


_URGENT = {critical.LOW: "LL", critical.HIGH: "HH", critical.CODED: "AA"}


def _flags(case: _Case, checks: list[Check]) -> tuple[str, ...]:
    """HL7 0078: a critical value's flag stands in place of the plain one; off scale is said beside it."""
    urgent = [_URGENT[check.reason_code] for check in checks if check.reason_code in _URGENT]
    main = urgent[0] if urgent else case.main_flag or ""
    flags = ("" if main == "N" else main, measuring.off_scale_flag(case.value.quantity))
    return tuple([flag for flag in flags if flag])


def _main_flag(value: ReportedValue, value_set: tuple[CodedValue, ...], limits: Limits) -> str | None:
    """By the value set where it has the value, else by the interval; None when left open."""
    by_set = coded_flag(value.value, value_set)
    if by_set is not None and not value.comparator:
        return by_set
    row = limits.interval.row
    return "" if value.quantity is None or row is None else flag_for(value.quantity, row)
