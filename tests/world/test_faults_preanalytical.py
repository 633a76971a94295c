"""Every pattern of pre-analytical error: what comes out of its mechanism against what the pack states."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from functools import cache

from simulators.ageing import Ageing, InTube, load_ageing
from simulators.content_types import Effect, PreanalyticalError, Value
from simulators.dice import Dice
from simulators.expressions import Expression, compile_expression
from simulators.faults.preanalytical import Container, Mechanism, Spoiling
from simulators.faults.registry import FaultCatalog, load_faults
from simulators.place import Place
from simulators.place_reading import load_place
from simulators.tubes import CollectionLabel, Tube, moved
from tests.world import bodies

DRAWS = 200
WIDTH_OF_A_SHARE = 0.12


@cache
def place() -> Place:
    """The core pack's place."""
    return load_place(bodies.PACK)


@cache
def faults() -> FaultCatalog:
    """The core pack's faults."""
    return load_faults(bodies.PACK, bodies.core(), place())


@cache
def ageing() -> Ageing:
    """The core pack's rules of time."""
    return load_ageing(bodies.PACK, bodies.core(), faults().chemistry)


def tube(kind: str = "SST", number: int = 1, **changes: object) -> Tube:
    """A tube as drawn from a healthy person, nothing wrong with it."""
    one = bodies.person(number, sex="MF"[number % 2])
    truth = bodies.physiology().at(one, bodies.MORNING)
    label = CollectionLabel(
        f"{one.family_name}, {one.given_name}",
        one.mrn,
        one.born_on,
        one.sex,
        "JMR",
        bodies.MORNING,
        f"C{number}",
    )
    values: dict[str, object] = {
        "id": f"C{number}",
        "kind": place().tubes[kind],
        "patient": one.mrn,
        "requisition": "R1",
        "priority": "R",
        "ward": "ED",
        "drawn_at": bodies.MORNING,
        "truth": truth,
        "contents": dict(truth),
        "indices": {"H": 0.0, "I": 0.7, "L": 13.0},
        "volume_ml": place().tubes[kind].draw_volume_ml,
        "temperature_c": 21.0,
        "collection_label": label,
    }
    return Tube(**(values | changes))  # type: ignore[arg-type]


@cache
def devices_of() -> Mapping[str, tuple[frozenset[str], Mapping[str, Expression]]]:
    """For each test: the indices its analyzer suffers from, and how it computes what it does not measure."""
    found = {}
    for device in place().devices.values():
        letters = frozenset(device.traits.get("interference", ()))
        derives = {test: compile_expression(text) for test, text in device.traits.get("derives", {}).items()}
        found.update({assay.test: (letters, derives) for assay in device.menu})
    return found


def as_measured(contents: Mapping[str, Value], indices: Mapping[str, float], test: str) -> Value:
    """What a perfect analyzer says: interference and arithmetic, no bias, no scatter."""
    letters, derives = devices_of().get(test, (frozenset(), {}))
    known = contents

    def sensed(name: str) -> Value:
        if name in derives:
            inputs = {each: sensed(each) for each in derives[name].names if each in known}
            return float(derives[name]({**place().constants, **inputs}))
        return moved({name: known.get(name, "")}, indices, place().interferences, letters)[name]

    return sensed(test)


KINDS = ("SST", "PST", "LBL", "LAV", "ABG", "CSFT", "UTUB")
USUAL = timedelta(minutes=25)
"""From the draw of a tube that nobody kept back to the probe."""


def suited(fault: Mechanism) -> Tube:
    """A clean tube to which this can happen; a serum tube if that can be."""
    tubes = [tube(kind) for kind in (*KINDS, *place().tubes)]
    return next(each for each in tubes if fault.suits(each))


def sampled(one: Tube, test: str, is_wrong_tube: bool) -> InTube:
    """What a probe finds at the usual time, or as much later as the tube was kept back.

    It finds it in the tube that the test is made for; where the wrong tube is the mistake, in that.
    """
    home = place().tubes.get(faults().chemistry.home(test))
    if home is not None and not is_wrong_tube:
        one = replace(one, kind=home, volume_ml=one.drawn_share * home.draw_volume_ml, drawn_ml=None)
    return ageing().in_tube(one, one.drawn_at + USUAL + one.kept_back, Dice(11))


def outcomes(error: PreanalyticalError) -> dict[str, list[tuple[Value, Value]]]:
    """(before, after) of every stated test in so many tubes."""
    fault = faults().make(error.id)
    assert isinstance(fault, Mechanism)
    found: dict[str, list[tuple[Value, Value]]] = {effect.analyte: [] for effect in error.effects}
    clean = suited(fault)
    is_wrong = isinstance(fault, Container)
    before = {test: as_measured(sampled(clean, test, is_wrong), clean.indices, test) for test in found}
    for number in range(DRAWS):
        spoilt = fault.spoil(Spoiling.of(clean, 0.5, Dice(11).fork(f"{error.id}/{number}")))
        spoilt = replace(spoilt, id=f"C{number}")
        for test, pairs in found.items():
            drawn = sampled(spoilt, test, is_wrong)
            pairs.append((before[test], as_measured(drawn, spoilt.indices, test)))
    return found


def mean_effect(effect: Effect, pairs: list[tuple[Value, Value]]) -> float:
    """In the terms of the row: value, factor, or difference."""
    numbers = [(float(before), float(after)) for before, after in pairs]
    if effect.op == "set":
        return statistics.fmean(after for _, after in numbers)
    if effect.op == "mult":
        return statistics.fmean(after / before for before, after in numbers)
    return statistics.fmean(after - before for before, after in numbers)


def misses(error: PreanalyticalError) -> list[str]:
    """Where the mechanism does not do what the row states."""
    found, seen = [], outcomes(error)
    for effect in error.effects:
        pairs = seen[effect.analyte]
        if effect.op == "cat":
            total = sum(effect.weights.values())
            shares = {code: sum(after == code for _, after in pairs) / DRAWS for code in effect.weights}
            wrong = [
                code
                for code, weight in effect.weights.items()
                if abs(shares[code] - weight / total) > WIDTH_OF_A_SHARE
            ]
            if wrong or sum(shares.values()) < 1:
                found.append(f"{effect.analyte}: {shares} for {dict(effect.weights)}")
        else:
            mean = mean_effect(effect, pairs)
            if not effect.low <= mean <= effect.high:
                found.append(f"{effect.analyte} {effect.op} {mean:.4g} not in {effect.low}..{effect.high}")
    return found


def test_the_mean_effect_of_every_pattern_is_what_its_row_states() -> None:
    found = {name: misses(error) for name, error in bodies.core().errors.items()}
    assert len(found) == 72
    assert {name: wrong for name, wrong in found.items() if wrong} == {}
