"""LIS02-A2 (ASTM E1394) records: the text that an ASTM link carries.

Rules (LIS02-A2, message content, with the tolerance that real senders need):

- A message runs from its H record to its L record. Records end with CR; LF and CRLF are taken too.
- H-2 declares repetition, component and escape, after the field separator: `|\\^&` usually, `|@^\\` Cepheid.
- Fields count from the record type: O-3 is the specimen id. Types are one letter; lower case is taken.
- Escapes: F S R E between escape characters are the delimiters, Xhh.. bytes; anything else stays as text.
- Nothing is dropped: a line that is no record keeps its place with the id "".
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

from lis.wire.er7 import lines_of
from lis.wire.er7_text import Delimiters, MessageError
from lis.wire.er7_write import Seg, write_line
from lis.wire.fields import Fields

ASTM = Delimiters("|", "^", "\\", "&", "", line_break="X0A")


class Record(Fields):
    """One record. `record.id` is its type (H P O R C Q M S L), `record[3]` its third field."""

    __slots__ = ()
    headers = frozenset("H")

    def __init__(self, text: str, delimiters: Delimiters = ASTM) -> None:
        self.delimiters = delimiters
        self.plain = not (delimiters.repetition in text or delimiters.escape in text)
        name, *others = text.split(delimiters.field)
        self.id = name.upper() if len(name) == 1 and name.isascii() and name.isalpha() else ""
        self.fields = [self.id, name, *others]

    def __str__(self) -> str:
        return self.delimiters.field.join(self.fields[1:])


def declared(header: str, charset: str = "utf-8") -> Delimiters:
    """Delimiters of the message that starts with this H record."""
    separator = header[1:2]
    if not separator or separator.isalnum() or separator.isspace():
        raise MessageError("no_field_separator")
    return _read_definition(separator, header[2:8].split(separator, 1)[0], charset)


@lru_cache(maxsize=256)
def _read_definition(separator: str, definition: str, charset: str) -> Delimiters:
    # Adapters write `\\^&` with the backslash doubled: a doubled character counts once.
    marks = [] if any(map(str.isalnum, definition)) else list(dict.fromkeys(definition))
    usual = [ASTM.repetition, ASTM.component, ASTM.escape][len(marks) :]
    marks += ["" if mark in marks or mark == separator else mark for mark in usual]
    repetition, component, escape = marks[:3]
    if not component:
        raise MessageError("no_component_separator")
    return replace(
        ASTM, field=separator, repetition=repetition, component=component, escape=escape, charset=charset
    )


class Records:
    """One message, read. Write with `build_records`; change nothing here."""

    __slots__ = ("delimiters", "records")

    def __init__(self, records: list[Record], delimiters: Delimiters) -> None:
        self.records = records
        self.delimiters = delimiters

    @classmethod
    def parse(cls, text: str, charset: str = "utf-8") -> "Records":
        """Read one message; MessageError unless it starts with an H record."""
        text = text.lstrip("\ufeff \t\r\n")
        if not text or text[0] not in "Hh":
            raise MessageError("no_header" if text else "empty")
        marks = declared(text, charset)
        return cls([Record(line, marks) for line in lines_of(text)], marks)

    def __str__(self) -> str:
        return "".join(f"{record}\r" for record in self.records)

    @property
    def header(self) -> Record:
        """The H record."""
        return self.records[0]

    @property
    def complete(self) -> bool:
        """Whether an L record ends it: a message without one was cut off."""
        return any(record.id == "L" for record in self.records)

    @property
    def well_declared(self) -> bool:
        """Whether H-2 names three different characters; if not, `delimiters` are a best guess."""
        distinct = set(self.header[2]) - {self.delimiters.field}
        return len(self.header[2]) == len(distinct) == 3 and not any(map(str.isalnum, distinct))

    def all(self, name: str) -> list[Record]:
        """Records of that type, in order."""
        return [record for record in self.records if record.id == name]


@dataclass(frozen=True, slots=True)
class Transfer:
    """What one transfer or file holds: messages, and the lines that stood before the first H record."""

    messages: list[str]
    strays: list[str]


def split_messages(text: str) -> Transfer:
    """Cut the text of a transfer before each H record."""
    strays, messages = list[str](), list[list[str]]()
    for line in lines_of(text.lstrip("\ufeff")):
        if line[0] in "Hh" and line[1:2] and not line[1].isalnum() and not line[1].isspace():
            messages.append([])
        (messages[-1] if messages else strays).append(line)
    return Transfer(["\r".join(lines) + "\r" for lines in messages], strays)


def build_records(records: Iterable[Seg], delimiters: Delimiters = ASTM) -> str:
    """Write records, each ended with CR; H-1 and H-2 are given. Values as in `er7_write`."""
    return "".join(_write_record(record, delimiters) + "\r" for record in records)


def _write_record(record: Seg, marks: Delimiters) -> str:
    if record.id == "H":
        start = "H" + marks.field + marks.repetition + marks.component + marks.escape
        return write_line(record, start, 3, marks)
    return write_line(record, record.id, 2, marks)
