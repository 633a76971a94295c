"""What commands say to the person at the keyboard: words as they are, never cut at the window's edge."""

from __future__ import annotations

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

BAD = "bold red"


def listing(*names: str, typed: int = 1) -> Table:
    """A table whose first columns, which people type again, are never cut."""
    return Table(*(Column(name, no_wrap=number < typed) for number, name in enumerate(names)))


def say(*words: str | tuple[str, str], to_errors: bool = False) -> None:
    """Print one line; a pair is text and its style. Brackets in names and paths are text, not mark-up."""
    Console(stderr=to_errors, highlight=False).print(Text.assemble(*words), soft_wrap=True)


def harmless(words: str) -> str:
    """Names and numbers that others chose, without what would steer a terminal."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in words)
