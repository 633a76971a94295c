"""Relations between results: kept, broken, waiting, open; who is held by them."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest

from lis.domain.catalog import Catalog, ConsistencyRule, Severity
from lis.domain.checks import Check
from lis.domain.companions import Companion
from lis.domain.consistency import Judged, consistency_checks
from tests.domain.samples import number


def judged(
    catalog: Catalog, rule: str, test: str, companions: dict[str, Companion], severity: Severity = "hold"
) -> list[Check]:
    row = ConsistencyRule("R1", rule, "", severity, "clue", "act", "")
    rules = replace(catalog, consistency=(row,)).rules_for.get(test, ())
    return list(consistency_checks(rules, companions, {}, {}))


def having(value: str, previous: str = "", *, state: Literal["", "on hold", "doubtful"] = "") -> Companion:
    return Companion(
        quantity=number(value),
        previous=number(previous) if previous else None,
        on_hold=state != "",
        doubtful=state == "doubtful",
    )


PENDING = Companion(pending=True)
RULE = "not(K>6.0 and CA<7.0)"


@pytest.mark.parametrize(
    ("companions", "outcome", "reason"),
    [
        ({"K": having("5.0"), "CA": having("6.0")}, "passed", ""),
        ({"K": having("7.0"), "CA": having("6.0")}, "failed", "consistency.broken"),
        ({"K": having("7.0")}, "not_applicable", ""),
        ({"K": having("7.0"), "CA": PENDING}, "wait", "consistency.pending"),
        ({"K": having("5.0"), "CA": PENDING}, "passed", ""),  # whatever calcium will be
        ({"K": having(">10"), "CA": having("<6")}, "failed", "consistency.broken"),
        ({"K": having("<6"), "CA": having("6.0")}, "passed", ""),
        ({"K": having("<7"), "CA": having("6.0")}, "not_evaluable", "consistency.open"),
        ({"K": having("7.0"), "CA": having("<8")}, "not_evaluable", "consistency.open"),
        (
            {"K": having("7.0"), "CA": having("9", state="doubtful")},
            "not_evaluable",
            "consistency.input_on_hold",
        ),
        ({"K": having("5.0"), "CA": having("9", state="doubtful")}, "passed", ""),
        ({"K": having("7.0"), "CA": having("9", state="on hold")}, "passed", ""),
        ({"K": having("7.0"), "CA": having("6", state="doubtful")}, "failed", "consistency.broken"),
        ({"K": having("7.0"), "CA": Companion(text="CLOTTED")}, "not_evaluable", "consistency.no_answer"),
        ({"K": having("7.0"), "CA": Companion()}, "not_evaluable", "consistency.no_answer"),
    ],
)
def test_rule_over_two_tests(
    catalog: Catalog, companions: dict[str, Companion], outcome: str, reason: str
) -> None:
    for test in ("K", "CA"):
        assert [(c.outcome, c.reason_code) for c in judged(catalog, RULE, test, companions)] == [
            (outcome, reason)
        ]


def test_rule_does_not_concern_other_tests(catalog: Catalog) -> None:
    assert judged(catalog, RULE, "NA", {"K": having("7.0"), "CA": having("6.0"), "NA": having("140")}) == []


@pytest.mark.parametrize(
    ("severity", "holds"),
    [("error", True), ("hold", True), ("stop", True), ("warn", False), ("comment", False)],
)
def test_severity_holds_or_advises(catalog: Catalog, severity: Severity, holds: bool) -> None:
    check = judged(catalog, RULE, "K", {"K": having("7.0"), "CA": having("6.0")}, severity)[0]
    assert (check.outcome, check.holds, check.detail) == ("failed", holds, {"rule": "R1", "action": "act"})


def test_suppressing_rule_holds_only_what_it_allows_to_be_absent(catalog: Catalog) -> None:
    rule, both = "TRIG<400 or LDLC is None", {"TRIG": having("500"), "LDLC": having("90")}
    assert judged(catalog, rule, "TRIG", both, "suppress") == []
    assert [c.holds for c in judged(catalog, rule, "LDLC", both, "suppress")] == [True]
    not_done = {"TRIG": having("500"), "LDLC": Companion()}
    assert [c.outcome for c in judged(catalog, rule, "LDLC", not_done, "suppress")] == ["passed"]


def test_rule_against_the_earlier_result(catalog: Catalog) -> None:
    rule = "not(CL-CL_PREV>=4 and CA/CA_PREV<=0.93)"
    diluted = {"CL": having("112", "104"), "CA": having("8.0", "9.5")}
    assert [c.outcome for c in judged(catalog, rule, "CL", diluted)] == ["failed"]
    assert [c.outcome for c in judged(catalog, rule, "CL", {**diluted, "CA": having("8.0")})] == [
        "not_applicable"
    ]
    assert [c.outcome for c in judged(catalog, rule, "CA", {**diluted, "CL": having("105", "104")})] == [
        "passed"
    ]
    bounded = {**diluted, "CA": having("8.0", "<9")}
    assert [c.outcome for c in judged(catalog, rule, "CA", bounded)] == ["not_evaluable"]


def test_rule_in_words_is_left_to_people(catalog: Catalog) -> None:
    row = ConsistencyRule("R1", "any growth", "", "stop", "", "", "", manual=True)
    assert replace(catalog, consistency=(row,)).rules_for == {}


def test_rule_that_was_judged_for_another_stands() -> None:
    row = ConsistencyRule("R1", RULE, "", "hold", "clue", "act", "")
    both = {"K": having("7.0"), "CA": having("6.0")}
    known: Judged = {}
    first = consistency_checks((row,), both, {}, known)
    assert (known, consistency_checks((row,), both, {}, known)) == ({"R1": first[0]}, first)
