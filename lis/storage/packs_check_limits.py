"""Numbers: limits have two sides in the right order, lie within one another as they must, and can be measured."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from itertools import combinations
from typing import Any

from lis.domain.catalog import NUMERIC
from lis.storage.packs_checked import Checked, ages_meet, problem
from lis.storage.packs_reading import Line, PackProblem
from lis.storage.packs_rows import TestRow


def _is_upside_down(low: Decimal | None, high: Decimal | None) -> bool:
    return low is not None and high is not None and low > high


def _too_fine(test: TestRow, *numbers: Decimal | None) -> bool:
    """Whether a limit has more decimals than the test is reported with."""
    exponents = (number.normalize().as_tuple().exponent for number in numbers if number is not None)
    return any(isinstance(e, int) and -e > (test.decimals or 0) for e in exponents)


def tests(pack: Checked) -> Iterator[PackProblem]:
    """What a test of its kind must say."""
    for line in pack.lines("tests.csv"):
        for reason in _test_errors(line.row):
            yield problem("tests.csv", line, f"{line.row.code}: {reason}")


def _test_errors(test: TestRow) -> Iterator[str]:
    if test.result_type == NUMERIC and not test.unit:
        yield "a numeric test has a unit"
    if test.result_type == NUMERIC and test.decimals is None:
        yield "a numeric test has decimals"
    if test.result_type == "CE" and not test.value_set:
        yield "a coded test has a value set"
    if _is_upside_down(test.amr_low, test.amr_high) or (
        test.amr_low is not None and test.amr_low == test.amr_high
    ):
        yield f"measuring range {test.amr_low} to {test.amr_high}"
    if set(test.hil_sensitive) - set("HIL"):
        yield f"hil_sensitive {''.join(test.hil_sensitive)} has letters other than H, I, L"


def containers(pack: Checked) -> Iterator[PackProblem]:
    """A tube that must hold more than is drawn."""
    for line in pack.lines("containers.csv"):
        if _is_upside_down(line.row.min_volume_ml, line.row.draw_volume_ml):
            yield problem("containers.csv", line, f"{line.row.code}: minimum above the volume drawn")


def intervals(pack: Checked) -> Iterator[PackProblem]:
    """Reference intervals: one answer for each sex, age and condition."""
    file, groups = "reference_intervals.csv", dict[tuple[str, str], list[Line[Any]]]()
    for line, test in pack.of_test(file):
        for reason in _interval_errors(line.row, test):
            yield problem(file, line, f"{test.code}: {reason}")
        groups.setdefault((test.code, line.row.condition), []).append(line)
    for (test_code, _), lines in groups.items():
        for one, other in combinations(lines, 2):
            if ages_meet(one.row, other.row) and (
                one.row.sex == other.row.sex or "A" in (one.row.sex, other.row.sex)
            ):
                yield problem(file, other, f"{test_code}: meets the interval of line {one.number}")


def _interval_errors(row: Any, test: TestRow) -> Iterator[str]:
    if row.age_low_days > row.age_high_days:
        yield f"ages {row.age_low_days} to {row.age_high_days}"
    if _is_upside_down(row.low, row.high):
        yield f"low {row.low} above high {row.high}"
    if row.low is None and row.high is None and not row.text:
        yield "neither low, high nor text"
    if _too_fine(test, row.low, row.high):
        yield f"more decimals than the result has ({test.decimals})"
    if row.when_unknown and not row.condition:
        yield "when_unknown is for rows with a condition"


def criticals(pack: Checked) -> Iterator[PackProblem]:
    """Critical limits: outside what is normal, and something a rule or a person can apply."""
    file = "critical_values.csv"
    codes = _codes(pack)
    for line, test in pack.of_test(file):
        for reason in _critical_errors(line.row, test, codes.get(test.value_set or "", set())):
            yield problem(file, line, f"{test.code}: {reason}")
        yield from _inside_normal(pack, line)
        if line.row.low is None and line.row.high is None and not line.row.codes:
            yield PackProblem(file, line.number, f"{test.code}: in words only, a person judges it", note=True)
    yield from _meeting(pack, file)


def _meeting(pack: Checked, file: str) -> Iterator[PackProblem]:
    for one, other in combinations(pack.lines(file), 2):
        if one.row.test == other.row.test and ages_meet(one.row, other.row):
            yield problem(file, other, f"{other.row.test}: ages meet those of line {one.number}")


def _codes(pack: Checked) -> dict[str, set[str]]:
    sets: dict[str, set[str]] = {}
    for line in pack.lines("value_sets.csv"):
        sets.setdefault(line.row.value_set, set()).add(line.row.code)
    return sets


def _critical_errors(row: Any, test: TestRow, codes: set[str]) -> Iterator[str]:
    if row.age_low_days > row.age_high_days:
        yield f"ages {row.age_low_days} to {row.age_high_days}"
    if (row.low is not None and row.low == row.high) or _is_upside_down(row.low, row.high):
        yield f"low {row.low} not below high {row.high}"
    if row.low is None and row.high is None and not row.text_rule and not row.codes:
        yield "no limit at all"
    if _too_fine(test, row.low, row.high):
        yield f"more decimals than the result has ({test.decimals})"
    if unknown := set(row.codes) - codes:
        yield f"codes {', '.join(sorted(unknown))} are not in value set {test.value_set}"


def _inside_normal(pack: Checked, line: Line[Any]) -> Iterator[PackProblem]:
    """A critical limit may touch the interval, unless it is inclusive, and not reach into it."""
    row = line.row
    for other in pack.lines("reference_intervals.csv"):
        normal = other.row
        if normal.test != row.test or not ages_meet(row, normal):
            continue
        if _reaches_in(row.low, normal.low, row.inclusive):
            yield problem("critical_values.csv", line, f"{row.test}: low {row.low} above normal {normal.low}")
        if _reaches_in(normal.high, row.high, row.inclusive):
            yield problem(
                "critical_values.csv", line, f"{row.test}: high {row.high} below normal {normal.high}"
            )


def _reaches_in(lower: Decimal | None, upper: Decimal | None, is_inclusive: bool) -> bool:
    return _is_upside_down(lower, upper) or (is_inclusive and lower is not None and lower == upper)


_NEEDS = {
    "ABS": (True, False),
    "PCT": (False, True),
    "AND": (True, True),
    "OR": (True, True),
    "ANY": (False, False),
}


def deltas(pack: Checked) -> Iterator[PackProblem]:
    """Delta limits that fit their logic."""
    for line, test in pack.of_test("delta_limits.csv"):
        given = (line.row.abs_limit is not None, line.row.pct_limit is not None)
        if given != _NEEDS[line.row.logic]:
            yield problem("delta_limits.csv", line, f"{test.code}: limits do not fit logic {line.row.logic}")
        if _too_fine(test, line.row.abs_limit):
            yield problem(
                "delta_limits.csv", line, f"{test.code}: finer than the result ({test.decimals} decimals)"
            )


def autoverification(pack: Checked) -> Iterator[PackProblem]:
    """Ranges within which no person looks: strictly inside every critical limit, ending within what can be measured.

    They may begin below the measuring range: so a value below it (`<2`) passes.
    """
    file = "autoverification.csv"
    for line, test in pack.of_test(file):
        for reason in _range_errors(line.row, test, pack):
            yield problem(file, line, f"{test.code}: {reason}")


def _range_errors(row: Any, test: TestRow, pack: Checked) -> Iterator[str]:
    if _is_upside_down(row.low, row.high) or (row.low is None and row.high is None):
        yield f"range {row.low} to {row.high}"
    if _too_fine(test, row.low, row.high):
        yield f"more decimals than the result has ({test.decimals})"
    if _is_upside_down(row.high, test.amr_high):
        yield f"high {row.high} above the measuring range"
    for line in pack.lines("critical_values.csv"):
        if line.row.test == row.test and line.row.age_high_days >= row.min_age_days:
            yield from _reaches_critical(row, line.row)
    for line in pack.lines("hil_effects.csv"):
        if line.row.test == row.test:
            yield from _ignores_index(row, line.row)


def _reaches_critical(row: Any, critical: Any) -> Iterator[str]:
    if critical.low is not None and (row.low is None or row.low <= critical.low):
        yield f"low {row.low} would pass the critical value {critical.low}"
    if critical.high is not None and (row.high is None or row.high >= critical.high):
        yield f"high {row.high} would pass the critical value {critical.high}"


def _ignores_index(row: Any, effect: Any) -> Iterator[str]:
    limit = getattr(row, f"{effect.interferent.lower()}_max")
    if effect.threshold_index is not None and limit is not None and limit > effect.threshold_index:
        yield f"index {effect.interferent} up to {limit} passes, its effect begins at {effect.threshold_index}"


def controls(pack: Checked) -> Iterator[PackProblem]:
    """Control targets: measurable, in date form, and two levels for every test that needs QC."""
    file = "control_targets.csv"
    codes = _codes(pack)
    for line, test in pack.of_test(file):
        for reason in _target_errors(line.row, test, codes.get(test.value_set or "", set())):
            yield problem(file, line, f"{line.row.analyzer} {test.code}: {reason}")
    if not pack.is_whole(file, "tests.csv"):
        return
    levels = Counter({(line.row.analyzer, line.row.test, line.row.level) for line in pack.lines(file)})
    found = Counter((analyzer, test) for analyzer, test, _ in levels)
    for line in pack.lines("analyzers.yaml"):
        for item in line.row.menu if line.row.requires_qc else ():
            if item.test in pack.tests and found[line.row.code, item.test] < 2:
                yield problem(
                    "analyzers.yaml", line, f"{line.row.code} {item.test}: fewer than two control levels"
                )


def _target_errors(row: Any, test: TestRow, codes: set[str]) -> Iterator[str]:
    yield from _number_errors(row, test) if test.result_type == NUMERIC else _code_errors(row, test, codes)
    try:
        date.fromisoformat(row.expires_on)
    except ValueError:
        yield f"{row.expires_on} is no date"


def _number_errors(row: Any, test: TestRow) -> Iterator[str]:
    if row.expected:
        yield "a numeric test has mean and SD, no expected codes"
    if row.mean is None or row.sd is None:
        yield "a numeric test has mean and SD"
        return
    if row.sd <= 0:
        yield f"SD {row.sd}"
    if (
        test.amr_low is not None
        and test.amr_high is not None
        and not test.amr_low <= row.mean <= test.amr_high
    ):
        yield f"mean {row.mean} outside the measuring range"


def _code_errors(row: Any, test: TestRow, codes: set[str]) -> Iterator[str]:
    if row.mean is not None or row.sd is not None or not row.expected:
        yield "a coded test has expected codes, no mean and no SD"
    if unknown := sorted(set(row.expected) - codes):
        yield f"codes {', '.join(unknown)} are not in value set {test.value_set}"
