"""A message for an ASTM analyzer that is called up: a LIS01 link of its own, one message, and hanging up."""

from __future__ import annotations

import socket

from lis.kernel.clock import monotonic
from lis.wire.astm import Aborted, Delivered, Event, Link, Send
from lis.wire.astm_frames import ACK

CHUNK = 4096
SECONDS_AT_MOST = 60.0


def deliver(address: tuple[str, int], message: bytes, patience: float) -> bytes:
    """ACK when every frame was taken; OSError when not. What the analyzer itself wants to send is told to wait (NAK).

    `patience` is for the connection, in wall seconds; the link has its own (LIS01-A2), a minute in all.
    """
    link, end = Link(host=True), monotonic() + SECONDS_AT_MOST
    link.busy = True
    with socket.create_connection(address, timeout=patience) as peer:
        events = link.send(message, monotonic())
        while not _act(peer, events):
            if monotonic() > end:
                raise TimeoutError("the analyzer did not take the message in time")
            events = _next(peer, link)
    return ACK


def _act(peer: socket.socket, events: list[Event]) -> bool:
    """Do what the link asks; whether the message was delivered."""
    is_delivered = False
    for event in events:
        match event:
            case Send():
                peer.sendall(event.data)
            case Delivered():
                is_delivered = True
            case Aborted():
                raise ConnectionError(f"the analyzer did not take the message: {event.reason}")
    return is_delivered


def _next(peer: socket.socket, link: Link) -> list[Event]:
    """What the analyzer says, or what has become due in its silence."""
    wait = (link.deadline or 0.0) - monotonic()
    if wait <= 0:
        return link.tick(monotonic())
    peer.settimeout(wait)
    try:
        data = peer.recv(CHUNK)
    except TimeoutError:
        return link.tick(monotonic())
    if not data:
        raise ConnectionResetError("the analyzer hung up in the middle")
    return link.feed(data, monotonic())
