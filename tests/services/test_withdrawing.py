"""A receipt is taken back: by who received, while nothing else has happened, and everything is as before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from lis.domain.inspection import Inspection
from lis.kernel.errors import Conflict
from lis.services import accessioning, inspecting, labelling, rejecting, withdrawing
from lis.storage import tables as t
from tests.services.bench import Bench


def scan(small: Bench, text: str, role: str = "processor", **seen: object) -> accessioning.Receipt:
    with small.work(role) as work:
        return accessioning.scan(work, text, seen=Inspection(**seen) if seen else None)  # type: ignore[arg-type]


def undo(small: Bench, role: str = "processor") -> accessioning.Receipt:
    with small.work(role) as work:
        return withdrawing.withdraw_receipt(work)


def test_tube_is_awaited_again_and_its_label_is_void(small: Bench) -> None:
    placed = small.order("LYTES")
    tube = placed.container_ids[0]
    scan(small, "H0001")
    assert undo(small).container_id == tube
    row = small.container(tube)
    assert (row.state, row.received_at, row.received_by, row.condition) == ("expected", None, "", {})
    assert small.tests(placed.accession) == {"LYTES": "ordered"}
    assert small.row(t.specimen).received_at is None
    assert small.row(t.label_print).void_reason == "The receipt was withdrawn."
    assert small.journal()[-2:] == ["label.voided", "receipt.withdrawn"]
    assert scan(small, "H0001").outcome == "received"
    assert [row.copy for row in small.rows(t.label_print)] == [1, 2]


def test_only_the_last_one_is_taken_back_and_only_once(small: Bench) -> None:
    small.order("LYTES", numbers=["H1"])
    second = small.order("LYTES", numbers=["H2"]).container_ids[0]
    scan(small, "H1")
    scan(small, "H2")
    assert undo(small).container_id == second
    with pytest.raises(Conflict) as refused:
        undo(small)
    assert refused.value.code == "undo.nothing"


def test_somebody_else_s_receipt_is_theirs(small: Bench) -> None:
    small.order("LYTES")
    scan(small, "H0001", "technologist")
    with pytest.raises(Conflict) as refused:
        undo(small)
    assert refused.value.code == "undo.nothing"


def test_set_aside_by_the_rules_is_taken_back_with_what_was_seen(small: Bench) -> None:
    tube = small.order("LYTES").container_ids[0]
    assert scan(small, "H0001", expired=True).outcome == "set_aside"
    undo(small)
    assert (small.container(tube).state, small.container(tube).condition) == ("expected", {})
    assert scan(small, "H0001").outcome == "received"


def test_second_tube_of_a_specimen_keeps_its_receipt(small: Bench) -> None:
    placed = small.order("LYTES", "COAGS")
    for number in ("H0001", "H0002"):
        scan(small, number)
    undo(small)
    assert small.tests(placed.accession) == {"LYTES": "ordered", "COAGS": "in_lab"}


def test_new_specimen_is_awaited_again_as_a_new_one(small: Bench) -> None:
    placed = small.order("LYTES")
    with small.work("processor") as work:
        new = rejecting.reject_container(work, placed.container_ids[0], "RJ01").replacement
    with small.work("processor") as work:
        pk = work.containers.by_container_id(new)
        assert pk is not None
        at = work.now - timedelta(minutes=5)
        work.specimens.change(pk.specimen_id, collected_at=at)
    scan(small, new)
    assert small.row(t.recollection).state == "received"
    undo(small)
    assert small.row(t.recollection).state == "requested"
    assert small.tests(placed.accession) == {"LYTES": "recollect"}


def _compare(small: Bench, tube: str) -> None:
    with small.work("processor") as work:
        accessioning.compare_identity(work, tube, identifiers=("name", "mrn"), agree=True)


def _label(small: Bench, tube: str) -> None:
    scan(small, tube)


def _reprint(small: Bench, tube: str) -> None:
    small.clock.advance(timedelta(seconds=5))
    with small.work("processor") as work:
        labelling.print_label(work, tube, reason="torn")


def _inspect(small: Bench, tube: str) -> None:
    small.clock.advance(timedelta(seconds=5))
    with small.work("processor") as work:
        inspecting.inspect_specimen(work, tube, Inspection(expired=True))


@pytest.mark.parametrize("more", [_compare, _label, _reprint, _inspect])
def test_not_after_anything_else_happened(small: Bench, more: Callable[[Bench, str], None]) -> None:
    tube = small.order("LYTES").container_ids[0]
    scan(small, "H0001")
    more(small, tube)
    state = small.container(tube).state
    with pytest.raises(Conflict) as refused:
        undo(small)
    assert refused.value.code == "undo.too_late"
    assert small.container(tube).state == state


def test_not_what_was_accepted_after_all(small: Bench) -> None:
    tube = small.order("LYTES").container_ids[0]
    scan(small, "H0001", "supervisor", expired=True)
    with small.work("supervisor") as work:
        accessioning.accept_specimen(work, tube, reason="cannot be had again")
    with pytest.raises(Conflict):
        undo(small, "supervisor")
