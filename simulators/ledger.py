"""The ledger: what was really so in the world. Append-only, canonical, written to a sink it is handed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from hashlib import sha256
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One truth: at this lab instant, this kind of thing was so for this subject. `seq` counts from 1."""

    seq: int
    at: datetime
    kind: str
    subject: str
    data: Mapping[str, Any]

    def canonical(self) -> str:
        """The entry as one line of JSON: keys sorted, Decimals as text, instants in UTC."""
        return _line(self.seq, self.at, self.kind, self.subject, plain(self.data))


_WRITER = json.JSONEncoder(sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _line(seq: int, at: datetime, kind: str, subject: str, data: Any) -> str:
    """What is plain already, written down."""
    return _WRITER.encode([seq, plain(at), kind, subject, data])


class Sink(Protocol):
    """Where entries go: a list, a file, a table of the classroom's database."""

    def append(self, entry: LedgerEntry, /) -> None:
        """Keep the entry; an exception stops the world rather than lose a truth."""


@dataclass(slots=True)
class MemorySink:
    """Entries kept in memory, for headless worlds and tests."""

    entries: list[LedgerEntry] = field(default_factory=list)

    def append(self, entry: LedgerEntry) -> None:
        """Keep the entry."""
        self.entries.append(entry)

    def of_kind(self, kind: str) -> list[LedgerEntry]:
        """The entries of one kind, in order."""
        return [entry for entry in self.entries if entry.kind == kind]

    def about(self, subject: str) -> list[LedgerEntry]:
        """The entries about one subject, in order."""
        return [entry for entry in self.entries if entry.subject == subject]


class Ledger:
    """Numbers what it is told and hands it to the sink; nothing can be changed or taken back.

    A world that is replayed tells again what the sink already holds: `held` entries from the start are
    numbered and digested but not handed on, so the sink carries each truth once.
    """

    def __init__(self, sink: Sink, held: int = 0) -> None:
        self._sink = sink
        self._held = held
        self._position = 0
        self._digest = sha256()

    @property
    def position(self) -> int:
        """How many entries there are: the point to which a rewind returns."""
        return self._position

    @property
    def digest(self) -> str:
        """Fingerprint of all entries so far; a replay that meets the same end has the same digest."""
        return self._digest.hexdigest()

    def record(
        self,
        at: datetime,
        kind: str,
        subject: str,
        data: Mapping[str, Any] | None = None,
    ) -> LedgerEntry:
        """Add one truth; what cannot be written canonically is refused before anything is kept."""
        entry = LedgerEntry(self._position + 1, at, kind, subject, plain(data or {}))
        line = _line(entry.seq, at, kind, subject, entry.data)
        if entry.seq > self._held:
            self._sink.append(entry)
        self._position = entry.seq
        self._digest.update(line.encode() + b"\n")
        return entry


def export(entries: Iterable[LedgerEntry]) -> str:
    """All entries as canonical lines: equal text means equal worlds."""
    return "".join(f"{entry.canonical()}\n" for entry in entries)


def plain(value: Any) -> Any:
    """The value as JSON knows it. Floats keep 12 significant digits: the last bits differ between C libraries."""
    if type(value) is str or type(value) is int:
        return value
    match value:
        case None | bool() | int() | str() if not isinstance(value, Enum):
            return value
        case Enum():
            return plain(value.value)
        case float():
            return float(f"{value:.12g}")
        case Decimal():
            return format(value, "f")
        case datetime():
            return _instant(value)
        case date():
            return value.isoformat()
        case Mapping():
            return {str(plain(key)): plain(item) for key, item in value.items()}
        case set() | frozenset():
            return sorted(plain(item) for item in value)
        case list() | tuple():
            return [plain(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {part.name: plain(getattr(value, part.name)) for part in fields(value)}
    raise TypeError(f"a ledger keeps no {type(value).__name__}")


def _instant(at: datetime) -> str:
    if at.tzinfo is None:
        raise ValueError("an instant without offset has no place in a ledger")
    return at.astimezone(UTC).isoformat(timespec="microseconds")
