"""What eyes see of a spoilt tube, whose label and whose blood it is, and how faults are put in."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from simulators.dice import Dice
from simulators.faults.base import Pairing
from simulators.faults.preanalytical_model import FaultError
from simulators.ledger import LedgerEntry
from simulators.tubes import SIGNS, CollectionLabel, Tube, TubeView, view
from simulators.world import Action, BenchRefusal, World
from tests.world import bodies
from tests.world.fake_lis import START, core, new_world
from tests.world.test_faults_preanalytical import ageing, faults, place, tube

HOUR = timedelta(hours=1)


def spoilt(name: str, kind: str = "SST", level: float = 0.5, **parameters: Any) -> Tube:
    """One tube after a fault."""
    changed: Tube = faults().make(name, parameters).apply(tube(kind), level, Dice(3))[0]
    return changed


def spun(one: Tube) -> TubeView:
    """As it looks after the centrifuge."""
    return view(replace(one, spun_at=one.drawn_at + HOUR))


def tilted(one: Tube) -> TubeView:
    """As it looks once somebody has tilted it."""
    return view(replace(one, was_tilted=True))


# what is seen


@pytest.mark.parametrize(
    ("name", "look"),
    [
        ("hemolysis_H50", "pink"),
        ("hemolysis_H500", "red"),
        ("icterus_I20", "brown"),
        ("lipemia_L500", "cloudy"),
        ("lipemia_L1500", "milky"),
        ("edta_contam_gross", "straw"),
        ("iv_saline_10", "straw"),
    ],
)
def test_the_colour_of_serum_shows_after_the_spin_and_not_before(name: str, look: str) -> None:
    one = spoilt(name)
    assert (view(one).serum_look, spun(one).serum_look) == ("", look)


@pytest.mark.parametrize(
    ("name", "kind", "at_once", "later", "how"),
    [
        ("clotted_edta", "LAV", (), ("clot",), tilted),
        ("troponin_fibrin_false", "PST", (), ("fibrin",), spun),
        ("cryoglobulin_cold", "SST", (), ("flakes",), spun),
        ("leaking_tube", "SST", ("leak",), ("leak",), tilted),
        ("abg_air_bubble", "ABG", ("bubbles",), ("bubbles",), tilted),
        ("label_illegible", "SST", ("smear",), ("smear",), tilted),
        ("label_askew", "SST", ("askew",), ("askew",), tilted),
    ],
)
def test_a_sign_shows_when_it_can_be_seen(
    name: str, kind: str, at_once: tuple[str, ...], later: tuple[str, ...], how: Callable[[Tube], TubeView]
) -> None:
    one = spoilt(name, kind)
    assert (view(one).signs, how(one).signs) == (at_once, later)
    assert how(one).remarks == tuple(SIGNS[sign].words for sign in later)


def test_looking_at_a_tube_tilts_it_and_the_ledger_knows_what_was_seen() -> None:
    world, name = a_tube("LAV")
    world.act(Action(world.now, "inject", {"id": "f", "fault": "clotted_edta", "tube": name}))
    assert seen(world, name).signs == ()
    assert world.look(name).signs == ("clot",)
    assert seen(world, name).signs == ("clot",)
    (looked,) = [entry for entry in world.sink.entries if entry.kind == "tube.looked_at"]  # type: ignore[attr-defined]
    assert looked.data["signs"] == ["clot"]


def test_fill_cap_temperature_and_date_follow_from_the_state() -> None:
    assert 0.6 <= view(spoilt("short_draw_citrate", "LBL")).fill_share < 0.9
    assert view(spoilt("overfilled_citrate", "LBL")).fill_share > 1
    assert view(spoilt("edta_for_coag", "LBL")).cap_colour == place().tubes["LAV"].cap_colour
    assert view(spoilt("chilled")).is_cold
    assert view(spoilt("warmed")).remarks == ("Warm to the hand",)
    assert view(spoilt("frozen")).remarks == ("Hard with ice inside",)
    past = spoilt("expired_tube")
    assert past.expires_on is not None
    assert past.expires_on < past.drawn_at.date()


def test_no_word_for_what_is_seen_names_a_cause() -> None:
    words = " ".join(sign.words for sign in SIGNS.values()).lower()
    told = ("clot", "fibrin", "fault", "haemol", "hemol", "contamin", "wrong", "reject", "cryo", "lipaem")
    assert [word for word in told if word in words] == []


# whose label, whose blood


def label_of(one: Tube) -> CollectionLabel:
    """The label, which is there."""
    assert one.collection_label is not None
    return one.collection_label


def test_a_label_can_be_missing_or_wrong_in_one_place() -> None:
    right = label_of(tube())
    assert spoilt("unlabeled_tube").collection_label is None
    digit = label_of(spoilt("label_one_digit"))
    assert sum(a != b for a, b in zip(digit.mrn, right.mrn, strict=True)) == 1
    assert replace(digit, mrn=right.mrn) == right
    year = label_of(spoilt("label_birth_year"))
    assert year.born_on.year != right.born_on.year
    name = label_of(spoilt("label_misspelt")).name
    assert (sorted(name), name == right.name) == (sorted(right.name), False)
    smeared = label_of(spoilt("label_illegible"))
    assert smeared.name != right.name
    assert label_of(spoilt("ua_wrong_source", "UCUP")).note == "straight catheter"


def pair(name: str, one: Tube, other: Tube) -> tuple[Tube, Tube]:
    """Both after a fault of two."""
    fault = faults().make(name)
    assert isinstance(fault, Pairing)
    partner = fault.partner(one, [other])
    assert partner is other
    struck = fault.apply_to_pair(one, partner, 0.5, Dice(3))
    return struck.thing, struck.partner


def test_a_swap_has_two_victims_and_moves_no_blood() -> None:
    one, other = tube(number=1), tube(number=2)
    after, other_after = pair("labels_swapped", one, other)
    assert (after.collection_label, other_after.collection_label) == (
        other.collection_label,
        one.collection_label,
    )
    assert (after.contents, other_after.contents) == (one.contents, other.contents)
    assert (after.patient, other_after.patient) == (one.patient, other.patient)


def test_wrong_blood_in_tube_has_the_right_label_and_the_other_truth() -> None:
    one, other = tube(number=1), tube(number=2)
    one.contents["K"] = 2 * float(one.truth["K"])
    after, other_after = pair("mislabel_wbit", one, other)
    assert (after.patient, after.truth, after.collection_label) == (
        other.patient,
        other.truth,
        one.collection_label,
    )
    assert after.contents["K"] == pytest.approx(2 * float(other.truth["K"]))
    assert after.contents["ABORH"] == other.truth["ABORH"]
    assert other_after == other


def test_a_swap_takes_only_what_nobody_in_the_laboratory_has_seen() -> None:
    fault = faults().make("labels_swapped")
    assert isinstance(fault, Pairing)
    one = tube(number=1)
    arrived, same_patient, another_kind = (
        tube(number=2, spot="tray"),
        tube(number=1, id="C9"),
        tube("LAV", number=3),
    )
    assert fault.partner(one, [arrived, same_patient, another_kind]) is None


def test_both_victims_of_a_swap_are_in_the_ledger() -> None:
    world = new_world()
    world.act(Action(START, "inject", {"id": "f", "fault": "labels_swapped", "trigger": {"times": 1}}))
    world.step(START + 12 * HOUR)
    changes = {entry.subject: entry.data["change"] for entry in struck_by(world, "f")}
    assert changes
    for name, change in changes.items():
        label = world.bench.tubes[name].collection_label
        assert label is not None
        assert change["collection_label"][1]["mrn"] == label.mrn
        assert changes[change["with"]]["with"] == name


def test_a_tube_that_somebody_has_handled_is_left_alone() -> None:
    world, name = a_tube("LAV")
    world.look(name)
    with pytest.raises(BenchRefusal) as refused:
        world.act(Action(world.now, "inject", {"id": "f", "fault": "clotted_edta", "tube": name}))
    assert refused.value.reason == "fault.late"


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        ("short_draw_citrate", "LBL", True),
        ("short_draw_citrate", "LAV", False),
        ("edta_for_coag", "LBL", True),
        ("edta_for_coag", "LAV", False),
        ("qns", "LAV", True),
    ],
)
def test_which_tubes_a_pattern_suits(name: str, kind: str, expected: bool) -> None:
    assert faults().make(name).suits(tube(kind)) is expected


def test_truth_is_never_touched_by_what_happens_to_the_tube() -> None:
    clean = tube()
    for name in ("hemolysis_H500", "iv_d5w_10", "delayed_sep_24h", "wrong_tube_fluoride"):
        assert spoilt(name).truth == clean.truth
    assert clean == tube()


def test_every_pattern_can_happen_to_a_tube_in_which_its_tests_are_done() -> None:
    containers = {row["code"]: row["container"] for row in bodies.table("tests.csv")}
    every_kind = [tube(kind) for kind in place().tubes]
    unfit = []
    for error in bodies.core().errors.values():
        fault = faults().make(error.id)
        fitting = {one.kind.code for one in every_kind if fault.suits(one)}
        needed = {containers[effect.analyte] for effect in error.effects}
        if not fitting or (needed and not needed & fitting):
            unfit.append(error.id)
    assert unfit == []


def test_what_is_an_illness_is_true_of_the_patient_too() -> None:
    one = spoilt("lipemia_L500")
    assert one.truth["TRIG"] == one.contents["TRIG"] != tube().truth["TRIG"]
    assert one.truth["NA"] == tube().truth["NA"]


def test_fluoride_keeps_the_sugar_of_blood_that_waits() -> None:
    factors = {}
    for kind, fault in (
        ("SST", "delayed_sep_24h"),
        ("GRY", "delayed_sep_24h"),
        ("GRY", "on_ice_lactate_missed"),
    ):
        late = spoilt(fault, kind, level=1.0)
        drawn = ageing().in_tube(late, late.drawn_at + late.kept_back, Dice(3))
        factors[kind, fault] = float(drawn["GLU"]) / float(late.contents["GLU"])
    assert factors["SST", "delayed_sep_24h"] < 0.6
    assert factors["GRY", "delayed_sep_24h"] > 0.96
    assert factors["GRY", "on_ice_lactate_missed"] < 0.94


def test_stronger_is_further_from_the_truth() -> None:
    levels = [float(spoilt("iv_saline_10", level=level).contents["CL"]) for level in (0.0, 0.5, 1.0)]
    assert levels == sorted(levels)


# putting faults in


def a_tube(kind: str) -> tuple[World, str]:
    """A world with a tube of this kind in its tray."""
    world = new_world()
    while not (found := [one.id for one in world.tray() if one.container == kind]):
        world.step(world.now + HOUR / 4)
    return world, found[0]


def seen(world: World, name: str) -> TubeView:
    """One tube as the tray shows it."""
    return next(one for one in world.tubes() if one.id == name)


def struck_by(world: World, injection: str) -> list[LedgerEntry]:
    """What an injection did, beside what the place's own habits do."""
    told = world.sink.of_kind("fault.struck")  # type: ignore[attr-defined]
    return [entry for entry in told if entry.data["injection"] == injection]


