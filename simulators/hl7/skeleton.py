"""Messages in two steps: a skeleton that hl7apy builds once, and a fill that costs microseconds.

hl7apy takes 20 ms and more to build one message, and reads what it is given as ER7 (so `&` in a name would cut it).
It is therefore given marks instead of values; its text is cut into segments, and each message fills the marks with
values that our own `escape` has made safe.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.core import Message

VERSION = "2.5.1"
MARKED = "@"
_MARK = re.compile("@@([a-z_0-9]+)@@")
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


_SPECIAL = re.compile(r"[\\|^&~\r\n]")


class Repeated(str):
    """Repetitions of a field, each made safe already."""

    __slots__ = ()


def escape(text: str) -> str:
    """Text as it may stand in a field (HL7 v2.5.1 section 2.7)."""
    return text.translate(_ESCAPES) if _SPECIAL.search(text) and not isinstance(text, Repeated) else text


def repeated(texts: Iterable[str]) -> Repeated:
    """Several values of one field."""
    return Repeated("~".join(map(escape, texts)))


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


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a segment: text between marks, and the marks; `mark` when it is nothing but that."""

    texts: tuple[str, ...]
    marks: tuple[str, ...]

    @property
    def mark(self) -> str:
        """The only thing in the field, "" when there is more."""
        return self.marks[0] if self.texts == ("", "") else ""

    def fill(self, values: Mapping[str, str]) -> str:
        """The field with its marks filled; one none of whose marks has a value is empty, constants and all."""
        given = [values.get(mark, "") for mark in self.marks]
        if self.marks and not any(given):
            return ""
        pairs = zip(self.texts[1:], given, strict=True)
        text = self.texts[0] + "".join(escape(value) + after for after, value in pairs)
        return text.rstrip("&^") if self.marks else text


class Skeleton:
    """One kind of message: its segments as text with marks, in the order and groups of its structure."""

    def __init__(self, structure: str, lines: Iterable[Line], version: str = VERSION) -> None:
        self.structure = structure
        self._templates = _templates(structure, tuple(lines), version)

    def fill(self, parts: Iterable[Part]) -> bytes:
        """The message with these segments in this order; a segment may come as often as its group repeats."""
        return "".join([_segment(self._templates[name], values) for name, values in parts]).encode()


Template = list[str | Field]
"""The fields of a segment: constant text, the name of a mark that is a whole field (as "@name"), or a mixture."""


def _segment(fields: Template, values: Mapping[str, str]) -> str:
    filled = []
    for field in fields:
        if isinstance(field, Field):
            filled.append(field.fill(values))
        elif field[:1] == MARKED:
            filled.append(escape(values.get(field[1:], "")))
        else:
            filled.append(field)
    return "|".join(filled).rstrip("|") + "\r"


def _templates(structure: str, lines: tuple[Line, ...], version: str) -> dict[str, Template]:
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


def _cut(text: str) -> str | Field:
    """The field in its simplest form."""
    pieces = _MARK.split(text)
    field = Field(tuple(pieces[::2]), tuple(pieces[1::2]))
    if field.mark:
        return MARKED + field.mark
    return field if field.marks else text
