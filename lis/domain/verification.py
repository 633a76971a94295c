"""Verification: every check a value meets on its way to the chart, and whether a person has to decide on it.

The checks stand in one table, in their order (`judge_alone`); those that need no more than the value's own words and
the limits come from `as_sent`. `passed` means that a technician may verify and release it; `hold` keeps it for a
technologist, with reasons. Nothing passes because something was absent. A critical value always holds: a person
confirms it and calls. Measuring range, analyzer flags and stability judge what was sent; the rest, the reported
value. Which absent fact means what: clinical content catalogue, "Absent facts".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lis.domain import calculations
from lis.domain.as_sent import as_sent
from lis.domain.checks import Check, advice, not_applicable, not_evaluable
from lis.domain.companions import Companion
from lis.domain.conditions import condition_check
from lis.domain.consistency import Judged, consistency_checks
from lis.domain.delta import delta_check
from lis.domain.evaluations import Evaluation, ResultFacts
from lis.domain.expressions import Value
from lis.domain.interference import interference_check
from lis.domain.limits import Kind, Limits, kind_of, limits_for
from lis.domain.qc.gate import qc_check
from lis.domain.specimens import COLLECTED_LATER, is_before_draw, stability_check
from lis.domain.values import ReportedValue, SentValue


@dataclass(frozen=True, slots=True)
class Shared:
    """What is the same for all values of one container: asked once."""

    kind: Kind
    names: Mapping[str, Value]  # AGE and SEX
    condition: Check
    stability: dict[object, Check] = field(default_factory=dict)
    rules: Judged = field(default_factory=dict)

    @classmethod
    def of(cls, facts: ResultFacts) -> Shared:
        """What a value shares with the others of its container."""
        specimen = facts.specimen
        kind = kind_of(facts.catalog, facts.patient, specimen.dated_at)
        return cls(kind, facts.names(), condition_check(specimen))


def judge_alone(
    sent: SentValue,
    facts: ResultFacts,
    shared: Shared,
    companions: Mapping[str, Companion],
    calculation: Check | None = None,
) -> Evaluation:
    """Every check but consistency. `calculation`: how it was calculated, where it just was."""
    catalog, specimen = facts.catalog, facts.specimen
    limits = limits_for(catalog, shared.kind, sent.test)
    said = as_sent(sent, limits, catalog)
    if not said.is_readable:
        return Evaluation(sent.test, said.value, (), limits.interval_text, (said.unit, said.kind))
    checks = (
        said.unit,
        said.kind,
        said.status,
        _calculation(sent, calculation),
        said.analyzer_flags,
        said.measuring_range,
        said.interval,
        said.critical,
        _stability(sent, limits, facts, shared),
        shared.condition,
        interference_check(limits.test, limits.indices, specimen, companions, facts.reports_indices, catalog),
        qc_check(facts.qc),
        _delta(said.value, limits, facts),
        said.review,
    )
    return Evaluation(sent.test, said.value, said.flags, limits.interval_text, checks)


def judge_with(
    alone: Evaluation, facts: ResultFacts, shared: Shared, companions: Mapping[str, Companion]
) -> Evaluation:
    """Add the relations to other results. Its own doubt is already among its checks.

    `companions` have the value itself among them, and are the same for all values of the container: a rule is judged
    once for all that it names.
    """
    rules = facts.catalog.rules_for.get(alone.test)
    if not rules or not alone.readable:
        return alone
    own, judged = companions[alone.test], shared.rules
    if own.doubtful:
        companions, judged = {**companions, alone.test: own._replace(doubtful=False)}, {}
    return alone.joined_by(consistency_checks(rules, companions, shared.names, judged))


def _calculation(sent: SentValue, calculation: Check | None) -> Check:
    if sent.source != "calculation":
        return _NOT_CALCULATED
    return calculation or _CALCULATED_UNKNOWN


_NOT_CALCULATED = not_applicable(calculations.NAME, "Not calculated here.")
_CALCULATED_UNKNOWN = not_evaluable(
    calculations.NAME, "calculation.unknown", "How it was calculated is not known."
)


def _stability(sent: SentValue, limits: Limits, facts: ResultFacts, shared: Shared) -> Check:
    """One answer for all that keeps equally long; what is dated before the draw is not of this tube."""
    if is_before_draw(facts.specimen, sent.observed_at):
        return COLLECTED_LATER
    check = shared.stability.get((limits.keeps, facts.at))
    if check is None:
        check = stability_check(limits.test, facts.specimen, facts.at, facts.catalog)
        shared.stability[limits.keeps, facts.at] = check
    return check


def _delta(value: ReportedValue, limits: Limits, facts: ResultFacts) -> Check:
    check = delta_check(
        limits.delta,
        facts.previous,
        quantity=value.quantity,
        text=value.text,
        unit=value.unit,
        collected_at=facts.specimen.collected_at,
    )
    advises = limits.review is not None and not limits.review.delta_required
    return advice(check) if advises else check
