"""The floors: what a durable insert costs on this disk, with no network, no reading and no judging.

One message row with its raw bytes and one row per observation, two indexes, one transaction per message.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import psycopg
from sqlalchemy import make_url

from benchmarks.load import Load
from lis.kernel.clock import monotonic

_SQLITE_TABLES = """
PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
CREATE TABLE message (id INTEGER PRIMARY KEY, control TEXT, received TEXT, raw BLOB);
CREATE INDEX message_control ON message (control);
CREATE TABLE result (id INTEGER PRIMARY KEY, message_id INTEGER, seq INTEGER, code TEXT, value TEXT, unit TEXT);
CREATE INDEX result_message ON result (message_id);
"""
_POSTGRESQL_TABLES = """
CREATE SCHEMA floor; SET search_path TO floor;
CREATE TABLE message (id bigint PRIMARY KEY, control text, received text, raw bytea);
CREATE INDEX message_control ON message (control);
CREATE TABLE result (id bigserial PRIMARY KEY, message_id bigint, seq int, code text, value text, unit text);
CREATE INDEX result_message ON result (message_id);
"""
_UNNEST = """
WITH one AS (INSERT INTO message VALUES (%s, %s, %s, %s) RETURNING id)
INSERT INTO result (message_id, seq, code, value, unit)
SELECT one.id, r.seq, r.code, r.value, r.unit
FROM one, unnest(%s::int[], %s::text[], %s::text[], %s::text[]) AS r(seq, code, value, unit)
"""
Result = tuple[int, str, str, str]  # seq, code, value, unit


def results_of(raw: bytes) -> list[Result]:
    """The observations of a message, by splitting alone."""
    rows: list[Result] = []
    for line in raw.decode().split("\r"):
        if line.startswith("OBX|"):
            fields = line.split("|")
            code, unit = fields[3].split("^", 1)[0], fields[6].split("^", 1)[0]
            rows.append((int(fields[1]), code, fields[5], unit))
    return rows


class SqliteStore:
    """A file with the two tables, written to through one connection."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.executescript(_SQLITE_TABLES)
        self._last = 0

    def add(self, control: str, raw: bytes, results: Sequence[Result]) -> None:
        """One message, durable when this returns."""
        self._last += 1
        key, execute = self._last, self._connection.execute
        execute("BEGIN IMMEDIATE")
        execute("INSERT INTO message VALUES (?, ?, ?, ?)", (key, control, "20260302", raw))
        self._connection.executemany(
            "INSERT INTO result (message_id, seq, code, value, unit) VALUES (?, ?, ?, ?, ?)",
            [(key, *row) for row in results],
        )
        execute("COMMIT")

    def close(self) -> None:
        self._connection.close()


def sqlite_floor(path: Path, frames: Sequence[bytes], seconds: float) -> Load:
    """sqlite3 raw, WAL, synchronous=FULL, one transaction per message."""
    path.unlink(missing_ok=True)
    with closing(SqliteStore(path)) as store:
        return _timed(frames, seconds, store.add)


def postgresql_floor(url: str, frames: Sequence[bytes], seconds: float) -> Load:
    """psycopg, one statement of unnested arrays per message, one transaction each."""
    libpq = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(libpq, autocommit=True) as connection:
        connection.execute(_POSTGRESQL_TABLES)
        keys = iter(range(1, len(frames) + 1))

        def add(control: str, raw: bytes, results: Sequence[Result]) -> None:
            columns = [list(column) for column in zip(*results, strict=True)]
            connection.execute(_UNNEST, (next(keys), control, "20260302", raw, *columns))

        try:
            return _timed(frames, seconds, add)
        finally:
            connection.execute("DROP SCHEMA floor CASCADE")


def _timed(
    frames: Sequence[bytes], seconds: float, add: Callable[[str, bytes, Sequence[Result]], None]
) -> Load:
    ready = [(f"C{number}", frame, results_of(frame)) for number, frame in enumerate(frames)]
    load = Load()
    began = monotonic()
    for control, raw, results in ready:
        started = monotonic()
        add(control, raw, results)
        now = monotonic()
        load.latencies.append(now - started)
        load.accepted += 1
        if now - began > seconds:
            break
    load.seconds = monotonic() - began
    return load
