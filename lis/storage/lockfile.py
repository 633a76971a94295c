"""A file that one process holds for as long as it serves a laboratory."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from lis.kernel.errors import Conflict

if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


class FileLock:
    """Held from construction to `release`, or to the end of the process; refused when somebody else holds it."""

    def __init__(self, path: Path, slug: str) -> None:
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            _lock(self._handle)
        except OSError as taken:
            os.close(self._handle)
            raise Conflict(
                "lab.served_elsewhere",
                f"Laboratory {slug} is already being served by another process.",
                "Use that one, or stop it first.",
            ) from taken

    def release(self) -> None:
        os.close(self._handle)
