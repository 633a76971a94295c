"""What hl7apy makes of a message, beside our own reading: advice for people, never a condition of anything.

It runs in a process of its own with limits. A crash, a time-out or a message it cannot read is said in words.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from lis.wire.er7 import CharsetError, Message, MessageError, decode

SECONDS, MEMORY = 15, 1 << 30
LARGEST = 256 * 1024
WORKER = Path(__file__).with_name("advising_worker.py")

_one_at_a_time = threading.BoundedSemaphore(1)


@dataclass(frozen=True, slots=True)
class Part:
    """One line of hl7apy's tree: how deep it stands, group, segment or field, its name and its text."""

    depth: int
    kind: str
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Count:
    """A segment in the message and in hl7apy's tree."""

    segment: str
    sent: int
    kept: int

    @property
    def dropped(self) -> int:
        return self.sent - self.kept


@dataclass(frozen=True, slots=True)
class Advice:
    """hl7apy's reading, or in `problem` why there is none."""

    problem: str = ""
    structure: str = ""
    version: str = ""
    parts: tuple[Part, ...] = ()
    counts: tuple[Count, ...] = ()
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def dropped(self) -> tuple[Count, ...]:
        """Segments that are in the message and not in the tree."""
        return tuple(count for count in self.counts if count.dropped > 0)


def advise(raw: bytes, *, seconds: int = SECONDS, memory: int = MEMORY) -> Advice:
    """Ask hl7apy; at most one message at a time, so that advice never takes the machine from the laboratory."""
    try:
        message = Message.parse(*decode(raw.strip(b"\x0b\x1c\r\n")))
    except (CharsetError, MessageError):
        return Advice("This is no HL7 v2 text that hl7apy could be asked about.")
    if len(raw) > LARGEST:
        return Advice(f"The message has {len(raw)} bytes: hl7apy is asked about {LARGEST} at most.")
    if not _one_at_a_time.acquire(blocking=False):
        return Advice("hl7apy is busy with another message. Ask again in a moment.")
    try:
        return _asked(message, seconds, memory)
    finally:
        _one_at_a_time.release()


def _asked(message: Message, seconds: int, memory: int) -> Advice:
    command = [sys.executable, "-P", str(WORKER), str(seconds), str(memory)]
    try:
        done = subprocess.run(
            command, input=str(message).encode(), capture_output=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        return Advice(f"hl7apy did not come to an end within {seconds} seconds, and was stopped.")
    except OSError as error:
        return Advice(f"hl7apy could not be started: {error}")
    try:
        told = json.loads(done.stdout)
    except ValueError:
        return Advice(_crashed(done.returncode, done.stderr.decode("utf-8", "replace")))
    if "failed" in told:
        return Advice(f"hl7apy cannot read it. {told['failed']}")
    parts = tuple(Part(*one) for one in told["tree"])
    report = [line.partition(": ") for line in told["report"]]
    return Advice(
        structure=told["structure"] or "",
        version=told["version"] or "",
        parts=parts,
        counts=_counts(message, parts),
        errors=tuple(dict.fromkeys(text for kind, _, text in report if kind != "Warning")),
        warnings=tuple(dict.fromkeys(text for kind, _, text in report if kind == "Warning")),
    )


def _crashed(code: int, words: str) -> str:
    last = next((line for line in reversed(words.splitlines()) if line.strip()), "")
    return f"hl7apy broke down (exit {code}){': ' + last.strip() if last else ''}."


def _counts(message: Message, parts: tuple[Part, ...]) -> tuple[Count, ...]:
    sent = Counter(segment.id or "(no segment)" for segment in message.segments)
    kept = Counter(part.name for part in parts if part.kind == "segment")
    return tuple(Count(name, sent[name], kept[name]) for name in dict.fromkeys((*sent, *kept)))
