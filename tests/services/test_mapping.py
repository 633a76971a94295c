"""What a sender's codes mean: mapped, mapped anew, closed; every change is kept."""

from __future__ import annotations

import pytest

from lis.kernel.errors import Conflict, Invalid, NotAllowed, NotFound, Refusal
from lis.services import mapping
from tests.services.bench import CHEMISTRY, Bench


def code_map(small: Bench) -> dict[str, str]:
    with small.work() as work:
        row = work.interfaces.find(CHEMISTRY)
    assert row is not None
    return dict(row.settings["code_map"])


def test_a_code_is_mapped_and_what_waits_for_it_is_named(small: Bench) -> None:
    small.measure("NOREAD", {"Na+": "140"})
    small.measure("NOREAD", {"K+": "4"})
    with small.work("lis_admin") as work:
        assert mapping.map_code(work, CHEMISTRY, "Na+", "NA", reason="new software") == [1]
    assert code_map(small) == {"Na+": "NA"}
    event = small.events()[-1]
    assert (event.verb, event.subject, event.reason, event.data) == (
        "interface.changed",
        "interface:CHEM-1",
        "new software",
        {"code": "Na+", "test": "NA", "was": None},
    )


def test_a_code_is_closed_and_may_be_mapped_anew(small: Bench) -> None:
    with small.work("lis_admin") as work:
        mapping.close_code(work, CHEMISTRY, "101", reason="Channel sends another analyte")
    assert code_map(small) == {"101": ""}
    with small.work("lis_admin") as work:
        mapping.map_code(work, CHEMISTRY, "101", "NA", reason="Repaired")
    assert [event.data["was"] for event in small.events()[-2:]] == [None, ""]


def test_a_change_that_is_none_or_means_nothing_is_refused(small: Bench) -> None:
    with small.work("lis_admin") as work:
        mapping.map_code(work, CHEMISTRY, "Na+", "NA", reason="new software")
        mapping.close_code(work, CHEMISTRY, "K+", reason="new software")
    cases: list[tuple[str, str, str, str, type[Refusal], str]] = [
        ("lis_admin", CHEMISTRY, "Na+", "NOPE", Invalid, "map.test"),
        ("lis_admin", CHEMISTRY, "Na+", "NA", Conflict, "map.same"),
        ("lis_admin", CHEMISTRY, " ", "NA", Invalid, "map.code"),
        ("lis_admin", "CHEM-9", "Na+", "NA", NotFound, "interface.unknown"),
        ("technologist", CHEMISTRY, "Cl-", "CL", NotAllowed, "act.not_allowed"),
    ]
    for role, interface, code, test, refusal, why in cases:
        with small.work(role) as work, pytest.raises(refusal) as refused:
            mapping.map_code(work, interface, code, test, reason="x")
        assert refused.value.code == why
    with small.work("lis_admin") as work, pytest.raises(Conflict) as closed:
        mapping.close_code(work, CHEMISTRY, "K+", reason="x")
    assert closed.value.code == "map.closed"
    with small.work("lis_admin") as work, pytest.raises(Invalid):
        mapping.close_code(work, CHEMISTRY, "Cl-", reason=" ")


def test_a_spelling_of_a_unit_is_mapped_ended_and_never_converts(small: Bench) -> None:
    with small.work("lis_admin") as work:
        mapping.map_unit(work, CHEMISTRY, "millimol", "mmol/L", reason="old firmware")
        mapping.map_unit(work, CHEMISTRY, "millimol", "", reason="new firmware")
    assert [event.data for event in small.events()[-2:]] == [
        {"unit_sent": "millimol", "unit": "mmol/L", "was": None},
        {"unit_sent": "millimol", "unit": "", "was": "mmol/L"},
    ]
    cases: list[tuple[str, str, type[Refusal], str]] = [
        ("mg/dL", "mmol/L", Conflict, "map.unit_known"),
        ("mmol/L", "mmol/L", Conflict, "map.unit_known"),
        ("furlong", "furlong", Invalid, "map.unit"),
        ("millimol", "", Conflict, "map.same"),
        (" ", "mmol/L", Invalid, "map.code"),
    ]
    for sent, unit, refusal, why in cases:
        with small.work("lis_admin") as work, pytest.raises(refusal) as refused:
            mapping.map_unit(work, CHEMISTRY, sent, unit, reason="x")
        assert refused.value.code == why
    with small.work("technologist") as work, pytest.raises(NotAllowed):
        mapping.map_unit(work, CHEMISTRY, "millimol", "mmol/L", reason="x")
