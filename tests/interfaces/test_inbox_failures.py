"""Storage that fails under the inbox: nothing is half done, nothing is acknowledged, the sender keeps its message."""

from __future__ import annotations

import itertools
import sqlite3

import pytest

from lis.interfaces.inbox import Arrival, Inbox
from tests.interfaces.messages import errors, msa, order, results
from tests.labs import SmallLab
from tests.storage.failing import failing_at, state_of


@pytest.mark.parametrize("code", [sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR])
def test_every_write_failing_in_turn_refuses_both_messages_and_leaves_nothing(
    small: SmallLab, inbox: Inbox, code: int
) -> None:
    container = small.order("LYTES").container_ids[0]
    small.receive(container)
    arrivals = [
        Arrival(results(container, "101|141|mmol/L", "999|1|mmol/L").encode()),
        Arrival(order("RENAL", control="2").encode()),
    ]
    before = state_of(small.lab.database)
    for nth in itertools.count(1):
        with failing_at(nth, code) as tried:
            replies = inbox.receive_many(arrivals)
        if len(tried) < nth:
            break
        assert [msa(reply) for reply in replies] == [("AR", "1"), ("AR", "2")], tried[nth - 1]
        assert [errors(reply) for reply in replies] == [["207"], ["207"]]
        assert state_of(small.lab.database) == before, tried[nth - 1]

    assert nth > 10
    assert [msa(reply) for reply in replies] == [("AA", "1"), ("AA", "2")]
