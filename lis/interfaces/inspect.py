"""A stored message for people: what its bytes look like, and the parts it is made of.

Nothing here decides anything; what cannot be read is shown as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

from lis.interfaces.naming import USUAL, component_name, field_name, segment_name
from lis.wire.astm import Records
from lis.wire.er7 import CharsetError, Message, MessageError, decode, unescape
from lis.wire.fields import Fields

_PICTURES = {code: chr(0x2400 + code) for code in range(32)} | {127: "\u2421"}
_LINE_ENDS = ("\r\n", "\r", "\n")


@dataclass(frozen=True, slots=True)
class Leaf:
    """One filled part: where it stands (`PID-5.1`, `OBX-8[2]`), as it came, as it was meant, and what it is called."""

    path: str
    text: str
    meaning: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Branch:
    """One segment or record: its id ("" when the line is none), its filled parts, the line as it came, its name."""

    id: str
    line: str
    leaves: tuple[Leaf, ...]
    name: str = ""


@dataclass(frozen=True, slots=True)
class _Standard:
    """By whose definitions parts are named."""

    version: str = USUAL
    records: bool = False

    def name(self, line: Fields, field: int, component: int) -> str:
        """A field's name, with its component's where it is cut."""
        name = field_name(line.id, field, version=self.version, records=self.records)
        if not component or self.records:
            return name
        told = line.value(2) if (line.id, field) == ("OBX", 5) else ""
        part = component_name(line.id, field, component, version=self.version, datatype=told)
        return f"{name}: {part.lower()}" if part else name


def visible(raw: bytes) -> list[str]:
    """The lines of a message with every control character as its picture, line ends included.

    Bytes that are no text in any declared character set are shown one by one.
    """
    try:
        text = decode(raw)[0]
    except CharsetError:
        text = raw.decode("utf-8", "backslashreplace")
    return [line.translate(_PICTURES) for line in _lines(text)]


def tree(raw: bytes) -> list[Branch]:
    """The segments or records of a message; [] when it cannot be read as HL7 or LIS02."""
    try:
        text, codec = decode(raw.strip(b"\x0b\x1c\r\n"))
    except CharsetError:
        text, codec = raw.decode("latin-1"), "latin-1"
    try:
        lines, standard = _read(text, codec)
    except MessageError:
        return []
    return [
        Branch(
            line.id,
            str(line),
            tuple(_leaves(line, standard)),
            segment_name(line.id, records=standard.records),
        )
        for line in lines
    ]


def _read(text: str, codec: str) -> tuple[list[Fields], _Standard]:
    if text.lstrip("\ufeff \t\r\n").startswith("MSH"):
        message = Message.parse(text, codec)
        return [*message.segments], _Standard(message.header.value(12, 1).strip())
    return [*Records.parse(text, codec).records], _Standard(records=True)


def _lines(text: str) -> list[str]:
    """Cut after each line end, which stays with its line."""
    found, start = list[str](), 0
    while start < len(text):
        ends = [(at, mark) for mark in _LINE_ENDS if (at := text.find(mark, start)) >= 0]
        at, mark = min(ends, key=lambda end: (end[0], -len(end[1])), default=(len(text), ""))
        found.append(text[start : at + len(mark)])
        start = at + len(mark)
    return found


def _leaves(line: Fields, standard: _Standard) -> list[Leaf]:
    found: list[Leaf] = []
    for number in range(1, len(line.fields)):
        repetitions = line.tree(number)
        for place, components in enumerate(repetitions, 1):
            path = f"{line.id}-{number}" + (f"[{place}]" if len(repetitions) > 1 else "")
            found += _parts(path, number, components, line, standard)
    return found


def _parts(
    path: str, field: int, components: list[list[str]], line: Fields, standard: _Standard
) -> list[Leaf]:
    """The filled parts of one repetition, cut as deep as the message cuts them."""
    found: list[Leaf] = []
    for component, subcomponents in enumerate(components, 1):
        is_cut = len(components) > 1 or len(subcomponents) > 1
        name = standard.name(line, field, component if is_cut else 0)
        for subcomponent, text in enumerate(subcomponents, 1):
            if not text:
                continue
            where = f".{component}" if is_cut else ""
            where += f".{subcomponent}" if len(subcomponents) > 1 else ""
            found.append(Leaf(path + where, text, unescape(text, line.delimiters, "\n"), name))
    return found
