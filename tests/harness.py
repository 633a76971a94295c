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
    """The folder of captured HL7 messages, or None: LIS_CORPUS, else where the project keeps it beside itself."""
    places = [os.environ.get("LIS_CORPUS"), ROOT.parent / "shared" / "corpus" / "hl7"]
    return next((Path(place) for place in places if place and Path(place).is_dir()), None)
