"""Healthy people, counted: intervals, correlations, consistency and day-to-day change, with fixed seeds."""

from __future__ import annotations

import math
import statistics
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from simulators.content_types import Interval
from simulators.dice import Dice
from simulators.expressions import Expression, ExpressionError, compile_expression
from simulators.patients import Pregnancy
from simulators.physiology import TrueState
from tests.harness import count
from tests.world.bodies import (
    ADULT_DAYS,
    MORNING,
    adult_interval,
    adults,
    aged,
    core,
    correlation,
    on_scale,
    person,
    physiology,
    reported,
    table,
)

PEOPLE = count(600, 10_000)
GROWN_UP = 6_570  # days
IN_WORDS = {"R46"}  # a rule on antibiograms, stated in words
NOT_REPORTED = {
    "LDLC",
    "RPRT",
    "HCVRNA",
    "EGFR",
}  # absent in some people: reflex tests, and what cannot be computed
FROM_LOGNORMAL = {"IBIL"}  # a difference of two lognormals is as skewed as they are


def error_rules() -> list[tuple[str, Expression]]:
    rules: list[tuple[str, Expression]] = []
    for row in table("consistency_rules.csv"):
        if row["severity"] == "error":
            try:
                rules.append((row["rule_id"], compile_expression(row["rule"])))
            except ExpressionError:
                assert row["rule_id"] in IN_WORDS
    return rules


def broken(state: TrueState, rules: list[tuple[str, Expression]]) -> list[str]:
    constants = {row["code"]: float(row["value"]) for row in table("constants.csv")}
    values = constants | dict.fromkeys(NOT_REPORTED) | reported(state)
    return [rule_id for rule_id, rule in rules if not rule(values)]


def test_healthy_people_of_all_ages_satisfy_every_error_rule() -> None:
    rules, dice = error_rules(), Dice(77)
    failures = {}
    for number in range(PEOPLE):
        one = person(
            number,
            "MF"[number % 2],
            90 * dice.unit(str(number)) ** 1.5,
            dice.choice(list(core().blood_groups)),
        )
        if found := broken(physiology().at(one, MORNING), rules):
            failures[number] = found
    assert len(rules) == 17
    assert failures == {}


def centre_and_slack(code: str, row: Interval, people: int) -> tuple[float, float]:
    """Geometric centre for lognormal quantities, else the middle; 5 % of it (of the width when it lies at 0).

    Half of the last reported digit is never counted; a small sample may miss by three standard errors more.
    """
    if physiology().baseline.is_log(code) or code in FROM_LOGNORMAL:
        low = max(row.low, row.high / 50)
        centre, sd = math.sqrt(low * row.high), math.sqrt(low * row.high) * math.log(row.high / low) / 3.92
    else:
        centre, sd = (row.low + row.high) / 2, (row.high - row.low) / 3.92
    slack = 0.05 * (abs(centre) if row.low > 0 else row.high - row.low)
    by_chance = 0.0 if people >= 5_000 else 3 * 1.25 * sd / math.sqrt(people)
    return centre, max(slack, (core().analytes[code].resolution or 0) / 2) + by_chance


@pytest.mark.parametrize("sex", ["M", "F"])
def test_medians_of_adults_lie_at_the_centre_of_the_interval(sex: str) -> None:
    states = [state for one, state in adults(PEOPLE) if one.sex == sex]
    off = {}
    for code in core().analytes:
        row = adult_interval(code, sex)
        one_sided = row is None or row.low == 0
        if row is None or one_sided or code in core().program.interpretive:
            continue
        values = [float(state[code]) for state in states if code in state]
        centre, slack = centre_and_slack(code, row, len(values))
        if values and any(values) and abs(statistics.median(values) - centre) > slack:
            off[code] = (statistics.median(values), centre)
    assert off == {}


BANDS_OF_CHILDREN = sorted(
    {edge for row in core().intervals for edge in (row.low_days, row.high_days + 1) if edge < GROWN_UP}
)
AT_ODDS = {
    "NEUTA": ((0, 30), (183, 364), (730, 1_459), (1_825, 6_569)),
    "LYMPHA": ((0, 30), (91, 182), (730, 1_459)),
    "MONOA": ((31, 90),),
}
"""Ages in days at which the centres of the parts miss the one of all white cells by more than 5 %, so that they cannot
all be met: the parts come to 65, 105, 108, 106, 89 and 91 % of it (eosinophils and basophils at 3 % among them)."""


def at_odds(code: str, days: int) -> bool:
    return any(low <= days <= high for low, high in AT_ODDS.get(code, ()))


@pytest.mark.parametrize("sex", ["M", "F"])
def test_medians_of_children_lie_at_the_centre_of_the_interval_of_their_age(sex: str) -> None:
    """In every span of ages that the intervals tell apart, for every number with a limit on both sides."""
    off, judged = {}, 0
    for low, high in pairwise([*BANDS_OF_CHILDREN, GROWN_UP]):
        days, count_of = (low + high - 1) // 2, count(60, 1_000)
        states = [physiology().at(aged(number, sex, days), MORNING) for number in range(count_of)]
        for code, row in two_sided(sex, days).items():
            values = [float(state[code]) for state in states if code in state]
            centre, slack = centre_and_slack(code, row, len(values))
            judged += any(values)
            if any(values) and abs(statistics.median(values) - centre) > slack:
                off[code, low] = (statistics.median(values), centre)
    assert {key: found for key, found in off.items() if not at_odds(*key)} == {}
    assert judged > 1_000


