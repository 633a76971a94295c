"""Every check a value meets, one absent or failing fact at a time: nothing passes because something was absent."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lis.domain.catalog import Catalog, CodedValue, ConsistencyRule, CriticalLimit
from lis.domain.companions import Companion
from lis.domain.delta import PreviousResult
from lis.domain.evaluations import Evaluation, companion
from lis.domain.patients import PatientFacts
from lis.domain.qc.gate import QcStatus
from lis.kernel.errors import Invalid
from tests.domain.samples import HOUR, MAN, NOON, ZONE, facts, indices, judged, number, sent, serum

NAMES = [
    "unit",
    "value",
    "status",
    "calculation",
    "analyzer_flags",
    "measuring_range",
    "interval",
    "critical",
    "stability",
    "condition",
    "interference",
    "qc",
    "delta",
    "review",
]


def earlier(value: str, unit: str = "mmol/L", hours: int = 24) -> PreviousResult:
    """The tube of `facts` was drawn an hour before noon."""
    return PreviousResult(number(value), value, unit, NOON - (hours + 1) * HOUR)


def answers(evaluation: Evaluation) -> dict[str, str]:
    return {check.name: str(check.outcome) for check in evaluation.checks}


def test_usual_value_passes_every_check_in_order(catalog: Catalog) -> None:
    result = judged(sent("K", "4.04"), facts(catalog, previous=earlier("4.2")))
    assert (result.reported.text, result.reported.unit) == ("4.0", "mmol/L")
    assert (result.flags, result.critical, result.interval_text) == ((), False, "3.5–5.1 mmol/L")
    assert (result.disposition, result.holds, result.doubtful) == ("passed", (), False)
    assert [check.name for check in result.checks] == [*NAMES, "consistency"]
    not_applicable = {name for name, outcome in answers(result).items() if outcome == "not_applicable"}
    assert not_applicable == {"calculation"}


@pytest.mark.parametrize(
    ("value", "flags", "critical", "holds"),
    [
        ("3.5", (), False, ()),
        ("3.4", ("L",), False, ()),
        ("5.2", ("H",), False, ()),
        ("5.14", (), False, ()),  # reported 5.1
        ("5.15", ("H",), False, ()),  # reported 5.2
        ("2.9", ("L",), False, ("review.outside",)),
        ("2.4", ("LL",), True, ("critical.low", "review.outside")),
        ("6.6", ("HH",), True, ("critical.high", "review.outside")),
        ("6.54", ("H",), False, ("review.outside",)),  # reported 6.5: the limit itself
        ("10.1", ("HH",), True, ("measuring_range.above", "critical.high", "review.outside")),
        (">10.0", ("HH", ">"), True, ("critical.high", "review.outside")),
        ("<1.0", ("LL", "<"), True, ("critical.low", "review.outside")),
        (
            "<5",
            ("<",),
            False,
            ("measuring_range.comparator", "interval.open", "critical.comparator", "review.open"),
        ),
    ],
)
def test_number_against_all_limits(
    catalog: Catalog, value: str, flags: tuple[str, ...], critical: bool, holds: tuple[str, ...]
) -> None:
    result = judged(sent("K", value), facts(catalog))
    consistency_left_out = tuple(code for code in result.holds if not code.startswith("consistency"))
    assert (result.flags, result.critical, consistency_left_out) == (flags, critical, holds)
    assert result.disposition == ("hold" if holds else "passed")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"patient": replace(MAN, birth_on=None)}, "interval.unknown"),
        ({"patient": replace(MAN, birth_on=date(2026, 3, 3))}, "interval.unknown"),
        ({"specimen": serum(collected_at=None)}, "stability.collection_unknown"),
        ({"specimen": serum(separated_at=None, collected_at=NOON - 3 * HOUR)}, "stability.unseparated"),
        ({"at": NOON + 48 * HOUR}, "stability.exceeded"),
        ({"companions": {}}, "interference.no_index"),
        ({"companions": indices(H="150")}, "interference.exceeded"),
        ({"qc": QcStatus("not_evaluable", "qc.none", "")}, "qc.none"),
        ({"qc": QcStatus("failed", "qc.beyond_3sd", "")}, "qc.beyond_3sd"),
        ({"previous": earlier("5.1")}, "delta.exceeded"),
        ({"previous": earlier("4.0", "mg/dL")}, "delta.unit"),
        ({"companions": {**indices(), "HIDX": Companion(pending=True)}}, "interference.no_index"),
    ],
)
def test_fact_that_is_missing_or_speaks_against_it_holds(
    catalog: Catalog, change: dict[str, Any], reason: str
) -> None:
    result = judged(sent("K", "4.0"), facts(catalog, **change), change.get("companions"))
    assert (result.disposition, result.holds[0], result.critical) == ("hold", reason, False)


@pytest.mark.parametrize(
    ("value", "unit", "more", "reason"),
    [
        ("4.0", "", {}, "unit.absent"),
        ("4.0", "mEq", {}, "unit.unknown"),
        ("4.0", "mg/dL", {}, "unit.mismatch"),
        ("", "mmol/L", {}, "value.empty"),
        ("CLOTTED", "mmol/L", {}, "value.not_a_number"),
        ("4.0", "mmol/L", {"status": "P"}, "status.preliminary"),
        ("4.0", "mmol/L", {"status": "X"}, "status.unknown"),
        ("4.0", "mmol/L", {"flags": ("QCF",)}, "analyzer_flags.warning"),
        ("4.0", "mmol/L", {"flags": (">",)}, "analyzer_flags.off_scale"),
        ("4.0", "mmol/L", {"source": "calculation"}, "calculation.unknown"),
        ("4.0", "mmol/L", {"observed_at": NOON - 2 * HOUR}, "stability.collected_later"),
    ],
)
def test_what_the_message_says_holds(
    catalog: Catalog, value: str, unit: str, more: dict[str, Any], reason: str
) -> None:
    result = judged(sent("K", value, unit, **more), facts(catalog))
    assert (result.holds, result.doubtful) == ((reason,), not reason.startswith("calculation"))


def test_value_of_another_unit_is_judged_no_further(catalog: Catalog) -> None:
    result = judged(sent("K", "9.9", "mg/dL"), facts(catalog))
    assert ([check.name for check in result.checks][:2], result.flags, result.critical) == (
        ["unit", "value"],
        (),
        False,
    )
    assert (result.readable, companion(result).value) == (False, None)


@pytest.mark.parametrize("more", [{"status": "C"}, {"flags": ("H", "N")}, {"observed_at": NOON}])
def test_what_the_message_says_and_does_not_hold(catalog: Catalog, more: dict[str, Any]) -> None:
    assert judged(sent("K", "4.0", **more), facts(catalog)).disposition == "passed"


def test_value_typed_by_a_person_is_in_the_test_s_unit(catalog: Catalog) -> None:
    typed = sent("K", "4.0", "", source="person")
    assert judged(typed, facts(catalog)).disposition == "passed"
    assert judged(replace(typed, unit="mg/dL"), facts(catalog)).holds == ("unit.mismatch",)


def test_limits_by_age_at_collection(catalog: Catalog) -> None:
    """On the 31st day of life other limits hold than on the day before, whenever it was measured."""
    for birth_on, flags in ((date(2026, 1, 31), ("H",)), (date(2026, 1, 30), ("HH",))):
        patient = PatientFacts(birth_on, "M", ZONE)
        late = facts(catalog, patient=patient, specimen=serum(), at=NOON + 30 * HOUR)
        result = judged(sent("K", "6.8", observed_at=NOON), late)
        assert (result.flags, result.critical) == (flags, flags == ("HH",))


def test_newborn_has_no_limits_for_release_without_review(catalog: Catalog) -> None:
    newborn = facts(catalog, patient=PatientFacts(date(2026, 3, 1), "F", ZONE))
    assert judged(sent("K", "5.0"), newborn).holds == ("review.no_limits",)
    assert judged(sent("K", "5.0"), newborn).doubtful is False


def test_interval_by_sex_and_condition(catalog: Catalog) -> None:
    blood = serum(type="WB")
    printed = {}
    for sex, condition in (("M", ""), ("F", ""), ("F", "pregnant_T3"), ("U", "")):
        patient = PatientFacts(date(1990, 1, 1), sex, ZONE, condition)
        result = judged(sent("HGB", "13.0", "g/dL"), facts(catalog, patient=patient, specimen=blood))
        printed[sex, condition] = (result.interval_text, result.flags, result.holds)
    assert printed == {
        ("M", ""): ("13.5–17.5 g/dL", ("L",), ()),
        ("F", ""): ("12.0–15.5 g/dL", (), ()),
        ("F", "pregnant_T3"): ("11.0–14.0 g/dL (pregnant T3)", (), ()),
        ("U", ""): ("", (), ("interval.unknown",)),
    }


def test_delta_that_is_not_required_only_advises(catalog: Catalog) -> None:
    rules = {"CL": replace(catalog.deltas["NA"], test="CL")}
    moved = facts(replace(catalog, deltas=rules), previous=earlier("120"))
    result = judged(sent("CL", "100"), moved)
    assert (answers(result)["delta"], result.disposition) == ("failed", "passed")


def test_coded_value_by_its_value_set(catalog: Catalog) -> None:
    found = {code: judged(sent("HCGS", code, ""), facts(catalog)) for code in ("NEG", "POS", "INV", "WHAT")}
    assert {code: (result.flags, result.holds) for code, result in found.items()} == {
        "NEG": ((), ("review.no_limits",)),
        "POS": (("A",), ("review.no_limits",)),
        "INV": ((), ("review.no_limits",)),
        "WHAT": ((), ("value.not_in_set",)),
    }


def test_critical_code(catalog: Catalog) -> None:
    rows: dict[str, tuple[CriticalLimit, ...]] = {}
    rows["HCGS"] = (replace(catalog.criticals["NA"][0], low=None, high=None, codes=("POS",)),)
    result = judged(sent("HCGS", "POS", ""), facts(replace(catalog, criticals=rows)))
    assert (result.flags, result.critical) == (("AA",), True)


def test_titre_by_its_value_set_and_off_it(catalog: Catalog) -> None:
    values = {**catalog.value_sets, "TITER2": (CodedValue("1:1", "1:1", "A", Decimal(1)),)}
    content = replace(catalog, value_sets=values)
    on_it, off_it = (judged(sent("RPRT", text, "titer"), facts(content)) for text in ("1:1", ">1:1024"))
    assert (on_it.reported.text, on_it.flags) == ("1:1", ("A",))
    assert (off_it.reported.text, off_it.flags) == (">1:1024", (">",))


def test_index_is_not_reviewed_by_itself(catalog: Catalog) -> None:
    assert judged(sent("HIDX", "700", "mg/dL"), facts(catalog)).disposition == "passed"


def test_results_that_contradict_each_other_hold(catalog: Catalog) -> None:
    haemolysed = indices(H="150")
    result = judged(sent("K", "6.2"), facts(catalog, haemolysed), haemolysed)
    assert result.holds == ("interference.exceeded", "review.outside", "consistency.broken")
    plasma, waiting = (
        facts(catalog, specimen=serum(type="PPP")),
        {**indices(), "INR": Companion(pending=True)},
    )
    assert judged(sent("PT", "12.0", "s"), plasma, waiting).holds == ("consistency.pending",)


def test_unknown_test_is_refused(catalog: Catalog) -> None:
    with pytest.raises(Invalid) as refused:
        judged(sent("NOSUCH", "1"), facts(catalog))
    assert refused.value.code == "test.unknown"


def test_checks_are_stored_as_plain_rows(catalog: Catalog) -> None:
    result = judged(sent("K", "2.4"), facts(catalog))
    row = next(check.as_row() for check in result.checks if check.name == "critical")
    assert row == {
        "name": "critical",
        "outcome": "failed",
        "reason": "critical.low",
        "text": "Critical: below 2.5.",
        "detail": {"value": "2.4", "limit": "2.5"},
    }


def test_companion_of_a_held_value(catalog: Catalog) -> None:
    held = judged(sent("K", "2.4"), facts(catalog))
    doubted = judged(sent("K", "4.0"), facts(catalog, specimen=serum(collected_at=NOON - timedelta(days=9))))
    seen = [(c.on_hold, c.doubtful) for c in (companion(held), companion(doubted))]
    assert seen == [(True, False), (True, True)]
    assert companion(held, earlier("4.1")).previous_value == Decimal("4.1")


TEXTS = st.one_of(
    st.decimals(2, 7, places=2).map(str),
    st.decimals(2, 7, places=2).map(str),
    st.decimals(-5, 20, places=2).map(str),
    st.from_regex(r"[<>]=?[0-9]{1,2}(\.[0-9])?", fullmatch=True),
    st.text("0123456789.<>=:-+eE nN", max_size=8),
    st.text(max_size=6),
)


@given(
    text=TEXTS,
    unit=st.sampled_from(["mmol/L", "mmol/L", "mmol/L", "mM", "mg/dL", "", "?"]),
    status=st.sampled_from([*"FFFFCPX", ""]),
    flag=st.sampled_from(["", "", "H", "H", ">", "QCF"]),
    absent=st.sets(st.sampled_from(["qc", "collection", "birth", "indices"]), max_size=1),
)
def test_whatever_comes_passes_only_as_a_plain_value_with_every_fact_there(
    catalog: Catalog, text: str, unit: str, status: str, flag: str, absent: set[str]
) -> None:
    companions = {} if "indices" in absent else indices()
    known = facts(
        catalog,
        companions,
        qc=QcStatus("not_evaluable" if "qc" in absent else "accepted"),
        specimen=serum(collected_at=None) if "collection" in absent else serum(),
        patient=replace(MAN, birth_on=None) if "birth" in absent else MAN,
    )
    result = judged(sent("K", text, unit, status=status, flags=(flag,)), known, companions)
    number_within = result.reported.number is not None and 3 <= result.reported.number <= 6
    well_sent = unit in ("mmol/L", "mM") and status in ("F", "C") and flag in ("", "H")
    exact = result.reported.comparator == ""
    assert (result.disposition == "passed") == (number_within and exact and well_sent and not absent)


def test_a_relation_to_an_earlier_result_holds_within_the_delta_window(catalog: Catalog) -> None:
    rule = ConsistencyRule("R1", "K-K_PREV<0.5", "", "hold", "", "", "")
    content = replace(catalog, consistency=(rule,))
    before = [earlier("4.0"), earlier("4.0", hours=72), earlier("4.0", hours=73), None]
    answers_to = [judged(sent("K", "4.6"), facts(content, previous=previous)) for previous in before]
    assert [answer.checks[-1].outcome for answer in answers_to] == ["failed"] * 2 + ["not_applicable"] * 2


def test_a_rule_holds_values_against_a_constant_of_the_content(catalog: Catalog) -> None:
    """The INR follows from the lot's own numbers: with another lot another INR is right."""
    rule = ConsistencyRule("R1", "K<=HIGHEST", "", "error", "", "", "")
    lots = [replace(catalog, consistency=(rule,), constants={"HIGHEST": Decimal(n)}) for n in (4, 5)]
    checks = [judged(sent("K", "4.5"), facts(lot)).checks[-1] for lot in lots]
    assert [check.outcome for check in checks] == ["failed", "passed"]
