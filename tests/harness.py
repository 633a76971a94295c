"""What test modules import: how many cases to run, and where the captured messages are."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LONG = os.environ.get("LIS_LONG") == "1"
REQUIRED = frozenset(filter(None, os.environ.get("LIS_REQUIRE", "").split(",")))


def count(short: int, long: int) -> int:
    """How often to do it: `short` normally, `long` under `run.py test --long`."""
    return long if LONG else short


def corpus() -> Path | None:
    """The folder of captured HL7 messages that LIS_CORPUS names, or None."""
    folder = Path(os.environ.get("LIS_CORPUS") or "-")
    return folder if folder.is_dir() else None
