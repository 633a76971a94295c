"""Messages that come together become what they would have become one by one, in few statements."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, Engine, event

from lis.interfaces.inbox import Arrival, Inbox
from lis.kernel.clock import FixedClock
from lis.lab import Lab
from tests.interfaces.messages import control, msa, order, results
from tests.labs import BEN, START, SmallLab
from tests.storage.failing import state_of

VALUES = ("101|141|mmol/L", "102|4.2|mmol/L", "103|104|mmol/L", "104|25|mmol/L")


def tubes(small: SmallLab, count: int) -> list[str]:
    """Received tubes for electrolytes, of two patients in turn, the controls run before."""
    small.controls()
    found = []
    for number in range(count):
        more = {"patient": BEN} if number % 2 else {}
        placed = small.order("LYTES", numbers=[f"H{number}{tube}" for tube in "abc"], **more)
        small.receive(placed.container_ids[0])
        found.append(placed.container_ids[0])
    return found


@pytest.fixture
def twin(small: SmallLab) -> Callable[[], SmallLab]:
    """Another laboratory that begins as the small one stands now."""

    def made() -> SmallLab:
        database = small.house.fork("small", "twin", "tests")
        return SmallLab(Lab(database, wall=FixedClock(START), clock=small.clock), small.clock, small.house)

    return made


def both_ways(small: SmallLab, twin: SmallLab, texts: list[str]) -> list[bytes | None]:
    """Into one laboratory together, into its twin one by one: the replies of the first, the same as of the second."""
    arrivals = [Arrival(text.encode()) for text in texts]
    together = Inbox(small.lab).receive_many(arrivals)
    assert together == [reply for one in arrivals for reply in Inbox(twin.lab).receive_many([one])]
    assert state_of(small.lab.database) | {"lab": []} == state_of(twin.lab.database) | {"lab": []}
    return together


def test_results_of_many_tubes_together_are_what_they_are_one_by_one(
    small: SmallLab, twin: Callable[[], SmallLab]
) -> None:
    texts = [results(tube, *VALUES, control=str(n)) for n, tube in enumerate(tubes(small, 5))]
    replies = both_ways(small, twin(), texts)
    assert [msa(reply) for reply in replies] == [("AA", str(n)) for n in range(5)]


def test_each_sees_what_came_before_it(small: SmallLab, twin: Callable[[], SmallLab]) -> None:
    """Two messages of one tube, a second value, a correction, QC between, an order, a repeat, an unknown tube."""
    one, two = tubes(small, 2)
    texts = [
        results(one, VALUES[0], control="1"),
        results(one, VALUES[1], "101|150|mmol/L", control="2"),
        control("CHEMCTL-1", "C2401", "101|160|mmol/L", control_id="3"),
        results(two, *VALUES, control="4"),
        results(one, VALUES[0], control="1"),
        order("LYTES", control="5", tube="H9", placer="Q"),
        results("000000000000", VALUES[0], control="6"),
        results(two, "OBX|1|NM|101^^99CHEM-1||139|mmol/L|||||C", control="7"),
    ]
    replies = both_ways(small, twin(), texts)
    assert [msa(reply)[0] for reply in replies] == ["AA"] * 8
    assert small.journal().count("result.filed") == 1 + 1 + 4 + 1


def test_one_that_is_refused_or_breaks_goes_back_alone(small: SmallLab, twin: Callable[[], SmallLab]) -> None:
    one, two = tubes(small, 2)
    with small.work("lis_admin") as work:
        work.interfaces.change("CHEM-1", settings={"code_map": {"777": "NOWHERE"}})
        work.results.change(work.results.where()[0].id, test="NOWHERE")
    texts = [
        results(two, *VALUES, control="1"),
        order("NOSUCH", control="2"),
        results(one, "777|4|mmol/L", control="3"),
        results(one, VALUES[1], control="4"),
    ]
    replies = both_ways(small, twin(), texts)
    assert [msa(reply)[0] for reply in replies] == ["AA", "AE", "AE", "AA"]


@contextmanager
def statements() -> Iterator[list[str]]:
    """What SQLite is given to do meanwhile; the same for many rows, once."""
    seen: list[str] = []

    def note(statement: str) -> None:
        kind = " ".join(statement.split()[:3])
        if seen[-1:] != [kind]:
            seen.append(kind)

    def begin(connection: Connection) -> None:
        connection.connection.driver_connection.set_trace_callback(note)  # type: ignore[union-attr]

    event.listen(Engine, "begin", begin)
    yield seen
    event.remove(Engine, "begin", begin)


def test_statements_do_not_grow_with_the_messages(small: SmallLab, inbox: Inbox) -> None:
    """Tubes of two patients; more of one patient's would be read anew."""
    found = tubes(small, 4)
    counts = []
    for part in (found[:1], found[2:4]):
        arrivals = [Arrival(results(tube, *VALUES, control=tube).encode()) for tube in part]
        with statements() as seen:
            inbox.receive_many(arrivals)
        counts.append(len(seen))
    assert counts[0] == counts[1]
