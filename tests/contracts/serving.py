"""A process that serves one laboratory's listener until it is killed."""

from __future__ import annotations

import multiprocessing
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from lis.interfaces.inbox import Inbox
from lis.interfaces.listener import Listener, Route
from lis.kernel.clock import FixedClock
from lis.lab import Lab
from lis.storage.house import House
from tests.labs import START

PATIENCE = 60

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload([__name__])


class Victim:
    """The process; `port` is where it listens. Killed, never stopped."""

    def __init__(self, data: Path | None, url: str | None, slug: str) -> None:
        pipe, theirs = _context.Pipe()
        self._process: BaseProcess = _context.Process(
            target=serve, args=(data, url, slug, theirs), daemon=True
        )
        self._process.start()
        theirs.close()
        assert pipe.poll(PATIENCE), "the process did not begin to listen"
        self.port: int = pipe.recv()
        self._pipe = pipe

    def kill(self) -> None:
        """SIGKILL: nothing is flushed, closed or said."""
        self._process.kill()
        self._process.join(PATIENCE)
        self._pipe.close()


def serve(data: Path | None, url: str | None, slug: str, door: Connection) -> None:
    """What the process does: take up what was left, listen, say on which port, and wait for ever."""
    house = House.open(data=data, url=url, wall=FixedClock(START), exclusive=True)
    inbox = Inbox(Lab(house.lab(slug), wall=FixedClock(START), clock=FixedClock(START)))
    inbox.recover()
    door.send(Listener([Route(inbox)]).start())
    door.recv()
