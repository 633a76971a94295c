"""What is seen of a container at the counter, and what it speaks for."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from lis.domain.catalog import Catalog
from lis.domain.findings import CODES, Finding
from lis.domain.inspection import Inspection, seen_findings

FINAL = {"RJ10": ("condition.clotted", "COAG"), "RJ17": ("container.leaking", "all")}


@pytest.fixture
def content(catalog: Catalog) -> Catalog:
    """With reasons for what is clotted or leaks, and sodium to be carried on ice."""
    model = catalog.rejection_reasons["RJ18"]
    more = {
        code: replace(model, code=code, findings=(finding,), applies_to=places, recollect="Y")
        for code, (finding, places) in FINAL.items()
    }
    cold = {**catalog.tests, "NA": replace(catalog.tests["NA"], transport_temp="4C")}
    return replace(catalog, rejection_reasons={**catalog.rejection_reasons, **more}, tests=cold)


def serum(content: Catalog, **seen: object) -> list[Finding]:
    panel = content.orderables["LYTES"]
    return seen_findings(Inspection(**seen), "SST", "SER", [panel], content)  # type: ignore[arg-type]


def plasma(content: Catalog, **seen: object) -> list[Finding]:
    panel = content.orderables["COAGS"]
    return seen_findings(Inspection(**seen), "LBL", "PPP", [panel], content)  # type: ignore[arg-type]


def test_nothing_recorded_finds_nothing(content: Catalog) -> None:
    assert serum(content) == []
    assert serum(content, container_type="SST", volume_ml=Decimal(5)) == []


def test_temperature_is_the_test_s_own_where_it_has_one(content: Catalog) -> None:
    (warm,) = serum(content, temperature="RT")
    assert (warm.code, warm.verdict, warm.tests) == ("temperature.wrong", "reject", ("NA",))
    assert warm.text == "NA: Came at RT, is to be carried at 4C."
    (cold,) = serum(content, temperature="4C")
    assert cold.tests == tuple(code for code in content.orderables["LYTES"].tests if code != "NA")


def test_clot_is_right_in_a_tube_that_is_to_clot_and_wrong_in_another(content: Catalog) -> None:
    assert serum(content, conditions=("clotted",)) == []
    (clot,) = plasma(content, conditions=("clotted",))
    assert (clot.verdict, clot.reasons, clot.tests) == ("reject", ("RJ10",), ())


def test_leak_is_to_be_rejected(content: Catalog) -> None:
    (leak,) = serum(content, conditions=("leaking",))
    assert (leak.code, leak.verdict, leak.reasons) == ("container.leaking", "reject", ("RJ17",))


def test_haemolysis_seen_is_advice_for_the_tests_it_touches(content: Catalog) -> None:
    (seen,) = serum(content, conditions=("haemolysed",))
    touched = tuple(t for t in content.orderables["LYTES"].tests if "H" in content.tests[t].hil_sensitive)
    assert (seen.verdict, seen.reasons, seen.tests) == ("accept", ("RJ11",), touched)
    assert "K" in touched


def test_what_no_reason_is_tied_to_is_advice(content: Catalog) -> None:
    (bubbles,) = plasma(content, conditions=("bubbles",))
    assert (bubbles.code, bubbles.verdict, bubbles.reasons) == ("condition.bubbles", "accept", ())


def test_every_finding_made_here_may_be_tied_to_a_reason(content: Catalog) -> None:
    everything = Inspection(
        "LAV",
        expired=True,
        volume_ml=Decimal("0.1"),
        temperature="-20C",
        conditions=("bubbles", "clotted", "contaminated", "haemolysed", "leaking", "unmixed"),
    )
    for panel, kind, material in (("LYTES", "SST", "SER"), ("COAGS", "LBL", "PPP")):
        found = seen_findings(everything, kind, material, [content.orderables[panel]], content)
        assert {one.code for one in found} - set(CODES) == set()