def struck(trigger: Mapping[str, Any], hours: int = 8) -> tuple[World, list[str]]:
    """A world that hemolyses by this trigger, and the tubes that were struck."""
    world = new_world()
    args = {"id": "f", "fault": "hemolysis_H500", "trigger": trigger}
    world.act(Action(START, "inject", args))
    world.step(START + hours * HOUR)
    return world, [entry.subject for entry in struck_by(world, "f")]


def test_every_third_tube_is_struck_and_only_such_as_can_be() -> None:
    world, every_one = struck({})
    _, every_third = struck({"every": 3})
    assert every_third == every_one[2::3] != []
    assert {world.bench.tubes[name].kind.is_spun for name in every_one if name in world.bench.tubes} == {True}


def test_the_next_tube_of_a_ward_or_with_an_order_is_struck_once() -> None:
    world, names = struck({"matching": {"ward": "4W"}, "times": 1})
    assert [world.bench.tubes[name].ward for name in names] == ["4W"]
    _, by_order = struck({"matching": {"order": "BMP"}, "times": 1})
    assert len(by_order) == 1


def test_the_ledger_has_true_contents_beside_the_patient_and_says_what_changed() -> None:
    world, (name,) = struck({"times": 1})
    entries = {entry.kind: entry for entry in world.sink.entries if entry.subject == name}  # type: ignore[attr-defined]
    drawn, change = entries["tube.drawn"].data, entries["fault.struck"].data["change"]
    assert drawn["in_tube"]["K"] > drawn["truth"]["K"] + 1
    assert change["contents"]["K"][1] == drawn["in_tube"]["K"]
    assert drawn["patient"] == drawn["drawn_for"] == drawn["label"]["mrn"]


