"""Reads the place from a content pack: the laboratory's own tables, and `world/world.yaml` beside them."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from simulators.hospital_reading import PlaceError, habits, read_hospital
from simulators.place import (
    Assay,
    CollectionPlan,
    Control,
    DevicePlan,
    IndexSource,
    Interference,
    Orderable,
    Place,
    TubeKind,
)
from simulators.place_devices import with_upkeep

__all__ = ["PlaceError", "load_place"]

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load_place(pack: Path, world: Path | None = None) -> Place:
    """Read the pack's tables and its world.yaml (`world` names another one); broken references are refused here."""
    plan = _yaml(world or pack / "world" / "world.yaml")
    head = _yaml(pack / "pack.yaml")
    peers = _yaml(pack / "peers.yaml")["peers"]
    place = Place(
        zone=ZoneInfo(head["zone"]),
        environment=head["environment"],
        lab_facility="LAB",
        tubes=_tubes(pack),
        orderables=_orderables(pack),
        devices=with_upkeep(_devices(pack, plan, head["indices"]), pack, ZoneInfo(head["zone"])),
        printers={peer["code"]: peer.get("port") for peer in peers if peer["kind"] == "printer"},
        hospital=read_hospital(plan, peers, _yaml(pack / "world" / "telephone.yaml")),
        collection=_collection(plan["collection"]),
        interferences=_interferences(_rows(pack / "hil_effects.csv")),
        indices=head["indices"],
        index_from={key: IndexSource(**source) for key, source in plan["index_from"].items()},
        constants={row["code"]: float(row["value"]) for row in _rows(pack / "constants.csv")},
        faults=(*plan.get("faults", ()), *habits(plan)),
    )
    _refuse_broken_references(place)
    return place


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [{key: (value or "").strip() for key, value in row.items()} for row in csv.DictReader(file)]


def _yaml(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)
    return loaded


def _tubes(pack: Path) -> dict[str, TubeKind]:
    blood = {row["code"] for row in _rows(pack / "specimen_types.csv") if row["category"] == "blood"}
    return {row["code"]: _tube(row, blood) for row in _rows(pack / "containers.csv")}


def _tube(row: Mapping[str, str], blood: set[str]) -> TubeKind:
    is_spun = row["centrifuge"] == "Y"
    return TubeKind(
        code=row["code"],
        name=row["name"],
        cap_colour=row["cap_color"],
        additive=row["additive"],
        specimen_type=row["specimen_hl70487"],
        draw_volume_ml=float(row["draw_volume_ml"] or 0),
        order_of_draw=int(row["order_of_draw"] or 9),
        clot_minutes=int(row["clot_time_min"] or 0),
        spin_minutes=int(row["spin_min"] or 10) if is_spun else 0,
        spin_g=int(row["rcf_g"] or 0),
        is_blood=row["specimen_hl70487"] in blood,
    )


def _orderables(pack: Path) -> dict[str, Orderable]:
    """Panels, and single tests under their own code where no panel has it."""
    items: dict[str, list[str]] = {}
    for row in sorted(_rows(pack / "panels.csv"), key=lambda row: (row["panel_code"], int(row["seq"]))):
        items.setdefault(row["panel_code"], []).append(row["analyte_code"])
    panels = {
        row["panel_code"]: _orderable(row, row["panel_code"], items.get(row["panel_code"], []))
        for row in _rows(pack / "orderables.csv")
    }
    singles = {row["code"]: _orderable(row, row["code"], [row["code"]]) for row in _rows(pack / "tests.csv")}
    return singles | panels


def _orderable(row: Mapping[str, str], code: str, tests: list[str]) -> Orderable:
    return Orderable(code, row["name"], row["specimen_hl70487"], row["container"], tuple(tests))


