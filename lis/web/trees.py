"""A stored message as a tree to look at: its segments or records, and every part that says something."""

from __future__ import annotations

from dataclasses import dataclass

from lis.wire.charset import CharsetError, decode
from lis.wire.er7 import Message, MessageError
from lis.wire.er7_text import unescape
from lis.wire.fields import Fields
from lis.wire.lis02 import Records

HEADER_TYPES = "Hh"


@dataclass(frozen=True, slots=True)
class Branch:
    """A segment or record: its id ("" when the line is none), its leaves as (path, text), and the line itself."""

    id: str
    leaves: tuple[tuple[str, str], ...]
    line: str


def tree_of(raw: bytes | None) -> list[Branch]:
    """The branches of an HL7 or LIS02 message; [] when nobody can read it as either."""
    lines: list[Fields] = []
    try:
        text, charset = decode((raw or b"").strip(b"\x0b\x1c\r\n"))
        if text[:1] and text[0] in HEADER_TYPES:
            lines.extend(Records.parse(text, charset).records)
        else:
            lines.extend(Message.parse(text, charset).segments)
    except (CharsetError, MessageError):
        return []
    return [Branch(line.id, tuple(_leaves(line)), str(line)) for line in lines]


def _leaves(line: Fields) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for number in range(1, len(line.fields)):
        repetitions = line.tree(number)
        for rep, components in enumerate(repetitions, 1):
            path = f"{line.id}-{number}" + (f"[{rep}]" if len(repetitions) > 1 else "")
            found += _parts(path, components, line)
    return found


def _parts(path: str, components: list[list[str]], line: Fields) -> list[tuple[str, str]]:
    """The filled parts of one repetition, cut as deep as they are cut in the message."""
    found: list[tuple[str, str]] = []
    for c, subcomponents in enumerate(components, 1):
        for s, text in enumerate(subcomponents, 1):
            deep = f".{c}.{s}" if len(subcomponents) > 1 else f".{c}" if len(components) > 1 else ""
            if text:
                found.append((path + deep, unescape(text, line.delimiters)))
    return found