def test_a_delayed_tube_arrives_so_much_later_than_its_label_says() -> None:
    world = new_world()
    args = {"id": "f", "fault": "delayed_sep_24h", "parameters": {"hours": [3, 3]}, "trigger": {"times": 1}}
    world.act(Action(START, "inject", args))
    world.step(START + 12 * HOUR)
    waits = {name: one.arrived_at - one.drawn_at for name, one in world.bench.tubes.items() if one.arrived_at}
    (late,) = [entry.subject for entry in struck_by(world, "f")]
    assert [name for name, wait in waits.items() if wait > 3 * HOUR] == [late]


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        ({"id": "f", "fault": "no_such"}, "fault.unknown"),
        ({"id": "f", "fault": "qns", "parameters": {"depth": 3}}, "fault.unknown"),
        ({"id": "f", "fault": "qns", "trigger": {"moon": "full"}}, "fault.unknown"),
        ({"id": "f", "fault": "qns", "tube": "C9999999"}, "tube.unknown"),
        ({"id": "f", "fault": "edta_for_coag", "tube": "TUBE"}, "fault.unfit"),
        ({"id": "f", "fault": "lost_ack", "tube": "TUBE"}, "fault.unfit"),
        ({"id": "f", "fault": "delayed_edta_24h", "tube": "TUBE"}, "fault.unfit"),
    ],
)
def test_what_cannot_be_put_in_is_refused_and_leaves_no_trace(args: dict[str, Any], reason: str) -> None:
    world, name = a_tube("LAV")
    before = world.ledger.digest
    given = {key: name if value == "TUBE" else value for key, value in args.items()}
    with pytest.raises(BenchRefusal) as refused:
        world.act(Action(world.now, "inject", given))
    assert refused.value.reason == reason
    assert (world.ledger.digest, world.inputs) == (before, [])


