"""kill -9 at any moment of ingest: what was acknowledged is there, once, and the held queue is whole.

Messages of three kinds (to be filed, to be held, of controls) come over several connections, in bursts. The process
that serves them is killed after a drawn number of acknowledgements and a drawn moment more. Whoever has no answer, or
lost it, sends the same bytes to the next process.
"""

from __future__ import annotations

import socket
import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, Connection, Row, Table, select

from lis.lab import Lab
from lis.storage import tables as t
from lis.storage.house import House
from lis.wire.mllp import Framer, Payload, wrap
from simulators.dice import Dice
from tests import harness
from tests.contracts.serving import PATIENCE, Victim
from tests.interfaces.messages import control, msa, results
from tests.labs import SmallLab, open_small_lab

DATABASES = 2
KILLS = harness.count(10, 200) // DATABASES
CONNECTIONS = 4
MOST_ACKS = 20  # of one life
LONGEST_MOMENT = 0.01
BURST = 3
CODES = {"101": "NA", "102": "K", "103": "CL", "104": "CO2"}
FILED, HELD, CONTROL = "filed", "held", "control"


@dataclass(frozen=True)
class Sent:
    """A message, and what must become of it: state, where it was said to come from, test."""

    number: str
    raw: bytes
    fate: tuple[str, str, str]


@dataclass
class Traffic:
    """What is still to be sent, and what was acknowledged."""

    waiting: deque[Sent]
    acknowledged: list[Sent] = field(default_factory=list)
    _counted: threading.Condition = field(default_factory=threading.Condition)

    def talk(self, port: int) -> None:
        """Send bursts and read their answers until nothing is left or the other side is dead."""
        burst: list[Sent] = []
        framer = Framer()
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as peer:
                while burst := self._next():
                    peer.sendall(b"".join(wrap(one.raw) for one in burst))
                    while burst:
                        self._read(framer.feed(peer.recv(65536) or self._dead()), burst)
        except ConnectionError:
            self.waiting.extendleft(burst)

    def wait_for(self, how_many: int, talking: list[Any]) -> None:
        """Until so many are acknowledged, or nobody sends any more."""
        with self._counted:
            self._counted.wait_for(
                lambda: len(self.acknowledged) >= how_many or all(one.done() for one in talking), PATIENCE
            )

    def lose_acknowledgements(self) -> None:
        """The senders of the last burst have not seen its answers."""
        lost = self.acknowledged[-BURST:]
        del self.acknowledged[-BURST:]
        self.waiting.extendleft(lost)

    def _next(self) -> list[Sent]:
        burst: list[Sent] = []
        while len(burst) < BURST and self.waiting:
            burst.append(self.waiting.popleft())
        return burst

    def _read(self, events: list[Any], burst: list[Sent]) -> None:
        for event in events:
            assert isinstance(event, Payload)
            assert msa(event.data) == ("AA", burst[0].number)
            with self._counted:
                self.acknowledged.append(burst.pop(0))
                self._counted.notify_all()

    def _dead(self) -> bytes:
        raise ConnectionResetError


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[House, Path | None, str | None]:
    """A house, and where another process finds the same."""
    house: House = request.getfixturevalue(f"{request.param}_house")
    if request.param == "sqlite":
        return house, tmp_path / "data", None
    url: URL = request.getfixturevalue("house_database")
    return house, None, url.render_as_string(hide_password=False)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(CONNECTIONS) as threads:
        yield threads


def messages(small: SmallLab, how_many: int) -> Iterator[Sent]:
    """Of four messages two are to be filed, one held, one is of a control."""
    tubes = _tubes(small)
    for place in range(how_many):
        number = f"K{place}"
        if place % 4 == 0:
            unknown = f"9{place:011}"
            yield Sent(number, _raw(results(unknown, "101|141|mmol/L", control=number)), (HELD, unknown, ""))
        elif place % 4 == 1:
            said = control("CHEMCTL", "C2401", "101|120|mmol/L", control_id=number)
            yield Sent(number, _raw(said), (CONTROL, "CHEMCTL", "NA"))
        else:
            tube, code = next(tubes)
            said = results(tube, f"{code}|10{place % 10}|mmol/L", control=number)
            yield Sent(number, _raw(said), (FILED, tube, CODES[code]))


