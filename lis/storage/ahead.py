"""Rows fetched before they are asked for: those of many keys in one statement, handed out key by key.

What was fetched of a key holds until a row of it changes in the same transaction; then it is read anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Row

Key = Any


class Ahead:
    """Rows of one table by the values of one column, as they stand in the database."""

    def __init__(self, column: str) -> None:
        self.column = column
        self._rows: dict[Key, list[Row[Any]]] = {}
        self._key_of: dict[int, Key] = {}

    def put(self, keys: Iterable[Key], rows: Sequence[Row[Any]]) -> None:
        """What the database has for these keys: every row, and nothing where there is none."""
        self._rows.update((key, []) for key in keys)
        for row in rows:
            key = getattr(row, self.column)
            self._rows[key].append(row)
            self._key_of[row.id] = key

    def get(self, key: Key) -> list[Row[Any]] | None:
        """The rows of a key; None where they are not known."""
        return self._rows.get(key)

    def drop(self, key: Key) -> None:
        """The rows of a key are no longer what was fetched."""
        self._rows.pop(key, None)

    def added(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """New rows join those of their keys."""
        for key in {row.get(self.column) for row in rows}:
            self.drop(key)

    def changed(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Rows, named by `id`, are no longer what was fetched; with its key one may have come to any."""
        if any(self.column in row for row in rows):
            self.forget()
            return
        for key in {self._key_of.get(row["id"]) for row in rows}:
            self.drop(key)

    def forget(self) -> None:
        self._rows, self._key_of = {}, {}