def test_a_disturbed_shift_can_be_lived_again() -> None:
    world = new_world()
    for number, name in enumerate(("labels_swapped", "mislabel_wbit", "hemolysis_H150", "delayed_sep_24h")):
        args = {"id": f"f{number}", "fault": name, "trigger": {"chance": 0.5}}
        world.act(Action(START + number * HOUR / 4, "inject", args))
    world.step(START + 8 * HOUR)
    kinds = {entry.data["fault"] for entry in world.sink.entries if entry.kind == "fault.struck"}  # type: ignore[attr-defined]
    assert {"mislabel_wbit", "hemolysis_H150", "delayed_sep_24h"} <= kinds
    again = World.restore(core(), 7, START, past=world.inputs, until=world.now)
    assert (again.ledger.digest, again.inputs) == (world.ledger.digest, world.inputs)


def test_a_place_can_have_its_faults_from_the_beginning() -> None:
    planned = ({"fault": "unlabeled_tube", "trigger": {"times": 2}},)
    world = World(replace(core(), place=replace(core().place, faults=planned)), 7, START)
    world.step(START + 4 * HOUR)
    assert sum(one.collection_label is None for one in world.tubes()) == 2
    assert world.inputs == []


NEW_KIND = '''
from dataclasses import dataclass
from typing import ClassVar

from simulators.faults.base import register
from simulators.faults.preanalytical import Mechanism, Spoiling
from simulators.tubes import Tube


@register
@dataclass(frozen=True, kw_only=True)
class Shaken(Mechanism):
    """Carried on a bicycle."""

    name: ClassVar[str] = "test.shaken"
    foam: str = "bubbles"

    def spoil(self, now: Spoiling) -> Tube:
        return now.done((self.foam,))
'''


def test_a_new_mechanism_is_one_class_in_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "shaken_fault.py").write_text(NEW_KIND, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    __import__("shaken_fault")
    try:
        world, name = a_tube("LAV")
        world.act(Action(world.now, "inject", {"id": "f", "fault": "test.shaken", "tube": name}))
        assert seen(world, name).signs == ("bubbles",)
        assert core().faults.entry("test.shaken").title == "Carried on a bicycle."
    finally:
        from simulators.faults.base import _KNOWN

        _KNOWN.pop("test.shaken")
        sys.modules.pop("shaken_fault")


def test_every_fault_has_a_description() -> None:
    entries = core().faults.entries()
    assert len({entry.name for entry in entries}) == len(entries)
    assert [entry.name for entry in entries if not entry.title] == []
    with pytest.raises(FaultError):
        core().faults.entry("no_such")
