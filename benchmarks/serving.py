"""A process of its own for what is measured, so that whoever makes the load does not share its interpreter."""

from __future__ import annotations

import multiprocessing
import resource
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, Self

START_SECONDS, STOP_SECONDS = 60.0, 30.0
PAGE = resource.getpagesize()


@dataclass(frozen=True)
class Cost:
    """What a server process has used so far."""

    cpu_seconds: float
    resident_bytes: int


class Server:
    """Runs `target(*arguments, door)` in a fresh interpreter; the target calls `attend` with what it can do."""

    def __init__(self, target: Callable[..., None], *arguments: Any) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process: BaseProcess = context.Process(target=target, args=(*arguments, theirs), daemon=True)

    def __enter__(self) -> Self:
        self._process.start()
        self._answer(START_SECONDS)
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._pipe.send(("stop",))
        self._process.join(STOP_SECONDS)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()

    def ask(self, question: str, *arguments: Any, seconds: float = 600.0) -> Any:
        """Have the target do one of the things it can do; what that gives."""
        self._pipe.send((question, *arguments))
        return self._answer(seconds)

    def cost(self) -> Cost:
        answer = self.ask("cost")
        assert isinstance(answer, Cost)
        return answer

    def _answer(self, seconds: float) -> Any:
        if not self._pipe.poll(seconds):
            raise TimeoutError("the server process did not answer")
        try:
            answer = self._pipe.recv()
        except EOFError as end:
            raise RuntimeError("the server process ended; its reason stands above") from end
        return answer


def attend(door: Connection, **can: Callable[..., Any]) -> None:
    """Do what is asked, one thing after another, until told to stop."""
    door.send("ready")
    can["cost"] = cost
    try:
        while (asked := door.recv())[0] != "stop":
            door.send(can[asked[0]](*asked[1:]))
    except EOFError:
        return


def cost() -> Cost:
    """What this process has used so far."""
    return Cost(time.process_time(), _resident())


def _resident() -> int:
    try:
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123
            return int(file.read().split()[1]) * PAGE
    except OSError:
        scale = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale
