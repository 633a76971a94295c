"""Reads a content pack for the world: the shared tables of the laboratory and the folder `world` beside them."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from simulators.content_checks import problems
from simulators.content_types import (
    Analyte,
    Code,
    Content,
    Correlation,
    Effect,
    Influence,
    Interval,
    Kinetics,
    PreanalyticalError,
    Program,
    Share,
    Step,
)

Row = Mapping[str, str]


class ContentError(ValueError):
    """A table of the pack says something the world cannot use."""


def load_content(pack: Path) -> Content:
    """Read the pack once; what is named but does not exist is refused here, not met in the middle of a shift."""
    world = pack / "world"
    traits = _yaml(world / "courses.yaml")
    content = Content(
        analytes={row["code"]: _analyte(row) for row in _rows(pack / "tests.csv")},
        value_sets=_value_sets(_rows(pack / "value_sets.csv")),
        intervals=tuple(_intervals(_rows(pack / "reference_intervals.csv"))),
        healthy=tuple(_intervals(_rows(world / "healthy.csv"))),
        formulas={row["id"]: row["expression"] for row in _rows(pack / "formulas.csv")},
        within_cv={
            row["analyte"]: float(row["cv_within_pct"]) for row in _rows(world / "biological_variation.csv")
        },
        correlations=tuple(_correlation(row) for row in _rows(world / "physiology_correlations.csv")),
        influences=_influences(world, traits),
        kinetics={row["analyte"]: _kinetics(row) for row in _rows(world / "kinetics.csv")},
        constants={row["code"]: float(row["value"]) for row in _rows(pack / "constants.csv")},
        program=_program(_yaml(world / "generation_order.yaml")),
        blood_groups={row["abo_rh"]: dict(row) for row in _rows(pack / "abo_patterns.csv")},
        fluids={row["code"]: _fluid(row) for row in _rows(world / "iv_fluids.csv")},
        errors={error.id: error for error in _errors(_yaml(world / "preanalytical_errors.yaml"))},
        case_mix=_yaml(world / "case_mix.yaml"),
    )
    if found := problems(content):
        raise ContentError("; ".join(found))
    return content


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return [{key: (value or "").strip() for key, value in row.items()} for row in csv.DictReader(file)]


def _yaml(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)
    return loaded


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _number(text: str) -> float | None:
    return float(text) if text else None


def _analyte(row: Row) -> Analyte:
    return Analyte(
        code=row["code"],
        name=row["name"],
        department=row["department"],
        unit=row["ucum"],
        kind=row["result_type"],
        value_set=row["value_set"],
        decimals=int(row["decimals"]) if row["decimals"] else None,
        resolution=_number(row["resolution"]),
        distribution=row["distribution"],
        cv_analytical=_number(row["cv_pct"]),
        amr_low=_number(row["amr_low"]),
        amr_high=_number(row["amr_high"]),
        specimen=row["specimen_hl70487"],
    )


def _value_sets(rows: Iterable[Row]) -> dict[str, tuple[Code, ...]]:
    sets: dict[str, list[Code]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: int(row["seq"])):
        code = Code(
            row["code"], row["display"], row["abnormal_flag"] == "N", _number(row["numeric_equivalent"])
        )
        sets[row["value_set"]].append(code)
    return {name: tuple(codes) for name, codes in sets.items()}


def _intervals(rows: Iterable[Row]) -> Iterable[Interval]:
    """Rows without both limits say nothing about where healthy values lie and are left out."""
    for row in rows:
        if row["low"] and row["high"]:
            yield Interval(
                analyte=row["analyte"],
                sex=row["sex"],
                low_days=int(row["age_low_days"]),
                high_days=int(row["age_high_days"]),
                low=float(row["low"]),
                high=float(row["high"]),
                condition=row["condition"],
                distribution=row.get("distribution") or None,
            )


def _correlation(row: Row) -> Correlation:
    r = float(row["r"])
    return Correlation(row["analyte_a"], row["analyte_b"], r, _number(row.get("r_within_sex", "")) or r)


def _kinetics(row: Mapping[str, Any]) -> Kinetics:
    return Kinetics(float(row["rise_hours"]), float(row["half_life_hours"]))


def _fluid(row: Row) -> dict[str, float | str]:
    return {key: value if key in ("code", "name") else float(value) for key, value in row.items()}


def _effect(raw: Mapping[str, Any]) -> Effect:
    if raw["op"] == "cat":
        return Effect(raw["analyte"], "cat", weights={str(k): float(v) for k, v in raw["probs"].items()})
    return Effect(raw["analyte"], raw["op"], float(raw["lo"]), float(raw["hi"]))


def _influences(world: Path, traits: Mapping[str, Any]) -> dict[str, Influence]:
    profiles = _yaml(world / "disease_profiles.yaml")["profiles"]
    treatments = _yaml(world / "treatments.yaml")["treatments"]
    unknown = set(traits["profiles"]) - {raw["id"] for raw in profiles}
    if unknown:
        raise ContentError(f"courses.yaml names profiles that do not exist: {sorted(unknown)}")
    influences = [_influence(raw, "profile", traits["profiles"].get(raw["id"], {})) for raw in profiles]
    influences += [_influence(raw, "treatment", raw) for raw in treatments]
    return {influence.id: influence for influence in influences}


def _influence(raw: Mapping[str, Any], kind: str, course: Mapping[str, Any]) -> Influence:
    low, high = raw.get("age_years", (0.0, 120.0))
    return Influence(
        id=raw["id"],
        name=raw["name"],
        kind=kind,
        effects=tuple(_effect(effect) for effect in raw["effects"]),
        sex=raw.get("sex", "A"),
        age_years=(float(low), float(high)),
        departments=tuple(raw.get("departments", ())),
        criticals=tuple(raw.get("criticals", ())),
        icd10=raw.get("icd10", ""),
        teaching=raw.get("teaching", ""),
        chronic=bool(course.get("chronic", False)),
        duration_hours=course.get("duration_hours"),
        rise_hours=course.get("rise_hours"),
        half_life_hours=course.get("half_life_hours"),
        flags=frozenset({raw["respiratory_compensation"]} if "respiratory_compensation" in raw else ()),
    )


def _program(raw: Mapping[str, Any]) -> Program:
    program = raw["program"]
    return Program(
        node_hours=float(program["noise"]["node_hours"]),
        default_within_share=float(program["noise"]["default_within_share"]),
        least_between_share=float(program["noise"]["least_between_share"]),
        course=_kinetics(program["course"]),
        conditions=program["conditions"],
        none=frozenset(program["none"]),
        categories=program["categories"],
        blood_group=program["blood_group"],
        pregnancy=program["pregnancy"],
        steps=tuple(_step(step) for step in program["steps"]),
        drops=tuple(Step(drop["drop"], "0", drop["if"]) for drop in program["drops"]),
        interpretive=frozenset(program["interpretive"]),
    )


def _step(raw: Mapping[str, Any]) -> Step | Share:
    if "share" in raw:
        return Share(tuple(raw["share"]), float(raw["of"]), bool(raw.get("whole")), raw.get("weights", {}))
    target = raw.get("set") or raw["limit"]
    return Step(target, str(raw.get("to") or raw["formula"]), str(raw.get("if", "")), "limit" in raw)


def _errors(raw: Mapping[str, Any]) -> Iterable[PreanalyticalError]:
    for error in raw["errors"]:
        yield PreanalyticalError(
            id=error["id"],
            name=error["name"],
            category=error["category"],
            detect_clue=error["detect_clue"],
            right_action=error["right_action"],
            rejection_code=error["rejection_code"],
            specimens=tuple(error["specimens"]),
            effects=tuple(_effect(effect) for effect in error["effects"]),
            mechanism=error.get("mechanism", {}),
        )
