"""Indices of haemolysis, icterus and lipaemia against what each test stands."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lis.domain.autoverification import limits_for
from lis.domain.catalog import Catalog
from lis.domain.checks import Check
from lis.domain.companions import Companion
from lis.domain.interference import index_limits, interference_check
from lis.domain.specimens import SpecimenFacts
from tests.domain.samples import indices, measured, number, serum


def judged(
    catalog: Catalog,
    test: str,
    companions: dict[str, Companion],
    *,
    reports: bool = True,
    specimen: SpecimenFacts | None = None,
) -> Check:
    limits, _ = limits_for(catalog.autoverification.get(test, ()), 10_000)
    return interference_check(
        catalog.tests[test],
        index_limits(test, limits, catalog),
        replace(specimen or serum(), indices=measured(catalog, companions)),
        companions,
        reports,
        catalog,
    )


@pytest.mark.parametrize(
    ("test", "found", "outcome", "reason"),
    [
        ("K", {"H": "100"}, "passed", ""),
        ("K", {"H": "101"}, "failed", "interference.exceeded"),
        ("K", {"L": "501"}, "failed", "interference.exceeded"),
        ("K", {"I": "60"}, "passed", ""),
        ("K", {"H": ">90"}, "not_evaluable", "interference.comparator"),
        ("NA", {"H": "2000", "L": "300"}, "passed", ""),
        (
            "NA",
            {"L": "301"},
            "failed",
            "interference.exceeded",
        ),  # the effect starts below the limit for review
        ("AGAP", {"H": "2000"}, "not_applicable", ""),
    ],
)
def test_index_against_its_limit(
    catalog: Catalog, test: str, found: dict[str, str], outcome: str, reason: str
) -> None:
    check = judged(catalog, test, indices(**found))
    assert (check.outcome, check.reason_code) == (outcome, reason)


def test_limits_are_the_lowest_of_review_and_effect(catalog: Catalog) -> None:
    limits, _ = limits_for(catalog.autoverification["NA"], 10_000)
    assert {k: str(v) for k, v in index_limits("NA", limits, catalog).items()} == {"L": "300"}


def test_analyzer_that_reports_indices_and_sent_none(catalog: Catalog) -> None:
    assert judged(catalog, "K", {}).reason_code == "interference.no_index"
    only_h = {"HIDX": indices()["HIDX"]}
    assert judged(catalog, "K", only_h).reason_code == "interference.no_index"
    assert (
        judged(catalog, "K", {"HIDX": Companion(quantity=number("500"))}).reason_code
        == "interference.exceeded"
    )


def test_index_still_to_come_from_elsewhere(catalog: Catalog) -> None:
    waiting = {code: Companion(pending=True) for code in ("HIDX", "IIDX", "LIDX")}
    check = judged(catalog, "K", waiting, reports=False)
    assert (check.outcome, check.reason_code) == ("wait", "interference.pending")


def test_without_indices_what_was_seen_counts(catalog: Catalog) -> None:
    red, yellow = (serum(conditions=frozenset({seen})) for seen in ("haemolysed", "icteric"))
    assert judged(catalog, "K", {}, reports=False).outcome == "not_applicable"
    assert judged(catalog, "K", {}, reports=False, specimen=red).reason_code == "interference.seen"
    assert judged(catalog, "K", {}, reports=False, specimen=yellow).outcome == "not_applicable"


def test_whole_blood_is_not_applicable(catalog: Catalog) -> None:
    blood = replace(serum(), type="WB")
    assert judged(catalog, "K", indices(H="2000"), specimen=blood).outcome == "not_applicable"