def _tubes(small: SmallLab) -> Iterator[tuple[str, str]]:
    """Tubes that were received, each with every code that is measured in it."""
    number = 0
    while True:
        number += 1
        [tube] = small.order("LYTES", numbers=(f"T{number}",)).container_ids
        small.receive(tube, label=False)
        yield from ((tube, code) for code in CODES)


def _raw(text: str) -> bytes:
    return text.encode()


@pytest.mark.alone
def test_what_was_acknowledged_survives_kill_9_and_is_there_once(
    place: tuple[House, Path | None, str | None], pool: ThreadPoolExecutor
) -> None:
    house, data, url = place
    small = open_small_lab(house)
    dice = Dice("kill", house.dialect)
    everything = list(messages(small, KILLS * MOST_ACKS))
    traffic = Traffic(deque(everything))

    for life in range(KILLS):
        victim = Victim(data, url, "small")
        enough = len(traffic.acknowledged) + 1 + int(dice.fork(f"acks {life}").random() * (MOST_ACKS - 4))
        talking = [pool.submit(traffic.talk, victim.port) for _ in range(CONNECTIONS)]
        traffic.wait_for(enough, talking)
        threading.Event().wait(dice.fork(f"moment {life}").random() * LONGEST_MOMENT)
        victim.kill()
        for one in talking:
            one.result(PATIENCE)
        assert_there(small.lab, traffic.acknowledged)
        traffic.lose_acknowledgements()
    victim = Victim(data, url, "small")
    traffic.talk(victim.port)
    victim.kill()

    assert sorted(one.number for one in traffic.acknowledged) == sorted(one.number for one in everything)
    assert_whole(small.lab, everything)


def assert_there(lab: Lab, acknowledged: list[Sent]) -> None:
    """Every acknowledged message has met its fate, whatever became of the rest."""
    with lab.reading() as reading:
        found = dict(fates(reading.connection))
    assert {one.number: found.get(one.number) for one in acknowledged} == {
        one.number: one.fate for one in acknowledged
    }


def assert_whole(lab: Lab, everything: list[Sent]) -> None:
    """Every message once, each value on its chart once, the held queue as it must be, the journal without a gap."""
    with lab.reading() as reading:
        connection = reading.connection
        assert sorted(fates(connection)) == sorted((one.number, one.fate) for one in everything)
        assert {row.state for row in rows(connection, t.inbound)} == {"processed", "duplicate"}
        results_charted = [row.result_id for row in rows(connection, t.result_version)]
        assert len(results_charted) == len(set(results_charted))
        held = [row for row in rows(connection, t.observation) if row.state == HELD]
        assert {row.reason for row in held} == {"container.unmatched"}
        controls = rows(connection, t.control_observation)
        assert len(controls) == sum(one.fate[0] == CONTROL for one in everything)
        numbers = [row.seq for row in rows(connection, t.journal)]
        assert sorted(numbers) == list(range(1, len(numbers) + 1))


def fates(connection: Connection) -> list[tuple[str, tuple[str, str, str]]]:
    """What is known of every observation: the message it came with, its state, where from, its test."""
    o, i = t.observation.c, t.inbound.c
    query = select(i.control_id, o.state, o.container_sent, o.test).join(t.inbound, i.id == o.inbound_id)
    return [(row[0], (row[1], row[2], row[3])) for row in connection.execute(query)]


def rows(connection: Connection, table: Table) -> list[Row[Any]]:
    return list(connection.execute(select(table)).all())
