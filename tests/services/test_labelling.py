"""Reprints and void labels: every copy stays on record."""

from __future__ import annotations

import pytest

from lis.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from lis.services import labelling
from lis.storage import tables as t
from tests.services.bench import Bench


def test_a_reprint_is_numbered_reasoned_and_sent_to_the_printer(small: Bench) -> None:
    tube = small.order("LYTES").container_ids[0]
    with small.work("processor") as work, pytest.raises(Conflict):
        labelling.print_label(work, tube, reason="early")  # nothing received yet
    small.receive(tube, label=False)
    for role, number, reason, refusal in (
        ("processor", tube, " ", Invalid),
        ("lis_admin", tube, "torn", NotAllowed),
        ("processor", "260610009014", "torn", NotFound),
    ):
        with small.work(role) as work, pytest.raises(refusal):
            labelling.print_label(work, number, reason=reason)
    with small.work("processor") as work:
        labelling.print_label(work, tube, reason="torn")
    assert [(row.copy, row.reason) for row in small.rows(t.label_print)] == [(1, ""), (2, "torn")]
    assert [row.refs for row in small.rows(t.outbox, kind="label")] == [{"label": 1}, {"label": 2}]


def test_a_label_is_voided_once_and_with_a_reason(small: Bench) -> None:
    small.receive(*small.order("LYTES").container_ids, label=False)
    with small.work("processor") as work, pytest.raises(Invalid):
        labelling.void_label(work, 1, reason="")
    with small.work("processor") as work:
        labelling.void_label(work, 1, reason="two came out together")
    row = small.row(t.label_print)
    assert (row.voided_at, row.void_reason) == (small.clock.now(), "two came out together")
    with small.work("processor") as work, pytest.raises(Conflict):
        labelling.void_label(work, 1, reason="again")