def two_sided(sex: str, days: int) -> dict[str, Interval]:
    """The laboratory's intervals with both limits at this age, where they are the central 95 % of the healthy."""
    found = {}
    for code, analyte in core().analytes.items():
        wanted = ("", core().program.conditions.get(code, ""))
        rows = [row for row in core().intervals if row.analyte == code and row.condition in wanted]
        row = next((row for row in rows if row.holds_for(sex, days)), None)
        if analyte.kind == "NM" and row and row.low != 0 and code not in core().program.interpretive:
            found[code] = row
    return found


def test_medians_in_the_third_trimester_lie_at_the_centre_of_its_intervals() -> None:
    """But of HCT: 12.25 g/dL of HGB at the usual MCHC of 34 make 36 %, and the centre of its interval is 34 %."""
    begun, born = MORNING - timedelta(weeks=34), MORNING + timedelta(weeks=5)
    mothers = [
        replace(person(number, "F", 28), pregnancy=Pregnancy(begun, born))
        for number in range(count(300, 5_000))
    ]
    states = [physiology().at(mother, MORNING) for mother in mothers]
    off, judged = {}, set()
    for row in core().intervals:
        if row.condition == "pregnant_T3" and row.analyte != "HCT":
            values = [float(state[row.analyte]) for state in states]
            centre, slack = centre_and_slack(row.analyte, row, len(values))
            judged.add(row.analyte)
            if abs(statistics.median(values) - centre) > slack:
                off[row.analyte] = (statistics.median(values), centre)
    assert off == {}
    assert len(judged) == 15


def test_most_healthy_values_lie_inside_the_printed_interval() -> None:
    rare = {}
    for code in core().analytes:
        for sex in "MF":
            row = adult_interval(code, sex)
            values = [s[code] for one, s in adults(PEOPLE) if one.sex == sex and code in s]
            if row is None or not values or code in core().program.interpretive:
                continue
            inside = sum(row.low <= float(value) <= row.high for value in values) / len(values)
            if inside < 0.8 and any(values):
                rare[code, sex] = inside
    assert rare == {}


def test_correlations_among_adults_are_those_of_the_table() -> None:
    states = [state for _, state in adults(count(1_200, 10_000))]
    off = {}
    for row in core().correlations:
        r = correlation(
            [on_scale(row.a, s[row.a]) for s in states], [on_scale(row.b, s[row.b]) for s in states]
        )
        if abs(r - row.r) > 0.1:
            off[row.a, row.b] = (round(r, 2), row.r)
    assert off == {}


def measured(state: TrueState, dice: Dice) -> dict[str, float | str]:
    """The state as an analyzer of the stated imprecision would report it."""
    noisy = {
        code: value * (1 + (core().analytes[code].cv_analytical or 0) / 100 * dice.score(code))
        if isinstance(value, float)
        else value
        for code, value in state.items()
    }
    return reported(noisy)


def passes(row: dict[str, str], old: float | str, new: float | str) -> bool:
    if row["logic"] == "ANY" or isinstance(old, str) or isinstance(new, str):
        return old == new
    change = abs(new - old)
    absolute = bool(row["abs_limit"]) and change > float(row["abs_limit"])
    relative = bool(row["pct_limit"]) and old != 0 and 100 * change / abs(old) > float(row["pct_limit"])
    flagged = {"ABS": absolute, "PCT": relative, "AND": absolute and relative, "OR": absolute or relative}
    return not flagged[row["logic"]]


def test_measured_values_pass_the_delta_check_from_day_to_day() -> None:
    judged = failed = 0
    for number in range(count(150, 1_000)):
        one = person(number, "MF"[number % 2], 20 + number % 60)
        first, second = (
            measured(physiology().at(one, MORNING + timedelta(days=day)), Dice(9).fork(f"{number}/{day}"))
            for day in (0, 1)
        )
        for row in table("delta_limits.csv"):
            if row["analyte"] in first and row["analyte"] in second:
                judged += 1
                failed += not passes(row, first[row["analyte"]], second[row["analyte"]])
    assert judged > 5_000
    assert failed / judged < 0.03


def test_one_person_varies_over_months_as_the_table_of_biological_variation_says() -> None:
    """Within-subject CV: spread of one person over many weeks, pooled over people."""
    codes = ("NA", "K", "CREA", "ALT", "WBC", "TSH")
    weeks = [MORNING + timedelta(days=9 * step) for step in range(12)]
    variances: dict[str, list[float]] = {code: [] for code in codes}
    for number in range(count(25, 200)):
        states = [physiology().at(person(number, "F"), week) for week in weeks]
        for code in codes:
            values = [float(state[code]) for state in states]
            variances[code].append(statistics.variance(values) / statistics.fmean(values) ** 2)
    for code in codes:
        cv = 100 * math.sqrt(statistics.fmean(variances[code]))
        assert cv == pytest.approx(core().within_cv[code], rel=0.25), code


def test_all_ages_have_a_distribution_for_every_drawn_quantity() -> None:
    for days in (0, 10, 40, 100, 300, 1_000, 3_000, 5_000, ADULT_DAYS, 30_000):
        for sex in "MF":
            plan = physiology().baseline.plan(sex, days)
            assert [draw.code for draw in plan] == list(physiology().baseline.order)
