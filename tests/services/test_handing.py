"""The hand-off counts what is left itself."""

from __future__ import annotations

import pytest

from lis.kernel.errors import Invalid, NotAllowed
from lis.services import handing
from lis.storage import tables as t
from tests.labs import BEN
from tests.services.bench import Bench


def test_the_counts_are_the_laboratorys_not_the_writers(small: Bench) -> None:
    placed = small.order("COAGS", "RENAL")
    small.order("LYTES", patient=BEN, numbers=["B1"])
    small.receive(placed.container_ids[1])
    small.measure(placed.container_ids[1], {"CREA": "11.0", "NA": "140"})
    with small.by_wire() as work:
        work.interfaces.change("COAG-1", enabled=False, stopped_reason="water leak")
    with small.work("technologist") as work:
        handing.write_handoff(work, to="night shift", text="COAG-1 down, citrate tubes wait.")
    row = small.row(t.handoff)
    assert (row.by, row.to) == ("technologist", "night shift")
    assert {name: count for name, count in row.counts.items() if count} == {
        "expected": 2,
        "pending": 3,
        "on_hold": 2,
        "held_observations": 1,
        "interfaces_stopped": 1,
    }
    assert small.events()[-1].data["counts"] == row.counts


def test_it_is_addressed_and_says_something(small: Bench) -> None:
    for role, to, text, refusal in (
        ("technologist", "", "all well", Invalid),
        ("technologist", "night", " ", Invalid),
        ("lis_admin", "night", "all well", NotAllowed),
    ):
        with pytest.raises(refusal), small.work(role) as work:
            handing.write_handoff(work, to=to, text=text)
