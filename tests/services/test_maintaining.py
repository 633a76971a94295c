"""Stopping and starting interfaces, and keeping single tests from them."""

from __future__ import annotations

import contextlib

import pytest

from lis.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from lis.services import maintaining
from tests.labs import SmallLab


def state_of(small: SmallLab, code: str = "CHEM-1") -> tuple[bool, str, dict[str, str]]:
    with small.work() as work:
        row = work.interfaces.find(code)
    assert row is not None
    return row.enabled, row.stopped_reason, row.held_tests


def test_stopped_interface_says_why_until_it_is_started(small: SmallLab) -> None:
    with small.work("lis_admin") as work:
        maintaining.stop_interface(work, "CHEM-1", reason="Probe crash")
    stopped = state_of(small)
    with small.work("lis_admin") as work:
        maintaining.start_interface(work, "CHEM-1", reason="Probe changed")
    assert (stopped, state_of(small)) == ((False, "Probe crash", {}), (True, "", {}))
    assert small.journal()[-2:] == ["interface.stopped", "interface.started"]


def test_held_test_stays_with_its_reason_until_it_is_freed(small: SmallLab) -> None:
    with small.work("lis_admin") as work:
        maintaining.hold_test(work, "CHEM-1", "K", reason="Electrode drifts")
        maintaining.hold_test(work, "CHEM-1", "NA", reason="Calibration due")
    with small.work("lis_admin") as work:
        maintaining.free_test(work, "CHEM-1", "NA", reason="Calibrated")
    assert state_of(small) == (True, "", {"K": "Electrode drifts"})
    assert small.journal()[-3:] == ["interface.changed"] * 3


def test_held_test_is_sent_no_work(small: SmallLab) -> None:
    with small.work("lis_admin") as work:
        maintaining.hold_test(work, "CHEM-1", "K", reason="Electrode drifts")
    order = small.order("LYTES")
    small.receive(*order.container_ids)
    with small.work() as work:
        sent = {row.test for row in work.analyzer_work.having(analyzer="CHEM-1")}
    assert ("NA" in sent, "K" in sent) == (True, False)


def test_refusals_say_what_is_wrong_and_change_nothing(small: SmallLab) -> None:
    before = state_of(small), small.journal()
    refused = (
        (lambda work: maintaining.stop_interface(work, "CHEM-1", reason=" "), Invalid),
        (lambda work: maintaining.start_interface(work, "CHEM-1", reason="x"), Conflict),
        (lambda work: maintaining.stop_interface(work, "NOPE", reason="x"), NotFound),
        (lambda work: maintaining.hold_test(work, "CHEM-1", "NOPE", reason="x"), Invalid),
        (lambda work: maintaining.free_test(work, "CHEM-1", "K", reason="x"), Conflict),
    )
    for act, kind in refused:
        with pytest.raises(kind), small.work("lis_admin") as work:
            act(work)
    assert (state_of(small), small.journal()) == before


@pytest.mark.parametrize(
    ("role", "may"),
    [("processor", 0), ("technician", 0), ("technologist", 1), ("supervisor", 1), ("lis_admin", 1)],
)
def test_interfaces_are_stopped_by_those_at_the_bench_too(small: SmallLab, role: str, may: int) -> None:
    refused = contextlib.nullcontext() if may else pytest.raises(NotAllowed)
    with refused, small.work(role) as work:
        maintaining.stop_interface(work, "CHEM-1", reason="Unit changed over night")
    assert state_of(small)[0] is not bool(may)


def test_a_start_takes_a_reason_too(small: SmallLab) -> None:
    with small.work() as work:
        maintaining.stop_interface(work, "CHEM-1", reason="Probe crash")
    with pytest.raises(Invalid), small.work() as work:
        maintaining.start_interface(work, "CHEM-1", reason=" ")
