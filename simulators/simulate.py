"""`simulate`: a hospital or an analyzer that talks HL7 to anybody's laboratory system.

simulate hospital --lis localhost:2575 --rate 12 --speed 60
simulate chemistry --lis localhost:2575 --listen 2601 --mode query --format law --container 263310001015
simulate chemistry --lis localhost:2575 --mode unsolicited --fault hemolysis_H150@0.7 --fault lost_ack
simulate fault list | describe NAME
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer
from rich.console import Console
from rich.live import Live
from rich.table import Table

from lis.kernel.clock import ClockState, SimClock, WallClock
from simulators.faults import registry_command
from simulators.inputs import Action
from simulators.link import Link, TcpLink, WorldServer
from simulators.solo import Solo, counts, solo_world
from simulators.world import BenchRefusal, World, load_world

CORE_PACK = Path(__file__).resolve().parents[1] / "seed" / "packs" / "core"
START = "2026-11-27T06:00:00-06:00"
PULSE = 0.2
STRIDE = timedelta(minutes=5)


class Format(StrEnum):
    """Which messages carry results."""

    ORU = "oru"
    LAW = "law"


class Mode(StrEnum):
    """How an analyzer gets its work."""

    BROADCAST = "broadcast"
    QUERY = "query"
    UNSOLICITED = "unsolicited"


class Transcript:
    """Writes every message and its answer, readable, as they pass."""

    def __init__(self, out: TextIO | None) -> None:
        self._out = out

    def write(self, at: datetime, arrow: str, message: bytes | None) -> None:
        """One message; what is not text is escaped, line ends are made visible as lines."""
        if self._out is not None:
            text = (message or b"(nothing)").decode("utf-8", "backslashreplace")
            self._out.write(f"{at:%Y-%m-%d %H:%M:%S} {arrow}\n{text.replace(chr(13), chr(10)).strip()}\n\n")
            self._out.flush()


class TranscribedLink:
    """A link whose messages are written down."""

    def __init__(self, link: Link, transcript: Transcript) -> None:
        self._link = link
        self._transcript = transcript
        self.world: World | None = None

    def exchange(self, message: bytes) -> bytes | None:
        """As the link does."""
        answer = self._link.exchange(message)
        if self.world is not None:
            self._transcript.write(self.world.now, "-->", message)
            self._transcript.write(self.world.now, "<--", answer)
        return answer

    def close(self) -> None:
        """As the link does."""
        self._link.close()


class TranscribedWorld:
    """The receiving side of a world whose messages are written down."""

    def __init__(self, world: World, transcript: Transcript) -> None:
        self._world = world
        self._transcript = transcript

    def receive(self, peer: str, message: bytes) -> bytes:
        """As the world does."""
        answer = self._world.receive(peer, message)
        self._transcript.write(self._world.now, "<==", message)
        self._transcript.write(self._world.now, "==>", answer)
        return answer


app = typer.Typer(add_completion=False, help=__doc__, rich_markup_mode=None)


@app.command()
def simulate(
    part: Annotated[
        str, typer.Argument(help="hospital, chemistry, hematology, coagulation, urinalysis or bloodgas")
    ],
    lis: Annotated[str, typer.Option(help="HOST:PORT of the system that listens")],
    seed: Annotated[int, typer.Option(help="equal seeds give equal messages")] = 1,
    speed: Annotated[float, typer.Option(help="lab seconds per second; 0 is as fast as it goes")] = 1.0,
    hours: Annotated[float, typer.Option(help="lab hours to run; 0 is until interrupted")] = 0.0,
    rate: Annotated[float, typer.Option(help="requisitions or tubes an hour")] = 12.0,
    format: Annotated[Format, typer.Option(help="how an analyzer reports")] = Format.ORU,
    mode: Annotated[Mode, typer.Option(help="how an analyzer gets its work")] = Mode.BROADCAST,
    container: Annotated[
        list[str] | None, typer.Option(help="a container to ask about or run; repeatable")
    ] = None,
    listen: Annotated[
        int, typer.Option(help="port for what the system sends; 0: the pack's own, or any free one")
    ] = 0,
    start: Annotated[str, typer.Option(help="first instant of lab time, with offset")] = START,
    pack: Annotated[Path, typer.Option(help="content pack with a folder `world`")] = CORE_PACK,
    transcript: Annotated[Path | None, typer.Option(help="write every message to this file")] = None,
    fault: Annotated[
        list[str] | None,
        typer.Option(help="what goes wrong (`simulate fault list`): NAME or NAME@LEVEL, 0 to 1"),
    ] = None,
) -> None:
    """Play one part of the world against a laboratory system."""
    host, _, port = lis.rpartition(":")
    if not port.isdigit() or speed < 0 or rate <= 0 or (speed == 0 and hours <= 0):
        raise typer.BadParameter("--lis is HOST:PORT; --rate is above 0; --speed 0 needs --hours")
    content = load_world(pack)
    solo = Solo(
        part.replace("-", "").replace("_", ""), rate, format is Format.LAW, mode.value, tuple(container or ())
    )
    with ExitStack() as stack:
        out = stack.enter_context(transcript.open("w", encoding="utf-8")) if transcript else None
        told = Transcript(out)
        link = TranscribedLink(TcpLink(host or "127.0.0.1", int(port)), told)
        stack.callback(link.close)
        try:
            world = solo_world(content, solo, seed, datetime.fromisoformat(start).astimezone(UTC), link)
        except KeyError as unknown:
            raise typer.BadParameter(f"nobody plays {unknown}") from None
        link.world = world
        _disturb(world, fault or [])
        stack.enter_context(_listening(world, told, listen))
        _play(world, speed, hours)


def _disturb(world: World, faults: list[str]) -> None:
    """Put these faults in from the first instant on."""
    for number, text in enumerate(faults, 1):
        try:
            world.act(Action(world.now, "inject", registry_command.injection_of(text, number)))
        except BenchRefusal as refused:
            raise typer.BadParameter(str(refused)) from None


@contextmanager
def _listening(world: World, transcript: Transcript, port: int) -> Iterator[None]:
    """Take what the system sends to the part that is played."""
    place = world.content.place
    ports = {code: port or plan.port or 0 for code, plan in place.devices.items()}
    if not ports:
        ports = {place.hospital.peer: port or place.hospital.port or 0}
    told = TranscribedWorld(world, transcript)
    try:
        server = WorldServer(told, ports, {})
    except OSError as taken:
        if port:
            raise typer.BadParameter(f"port {port} cannot be listened on: {taken.strerror}") from None
        server = WorldServer(told, dict.fromkeys(ports, 0), {})
    server.start()
    try:
        yield
    finally:
        server.close()


def _play(world: World, speed: float, hours: float) -> None:
    """Step the world at its pace until the hours are over or somebody interrupts, and show what happens."""
    begun = world.now
    end = begun + timedelta(hours=hours) if hours else datetime.max.replace(tzinfo=UTC)
    wall = WallClock()
    clock = SimClock(ClockState(begun, wall.now(), speed), wall)
    pause = threading.Event()
    with Live(_view(world), console=Console(), refresh_per_second=4, transient=False) as live:
        try:
            while world.now < end:
                world.step(min(end, clock.now() if speed else world.now + STRIDE))
                live.update(_view(world))
                if speed:
                    pause.wait(PULSE)
        except KeyboardInterrupt:
            pass
        live.update(_view(world))


def _view(world: World) -> Table:
    table = Table(show_header=False, box=None)
    local = world.now.astimezone(world.content.place.zone)
    rows: dict[str, Any] = {"lab time": f"{local:%Y-%m-%d %H:%M:%S}", **counts(world)}
    for status in world.analyzers_status():
        rows[status.code] = f"{status.state}, {status.waiting} waiting, {status.running} running"
        rows |= {f"log {number}": line.text for number, line in enumerate(status.log[-3:], 1)}
    for name, value in rows.items():
        table.add_row(name, str(value))
    return table


def cli() -> None:
    """The command's entry point."""
    if sys.argv[1:2] == ["fault"]:
        registry_command.app(sys.argv[2:], prog_name="simulate fault")
    app()


if __name__ == "__main__":
    cli()
