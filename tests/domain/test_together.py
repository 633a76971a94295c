"""Results that come in together, and what is calculated from them."""

from __future__ import annotations

from dataclasses import replace

from lis.domain.catalog import Catalog, ConsistencyRule
from lis.domain.companions import Companion
from lis.domain.evaluations import ResultFacts
from lis.domain.qc.gate import QcStatus
from lis.domain.together import Together, evaluate_together
from tests.domain.samples import facts, number, sent

USUAL = {"NA": "140", "K": "4.0", "CL": "104", "CO2": "24"}
INDICES = {"HIDX": ("0", "mg/dL"), "IIDX": ("0", "mg/dL"), "LIDX": ("0", "{index}")}


def judged(
    catalog: Catalog,
    values: dict[str, str],
    *,
    standing: dict[str, Companion] | None = None,
    wanted: tuple[str, ...] = ("AGAP",),
    special: dict[str, ResultFacts] | None = None,
) -> Together:
    came = {test: sent(test, text) for test, text in values.items()}
    came |= {test: sent(test, text, unit) for test, (text, unit) in INDICES.items() if test not in values}
    known = {test: facts(catalog) for test in (*came, *wanted)} | (special or {})
    return evaluate_together(came, known, standing or {}, wanted)


def test_measured_and_calculated_pass_together(catalog: Catalog) -> None:
    answer = judged(catalog, USUAL)
    gap = answer.evaluations["AGAP"]
    assert (gap.reported.text, gap.flags, gap.interval_text) == ("12", (), "7–15 mmol/L")
    assert {test: found.disposition for test, found in answer.evaluations.items()} == dict.fromkeys(
        [*USUAL, *INDICES, "AGAP"], "passed"
    )


def test_input_on_hold_holds_what_is_calculated_from_it(catalog: Catalog) -> None:
    no_qc = {"NA": facts(catalog, qc=QcStatus("not_evaluable", "qc.none", ""))}
    answer = judged(catalog, USUAL, special=no_qc)
    assert answer.evaluations["NA"].holds == ("qc.none",)
    assert answer.evaluations["AGAP"].holds == ("calculation.input_on_hold",)
    assert answer.evaluations["AGAP"].reported.text == "12"
    assert answer.evaluations["CL"].disposition == "passed"


def test_input_held_by_a_relation_holds_what_is_calculated_from_it(catalog: Catalog) -> None:
    rule = ConsistencyRule("R1", "NA>CL", "", "error", "", "", "")
    content = replace(catalog, consistency=(rule,))
    answer = judged(content, {**USUAL, "NA": "130", "CL": "130"})
    assert "consistency.broken" in answer.evaluations["NA"].holds
    assert "calculation.input_on_hold" in answer.evaluations["AGAP"].holds


def test_calculation_waits_for_an_input_still_to_come(catalog: Catalog) -> None:
    three = {test: value for test, value in USUAL.items() if test != "CO2"}
    answer = judged(catalog, three, standing={"CO2": Companion(pending=True)})
    assert ("AGAP" in answer.evaluations, answer.calculations["AGAP"].check.reason_code) == (
        False,
        "calculation.pending",
    )
    assert answer.evaluations["NA"].disposition == "passed"


def test_calculation_uses_what_was_filed_before(catalog: Catalog) -> None:
    before = {test: Companion(quantity=number(value)) for test, value in USUAL.items() if test != "CO2"}
    answer = judged(catalog, {"CO2": "24"}, standing=before)
    assert answer.evaluations["AGAP"].disposition == "passed"
    assert sorted(answer.evaluations) == ["AGAP", "CO2", "HIDX", "IIDX", "LIDX"]


def test_calculation_outside_its_validity_is_settled(catalog: Catalog) -> None:
    child = facts(catalog, companions={})
    child = child._replace(patient=replace(child.patient, birth_on=child.at.date()))
    came = {"CREA": sent("CREA", "0.5", "mg/dL")}
    answer = evaluate_together(came, {"CREA": child, "EGFR": child}, {}, ("EGFR",))
    assert (answer.calculations["EGFR"].is_settled, "EGFR" in answer.evaluations) == (True, False)


def test_tubes_of_one_collection_are_judged_each_by_its_own_specimen(catalog: Catalog) -> None:
    usual = facts(catalog)
    clotted = usual._replace(specimen=replace(usual.specimen, conditions=frozenset({"clotted"})))
    answer = judged(catalog, USUAL, special={"K": clotted})
    assert {test: answer.evaluations[test].holds for test in ("NA", "K", "AGAP")} == {
        "NA": (),
        "K": ("condition.clotted",),
        "AGAP": (),
    }
