"""A laboratory in a few lines: says AA to everything, keeps what came, and can give work and labels to the world."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

from simulators.centrifuge import clotted_at
from simulators.content_types import Value
from simulators.dice import Dice
from simulators.link import LoopbackLink
from simulators.patients import Person
from simulators.world import World, WorldContent, load_world

PACK = Path(__file__).parents[2] / "seed" / "packs" / "core"
START = datetime(2026, 11, 27, 12, tzinfo=UTC)  # Friday 06:00 in the laboratory


class PlainPeople:
    """People without bodies of their own: all the same but for a little potassium. Tests of the world need no more."""

    def __init__(self, dice: Dice) -> None:
        self._dice = dice

    def person(self, number: int, location: str, at: datetime) -> Person:
        """The number-th of them."""
        born = date(1950, 1, 1) + timedelta(days=97 * number)
        return Person(f"T{number:06d}", f"Family{number}", "Given", "", "FM"[number % 2], born, "OPOS")

    def returned(self, person: Person, visit: int, location: str, at: datetime) -> Person:
        """Unchanged."""
        return person

    def values(self, person: Person, at: datetime) -> Mapping[str, Value]:
        """A handful of values."""
        potassium = 4.0 + 0.3 * self._dice.score(f"{person.mrn}/{at:%Y%m%d%H%M}")
        numbers = {
            "NA": 140.0,
            "K": potassium,
            "TBIL": 0.7,
            "TRIG": 110.0,
            "WBC": 7.0,
            "HGB": 14.0,
            "PT": 12.0,
        }
        return numbers | {"UGLU": "NEG"}


@cache
def full() -> WorldContent:
    """The core pack with its people, read once."""
    return load_world(PACK)


@cache
def core() -> WorldContent:
    """The core pack with plain people."""
    return replace(full(), people=PlainPeople)


class FakeLis:
    """Keeps (peer, bytes) of everything it was sent."""

    def __init__(self) -> None:
        self.received: list[tuple[str, bytes]] = []

    def links(self) -> dict[str, LoopbackLink]:
        """A cable from the hospital and from each analyzer."""
        place = core().place
        return {peer: self._link(peer) for peer in (place.hospital.peer, *place.devices)}

    def _link(self, peer: str) -> LoopbackLink:
        return LoopbackLink(lambda message: self.take(peer, message))

    def take(self, peer: str, message: bytes) -> bytes:
        """Keep a message and acknowledge it."""
        self.received.append((peer, message))
        return ack_of(message)

    def of(self, peer: str, kind: bytes) -> list[bytes]:
        """What this peer sent of one kind."""
        return [message for sender, message in self.received if sender == peer and kind in message]


def ack_of(message: bytes) -> bytes:
    """The plainest acknowledgement."""
    return b"MSH|^~\\&|LIS||||20261127||ACK|1|T|2.5.1\rMSA|AA|" + message.split(b"|")[9] + b"\r"


def new_world(lis: FakeLis | None = None, seed: int = 7, **options: object) -> World:
    """A world on the core pack, at six in the morning."""
    return World(core(), seed, START, lis.links() if lis else {}, **options)  # type: ignore[arg-type]


def spun(world: World, tube: str) -> str:
    """Wait for the clot, spin a tube, take it out when the rotor stands."""
    world.step(max(world.now, clotted_at(world.bench.tubes[tube])))
    world.spin([tube])
    world.step(next(one.ends_at for one in world.bench.centrifuges() if one.ends_at))
    world.unload("")
    return tube


def work_for(container: str, *codes: str, control: str = "NW", specimen: str = "SER") -> bytes:
    """OML^O33 for one container."""
    orders = "".join(
        f"ORC|{control}|{container}-{code}\rTQ1|1||||||||R\rOBR|{n}|{container}-{code}||{code}^^L\r"
        for n, code in enumerate(codes, 1)
    )
    return (
        f"MSH|^~\\&|LIS|LAB|X|LAB|20261127060000-0600||OML^O33^OML_O33|LIS{container}|T|2.5.1\r"
        f"PID|1||M000001\rSPM|1|{container}||{specimen}\rSAC|||{container}\r{orders}"
    ).encode()


def label(barcode: str, name: str = "RIVERA, ANA") -> bytes:
    """ZPL of one container label."""
    return (
        f"^XA^CI28^FX barcode^FS^FO51,78^BY3^BCN,60,N,N,N^FD>;{barcode}^FS"
        f"^FX patient^FS^FO8,4^A0N,26,26^FH^FD{name}^FS^PQ1^XZ"
    ).encode()


def status_of(*placers: str, status: str = "HD") -> bytes:
    """OML^O21 for the hospital: what became of these orders."""
    lines = "".join(
        f"ORC|SC|{placer}^LIS|X|G|{status}|||||||||||^RJ11\rOBR|1|{placer}\r" for placer in placers
    )
    return (
        "MSH|^~\\&|LIS|LAB|HIS|GENHOSP|20261127070000-0600||OML^O21^OML_O21|OUT1|T|2.5.1\r"
        f"PID|1||M000001\r{lines}"
    ).encode()
