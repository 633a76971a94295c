"""A laboratory as one portable file, from either database into either.

Gzipped JSON lines: a header, then for each table its columns and its rows as they are stored, then the count of rows,
so that a file that was cut short is refused.
"""

from __future__ import annotations

import base64
import errno
import gzip
import json
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import groupby, islice
from pathlib import Path
from typing import Any, TextIO

from sqlalchemy import Column, Connection, LargeBinary, MetaData, Table, insert, select, update

from lis.kernel.clock import ClockState
from lis.kernel.errors import Invalid
from lis.storage import database, migrations
from lis.storage.tables import lab

FORMAT = "lis-laboratory"
ROWS_AT_ONCE = 500


def tables_of(connection: Connection) -> list[Table]:
    """The tables that a laboratory has at its own revision, referenced ones first."""
    found = MetaData()
    found.reflect(connection, only=lambda name, _: name != migrations.LAB.version_table)
    return found.sorted_tables


def dump(connection: Connection, path: Path, about: dict[str, Any]) -> int:
    """Write a laboratory to a file; how many rows it has. The file appears only when it is whole and on the disk."""
    part = path.with_name(f"{path.name}.part")
    header = {"format": FORMAT, "revision": migrations.revision(connection, migrations.LAB), **about}
    try:
        with part.open("wb") as file:
            with gzip.open(file, "wt", encoding="utf-8", compresslevel=6) as lines:
                lines.write(json.dumps(header) + "\n")
                rows = _dump_tables(connection, lines)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise database.full() if error.errno == errno.ENOSPC else database.failed(error) from error
    return rows


def _dump_tables(connection: Connection, lines: TextIO) -> int:
    rows = 0
    for table in tables_of(connection):
        lines.write(json.dumps({"table": table.name, "columns": list(table.columns.keys())}) + "\n")
        for row in _stored_rows(connection, table):
            lines.write(json.dumps(row, ensure_ascii=False) + "\n")
            rows += 1
    lines.write(json.dumps({"rows": rows}) + "\n")
    return rows


def _stored_rows(connection: Connection, table: Table) -> Iterator[list[Any]]:
    binary = [isinstance(column.type, LargeBinary) for column in table.columns]
    query = select(table).order_by(*table.primary_key.columns)
    for row in connection.execute(query, execution_options={"yield_per": ROWS_AT_ONCE}):
        yield [_text(value) if is_binary else value for value, is_binary in zip(row, binary, strict=True)]


def _text(value: bytes | None) -> str | None:
    return None if value is None else base64.b64encode(value).decode("ascii")


def header_of(path: Path) -> dict[str, Any]:
    """What a file says of itself; refused when it is no laboratory's."""
    with _opened(path) as lines:
        header: Any = next(lines, None)
    if isinstance(header, dict) and header.get("format") == FORMAT:
        return header
    raise Invalid("backup.format", f"{path.name} is not a backup of a laboratory.")


def load(connection: Connection, path: Path) -> None:
    """Put a file's rows into the empty tables of the revision it was written at."""
    tables = {table.name: table for table in tables_of(connection)}
    rows = 0
    said: dict[str, Any] = {}
    with _opened(path) as lines:
        next(lines)
        for is_row, group in groupby(lines, key=lambda line: isinstance(line, list)):
            if is_row:
                rows += _insert(connection, tables[said["table"]], said["columns"], group)
            else:
                *_, said = group  # a table without rows is followed by the next one
    if said.get("rows") != rows:
        raise Invalid("backup.cut", f"{path.name} is not whole: it ends after {rows} rows.")


def _insert(connection: Connection, table: Table, names: list[str], rows: Iterator[list[Any]]) -> int:
    columns = [table.columns[name] for name in names]
    total = 0
    while batch := list(islice(rows, ROWS_AT_ONCE)):
        connection.execute(insert(table), [_values(columns, row) for row in batch])
        total += len(batch)
    return total


def _values(columns: list[Column[Any]], row: list[Any]) -> dict[str, Any]:
    return {
        column.name: base64.b64decode(value)
        if isinstance(column.type, LargeBinary) and value is not None
        else value
        for column, value in zip(columns, row, strict=True)
    }


@contextmanager
def _opened(path: Path) -> Iterator[Iterator[Any]]:
    """The file's lines as values; a missing, foreign or damaged file is refused in words."""
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            yield map(json.loads, file)
    except FileNotFoundError as missing:
        raise Invalid("backup.missing", f"There is no file {path}.") from missing
    except (gzip.BadGzipFile, EOFError, zlib.error, UnicodeDecodeError, json.JSONDecodeError) as damaged:
        raise Invalid("backup.damaged", f"{path.name} cannot be read: {damaged}.") from damaged


def settle(connection: Connection, slug: str, *, wall: datetime, stood_at: datetime | None) -> None:
    """Make a copied laboratory one of its own: its name, and a clock that goes on from where the copy was taken.

    `stood_at` is the wall instant of the copy, None when it is a snapshot, whose clock stands at its anchor.
    """
    row = connection.execute(select(lab)).one()
    state = ClockState(row.lab_anchor, row.wall_anchor, row.speed, row.paused)
    lab_time = state.lab_time(stood_at or state.wall_anchor)
    connection.execute(update(lab).values(slug=slug, lab_anchor=lab_time, wall_anchor=wall))
