"""The QC gate: newest run, 24 hours, every level, ±3 SD."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from lis.domain.catalog import Catalog
from lis.domain.qc.gate import (
    ControlReading,
    QcStatus,
    asks_for_its_hour,
    qc_check,
    qc_status,
    qc_status_at,
    valid_since,
)
from tests.domain.samples import HOUR, NOON, ZONE, number

# Potassium of the small pack: level 1 lot C2401 3.0 ± 0.05, level 2 lot C2402 6.0 ± 0.10.
LOTS = {1: "C2401", 2: "C2402"}


def reading(
    level: int, value: str, *, run: str = "1", age: timedelta = HOUR, lot: str = ""
) -> ControlReading:
    quantity = number(value)
    return ControlReading("CHEMCTL", lot or LOTS[level], level, run, quantity, "mmol/L", NOON - age)


def status(
    catalog: Catalog, *readings: ControlReading, test: str = "K", analyzer: str = "CHEM-1"
) -> QcStatus:
    return qc_status(analyzer, test, readings, catalog, NOON)


@pytest.mark.parametrize(
    ("one", "two", "outcome", "reason"),
    [
        ("3.0", "6.0", "accepted", ""),
        ("3.15", "5.70", "accepted", ""),  # on the limit
        ("3.1501", "6.0", "failed", "qc.beyond_3sd"),
        ("3.0", "5.69", "failed", "qc.beyond_3sd"),
        ("<3.0", "6.0", "not_evaluable", "qc.value"),
    ],
)
def test_both_levels_within_three_sd(catalog: Catalog, one: str, two: str, outcome: str, reason: str) -> None:
    answer = status(catalog, reading(1, one), reading(2, two))
    assert (answer.outcome, answer.reason_code, answer.accepted) == (outcome, reason, outcome == "accepted")


def test_run_must_be_complete(catalog: Catalog) -> None:
    good = reading(1, "3.0"), reading(2, "6.0")
    assert status(catalog, good[0]).reason_code == "qc.incomplete"
    repeated_alone = reading(1, "3.0", run="2", age=HOUR / 2)
    assert status(catalog, *good, repeated_alone).reason_code == "qc.incomplete"


def test_newest_run_counts(catalog: Catalog) -> None:
    earlier = reading(1, "3.5", age=2 * HOUR), reading(2, "6.0", age=2 * HOUR)
    later = reading(1, "3.0", run="2"), reading(2, "6.0", run="2")
    assert status(catalog, *later, *earlier).outcome == "accepted"
    swapped = [replace(r, run="3", observed_at=NOON) for r in earlier]
    assert status(catalog, *later, *swapped).outcome == "failed"


def test_failure_speaks_before_a_missing_level(catalog: Catalog) -> None:
    assert status(catalog, reading(2, "7.0")).reason_code == "qc.beyond_3sd"


@pytest.mark.parametrize("unit", ["", "mg/dL"])
def test_control_without_the_targets_unit_cannot_be_judged(catalog: Catalog, unit: str) -> None:
    said = replace(reading(1, "3.0"), unit=unit)
    answer = status(catalog, said, reading(2, "6.0"))
    assert (answer.outcome, answer.reason_code) == ("not_evaluable", "qc.unit")


def test_good_run_hides_no_bad_one_of_the_same_instant(catalog: Catalog) -> None:
    good = reading(1, "3.0"), reading(2, "6.0")
    bad = reading(1, "3.5", run="2"), reading(2, "6.0", run="2")
    assert status(catalog, *good, *bad).reason_code == "qc.beyond_3sd"
    assert status(catalog, *bad, *good).reason_code == "qc.beyond_3sd"


@pytest.mark.parametrize(
    ("age", "outcome", "reason"),
    [
        (24 * HOUR, "accepted", ""),
        (24 * HOUR + timedelta(seconds=1), "not_evaluable", "qc.none"),
        (-timedelta(seconds=1), "not_evaluable", "qc.future"),
    ],
)
def test_run_within_24_hours(catalog: Catalog, age: timedelta, outcome: str, reason: str) -> None:
    answer = status(catalog, reading(1, "3.0", age=age), reading(2, "6.0", age=age))
    assert (answer.outcome, answer.reason_code) == (outcome, reason)


@pytest.mark.parametrize(
    ("run_at", "hours", "asked_at", "reason"),
    [
        # Chicago, six in the morning: the day on which summer time ends has 25 hours
        ("2026-10-31T11:00Z", 24, "2026-11-01T12:00Z", ""),
        ("2026-10-31T11:00Z", 24, "2026-11-01T12:01Z", "qc.none"),
        ("2026-11-01T12:00Z", 24, "2026-11-02T12:00Z", ""),
        ("2026-11-01T12:00Z", 24, "2026-11-02T12:01Z", "qc.none"),
        ("2026-10-31T11:00Z", 48, "2026-11-02T12:00Z", ""),
        ("2026-10-31T11:00Z", 48, "2026-11-02T12:01Z", "qc.none"),
        # the day on which it begins has 23
        ("2026-03-07T12:00Z", 24, "2026-03-08T11:00Z", ""),
        ("2026-03-07T12:00Z", 24, "2026-03-08T11:01Z", "qc.none"),
        # hours that are no day are hours
        ("2026-11-01T05:00Z", 8, "2026-11-01T13:00Z", ""),
        ("2026-11-01T05:00Z", 8, "2026-11-01T13:01Z", "qc.none"),
        ("2026-03-08T06:00Z", 8, "2026-03-08T14:00Z", ""),
        ("2026-03-08T06:00Z", 8, "2026-03-08T14:01Z", "qc.none"),
    ],
)
def test_a_day_of_controls_is_a_day_of_the_laboratory(
    catalog: Catalog, run_at: str, hours: int, asked_at: str, reason: str
) -> None:
    device = replace(catalog.analyzers["CHEM-1"], qc_hours=hours)
    changed = replace(catalog, analyzers={"CHEM-1": device})
    measured, now = (datetime.fromisoformat(text) for text in (run_at, asked_at))
    run = [replace(reading(level, value), observed_at=measured) for level, value in ((1, "3.0"), (2, "6.0"))]

    assert qc_status("CHEM-1", "K", run, changed, now).reason_code == reason
    assert (measured >= valid_since(device, now, ZONE)) is (reason == "")


def at(minutes: int, level: int, value: str, run: str) -> ControlReading:
    """Measured so many minutes after noon."""
    return replace(reading(level, value, run=run), observed_at=NOON + timedelta(minutes=minutes))


def run_at(minutes: int, one: str = "3.0", two: str = "6.0", *, run: str = "") -> tuple[ControlReading, ...]:
    name = run or f"R{minutes}"
    return at(minutes, 1, one, name), at(minutes, 2, two, name)


OUT = ("3.5", "6.0")


@pytest.mark.parametrize(
    ("readings", "outcome", "reason"),
    [
        (run_at(-60), "accepted", ""),
        (run_at(0), "accepted", ""),
        ((), "not_evaluable", "qc.none"),
        (run_at(1), "not_evaluable", "qc.none"),  # overdue, then good
        ((*run_at(-1441), *run_at(1)), "not_evaluable", "qc.none"),
        ((*run_at(-60, *OUT), *run_at(60)), "failed", "qc.beyond_3sd"),  # out, then good
        ((*run_at(-60), *run_at(60)), "accepted", ""),
        ((*run_at(-60), *run_at(60, *OUT)), "failed", "qc.beyond_3sd"),
        ((*run_at(-60), *run_at(60, *OUT), *run_at(120)), "failed", "qc.beyond_3sd"),
        ((*run_at(-60), *run_at(60), *run_at(120, *OUT)), "accepted", ""),  # between two good runs
        ((*run_at(-60), at(60, 1, "3.5", "B")), "failed", "qc.beyond_3sd"),
        ((*run_at(-60), at(60, 1, "3.0", "B")), "accepted", ""),  # the next run is not complete yet
        ((*run_at(-60), at(60, 1, "3.0", "B"), at(61, 2, "7.0", "B")), "failed", "qc.beyond_3sd"),
        ((*run_at(-20, run="A"), at(1, 1, "3.0", "A"), at(2, 2, "7.0", "A")), "failed", "qc.beyond_3sd"),
        # measured between the two levels of one run
        ((at(-1, 1, "3.0", "B"), at(1, 2, "6.0", "B")), "accepted", ""),
        ((at(-1, 1, "3.0", "B"), at(1, 2, "7.0", "B")), "failed", "qc.beyond_3sd"),
        ((*run_at(-60), at(-1, 1, "3.0", "B"), at(1, 2, "6.0", "B")), "accepted", ""),
        ((at(-1, 1, "3.0", "B"), at(30, 2, "6.0", "B")), "not_evaluable", "qc.incomplete"),
        ((at(-1, 1, "3.0", "B"), *run_at(60)), "not_evaluable", "qc.incomplete"),
    ],
)
def test_a_value_is_spoken_for_by_the_run_before_it_and_against_by_the_next(
    catalog: Catalog, readings: tuple[ControlReading, ...], outcome: str, reason: str
) -> None:
    answer = qc_status_at("CHEM-1", "K", readings[::-1], catalog, NOON)
    assert (answer.outcome, answer.reason_code) == (outcome, reason)


def test_where_a_later_run_is_said_to_have_failed(catalog: Catalog) -> None:
    late = qc_status_at("CHEM-1", "K", [*run_at(-60), *run_at(60, *OUT)], catalog, NOON)
    assert late.text == "Since then: Control 3.5 at level 1 of CHEMCTL: beyond 3.0 ± 3 × 0.05."
    overdue = qc_status_at("CHEM-1", "K", run_at(60), catalog, NOON)
    assert overdue.text == "When it was measured: No control run within 24 hours."


def test_the_hour_of_measurement_is_asked_for_where_it_can_tell_more(catalog: Catalog) -> None:
    statuses = {
        "good": status(catalog, *run_at(-60)),
        "none": status(catalog),
        "out": status(catalog, *run_at(-60, *OUT)),
        "half": status(catalog, *run_at(-60)[:1]),
        "free": status(catalog, test="HIDX"),
    }
    early, late = NOON - 2 * HOUR, NOON - HOUR
    asks = {
        name: (asks_for_its_hour(one, early), asks_for_its_hour(one, late)) for name, one in statuses.items()
    }
    assert asks == {
        "good": (True, False),
        "none": (True, True),
        "out": (False, False),  # what speaks against it now holds it in any case
        "half": (False, False),
        "free": (False, False),
    }


@pytest.mark.parametrize(
    ("age", "reason"),
    [(8 * HOUR, ""), (8 * HOUR + timedelta(seconds=1), "qc.none"), (24 * HOUR, "qc.none")],
)
def test_an_analyzer_has_its_own_hours(catalog: Catalog, age: timedelta, reason: str) -> None:
    """42 CFR 493.1267 and 493.1269: each eight hours."""
    devices = {"CHEM-1": replace(catalog.analyzers["CHEM-1"], qc_hours=8)}
    eight = replace(catalog, analyzers=devices)
    assert status(eight, reading(1, "3.0", age=age), reading(2, "6.0", age=age)).reason_code == reason


def test_a_run_of_which_a_part_is_too_old_is_incomplete(catalog: Catalog) -> None:
    late = reading(1, "3.0", age=24 * HOUR + timedelta(seconds=1)), reading(2, "6.0", age=24 * HOUR)
    assert status(catalog, *late).reason_code == "qc.incomplete"


def test_readings_without_a_run_belong_together_when_of_one_instant(catalog: Catalog) -> None:
    together = reading(1, "3.0", run=""), reading(2, "6.0", run="")
    assert status(catalog, *together).outcome == "accepted"
    assert status(catalog, together[0], replace(together[1], observed_at=NOON)).reason_code == "qc.incomplete"


def test_levels_that_came_one_after_the_other_without_a_run_belong_together(catalog: Catalog) -> None:
    def at(minutes: int, level: int, value: str) -> ControlReading:
        return replace(reading(level, value, run=""), observed_at=NOON - timedelta(minutes=minutes))

    assert status(catalog, at(31, 1, "3.0"), at(1, 2, "6.0")).outcome == "accepted"
    assert status(catalog, at(32, 1, "3.0"), at(1, 2, "6.0")).reason_code == "qc.incomplete"
    only_the_failed = at(20, 1, "3.5"), at(18, 2, "6.0"), at(5, 1, "3.0")
    assert status(catalog, *only_the_failed).reason_code == "qc.beyond_3sd"
    later = at(50, 1, "3.5"), at(48, 2, "6.0"), at(5, 1, "3.0"), at(3, 2, "6.0")
    assert status(catalog, *later).outcome == "accepted"


def test_a_run_id_used_again_joins_nothing_that_lies_hours_apart(catalog: Catalog) -> None:
    morning = reading(1, "3.5", age=6 * HOUR), reading(2, "6.0", age=6 * HOUR)
    good = reading(1, "3.0"), reading(2, "6.0")
    assert status(catalog, *morning, *good).outcome == "accepted"
    assert status(catalog, *morning, good[0]).reason_code == "qc.incomplete"


def test_facts_that_are_missing(catalog: Catalog) -> None:
    good = reading(1, "3.0"), reading(2, "6.0")
    assert status(catalog).reason_code == "qc.none"
    assert status(catalog, reading(1, "3.0", lot="OLD"), good[1]).reason_code == "qc.lot"
    assert status(catalog, replace(good[0], unit="mg/dL"), good[1]).reason_code == "qc.unit"
    assert status(catalog, *good, test="HGB").reason_code == "qc.no_target"
    assert status(catalog, *good, analyzer="NONE").reason_code == "qc.analyzer_unknown"


def test_expired_lot_is_no_target(catalog: Catalog) -> None:
    rows = tuple(replace(row, expires_on="2026-03-01") for row in catalog.control_targets)
    last_day = tuple(replace(row, expires_on="2026-03-02") for row in catalog.control_targets)
    good = reading(1, "3.0"), reading(2, "6.0")
    assert status(replace(catalog, control_targets=rows), *good).reason_code == "qc.no_target"
    assert status(replace(catalog, control_targets=last_day), *good).outcome == "accepted"


def test_no_control_is_run_for_indices_and_for_analyzers_without_qc(catalog: Catalog) -> None:
    assert status(catalog, test="HIDX").outcome == "not_applicable"
    free = {"CHEM-1": replace(catalog.analyzers["CHEM-1"], requires_qc=False)}
    assert status(replace(catalog, analyzers=free)).accepted is True


def test_gate_as_a_check() -> None:
    outcomes = {
        outcome: qc_check(QcStatus(outcome, "qc.x", "…")).holds
        for outcome in ("accepted", "not_applicable", "failed", "not_evaluable")
    }
    assert outcomes == {"accepted": False, "not_applicable": False, "failed": True, "not_evaluable": True}


@pytest.mark.parametrize(
    ("negative", "positive", "outcome", "reason"),
    [
        ("NEG", "2+", "accepted", ""),
        ("NEG", "3+", "accepted", ""),
        ("TR", "2+", "failed", "qc.unexpected_code"),
        ("NEG", "NEG", "failed", "qc.unexpected_code"),
        ("NEG", "", "not_evaluable", "qc.value"),
    ],
)
def test_coded_control_has_one_of_the_expected_codes(
    catalog: Catalog, negative: str, positive: str, outcome: str, reason: str
) -> None:
    kept = {"material": "STRIP", "lot": "S1", "mean": None, "sd": None, "unit": ""}
    one = replace(catalog.targets_for["CHEM-1", "K"][0], level=1, expected=("NEG",), **kept)
    coded = replace(catalog, control_targets=(one, replace(one, level=2, expected=("1+", "2+", "3+"))))
    run = [
        ControlReading("STRIP", "S1", level, "1", None, "", NOON - HOUR, text)
        for level, text in enumerate((negative, positive), 1)
    ]

    answer = status(coded, *run)

    assert (answer.outcome, answer.reason_code) == (outcome, reason)
