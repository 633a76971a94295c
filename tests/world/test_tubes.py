"""Tubes: what is in them, what is seen of them, and how indices move values."""

from __future__ import annotations

from datetime import timedelta

import pytest

from simulators.hospital import HOUR
from simulators.place import Interference
from simulators.tubes import Tube, moved, serum_look, view
from simulators.world import World
from tests.world.fake_lis import START, core, new_world

EFFECTS = {
    "K": (Interference("K", "H", True, 14.0),),
    "NA": (Interference("NA", "L", False, -0.7),),
}


@pytest.fixture(scope="module")
def world() -> World:
    """A day without a laboratory."""
    made = new_world()
    made.step(START + 24 * HOUR)
    return made


def tube(**changes: object) -> Tube:
    """A gold-top tube as drawn."""
    values: dict[str, object] = {
        "id": "C1",
        "kind": core().place.tubes["SST"],
        "patient": "T1",
        "requisition": "R1",
        "priority": "R",
        "ward": "ED",
        "drawn_at": START,
        "truth": {},
        "contents": {},
        "indices": {},
        "volume_ml": 4.0,
        "temperature_c": 21.0,
        "collection_label": None,
    }
    return Tube(**(values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("letters", "expected"),
    [("", {"K": 4.0, "NA": 140.0, "X": "NEG"}), ("H", {"K": 4.56, "NA": 140.0, "X": "NEG"})],
)
def test_an_index_moves_a_value_in_proportion(letters: str, expected: dict[str, object]) -> None:
    values = {"K": 4.0, "NA": 140.0, "X": "NEG"}
    result = moved(values, {"H": 100.0, "L": 500.0}, EFFECTS, frozenset(letters))
    assert result == {key: pytest.approx(value) if key != "X" else value for key, value in expected.items()}


def test_an_absolute_effect_is_added() -> None:
    result = moved({"NA": 140.0}, {"L": 500.0}, EFFECTS, frozenset("L"))
    assert result["NA"] == pytest.approx(136.5)


@pytest.mark.parametrize(
    ("indices", "look"),
    [
        ({}, "straw"),
        ({"H": 49.0}, "straw"),
        ({"H": 60.0}, "pink"),
        ({"H": 400.0, "L": 250.0}, "red, cloudy"),
        ({"I": 20.0}, "brown"),
    ],
)
def test_what_serum_looks_like(indices: dict[str, float], look: str) -> None:
    assert serum_look(tube(indices=indices)) == look


def test_serum_is_seen_only_after_the_spin() -> None:
    assert view(tube(indices={"H": 400.0})).serum_look == ""
    assert view(tube(indices={"H": 400.0}, spun_at=START)).serum_look == "red"


def test_a_view_says_how_full_and_how_cold() -> None:
    seen = view(tube(volume_ml=2.5, temperature_c=5.0))
    assert (seen.fill_share, seen.is_cold, seen.cap_colour) == (0.5, True, "gold")


def test_truth_and_contents_stay_apart(world: World) -> None:
    """Haemolysis is in the tube and not in the patient."""
    potassium = [
        (tube.truth["K"], tube.contents["K"])
        for tube in world.bench.tubes.values()
        if tube.kind.code == "SST"
    ]
    assert potassium
    assert all(in_tube > true for true, in_tube in potassium)


def test_whole_blood_has_no_serum_indices(world: World) -> None:
    assert {bool(tube.indices) for tube in world.bench.tubes.values() if tube.kind.code == "LAV"} == {False}


def test_every_tube_that_nothing_befell_says_whose_it_is_and_comes_soon_or_with_the_courier(
    world: World,
) -> None:
    struck = {entry.subject for entry in world.sink.of_kind("fault.struck")}  # type: ignore[attr-defined]
    runs = {ward.code for ward in world.content.place.hospital.wards if ward.couriers}
    for each in world.bench.tubes.values():
        assert each.arrived_at is not None
        latest = timedelta(hours=20) if each.ward in runs else timedelta(hours=2)
        if each.id not in struck:
            assert each.collection_label is not None
            assert (each.collection_label.mrn, each.collection_label.number) == (each.patient, each.id)
            assert timedelta(0) < each.arrived_at - each.drawn_at < latest
