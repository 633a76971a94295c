"""Calls: every attempt is kept; a value said is closed by its read-back only."""

from __future__ import annotations

import pytest

from lis.kernel.errors import Conflict, Invalid, NotAllowed
from lis.services import notifying
from lis.storage import tables as t
from tests.services.bench import Bench


def record(small: Bench, call: int, outcome: str, role: str = "technologist", **said: str) -> None:
    with small.work(role) as work:
        notifying.record_call(work, call, **{"whom": "D. Ward", "whom_role": "RN"} | said, outcome=outcome)


@pytest.fixture
def call(small: Bench) -> int:
    with small.work() as work:
        return notifying.open_call(
            work, notifying.CRITICAL, what="Potassium 6.9 mmol/L", accession="", read_back_needed=True
        )


def test_attempts_leave_it_open_until_somebody_is_reached_and_reads_back(small: Bench, call: int) -> None:
    record(small, call, notifying.NO_ANSWER)
    record(small, call, notifying.ESCALATED, whom="Dr. Duty", whom_role="MD")
    assert small.row(t.call).state == "open"
    with pytest.raises(Invalid) as refused:
        record(small, call, notifying.REACHED)
    assert refused.value.code == "call.read_back"
    record(small, call, notifying.REACHED, read_back="Potassium six point nine")
    assert (small.row(t.call).state, small.row(t.call).closed_at) == ("closed", small.clock.now())
    assert [row.outcome for row in small.rows(t.call_attempt)] == ["no_answer", "escalated", "reached"]
    assert small.journal()[-2:] == ["call.recorded", "call.closed"]
    with pytest.raises(Conflict):
        record(small, call, notifying.REACHED, read_back="again")


def test_what_is_no_call_is_refused(small: Bench, call: int) -> None:
    for refusal, outcome, said in (
        (Invalid, "talked", {}),
        (Invalid, notifying.REACHED, {"whom": " "}),
        (Invalid, notifying.REACHED, {"whom_role": ""}),
        (Invalid, notifying.ESCALATED, {"whom_role": " "}),
        (NotAllowed, notifying.NO_ANSWER, {"role": "lis_admin"}),
    ):
        with pytest.raises(refusal):
            record(small, call, outcome, **said)
    with pytest.raises(Invalid), small.work() as work:
        notifying.open_call(work, "chat", what="hello", accession="")
    assert small.rows(t.call_attempt) == []