def _devices(pack: Path, plan: Mapping[str, Any], indices: Mapping[str, str]) -> dict[str, DevicePlan]:
    controls: dict[str, list[Control]] = {}
    for row in _rows(pack / "control_targets.csv"):
        controls.setdefault(row["analyzer"], []).append(_control(row))
    traits = {section["code"]: section for section in plan["analyzers"]}
    return {
        item["code"]: _device(item, traits[item["code"]], controls.get(item["code"], []), indices)
        for item in _yaml(pack / "analyzers.yaml")["analyzers"]
        if item["code"] in traits
    }


def _control(row: Mapping[str, str]) -> Control:
    return Control(
        test=row["test"],
        material=row["material"],
        lot=row["lot"],
        level=int(row["level"]),
        mean=float(row["mean"] or 0),
        sd=float(row["sd"] or 0),
        expected=tuple(code for code in row.get("expected", "").split(";") if code),
    )


def _device(
    item: Mapping[str, Any], traits: Mapping[str, Any], controls: list[Control], indices: Mapping[str, str]
) -> DevicePlan:
    return DevicePlan(
        code=item["code"],
        kind=traits["kind"],
        model=item["model"],
        profile=item["profile"],
        port=item.get("port"),
        menu=tuple(Assay(row["test"], str(row["code"]), row.get("unit") or "") for row in item["menu"]),
        controls=tuple(controls),
        reports_indices=bool(item["reports_indices"]),
        tubes_per_hour=float(traits["tubes_per_hour"]),
        process_minutes=float(traits["process_minutes"]),
        warm_up_minutes=float(traits["warm_up_minutes"]),
        controls_at=tuple(time.fromisoformat(text) for text in traits["controls_at"]),
        rack_size=int(traits["rack_size"]),
        scatter=float(traits["scatter"]),
        bias_sd=float(traits["bias_sd"]),
        index_tests=tuple(row["test"] for row in item["menu"] if row["test"] in indices.values()),
        traits={**traits, "host_query": bool(item.get("asks_for_work", False))},
    )


def _collection(raw: Mapping[str, Any]) -> CollectionPlan:
    haemolysis, fill = raw["haemolysis_index"], raw["fill"]
    return CollectionPlan(
        haemolysis_median=float(haemolysis["median"]),
        haemolysis_sd_log=float(haemolysis["sd_log"]),
        fill_mean=float(fill["mean"]),
        fill_sd=float(fill["sd"]),
        fill_low=float(fill["low"]),
        fill_high=float(fill["high"]),
        temperature_c=float(raw["temperature_c"]),
    )


def _interferences(rows: list[dict[str, str]]) -> dict[str, tuple[Interference, ...]]:
    found: dict[str, list[Interference]] = {}
    for row in rows:
        if row["per_100_units"]:
            effect = Interference(
                row["analyte"], row["interferent"], row["effect_type"] == "pct", float(row["per_100_units"])
            )
            found.setdefault(effect.test, []).append(effect)
    return {test: tuple(effects) for test, effects in found.items()}


def _refuse_broken_references(place: Place) -> None:
    hospital = place.hospital
    added = [(one.test,) for occasion in hospital.telephone.occasions for one in occasion.adds]
    asked = [one.orders for one in hospital.requests] + [one.orders for one in hospital.reactions] + added
    for codes in asked:
        for code in codes:
            if code not in place.orderables:
                raise PlaceError(f"world.yaml asks for {code}, which nobody can order")
    for reaction in hospital.reactions:
        if reaction.test not in place.orderables:
            raise PlaceError(f"world.yaml reacts to {reaction.test}, which is no test")
    for ward in hospital.wards:
        if len(ward.rhythm) != 24:
            raise PlaceError(f"the rhythm of {ward.code} has {len(ward.rhythm)} hours")
        for container in ward.spins - set(place.tubes):
            raise PlaceError(f"{ward.code} spins {container}, which is no container")
    for move in hospital.transfers:
        for code in (move.origin, move.to):
            if hospital.ward(code) is None:
                raise PlaceError(f"world.yaml moves patients by {code}, which is no ward")
