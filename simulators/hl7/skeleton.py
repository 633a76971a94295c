"""Messages in two steps: a skeleton that hl7apy builds once, and a fill that costs microseconds.

hl7apy takes 20 ms and more to build one message, and reads what it is given as ER7 (so `&` in a name would cut it).
It is therefore given marks instead of values; its text is cut into segments, and each message fills the marks with
values that our own `escape` has made safe.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.core import Message

VERSION = "2.5.1"
_MARK = re.compile("@@([a-z_0-9]+)@@")
_EMPTY_TAIL = re.compile(r"[&^]+$")
_ESCAPES = str.maketrans(
    {
        "\\": "\\E\\",
        "|": "\\F\\",
        "^": "\\S\\",
        "&": "\\T\\",
        "~": "\\R\\",
        "\r": "\\.br\\",
        "\n": "\\.br\\",
    }
)

Part = tuple[str, Mapping[str, str]]
"""A segment of the skeleton by its name, and the values of its marks; a mark without value stays empty."""


def escape(text: str) -> str:
    """Text as it may stand in a field (HL7 v2.5.1 section 2.7)."""
    return text.translate(_ESCAPES)


@dataclass(frozen=True)
class Line:
    """One segment of a message to be built: the groups it lies in, its id, and its fields with marks.

    A second segment of the same id needs a name of its own; `anew` puts it into a new repetition of its group.
    """

    path: tuple[str, ...]
    segment: str
    fields: Mapping[int, str]
    name: str = ""
    anew: bool = False


Piece = tuple[str, bool]
"""Text, and whether it is the name of a mark."""


class Skeleton:
    """One kind of message: its segments as text with marks, in the order and groups of its structure."""

    def __init__(self, structure: str, lines: Iterable[Line], version: str = VERSION) -> None:
        self.structure = structure
        self._templates = _templates(structure, tuple(lines), version)

    def fill(self, parts: Iterable[Part]) -> bytes:
        """The message with these segments in this order; a segment may come as often as its group repeats."""
        return "".join(_segment(self._templates[name], values) for name, values in parts).encode()


def _segment(fields: Iterable[Sequence[Piece]], values: Mapping[str, str]) -> str:
    return "|".join(_field(pieces, values) for pieces in fields).rstrip("|") + "\r"


def _field(pieces: Sequence[Piece], values: Mapping[str, str]) -> str:
    """The field with its marks filled; a field none of whose marks has a value is empty, constants and all."""
    if len(pieces) == 1:
        return pieces[0][0]
    given = [values.get(piece, "") if is_mark else "" for piece, is_mark in pieces]
    if not any(given):
        return ""
    text = "".join(
        escape(value) if is_mark else piece for (piece, is_mark), value in zip(pieces, given, strict=True)
    )
    return _EMPTY_TAIL.sub("", text)


def _templates(structure: str, lines: tuple[Line, ...], version: str) -> dict[str, list[list[Piece]]]:
    message = Message(structure, version=version, validation_level=VALIDATION_LEVEL.TOLERANT)
    for line in lines:
        _add(message, line)
    texts = message.to_er7().strip("\r").split("\r")
    return {
        line.name or line.segment: [_cut(field) for field in text.split("|")]
        for line, text in zip(lines, texts, strict=True)
    }


def _add(message: Any, line: Line) -> None:
    parent = message
    for depth, name in enumerate(line.path, 1):
        found = [child for child in parent.children if child.name == name]
        is_new = not found or (line.anew and depth == len(line.path))
        parent = parent.add_group(name) if is_new else found[-1]
    segment = message.msh if line.segment == "MSH" else parent.add_segment(line.segment)
    for number, text in line.fields.items():
        setattr(segment, f"{line.segment.lower()}_{number}", text)


def _cut(text: str) -> list[Piece]:
    """The text between marks and the marks' names in turn."""
    return [(piece, bool(index % 2)) for index, piece in enumerate(_MARK.split(text))]
