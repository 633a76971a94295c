"""Messages into a laboratory on both databases, and a database that goes away in the middle."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, event, select, text
from sqlalchemy.pool import NullPool

from lis.interfaces.inbox import Arrival, Inbox
from lis.storage import tables as t
from lis.storage.house import House
from tests.interfaces.messages import control, errors, msa, order, results
from tests.labs import SmallLab, open_small_lab


@pytest.fixture
def small(house: House) -> SmallLab:
    return open_small_lab(house)


def journey(small: SmallLab) -> list[tuple[str, str]]:
    """An order, a tube received, controls, results, a repeat and what fits nothing: the codes answered."""
    inbox = Inbox(small.lab)
    replies = [inbox.receive(order("LYTES").encode())]
    with small.lab.reading() as reading:
        container = reading.connection.execute(select(t.container.c.container_id)).scalar_one()
    small.receive(container)
    filed = results(container, "101|141|mmol/L", "102|4.2|mmol/L", control="3").encode()
    arrivals = [
        Arrival(control("CHEMCTL-1", "C2401", "101|120|mmol/L", control_id="2").encode()),
        Arrival(filed),
        Arrival(filed),
        Arrival(results("000000000000", "101|141|mmol/L", control="4").encode()),
        Arrival(order("NOSUCH", control="5").encode()),
    ]
    return [msa(reply) for reply in [*replies, *inbox.receive_many(arrivals)]]


def test_messages_are_filed_held_repeated_and_refused(small: SmallLab) -> None:
    assert journey(small) == [("AA", "1"), ("AA", "2"), ("AA", "3"), ("AA", "3"), ("AA", "4"), ("AE", "5")]

    with small.lab.reading() as reading:
        states = (
            reading.connection.execute(select(t.inbound.c.state).order_by(t.inbound.c.id)).scalars().all()
        )
        kept = reading.connection.execute(
            select(t.observation.c.state, t.observation.c.test).order_by(t.observation.c.id)
        ).all()
    assert states == ["processed", "processed", "processed", "duplicate", "processed", "refused"]
    assert [tuple(row) for row in kept] == [
        ("control", "NA"),
        ("filed", "NA"),
        ("filed", "K"),
        ("held", ""),
    ]


def test_what_no_database_can_keep_takes_no_other_message_with_it(small: SmallLab) -> None:
    """PostgreSQL has no NUL in text: one in a number or a value is found before anything is written."""
    raws = [
        results("000000000000", "101|1|mmol/L", control="A\x00B"),
        results("000000000000", "101|1\x00|mmol/L", control="2"),
        results("000000000000", "101|1|mmol/L", control="3"),
    ]

    replies = Inbox(small.lab).receive_many([Arrival(raw.encode()) for raw in raws])

    assert replies[0] is None
    assert [msa(reply) for reply in replies[1:]] == [("AE", "2"), ("AA", "3")]
    with small.lab.reading() as reading:
        kept = reading.connection.execute(select(t.inbound.c.raw).order_by(t.inbound.c.id)).scalars().all()
    assert kept == [raw.encode() for raw in raws]


def test_a_message_that_breaks_the_program_takes_no_other_with_it(small: SmallLab) -> None:
    container = small.order("LYTES").container_ids[0]
    small.receive(container)
    with small.work("lis_admin") as work:
        work.interfaces.change("CHEM-1", settings={"code_map": {"777": "NOWHERE"}})
        work.results.change(work.results.where()[0].id, test="NOWHERE")
    raws = [
        results(container, f"{code}|4|mmol/L", control=str(number))
        for number, code in enumerate(("102", "777", "103"), 1)
    ]

    replies = Inbox(small.lab).receive_many([Arrival(raw.encode()) for raw in raws])

    assert [msa(reply)[0] for reply in replies] == ["AA", "AE", "AA"]
    with small.lab.reading() as reading:
        kept = reading.connection.execute(select(t.observation.c.test).order_by(t.observation.c.id)).scalars()
        assert kept.all() == ["K", "CL"]


@pytest.fixture
def dying(postgresql_url: str) -> Iterator[list[str]]:
    """Every back-end ends when a statement with the listed text is about to run, once."""
    engine = create_engine(postgresql_url, poolclass=NullPool)
    armed: list[str] = []

    def cut(connection: Any, _cursor: object, statement: str, *_more: object) -> None:
        if armed and armed[0] in statement:
            armed.clear()
            pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
            with engine.connect() as other:
                other.execute(text("SELECT pg_terminate_backend(:pid, 10000)"), {"pid": pid})

    event.listen(Engine, "before_cursor_execute", cut)
    yield armed
    event.remove(Engine, "before_cursor_execute", cut)


@pytest.mark.parametrize("statement", ["INSERT INTO inbound", "INSERT INTO observation", "UPDATE result"])
def test_a_database_cut_in_the_middle_acknowledges_nothing(
    postgresql_house: House, dying: list[str], statement: str
) -> None:
    small = open_small_lab(postgresql_house)
    container = small.order("LYTES").container_ids[0]
    small.receive(container)
    inbox = Inbox(small.lab)
    raw = results(container, "101|141|mmol/L").encode()

    dying.append(statement)
    reply = inbox.receive(raw)

    assert (msa(reply), errors(reply)) == (("AR", "1"), ["207"])
    assert dying == []
    assert msa(inbox.receive(raw)) == ("AA", "1")
    with small.lab.reading() as reading:
        assert reading.connection.execute(select(t.inbound.c.state)).scalars().all() == ["processed"]
