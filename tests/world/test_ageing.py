"""Ageing: what a probe finds depends on how long, how warm, on which cells, in which additive."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from simulators.ageing import HOUR, InTube, celsius_of
from simulators.dice import Dice
from simulators.tubes import Stay, Tube
from tests.world import bodies
from tests.world.test_faults_preanalytical import ageing, faults, place, tube

MINUTE = timedelta(minutes=1)
ROOM, COLD, ICE = 21.0, 4.0, -20.0


def probe(one: Tube, hours: float) -> InTube:
    """What a probe finds so many hours after the draw."""
    return ageing().in_tube(one, one.drawn_at + hours * HOUR, Dice(5))


def factor(one: Tube, test: str, hours: float) -> float:
    """By how much a test has changed since the draw."""
    return float(probe(one, hours)[test]) / float(one.contents[test])


def spun(one: Tube, hours: float, **changes: object) -> Tube:
    """Separated so many hours after the draw."""
    return replace(one, spun_at=one.drawn_at + hours * HOUR, **changes)  # type: ignore[arg-type]


def test_cells_eat_sugar_until_they_are_taken_off() -> None:
    waiting, separated = tube("SST"), spun(tube("SST"), 0.5)
    per_hour = 1 - factor(waiting, "GLU", 1.5)
    assert 0.05 <= per_hour <= 0.07
    assert factor(separated, "GLU", 6.0) == 1.0
    assert factor(waiting, "GLU", 6.0) < 0.78


def test_usual_handling_changes_nothing() -> None:
    one = tube("SST")
    found = probe(one, 0.5)
    assert {test: found[test] for test in ("GLU", "K", "LDH", "NA")} == {
        test: one.contents[test] for test in ("GLU", "K", "LDH", "NA")
    }


@pytest.mark.parametrize(
    ("test", "kind", "warm_at_least"),
    [("GLU", "SST", 0.18), ("LACT", "PST", 1.0), ("NH3", "LAV", 0.6), ("PCO2", "ABG", 0.3)],
)
def test_cold_slows_metabolism(test: str, kind: str, warm_at_least: float) -> None:
    warm = abs(factor(tube(kind), test, 4.5) - 1)
    cold = abs(factor(tube(kind, temperature_c=COLD), test, 4.5) - 1)
    assert warm > warm_at_least
    assert 0 < cold < 0.3 * warm


def test_cold_lets_potassium_out_faster_than_warmth_does() -> None:
    warm, cold = tube("SST"), tube("SST", temperature_c=COLD)
    assert factor(cold, "K", 8) > factor(warm, "K", 8) > 1


def test_ten_degrees_more_are_twice_as_fast_and_frost_stops_it() -> None:
    hot, frozen = tube("SST", temperature_c=31.0), tube("SST", temperature_c=ICE)
    hours = ageing().hours(hot, hot.drawn_at + 2 * HOUR)
    assert hours.cells_warm == pytest.approx(4.0)
    assert factor(frozen, "GLU", 48) == 1.0


def test_the_places_where_it_has_been_add_up() -> None:
    one = tube("SST", temperature_c=ROOM)
    one.stays = [Stay(one.drawn_at + HOUR, COLD), Stay(one.drawn_at + 3 * HOUR, ROOM)]
    spent = ageing().hours(spun(one, 4.0), one.drawn_at + 6 * HOUR)
    assert (spent.cells_warm, spent.cells_cold, spent.apart_warm, spent.apart_cold) == (2.0, 2.0, 2.0, 0.0)


def test_a_weak_spin_leaves_cells_that_go_on() -> None:
    clean, poor = spun(tube("SST"), 0.5), spun(tube("SST"), 0.5, cells_left=0.5)
    assert factor(clean, "GLU", 8) == 1.0
    assert 0.7 < factor(poor, "GLU", 8) < 0.85


def test_a_gel_that_is_spun_again_lets_up_what_lay_on_the_cells() -> None:
    once = spun(tube("SST"), 0.5)
    again = replace(once, respun_at=once.drawn_at + 3.5 * HOUR)
    assert factor(once, "K", 4) == 1.0
    assert factor(again, "K", 4) > 1.0


def test_light_takes_bilirubin_from_serum_on_the_bench_and_not_in_the_dark() -> None:
    lit, dark = spun(tube("SST"), 0.5), spun(tube("SST"), 0.5)
    dark.stays = [Stay(dark.drawn_at + 0.5 * HOUR, COLD)]
    assert factor(lit, "TBIL", 8) < 0.95
    assert factor(dark, "TBIL", 8) == 1.0


@pytest.mark.parametrize(
    ("kind", "test", "low", "high"),
    [
        ("LAV", "K", 3.5, 6.5),  # 20 mmol/L beside about 4
        ("LAV", "CA", 0.0, 0.2),
        ("LAV", "ALP", 0.0, 0.2),
        ("LBL", "CA", 0.0, 0.4),
        ("LBL", "TP", 0.87, 0.92),
        ("GRY", "ALP", 0.0, 0.3),
        ("GRN", "APTT", 3.5, 6.5),
        ("PST", "K", 1.0, 1.0),
        ("SST", "K", 1.0, 1.0),
        ("SST", "PLT", 0.0, 0.1),
        ("LAV", "PLT", 1.0, 1.0),
        ("LBL", "PT", 0.98, 1.02),
    ],
)
def test_an_additive_does_what_it_does_to_tests_of_other_tubes(
    kind: str, test: str, low: float, high: float
) -> None:
    assert low <= round(factor(tube(kind), test, 0.4), 9) <= high


def test_serum_has_used_up_its_fibrinogen() -> None:
    assert float(probe(tube("SST"), 0.4)["FIB"]) < 60 < float(probe(tube("LBL"), 0.4)["FIB"])


def test_a_short_citrate_tube_clots_late() -> None:
    short = replace(tube("LBL"), volume_ml=0.6 * place().tubes["LBL"].draw_volume_ml)
    assert factor(short, "APTT", 0.4) > 1.15
    assert factor(short, "FIB", 0.4) < 0.95


def test_taking_blood_out_of_a_tube_does_not_make_it_a_short_draw() -> None:
    used = replace(tube("LBL"), drawn_ml=tube("LBL").volume_ml, volume_ml=0.5)
    assert factor(used, "APTT", 0.4) == factor(tube("LBL"), "APTT", 0.4)


def test_threads_mislead_the_probe_until_they_are_out() -> None:
    early = spun(tube("SST"), 0.1, fibrin=ageing().early)
    assert factor(early, "NA", 0.4) < 0.98
    assert factor(replace(early, fibrin=()), "NA", 0.4) == 1.0


def test_old_urine_has_turned() -> None:
    one = tube("UTUB")
    assert (probe(one, 2.0)["UBIL"], float(probe(one, 6.0)["UPH"]) >= 7.5) == (one.contents["UBIL"], True)


def test_a_late_tube_ages_as_any_other_tube_that_waits_as_long() -> None:
    """The fault makes it late; what that does to it is the same rule."""
    late = faults().make("delayed_sep_24h", {"hours": [24, 24]}).apply(tube("SST"), 0.5, Dice(1))[0]
    assert late.contents == tube("SST").contents
    there = late.drawn_at + late.kept_back
    assert dict(ageing().in_tube(late, there, Dice(5))) == dict(probe(tube("SST"), 24.0))


def test_a_tube_takes_on_the_warmth_around_it() -> None:
    one = tube("SST", temperature_c=COLD)
    one.stays = [Stay(one.drawn_at + HOUR, ROOM)]
    warmth = [
        celsius_of(one, one.drawn_at + HOUR + minutes * MINUTE, ageing().temperatures)
        for minutes in (0, 5, 60)
    ]
    assert warmth[0] == COLD
    assert COLD < warmth[1] < 12 < 20 < warmth[2] < ROOM


def test_every_rate_and_container_of_the_table_is_known() -> None:
    rules, tests = ageing(), bodies.core().analytes
    named = {test for course in rules.courses.values() for rates in course.rates.values() for test in rates}
    assert named - set(tests) == set()
    assert set(rules.courses) - set(place().tubes) == set()
    assert {code for item in rules.chemistry.additives.values() for code in item.containers} <= set(
        place().tubes
    )
