"""Rows fetched before they are asked for: those of many keys in one statement, handed out key by key.

What was fetched of a key holds until a row of it changes in the same transaction; then it is read anew.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
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

    def added(self, values: Mapping[str, Any]) -> None:
        """A new row joins those of its key."""
        self.drop(values.get(self.column))

    def changed(self, row_id: int, columns: Collection[str]) -> None:
        """A row is no longer what was fetched; with its key it may have come to any."""
        if self.column in columns:
            self.forget()
        else:
            self.drop(self._key_of.get(row_id))

    def forget(self) -> None:
        self._rows, self._key_of = {}, {}
