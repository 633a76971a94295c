"""What is said to and by the peers: messages for the listener, work for the sender, what was stored and answered."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select

from lis.interfaces.peers import TcpPeers
from lis.interfaces.sender import Sender
from lis.storage import tables as t
from tests.interfaces.messages import PID, joined, msh, results
from tests.labs import SmallLab

WAIT = 20
LONG = f"{PID}|{'x' * 70_000}"
NOT_ASCII = PID.replace("Ann", "Ånné")


def plain(number: str, pid: str = PID) -> str:
    """A result for a tube that nobody ordered: taken and held."""
    return results("000000000000", "101|141|mmol/L", control=number, pid=pid)


# Taken; refused for its version; longer than 64 KiB; beyond ASCII: all on one connection.
CONVERSATION = [
    plain("P1"),
    joined(msh("ORU^R01^ORU_R01", "P2", "CHEM-1", "1.0"), "OBR|1||1|RESULTS"),
    plain("P3", LONG),
    plain("P4", NOT_ASCII),
]
ANSWERS = [["AA", "P1"], ["AR", "P2"], ["AA", "P3"], ["AA", "P4"]]


def stored(small: SmallLab) -> list[tuple[str, str]]:
    """Every message in the laboratory, as it came: its number and its text."""
    with small.lab.reading() as reading:
        rows = reading.connection.execute(select(t.inbound).order_by(t.inbound.c.id)).all()
    return [(row.control_id, row.raw.decode().rstrip("\r")) for row in rows]


def said(conversation: Sequence[str] = CONVERSATION) -> list[tuple[str, str]]:
    """The same as they were sent."""
    return [(text.split("|")[9], text.rstrip("\r")) for text in conversation]


def free_port() -> int:
    """A port that was free just now, for servers that cannot say which one they took."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def send_work(
    small: SmallLab,
    port: int,
    tubes: int = 3,
    *,
    profile: str = "generic-oru",
    patience: float = WAIT,
    **settings: Any,
) -> Sequence[Row[Any]]:
    """Work for the analyzer behind this port, a tube per message, sent over one connection; the outbox afterwards."""
    with small.work("lis_admin") as work:
        work.interfaces.change("CHEM-1", host="127.0.0.1", port=port, profile=profile, settings=settings)
        work.interfaces.change("PRINTER-1", port=None)
    for number in range(tubes):
        small.receive(*small.order("LYTES", numbers=(f"T{number}",)).container_ids)
    peers = TcpPeers(patience)
    Sender(small.lab, peers).step()
    peers.close()
    o = t.outbox.c
    with small.lab.reading() as reading:
        query = select(t.outbox).where(o.kind == "analyzer_work").order_by(o.id)
        return reading.connection.execute(query).all()
