"""What becomes of one tube on a device: its place in a rack, a second run, dilution, and what is written beside it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from simulators.analyzers.base import Analyzer
from simulators.analyzers.events import Finished, Loaded, Logged
from tests.world.fake_lis import START, core
from tests.world.test_analyzers import MINUTE, analyzer, finished, orders, run, sip

ALT_HIGH = core().analytes["ALT"].amr_high or 0.0


def test_tubes_stand_in_racks_until_they_come_off() -> None:
    one = analyzer("CHEM-1", host_query=False)
    tubes = tuple(sip(f"B{number}", tube=f"C{number}") for number in range(6))
    run(one, *(orders("NA", barcode=tube.barcode) for tube in tubes[1:]), Loaded(tubes), minutes=16)
    racks = one.status(START + 16 * MINUTE).racks
    assert [(rack.number, [place.position for place in rack.places]) for rack in racks] == [
        ("0001", [2, 3, 4, 5]),
        ("0002", [1]),
    ]
    assert [place.state for rack in racks for place in rack.places].count("measured") == 1
    run(one, minutes=60)
    assert one.status(START + 60 * MINUTE).racks == ()


def test_a_device_for_one_tube_at_a_time_has_no_racks() -> None:
    (done,) = finished(run(analyzer("BG-1"), orders("PHA"), Loaded((sip(contents={"PHA": 7.4}),))))
    assert (done.sip.rack, done.sip.position) == ("", 1)


def high(times: float, **changes: Any) -> Any:
    """A tube whose ALT lies so many times above the range, beside a plain sodium."""
    return sip(contents={"ALT": ALT_HIGH * times, "NA": 140.0}, **changes)


def test_what_lies_above_the_range_is_run_again_diluted() -> None:
    one = analyzer("CHEM-1")
    first, second = finished(run(one, orders("ALT", "NA"), Loaded((high(2),))))
    assert [item.test for item in first.measured if item.test in ("ALT", "NA")] == ["NA"]
    assert [(item.test, item.comparator) for item in first.run_again] == [("ALT", ">")]
    assert (first.stays, second.stays) == (True, False)
    (item,) = second.measured
    assert (item.test, item.dilution, item.comparator) == ("ALT", 5.0, "")
    assert float(item.text) == pytest.approx(2 * ALT_HIGH, rel=0.2)
    assert second.run > first.run
    assert [work.run for work in second.work] == [2]
    assert second.at - first.at == 11 * MINUTE


def test_beyond_the_diluted_range_there_is_still_no_number() -> None:
    _, second = finished(run(analyzer("CHEM-1"), orders("ALT"), Loaded((high(9),))))
    (item,) = second.measured
    assert (item.comparator, float(item.text)) == (">", 5 * ALT_HIGH)


@pytest.mark.parametrize(
    ("code", "tube"),
    [("ALT", high(2, volume_ml=0.21)), ("GLU", sip(contents={"GLU": 1200.0}))],
    ids=["too little is left", "the device does not dilute it"],
)
def test_without_a_dilution_the_end_of_the_range_is_reported(code: str, tube: Any) -> None:
    (done,) = finished(run(analyzer("CHEM-1"), orders(code), Loaded((tube,))))
    (item,) = [item for item in done.measured if item.test == code]
    assert (item.comparator, item.dilution) == (">", 1.0)


def test_a_dilution_chosen_by_hand_is_computed_back() -> None:
    by_hand = orders("GLU")
    by_hand = replace(by_hand, work=tuple(replace(work, dilution=4.0) for work in by_hand.work))
    (done,) = finished(run(analyzer("CHEM-1"), by_hand, Loaded((sip(contents={"GLU": 1200.0}),))))
    (item,) = done.measured  # no indices with it: they were measured before
    assert item.dilution == 4
    assert float(item.text) == pytest.approx(1200, rel=0.1)


BLOOD = {"WBC": 40.0, "NEUTP": 20.0, "PLT": 60.0, "MPV": 9.0, "HGB": 9.0}


def counted(tube: str = "C1", **contents: Any) -> Finished:
    """A blood count of a tube with this in it."""
    blood = sip(tube=tube, contents=BLOOD | contents, needs_spin=False, is_separated=False)
    (done,) = finished(run(analyzer("HEME-1"), orders("WBC", "NEUTP", "PLT", "HGB"), Loaded((blood,))))
    return done


def flagged(done: Finished) -> dict[str, tuple[str, ...]]:
    """Flags by test, of those that have any."""
    return {item.test: item.flags for item in done.measured if item.flags}


def test_a_suspicion_is_written_beside_the_tests_it_is_about() -> None:
    found = [flagged(counted(f"C{n}", MBLAST=40.0, PLTCL="PRES")) for n in range(40)]
    both = {"WBC": ("BLASTS?",), "NEUTP": ("BLASTS?",), "PLT": ("PLT_CLUMPS?",)}
    assert both in found
    assert 28 <= sum("WBC" in flags for flags in found) < 40  # some blasts are missed
    assert all(set(flags) <= set(both) for flags in found)


def test_plain_blood_is_not_suspected() -> None:
    plain = {"MBLAST": 0.0, "PLTCL": "ABS", "MBAND": 1.0, "MATYP": 1.0, "NRBC": 0.0, "LIDX": 20.0}
    assert [flagged(counted(f"C{n}", **plain)) for n in range(10)] == [{}] * 10


def aspirated(one: Analyzer, tube: str, signs: tuple[str, ...]) -> list[str]:
    """Codes of the log after a syringe was put on."""
    gas = sip(tube=tube, contents={"PHA": 7.4}, signs=signs)
    return [item.code for item in run(one, orders("PHA"), Loaded((gas,))) if isinstance(item, Logged)]


def test_air_in_the_syringe_stops_the_aspiration_now_and_then() -> None:
    codes = [aspirated(analyzer("BG-1"), f"C{n}", ("bubbles",)) for n in range(40)]
    assert 8 <= codes.count(["bubble"]) <= 26
    assert codes.count([]) == 40 - codes.count(["bubble"])
    assert aspirated(analyzer("BG-1"), "C1", ()) == []


def test_results_name_the_lot_that_made_them() -> None:
    one = analyzer("CHEM-1")
    (done,) = finished(run(one, orders("NA"), Loaded((sip(),))))
    lots = {item.test: item.lot for item in done.measured}
    assert lots["NA"] == one.upkeep.supplies["ISE"].lot
    assert lots["HIDX"] == ""
