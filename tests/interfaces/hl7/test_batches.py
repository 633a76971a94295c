"""Batches that are not as long as they say: each message is taken, and a person is told."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from lis.interfaces.hl7.batches import miscounted
from lis.interfaces.inbox import Arrival, Inbox
from lis.storage import tables as t
from tests.interfaces.messages import joined, msa, results
from tests.labs import SmallLab

HEAD = "FHS|^~\\&|A\rBHS|^~\\&|A\r"
ONE, TWO = results("1", "101|141|mmol/L", control="1"), results("2", "101|142|mmol/L", control="2")

FIT = {
    "as many as said": f"{HEAD}{ONE}{TWO}BTS|2\rFTS|1\r",
    "nothing said": f"{HEAD}{ONE}BTS|\rFTS\r",
    "no trailers": HEAD + ONE,
    "leading zeros, blanks": f"{HEAD}{ONE}{TWO}BTS| 0002 |done\rFTS|01\r",
    "other delimiters, LF": f"{HEAD}{ONE}BTS#1#x\nFTS#1\n",
    "two batches": f"{HEAD}{ONE}BTS|1\rBHS|^~\\&\r{TWO}{ONE}BTS|2\rFTS|2\r",
    "no BHS": f"FHS|^~\\&\r{ONE}{TWO}BTS|2\rFTS|1\r",
    "no BHS and no BTS": f"FHS|^~\\&\r{ONE}{TWO}FTS|1\r",
    "two files": f"{HEAD}{ONE}BTS|1\rFTS|1\r{HEAD}{TWO}BTS|1\rFTS|1\r",
    "a value that looks like one": ONE.replace("141", "BTS|9"),
}
WRONG = {
    "one is missing": (f"{HEAD}{ONE}BTS|2\rFTS|1\r", "BTS-1 says 2 messages, 1 came."),
    "one too many": (f"{HEAD}{ONE}{TWO}BTS|1\rFTS|1\r", "BTS-1 says 1 message, 2 came."),
    "a batch is missing": (f"{HEAD}{ONE}BTS|1\rFTS|3\r", "FTS-1 says 3 batches, 1 came."),
    "no number": (f"{HEAD}{ONE}BTS|many\rFTS|1\r", "BTS-1 says many messages, 1 came."),
    "a number beyond reading": (f"{ONE}BTS|{'9' * 5000}\r", f"BTS-1 says {'9' * 5000} messages, 1 came."),
    "the trailers alone": ("BTS|2\rFTS|1\r", "BTS-1 says 2 messages, 0 came."),
}


@pytest.mark.parametrize("case", FIT)
def test_a_batch_that_fits_is_nothing_to_look_at(case: str) -> None:
    assert miscounted(FIT[case].encode()) is None


@pytest.mark.parametrize("case", WRONG)
def test_a_batch_that_does_not_fit_says_what_is_wrong(case: str) -> None:
    text, words = WRONG[case]
    found = miscounted(text.encode())
    assert found is not None
    assert (found.raw, found.problem, found.problem_text) == (text.encode(), "batch.count", words)


def test_its_messages_are_taken_and_the_batch_is_held(small: SmallLab) -> None:
    with small.work("lis_admin") as work:
        work.interfaces.change("CHEM-1", profile="generic-oru")
    container = small.order("LYTES").container_ids[0]
    small.receive(container)
    raw = joined("BHS|^~\\&|CHEM-1", results(container, "101|141|mmol/L")[:-1], "BTS|2").encode()
    inbox = Inbox(small.lab)

    [replies] = inbox.answer_many([Arrival(raw)])

    assert [msa(reply) for reply in replies] == [("AA", "1")]
    i, r = t.inbound.c, t.result.c
    with small.lab.reading() as reading:
        rows = reading.connection.execute(
            select(i.id, i.raw, i.state, i.reason, i.detail).order_by(i.id)
        ).all()
        states = reading.connection.execute(select(r.state).where(r.test == "NA")).scalars().all()
    assert [row[2:] for row in rows] == [
        ("held", "batch.count", "BTS-1 says 2 messages, 1 came."),
        ("processed", "", ""),
    ]
    assert (rows[0].raw, states) == (raw, ["on_hold"])


def test_it_stays_held_when_it_is_tried_again(small: SmallLab) -> None:
    inbox = Inbox(small.lab)
    inbox.answer_many([Arrival(f"{ONE}BTS|2\r".encode())])
    with small.work() as work:
        inbox.settle_stored(work, work.inbound.get(1))
        assert [(row.state, row.reason) for row in work.inbound.where()] == [
            ("held", "batch.count"),
            ("processed", ""),
        ]
