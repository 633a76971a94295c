"""Names in the world's content that nothing answers to: found when the pack is read, not in the middle of a shift."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any

from simulators.content_types import Content, Influence, PreanalyticalError
from simulators.hospital_plan import HospitalPlan


def problems(content: Content) -> list[str]:
    """Everything wrong, one line each; an empty list means that the world can use the pack."""
    return [*_effects(content), *_quantities(content), *_codes(content), *_case_mix(content)]


def _effects(content: Content) -> Iterable[str]:
    """Every effect names a test, and codes that the test can take."""
    sources: list[Influence | PreanalyticalError] = [*content.influences.values(), *content.errors.values()]
    for source in sources:
        for effect in source.effects:
            if effect.analyte not in content.analytes:
                yield f"{source.id}: no test {effect.analyte}"
            else:
                yield from _strange_codes(content, source.id, effect.analyte, effect.weights)


def _quantities(content: Content) -> Iterable[str]:
    """Tables about quantities speak of tests, or of hidden quantities that healthy.csv defines."""
    known = {*content.analytes, *(row.analyte for row in content.healthy)}
    pairs = chain.from_iterable((row.a, row.b) for row in content.correlations)
    for code in {*content.within_cv, *content.kinetics, *content.program.none, *pairs} - known:
        yield f"no test {code}"


def _codes(content: Content) -> Iterable[str]:
    """Usual codes exist, and so do the tests that show a blood group."""
    for analyte, weights in content.program.categories.items():
        yield from _strange_codes(content, "categories", analyte, weights)
    for column, analyte in content.program.blood_group.items():
        if analyte not in content.analytes or any(column not in row for row in content.blood_groups.values()):
            yield f"blood_group: no column {column} or no test {analyte}"


def _strange_codes(content: Content, where: str, analyte: str, weights: Mapping[str, float]) -> Iterable[str]:
    known = {code.code for code in content.codes(analyte)} if analyte in content.analytes else set()
    strange = sorted(set(weights) - known)
    if strange:
        yield f"{where}: {analyte} has no code {', '.join(strange)}"


def _case_mix(content: Content) -> Iterable[str]:
    """The case mix names profiles, treatments and blood groups that exist."""
    mix = content.case_mix
    places: Iterable[Mapping[str, Any]] = mix["locations"].values()
    profiles = chain(
        chain.from_iterable((*place["profiles"], *place["background"]) for place in places),
        mix["treatments"],
        mix["pregnancy_weeks"],
        mix["blood_groups"],
        mix["not_people"],
    )
    lines = chain.from_iterable(mix["treatments"].values())
    procedures = chain.from_iterable(place.get("procedures", ()) for place in mix["locations"].values())
    yield from _missing("profile", profiles, content.profiles)
    yield from _missing("treatment", (line["id"] for line in chain(lines, procedures)), content.treatments)
    yield from _missing(
        "blood group", chain.from_iterable(mix["blood_groups"].values()), content.blood_groups
    )
    yield from _missing("ages", (place["ages"] for place in mix["locations"].values()), mix["ages"])


def hospital_problems(content: Content, plan: HospitalPlan) -> list[str]:
    """What the hospital's own sections name and no other table of the world has, one line each."""
    treated = (reaction.treatment for reaction in plan.reactions if reaction.treatment)
    spoken = (remark.given for remark in plan.remarks.remarks)
    given = (request.given for request in plan.requests if request.given)
    populations = (ward.population for ward in plan.wards)
    return [
        *_missing("population", populations, content.case_mix["locations"], "world.yaml"),
        *_missing("treatment", chain(treated, given), content.treatments, "world.yaml"),
        *_missing("treatment or profile", spoken, content.influences, "world.yaml"),
    ]


def _missing(
    kind: str, names: Iterable[str], known: Iterable[str], where: str = "case_mix.yaml"
) -> Iterable[str]:
    for name in sorted(set(names) - set(known)):
        yield f"{where}: no {kind} {name}"
