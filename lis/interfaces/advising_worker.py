"""hl7apy reads one message: text on standard input, JSON on standard output. Run by `advising`, never imported.

A process of its own, with limits of time and memory, because hl7apy takes thousands of times as long as our reader and
makes a thousand objects per segment.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.exceptions import HL7apyException
from hl7apy.parser import parse_message
from hl7apy.validation import Validator

try:
    import resource
except ImportError:  # not on this system
    resource = None  # type: ignore[assignment]

MOST_SEGMENTS_IN_FULL = 60


def main(seconds: int, memory: int) -> None:
    _limit(seconds, memory)
    text = sys.stdin.buffer.read().decode()
    try:
        message = parse_message(text, validation_level=VALIDATION_LEVEL.TOLERANT, find_groups=True)
        is_full = text.count("\r") <= MOST_SEGMENTS_IN_FULL
        told = {"tree": _branches(message, 0, is_full), "version": message.version, "structure": message.name}
        told["report"] = _validated(message)
    except HL7apyException as error:
        told = {"failed": f"{type(error).__name__}: {error}"}
    json.dump(told, sys.stdout)


def _limit(seconds: int, memory: int) -> None:
    """Bounds that the system keeps, where it has any."""
    if resource is None:
        return
    os.nice(10)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _branches(element: Any, depth: int, is_full: bool) -> list[list[Any]]:
    """Groups and segments in their order, with fields of short messages: depth, kind, name, text."""
    found: list[list[Any]] = []
    for child in element.children:
        if child.classname == "Group":
            found.append([depth, "group", child.name, ""])
            found += _branches(child, depth + 1, is_full)
        else:
            found.append([depth, "segment", child.name, ""])
            found += [
                [
                    depth + 1,
                    "field",
                    f"{field.name} {(field.long_name or '').replace('_', ' ').lower()}".strip(),
                    text,
                ]
                for field in (child.children if is_full else ())
                if (text := field.to_er7())
            ]
    return found


def _validated(message: Any) -> list[str]:
    """The lines of hl7apy's validation report; it writes them to a file, and raises besides."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report"
        report.touch()
        try:
            Validator.validate(message, report_file=str(report))
        except HL7apyException as error:
            said = report.read_text(encoding="utf-8").splitlines()
            return [line for line in said if line.strip()] or [f"Error: {error}"]
        return [line for line in report.read_text(encoding="utf-8").splitlines() if line.strip()]


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
