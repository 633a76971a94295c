"""How long what is in a specimen keeps, and what it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from lis.domain.catalog import Catalog
from lis.domain.specimens import SpecimenFacts, is_refrigerated, is_separated, measured_at, stability_check
from tests.domain.samples import HOUR, NOON

SECOND, NOTHING = timedelta(seconds=1), timedelta()


def judged(
    catalog: Catalog,
    test: str,
    specimen_type: str,
    *,
    age: timedelta | None,
    separated: timedelta | None = None,
    cold: tuple[timedelta, timedelta] | None = None,
) -> tuple[str, str]:
    """`cold`: how long before it was measured it was put into a refrigerator, and taken out."""
    collected = None if age is None else NOON - age
    at = None if separated is None or collected is None else collected + separated
    stays = ((NOON - cold[0], NOON - cold[1]),) if cold else ()
    facts = SpecimenFacts(specimen_type, collected, separated_at=at, cold=stays)
    check = stability_check(catalog.tests[test], facts, NOON, catalog)
    return check.outcome, check.reason_code


@pytest.mark.parametrize(
    ("age", "separated", "cold", "answer"),
    [
        # CO2 in serum: 2 h on the cells, then 2 h of its own at room temperature, 24 h at 4 °C
        (2 * HOUR, None, None, ("passed", "")),
        (2 * HOUR + SECOND, None, None, ("failed", "stability.unseparated")),
        (4 * HOUR, 2 * HOUR, None, ("passed", "")),
        (4 * HOUR + SECOND, 2 * HOUR, None, ("failed", "stability.exceeded")),
        (5 * HOUR, 2 * HOUR + SECOND, None, ("failed", "stability.unseparated")),
        (25 * HOUR, HOUR, (24 * HOUR, NOTHING), ("passed", "")),
        (25 * HOUR + SECOND, HOUR, (25 * HOUR, NOTHING), ("failed", "stability.exceeded")),
        (14 * HOUR, HOUR, (12 * HOUR, NOTHING), ("passed", "")),  # half of each
        (14 * HOUR + SECOND, HOUR, (12 * HOUR, NOTHING), ("failed", "stability.exceeded")),
        (14 * HOUR + SECOND, HOUR, (12 * HOUR + SECOND, NOTHING), ("failed", "stability.exceeded")),
        (14 * HOUR, HOUR, (12 * HOUR + HOUR / 2, HOUR / 2), ("passed", "")),
        (4 * HOUR, HOUR, (3 * HOUR, -SECOND), ("failed", "stability.exceeded")),  # said to be in there still
        (4 * HOUR, HOUR, (4 * HOUR, 3 * HOUR), ("failed", "stability.exceeded")),  # before the spin
        (4 * HOUR, 3 * HOUR, (4 * HOUR, HOUR), ("failed", "stability.unseparated")),  # cold or not
        (HOUR, 2 * HOUR, None, ("passed", "")),  # the spin is still to come
        (None, None, None, ("not_evaluable", "stability.collection_unknown")),
        (-SECOND, None, None, ("failed", "stability.collected_later")),
    ],
)
def test_stability_of_serum(
    catalog: Catalog,
    age: timedelta | None,
    separated: timedelta | None,
    cold: tuple[timedelta, timedelta] | None,
    answer: tuple[str, str],
) -> None:
    assert judged(catalog, "CO2", "SER", age=age, separated=separated, cold=cold) == answer


@pytest.mark.parametrize(
    ("age", "answer"),
    [
        (24 * HOUR, ("passed", "")),
        (24 * HOUR + SECOND, ("failed", "stability.exceeded")),
        (None, ("not_evaluable", "stability.collection_unknown")),
    ],
)
def test_stability_of_whole_blood_counts_from_collection(
    catalog: Catalog, age: timedelta | None, answer: tuple[str, str]
) -> None:
    assert judged(catalog, "HGB", "WB", age=age) == answer


@pytest.mark.parametrize(
    ("age", "separated", "answer"),
    [
        (4 * HOUR, HOUR, ("passed", "")),
        (4 * HOUR + SECOND, HOUR, ("failed", "stability.exceeded")),
        (4 * HOUR + SECOND, 4 * HOUR, ("failed", "stability.exceeded")),
        (2 * HOUR + SECOND, None, ("passed", "")),
        (4 * HOUR + SECOND, None, ("failed", "stability.unseparated")),
    ],
)
def test_citrated_plasma_keeps_from_the_draw_however_early_it_was_spun(
    catalog: Catalog, age: timedelta, separated: timedelta | None, answer: tuple[str, str]
) -> None:
    """CLSI H21: an aPTT is measured within four hours of collection."""
    plasma = {**catalog.specimen_types}
    plasma["PPP"] = replace(plasma["PPP"], keeps_from_draw=True)
    tests = {**catalog.tests, "PT": replace(catalog.tests["PT"], stability_rt_h=Decimal(4))}
    changed = replace(catalog, tests=tests, specimen_types=plasma)
    assert judged(changed, "PT", "PPP", age=age, separated=separated) == answer


@pytest.mark.parametrize(
    ("at_4c", "cold", "reason"),
    [
        (None, 9 * HOUR, "stability.exceeded"),  # no limit for the cold: hours are hours
        ("0", SECOND, "stability.exceeded"),  # never to be refrigerated
        ("4", 4 * HOUR, ""),
        ("4", 4 * HOUR + SECOND, "stability.exceeded"),
    ],
)
def test_the_cold_can_be_what_spoils_it(
    catalog: Catalog, at_4c: str | None, cold: timedelta, reason: str
) -> None:
    limit = None if at_4c is None else Decimal(at_4c)
    test = replace(catalog.tests["HGB"], stability_rt_h=Decimal(8), stability_4c_h=limit)
    facts = SpecimenFacts("WB", NOON - cold, cold=((NOON - cold, NOON),))
    assert stability_check(test, facts, NOON, catalog).reason_code == reason


@pytest.mark.parametrize("until", [None, NOON + HOUR])
@pytest.mark.parametrize(
    ("at_4c", "reasons"),
    [("4", ["", "stability.exceeded"]), ("48", ["", ""]), ("0", ["stability.exceeded"] * 2)],
)
def test_a_stay_that_is_not_known_to_be_over_counts_where_the_cold_is_the_worse(
    catalog: Catalog, until: datetime | None, at_4c: str, reasons: list[str]
) -> None:
    """It may have lain there until it was measured: what keeps for 8 h in the room is judged by the lesser limit."""
    test = replace(catalog.tests["HGB"], stability_rt_h=Decimal(8), stability_4c_h=Decimal(at_4c))
    found = []
    for cold in (4 * HOUR, 4 * HOUR + SECOND):
        facts = SpecimenFacts("WB", NOON - cold, cold=((NOON - cold, until),))
        found.append(stability_check(test, facts, NOON, catalog).reason_code)
    assert found == reasons


def test_what_was_cold_for_a_time_says_both_spans(catalog: Catalog) -> None:
    stays = ((NOON - 12 * HOUR, NOON - 6 * HOUR), (NOON - 5 * HOUR, NOON))
    facts = SpecimenFacts("WB", NOON - 13 * HOUR, cold=stays)
    answer = stability_check(catalog.tests["HGB"], facts, NOON, catalog)
    assert answer.text == "2 of 24 h at room temperature, 11 of 48 h cold, from collection."


@pytest.mark.parametrize(
    ("position", "is_cold"),
    [
        ("FRIDGE B2", True),
        ("fridge-2 A1", True),
        ("FRIDGE", True),
        ("FRIDGES 1", False),
        ("R1-A1", False),
        ("", False),
    ],
)
def test_a_place_is_a_refrigerator_by_its_first_word(catalog: Catalog, position: str, is_cold: bool) -> None:
    assert is_refrigerated(position, replace(catalog, refrigerated=("FRIDGE",))) is is_cold


def test_test_without_a_limit_of_its_own(catalog: Catalog) -> None:
    free = replace(catalog.tests["HGB"], stability_rt_h=None, stability_4c_h=None)
    assert stability_check(free, SpecimenFacts("WB", None), NOON, catalog).outcome == "not_applicable"
    assert stability_check(free, SpecimenFacts("WB", NOON - HOUR), NOON, catalog).outcome == "not_applicable"
    skewed = stability_check(free, SpecimenFacts("WB", NOON + SECOND), NOON, catalog)
    assert (skewed.outcome, skewed.reason_code) == ("failed", "stability.collected_later")
    assert judged(catalog, "AGAP", "SER", age=99 * HOUR, separated=HOUR) == ("passed", "")


@pytest.mark.parametrize(
    ("said", "received", "separated", "believed"),
    [
        (None, 2, None, 9),
        (5, 2, None, 5),
        (2, 2, None, 2),  # as it came in
        (1.5, 2, None, 9),  # not yet in the laboratory
        (9, 2, None, 9),
        (9.5, 2, None, 9),  # still to come
        (5, 2, 4, 5),
        (3, 2, 4, 9),  # not yet spun
        (3, 4, 2, 9),  # spun where it was drawn
        (3, None, 4, 9),
        (5, None, None, 5),  # receipt unknown: since the draw
        (0.5, None, None, 9),
    ],
)
def test_an_hour_of_measurement_is_believed_while_the_tube_was_here(
    said: float | None, received: float | None, separated: float | None, believed: float
) -> None:
    """Hours after noon; drawn at one, the value came at nine."""

    def at(hours: float | None) -> datetime | None:
        return None if hours is None else NOON + hours * HOUR

    tube = SpecimenFacts("SER", at(1), received_at=at(received), separated_at=at(separated))
    assert measured_at(tube, at(said), NOON + 9 * HOUR) == at(believed)


def test_without_draw_and_receipt_nothing_said_is_believed() -> None:
    assert measured_at(SpecimenFacts("SER", None), NOON, NOON + HOUR) == NOON + HOUR
    assert measured_at(SpecimenFacts("SER", None, NOON), NOON, NOON + HOUR) == NOON


def test_serum_and_plasma_are_separated_whole_blood_is_not(catalog: Catalog) -> None:
    answers = {code: is_separated(code, catalog) for code in ("SER", "PPP", "WB", "UR", "")}
    assert answers == {"SER": True, "PPP": True, "WB": False, "UR": False, "": False}


def test_age_is_counted_at_collection_else_at_arrival() -> None:
    later: datetime = NOON + HOUR
    assert SpecimenFacts("SER", NOON, later).dated_at == NOON
    assert SpecimenFacts("SER", None, later).dated_at == later
