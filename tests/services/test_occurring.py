"""Occurrence reports are opened by anybody, followed, and closed by another with a conclusion."""

from __future__ import annotations

import pytest

from lis.kernel.errors import Conflict, Invalid, NotAllowed, Refusal
from lis.services import occurring
from lis.storage import tables as t
from tests.services.bench import Bench


def open_one(
    small: Bench, role: str = "processor", category: str = "identification", what: str = "Swap"
) -> int:
    with small.work(role) as work:
        return occurring.open_occurrence(
            work, "container:260610001017", category, what=what, accession="260610001"
        )


def close(small: Bench, role: str, conclusion: str = "Two victims, both recollected.") -> None:
    with small.work(role) as work:
        occurring.close_occurrence(work, 1, conclusion=conclusion)


def test_a_report_lives_until_a_supervisor_concludes(small: Bench) -> None:
    open_one(small)
    with small.work("technologist") as work:
        occurring.follow_occurrence(work, 1, "Both units called.")
    close(small, "supervisor")
    row, note = small.row(t.occurrence), small.row(t.occurrence_note)
    assert (row.state, row.opened_by, row.closed_by, row.conclusion) == (
        "closed",
        "processor",
        "supervisor",
        "Two victims, both recollected.",
    )
    assert (note.by, note.text) == ("technologist", "Both units called.")
    assert small.journal()[-3:] == ["occurrence.opened", "occurrence.followed", "occurrence.closed"]
    for act in (lambda: close(small, "supervisor"), lambda: _follow(small)):
        with pytest.raises(Conflict):
            act()


def _follow(small: Bench) -> None:
    with small.work() as work:
        occurring.follow_occurrence(work, 1, "And more.")


def test_what_is_refused(small: Bench) -> None:
    cases: list[tuple[object, type[Refusal]]] = [
        (lambda: open_one(small, category="gossip"), Invalid),
        (lambda: open_one(small, what=" "), Invalid),
    ]
    for act, refusal in cases:
        with pytest.raises(refusal):
            act()  # type: ignore[operator]
    open_one(small, role="supervisor")
    for role, conclusion, refusal in (
        ("technologist", "done", NotAllowed),
        ("supervisor", " ", Invalid),
        ("supervisor", "done", Conflict),  # opened it
    ):
        with pytest.raises(refusal):
            close(small, role, conclusion)
    assert small.row(t.occurrence).state == "open"
