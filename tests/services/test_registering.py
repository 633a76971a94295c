"""Patients and visits by what the hospital says; an order never changes who a patient is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lis.domain.requests import PatientDetails, VisitDetails
from lis.kernel.errors import Conflict, Invalid
from lis.services import registering, verifying
from lis.storage import tables as t
from tests.labs import ANN, BEN
from tests.services.bench import Bench


def test_an_order_fills_what_was_unknown_and_refuses_another_person(small: Bench) -> None:
    with small.by_wire() as work:
        registering.register_patient(work, PatientDetails("M1", "Archer", "Ann", None, "U"))
    with small.by_wire() as work:
        registering.register_patient(work, replace(ANN, mrn="M1", family="ARCHER"))
    row = small.row(t.patient)
    assert (row.family, row.birth_on, row.sex) == ("Archer", ANN.birth_on, "F")
    for details, fields in (
        (replace(ANN, mrn="M1", sex="M"), ["sex"]),
        (replace(ANN, mrn="M1", family="Baker"), ["family"]),
        (replace(ANN, mrn="M1", birth_on=BEN.birth_on), ["birth_on"]),
    ):
        with pytest.raises(Conflict) as refused, small.by_wire() as work:
            registering.register_patient(work, details)
        assert refused.value.details["fields"] == fields
    with pytest.raises(Invalid), small.by_wire() as work:
        registering.register_patient(work, replace(ANN, mrn=""))


def test_the_hospital_corrects_demographics_and_both_are_journaled(small: Bench) -> None:
    with small.by_wire() as work:
        registering.register_patient(work, ANN)
        registering.update_patient(work, replace(ANN, family="Archer-Baker", sex="U"))
    row, event = small.row(t.patient), small.events()[-1]
    assert (row.family, row.sex) == ("Archer-Baker", "F")
    assert (event.verb, event.data) == (
        "patient.updated",
        {"before": {"family": "Archer"}, "after": {"family": "Archer-Baker"}},
    )


def test_a_visit_moves_but_never_to_another_patient(small: Bench) -> None:
    with small.by_wire() as work:
        ann, ben = registering.register_patient(work, ANN), registering.register_patient(work, BEN)
        registering.update_visit(work, ann, VisitDetails("V1", "I", "5 WEST"))
        registering.update_visit(work, ann, VisitDetails("V1", location="ICU"))
        with pytest.raises(Conflict):
            registering.update_visit(work, ben, VisitDetails("V1"))
    row = small.row(t.visit)
    assert (row.patient_class, row.location) == ("I", "ICU")


def test_a_corrected_sex_judges_open_values_by_the_right_limits(small: Bench) -> None:
    """1.2 mg/dL of creatinine is high for a woman, not for a man; eGFR follows."""
    small.run_controls()
    placed = small.order("RENAL")
    small.receive(*placed.container_ids)
    small.measure(placed.container_ids[0], {"CREA": "1.2", "HIDX": "5", "IIDX": "1", "LIDX": "10"})
    before = small.row(t.result_version, result_id=small.row(t.result, test="CREA").id)
    with small.work() as work:
        verifying.request_rerun(work, placed.accession, "CREA", reason="high")
    with small.by_wire() as work:
        registering.update_patient(work, replace(ANN, sex="M"))
    after = small.rows(t.result_version, result_id=before.result_id)[-1]
    assert [(row.flags, row.interval_text) for row in (before, after)] == [
        (["H"], "0.50–1.10 mg/dL"),
        ([], "0.70–1.30 mg/dL"),
    ]
    assert small.row(t.result, test="CREA").rerun  # still asked for
    assert (after.n, after.value, small.value(placed.accession, "EGFR")[2]) == (2, "1.20", 2)
    small.verify(placed.accession, "CREA")
    with small.by_wire() as work:
        registering.update_patient(work, ANN)
    assert small.value(placed.accession, "CREA")[2] == 2  # accepted: a person corrects it
