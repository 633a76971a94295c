"""Reads the hospital's sections of `world/world.yaml`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import time
from typing import Any

from simulators.hospital_plan import (
    PUNCTUAL,
    Collector,
    HospitalPlan,
    Provider,
    Reaction,
    Remark,
    RemarkPlan,
    Request,
    Round,
    Transfer,
    Ward,
)
from simulators.telephone_plan import read_telephone

_NOT_WEIGHTS = frozenset({"orders", "stat", "series_minutes", "due_minutes", "given"})


class PlaceError(ValueError):
    """The pack names something that does not exist, or leaves out what the world needs."""


def read_hospital(
    plan: Mapping[str, Any], peers: list[dict[str, Any]], telephone: Mapping[str, Any]
) -> HospitalPlan:
    """The hospital of a world.yaml and telephone.yaml; PlaceError when no peer of the laboratory is meant."""
    raw = plan["hospital"]
    peer = next((peer for peer in peers if peer["code"] == raw["peer"]), None)
    if peer is None:
        raise PlaceError(f"peers.yaml has no peer {raw['peer']} for the hospital")
    return HospitalPlan(
        peer=peer["code"],
        application=peer.get("application", ""),
        facility=peer.get("facility", ""),
        port=peer.get("port"),
        requisitions_per_day=float(raw["requisitions_per_day"]),
        weekdays=tuple(map(float, raw["weekdays"])),
        duplicate_share=float(raw["duplicate_share"]),
        readmission_share=float(raw["readmission_share"]),
        update_share=float(raw["update_share"]),
        stay_hours=raw["stay_hours"],
        providers=tuple(Provider(**provider) for provider in raw["providers"]),
        wards=tuple(_ward(ward, plan["rhythms"]) for ward in plan["wards"]),
        requests=tuple(_request(request) for request in plan["requests"]),
        recollect_minutes=pair(raw["recollect_minutes"]),
        reading_minutes=pair(raw["reading_minutes"]),
        rest_hours=float(raw["rest_hours"]),
        reactions=tuple(_reaction(reaction) for reaction in plan["reactions"]),
        transfers=tuple(_transfer(one) for one in plan.get("transfers", ())),
        remarks=_remarks(plan["clinical_information"]),
        telephone=read_telephone(telephone),
    )


def habits(plan: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    """What collectors are in the habit of doing, as faults that meet their tubes now and then."""
    for ward in plan["wards"]:
        for collector in ward["collectors"]:
            for name, share in collector.get("habits", {}).items():
                trigger = {"matching": {"collector": collector["initials"]}, "chance": float(share)}
                yield {"id": f"habit-{collector['id']}-{name}", "fault": name, "trigger": trigger}


def _ward(raw: Mapping[str, Any], rhythms: Mapping[str, list[float]]) -> Ward:
    return Ward(
        code=raw["code"],
        name=raw["name"],
        patient_class=raw["patient_class"],
        share=float(raw["share"]),
        rhythm=tuple(map(float, rhythms[raw["rhythm"]])),
        rooms=int(raw["rooms"]),
        stat_share=float(raw["stat_share"]),
        transport_minutes=pair(raw["transport_minutes"]),
        message=raw["message"],
        collectors=tuple(_collector(collector) for collector in raw["collectors"]),
        population=raw.get("population", raw["patient_class"]),
        phone=raw.get("phone", ""),
        rounds=tuple(_round(one) for one in raw.get("rounds", ())),
        couriers=tuple(sorted(map(time.fromisoformat, raw.get("couriers", ())))),
        spins=frozenset(raw.get("spins", ())),
        paper_share=float(raw.get("paper_share", 0)),
    )


def _collector(raw: Mapping[str, Any]) -> Collector:
    return Collector(raw["id"], raw["initials"], pair(raw.get("late_minutes", PUNCTUAL)))


def _round(raw: Mapping[str, Any]) -> Round:
    return Round(time.fromisoformat(raw["at"]), float(raw["mean"]), float(raw.get("ahead_minutes", 0)))


def pair(raw: Sequence[float]) -> tuple[float, float]:
    """A range written as [low, high]."""
    low, high = raw
    return float(low), float(high)


def _reaction(raw: Mapping[str, Any]) -> Reaction:
    return Reaction(
        test=raw["test"],
        flag=raw["flag"],
        share=float(raw["share"]),
        orders=tuple(raw["orders"]),
        after_minutes=pair(raw["after_minutes"]),
        treatment=raw.get("treatment", ""),
        hours=float(raw.get("hours", 0)),
    )


def _request(raw: Mapping[str, Any]) -> Request:
    return Request(
        orders=tuple(raw["orders"]),
        weights={key: float(value) for key, value in raw.items() if key not in _NOT_WEIGHTS},
        is_stat=bool(raw.get("stat")),
        series_minutes=tuple(map(float, raw.get("series_minutes", ()))),
        due_minutes=pair(raw["due_minutes"]) if "due_minutes" in raw else None,
        given=raw.get("given", ""),
    )


def _transfer(raw: Mapping[str, Any]) -> Transfer:
    return Transfer(raw["from"], raw["to"], float(raw["share"]), pair(raw["after_hours"]))


def _remarks(raw: Mapping[str, Any]) -> RemarkPlan:
    remarks = tuple(
        Remark(one["given"], one["text"], float(one["hours"]) if "hours" in one else None)
        for one in raw["remarks"]
    )
    return RemarkPlan(float(raw["share"]), raw["pregnant"], remarks)
