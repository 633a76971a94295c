"""Each part of the world alone, over TCP, against a laboratory that is not ours."""

from __future__ import annotations

import socket
from contextlib import suppress
from pathlib import Path

import pytest
from typer.testing import CliRunner

from simulators.link import LoopbackLink
from simulators.simulate import app
from simulators.solo import Solo, solo_world
from simulators.world import World
from tests.world.fake_lis import START, FakeLis, ack_of, core, work_for
from tests.world.test_hospital import DAY
from tests.world.test_link import lis_on_a_port

BARCODE = "263310001015"


def played(solo: Solo, lis: FakeLis, hours: int = 2) -> World:
    """A solo part stepped for some hours over loopback."""
    world = solo_world(core(), solo, 5, START, LoopbackLink(lambda message: lis.take("X", message)))
    world.step(START + hours * DAY / 24)
    return world


def results(lis: FakeLis, kind: bytes) -> list[bytes]:
    """Patient results of one message type."""
    return [message for _, message in lis.received if kind in message and b"|P^^HL70369" in message]


def test_the_hospital_alone_orders_at_its_rate() -> None:
    lis = FakeLis()
    played(Solo("hospital", rate=10), lis, hours=6)
    orders = [m for _, m in lis.received if b"|OML^O21" in m or b"|ORM^O01" in m]
    assert 20 < len(orders) < 160
    assert not [m for _, m in lis.received if b"|ORU^R01" in m]


@pytest.mark.parametrize("kind", ["chemistry", "hematology", "coagulation", "urinalysis", "bloodgas"])
def test_an_analyzer_alone_makes_results_of_its_own(kind: str) -> None:
    lis = FakeLis()
    world = played(Solo(kind, rate=20, mode="unsolicited"), lis)
    assert len(results(lis, b"|ORU^R01")) == sum(tube.spot == "done" for tube in world.tubes()) > 0


def test_an_analyzer_alone_does_what_it_is_sent() -> None:
    lis = FakeLis()
    world = played(Solo("chemistry", rate=1), lis, hours=1)
    world.receive("CHEM-1", work_for(BARCODE, "NA", "102"))
    world.receive("CHEM-1", work_for("263310002011", "NA", control="CA"))
    world.step(START + 2 * DAY / 24)
    (message,) = results(lis, b"|ORU^R01")
    assert BARCODE.encode() in message


class QueriedLis(FakeLis):
    """Answers queries, and sends the work when it has some."""

    world: World

    def take(self, peer: str, message: bytes) -> bytes:
        """QBP gets an RSP, anything else an ACK."""
        if b"|QBP^Q11" not in message:
            return super().take(peer, message)
        self.received.append((peer, message))
        known = BARCODE.encode() in message
        if known:
            self.world.receive("CHEM-1", work_for(BARCODE, "101"))
        status = b"OK" if known else b"NF"
        return ack_of(message) + b"QAK|tag|" + status + b"\r"


def test_an_analyzer_alone_asks_and_reports_by_law() -> None:
    lis = QueriedLis()
    solo = Solo("chemistry", 60, law=True, mode="query", containers=("263310009998", BARCODE))
    world = solo_world(core(), solo, 5, START, LoopbackLink(lambda message: lis.take("X", message)))
    lis.world = world
    world.step(START + 2 * DAY / 24)
    queries = [m.split(b"|QPD|")[-1].split(b"|")[-3] for _, m in lis.received if b"|QBP^Q11" in m]
    assert len(queries) == 2
    (message,) = results(lis, b"|OUL^R22")
    assert BARCODE.encode() in message
    assert [line.code for line in world.stations["CHEM-1"].analyzer.log] == ["no_order"]


def test_the_command_runs_against_a_port_and_writes_a_transcript(tmp_path: Path) -> None:
    lis, file = FakeLis(), tmp_path / "transcript.txt"
    with lis_on_a_port(lis) as port:
        call = f"urinalysis --lis 127.0.0.1:{port} --speed 0 --hours 1 --mode unsolicited --listen 0"
        result = CliRunner().invoke(app, [*call.split(), "--transcript", str(file)])
    assert result.exit_code == 0, result.output
    assert "sent" in result.output
    text = file.read_text()
    assert text.count("-->") == text.count("<--") == len(lis.received) > 0
    assert "MSA|AA|" in text


def test_a_port_that_somebody_has_is_refused_when_asked_for_and_passed_over_else(tmp_path: Path) -> None:
    lis, file = FakeLis(), tmp_path / "transcript.txt"
    own = core().place.devices["UA-1"].port
    with lis_on_a_port(lis) as port, socket.socket() as taken:
        with suppress(OSError):  # somebody else has it: just as well
            taken.bind(("127.0.0.1", own))
            taken.listen()
        call = f"urinalysis --lis 127.0.0.1:{port} --speed 0 --hours 1 --mode unsolicited --transcript {file}"
        passed_over = CliRunner().invoke(app, call.split())
        refused = CliRunner().invoke(app, [*call.split(), "--listen", str(port)])
    assert (passed_over.exit_code, refused.exit_code) == (0, 2), passed_over.output


@pytest.mark.parametrize(
    "call",
    [
        "chemistry --lis nowhere --hours 1",
        "chemistry --lis h:1 --speed 0",
        "chemistry --lis h:1 --hours 1 --rate 0",
        "alchemy --lis 127.0.0.1:1 --hours 1 --speed 0",
    ],
)
def test_a_call_that_makes_no_sense_is_refused(call: str) -> None:
    assert CliRunner().invoke(app, call.split()).exit_code == 2
