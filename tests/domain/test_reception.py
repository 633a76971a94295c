"""Judging what arrives, and what is asked for afterwards."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from lis.domain.catalog import Catalog
from lis.domain.findings import suggested_reasons
from lis.domain.inspection import Inspection
from lis.domain.reception import ArrivalFacts, Decision, judge_add_on, judge_arrival
from lis.domain.specimens import SpecimenFacts
from lis.domain.workflow import ContainerState
from tests.domain.samples import HOUR, NOON

FRESH = SpecimenFacts("SER", NOON - HOUR)


def arrival(**changes: object) -> ArrivalFacts:
    usual = ArrivalFacts(ContainerState.EXPECTED, "SST", ("LYTES", "RENAL"), FRESH)
    return replace(usual, **changes)  # type: ignore[arg-type]


def summary(decision: Decision) -> tuple[str, list[str]]:
    return decision.verdict, [finding.code for finding in decision.findings]


def test_a_good_tube_is_accepted(catalog: Catalog) -> None:
    seen = Inspection("SST", volume_ml=Decimal("4.5"), temperature="RT")
    assert judge_arrival(arrival(inspection=seen), catalog, NOON) == Decision("accept")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"state": None}, "scan.unknown"),
        ({"state": ContainerState.RECEIVED}, "container.already_received"),
        ({"state": ContainerState.LABELLED}, "container.already_received"),
        ({"state": ContainerState.STORED}, "container.already_received"),
        ({"state": ContainerState.CANCELLED}, "container.cancelled"),
        ({"state": ContainerState.REJECTED}, "container.rejected"),
        ({"state": ContainerState.DISCARDED}, "container.discarded"),
        ({"specimen": replace(FRESH, collected_at=NOON + timedelta(seconds=1))}, "collection.future"),
    ],
)
def test_scan_that_is_refused(catalog: Catalog, changes: dict[str, object], code: str) -> None:
    assert summary(judge_arrival(arrival(**changes), catalog, NOON)) == ("refuse", [code])


def test_tube_without_an_order_is_set_aside(catalog: Catalog) -> None:
    assert summary(judge_arrival(arrival(codes=()), catalog, NOON)) == ("set_aside", ["order.none"])


@pytest.mark.parametrize(
    ("seen", "code", "reasons"),
    [
        (Inspection("LAV"), "container.wrong", ("RJ18",)),
        (Inspection("NOSUCH"), "container.wrong", ("RJ18",)),
        (Inspection(expired=True), "container.expired", ()),
        (Inspection(volume_ml=Decimal("0.9")), "volume.short_fill", ("RJ08",)),
        (Inspection(temperature="4C"), "temperature.wrong", ()),
    ],
)
def test_tube_that_is_to_be_rejected(
    catalog: Catalog, seen: Inspection, code: str, reasons: tuple[str, ...]
) -> None:
    decision = judge_arrival(arrival(inspection=seen), catalog, NOON)
    assert (summary(decision), decision.findings[0].reasons) == (("reject", [code]), reasons)
    assert len(decision.lost) == 10


def test_what_may_stand_in_place_of_the_tube_is_right_and_no_other_of_its_additive(catalog: Catalog) -> None:
    small = replace(catalog.containers["SST"], code="SSTM", in_place_of=("SST",))
    kinds = {**catalog.containers, "SSTM": small, "SSTB": replace(small, code="SSTB", in_place_of=())}
    content = replace(catalog, containers=kinds)

    def verdict(wanted: str, seen: str) -> str:
        facts = replace(arrival(inspection=Inspection(seen)), container_type=wanted)
        return judge_arrival(facts, content, NOON).verdict

    assert verdict("SST", "SSTM") == "accept"
    assert verdict("SSTM", "SST") == "reject"
    assert verdict("SST", "SSTB") == "reject"
    assert verdict("SSTB", "SSTB") == "accept"


def test_short_fill_of_a_citrate_tube_names_the_reason_of_its_bench_first(catalog: Catalog) -> None:
    plasma = SpecimenFacts("PPP", NOON - HOUR)
    facts = arrival(
        container_type="LBL",
        codes=("COAGS",),
        specimen=plasma,
        inspection=Inspection(volume_ml=Decimal("2.42")),
    )
    assert judge_arrival(facts, catalog, NOON).findings[0].reasons == ("RJ09", "RJ08")
    full = replace(facts, inspection=Inspection(volume_ml=Decimal("2.43")))
    assert judge_arrival(full, catalog, NOON).verdict == "accept"


def test_too_little_for_one_panel_loses_that_panel_only(catalog: Catalog) -> None:
    thirsty = {**catalog.orderables, "LYTES": replace(catalog.orderables["LYTES"], min_volume_ml=Decimal(2))}
    seen = Inspection(volume_ml=Decimal("1.5"))
    facts = arrival(codes=("LYTES", "RENAL"), inspection=seen)
    decision = judge_arrival(facts, replace(catalog, orderables=thirsty), NOON)
    assert summary(decision)[1] == ["volume.not_sufficient"]
    assert decision.lost == (
        "NA",
        "K",
        "CL",
        "CO2",
        "AGAP",
    )  # the indices are asked for by the other panel too


@pytest.mark.parametrize(
    ("specimen", "verdict", "codes"),
    [
        (SpecimenFacts("SER", NOON - 2 * HOUR), "accept", []),
        (SpecimenFacts("SER", NOON - 2 * HOUR - timedelta(seconds=1)), "reject", ["stability.unseparated"]),
        (SpecimenFacts("SER", None), "set_aside", ["stability.collection_unknown"]),
        # spun within the hour: carbon dioxide alone is too old three hours later
        (
            SpecimenFacts("SER", NOON - 4 * HOUR, separated_at=NOON - 3 * HOUR),
            "accept",
            ["stability.exceeded"],
        ),
    ],
)
def test_stability_at_the_counter(
    catalog: Catalog, specimen: SpecimenFacts, verdict: str, codes: list[str]
) -> None:
    decision = judge_arrival(arrival(specimen=specimen), catalog, NOON)
    assert summary(decision) == (verdict, codes)
    if verdict == "accept" and codes:
        assert decision.lost == ("CO2",)


def test_what_cannot_be_drawn_again_is_never_rejected_at_the_counter(catalog: Catalog) -> None:
    fluid = {**catalog.specimen_types, "SER": replace(catalog.specimen_types["SER"], irreplaceable=True)}
    decision = judge_arrival(
        arrival(inspection=Inspection(expired=True)), replace(catalog, specimen_types=fluid), NOON
    )
    assert (decision.verdict, decision.exception) == ("set_aside", True)


@pytest.mark.parametrize(
    ("changes", "verdict", "codes"),
    [
        ({}, "accept", []),
        ({"state": ContainerState.STORED}, "accept", []),
        ({"state": ContainerState.DISCARDED}, "refuse", ["container.not_here"]),
        ({"state": ContainerState.EXPECTED}, "refuse", ["container.not_here"]),
        ({"container_type": "LAV"}, "refuse", ["container.wrong"]),
        ({"volume_ml": Decimal("0.9")}, "refuse", ["volume.not_sufficient"]),
        ({"volume_ml": None}, "set_aside", ["volume.unknown"]),
        ({"specimen": SpecimenFacts("PPP", NOON - HOUR)}, "refuse", ["specimen.wrong_type"]),
        (
            {"specimen": SpecimenFacts("SER", NOON - 80 * HOUR, separated_at=NOON - 79 * HOUR)},
            "accept",
            ["stability.exceeded"],
        ),
    ],
)
def test_add_on(catalog: Catalog, changes: dict[str, object], verdict: str, codes: list[str]) -> None:
    usual: dict[str, object] = {
        "state": ContainerState.LABELLED,
        "container_type": "SST",
        "volume_ml": Decimal(2),
        "specimen": FRESH,
        "catalog": catalog,
        "now": NOON,
    }
    decision = judge_add_on(catalog.orderables["RENAL"], **(usual | changes))  # type: ignore[arg-type]
    assert summary(decision) == (verdict, codes)


def test_reasons_are_those_tied_to_the_finding_the_bench_own_first(catalog: Catalog) -> None:
    assert suggested_reasons("volume.short_fill", {"COAG"}, catalog) == ("RJ09", "RJ08")
    assert suggested_reasons("volume.short_fill", {"CHEM"}, catalog) == ("RJ08",)
    assert suggested_reasons("condition.haemolysed", {"HEME"}, catalog) == ()


def test_reasons_of_the_same_code_are_told_apart_by_finding(catalog: Catalog) -> None:
    local = replace(catalog.rejection_reasons["RJ18"], code="RJ28", findings=("order.none",))
    content = replace(catalog, rejection_reasons={**catalog.rejection_reasons, "RJ28": local})
    assert judge_arrival(arrival(codes=()), content, NOON).findings[0].reasons == ("RJ28",)
    wrong = judge_arrival(arrival(inspection=Inspection("LAV")), content, NOON)
    assert wrong.findings[0].reasons == ("RJ18",)
