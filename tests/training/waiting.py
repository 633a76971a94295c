"""Waiting for what other threads do: looked at again and again, given up after a while."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
LOOK_EVERY, PATIENCE = 0.02, 30.0


def until(look: Callable[[], T]) -> T:
    """What `look` gives as soon as it gives something."""
    pause = threading.Event()
    for _ in range(int(PATIENCE / LOOK_EVERY)):
        found = look()
        if found:
            return found
        pause.wait(LOOK_EVERY)
    raise AssertionError("what was waited for did not happen")
