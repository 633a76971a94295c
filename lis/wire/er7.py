"""HL7 v2 text (ER7), read lazily and written back unchanged.

Rules (HL7 v2.5.1 chapter 2, with the tolerance that real senders need):

- A message starts with MSH; its delimiters are its own. A BOM and blank space before it are ignored.
- Segments end with CR; LF and CRLF are taken too, blank ones skipped.
- Nothing is dropped: a segment nobody knows is a segment; a line that is no segment keeps its place with the
  id "" and is listed in `leftovers`.
- A field is cut only when asked for. `segment[5]` is the text as it came; `segment.value(5, 2)` is unescaped.
- Empty means not stated; `""` (NULL) means "delete what you know". They stay different.
- `str(message)` gives the segments back as they came, ended with CR.
"""

from dataclasses import dataclass, field
from functools import lru_cache

from lis.wire.charset import CHARSETS, CharsetError, decode, msh_fields
from lis.wire.er7_text import (
    DEFAULT,
    HEADERS,
    Delimiters,
    MessageError,
    declared,
    escape,
    is_well_declared,
    unescape,
)
from lis.wire.er7_write import NULL, Comps, Raw, Reps, Seg, Subs, Value, build, comps, reps, subs
from lis.wire.fields import Fields

__all__ = [
    "CHARSETS",
    "DEFAULT",
    "NULL",
    "Batch",
    "CharsetError",
    "Comps",
    "Delimiters",
    "Message",
    "MessageError",
    "Raw",
    "Reps",
    "Seg",
    "Segment",
    "Subs",
    "Value",
    "build",
    "comps",
    "decode",
    "escape",
    "lines_of",
    "msh_fields",
    "reps",
    "split_batch",
    "subs",
    "unescape",
]


@lru_cache(maxsize=1024)
def _is_id(name: str) -> bool:
    return len(name) == 3 and name.isascii() and name.isalnum() and name.isupper()


LONG = 4096  # characters: a longer line is cut only when a field of it is asked for


class Segment(Fields):
    """One line of a message. Fields count as in HL7, with the id at 0 and MSH-1 the separator itself."""

    __slots__ = ("_uncut",)
    headers = HEADERS

    def __init__(self, text: str, delimiters: Delimiters = DEFAULT, plain: bool = False) -> None:
        """`plain`: it is known to have neither repetition nor escape."""
        self.delimiters = delimiters
        self._plain = plain or not (delimiters.repetition in text or delimiters.escape in text)
        if len(text) > LONG:
            self._uncut = text
            end = text.find(delimiters.field)
            name = text[:end] if end >= 0 else text
        else:
            self.fields = fields = text.split(delimiters.field)
            name = fields[0]
            if name in HEADERS:
                fields.insert(1, delimiters.field)
        self.id = name if name in _COMMON or _is_id(name) else ""

    def __getattr__(self, name: str) -> list[str]:
        """The fields of a long line, when they are first asked for."""
        if name != "fields":
            raise AttributeError(name)
        self.fields = fields = self._uncut.split(self.delimiters.field)
        if fields[0] in HEADERS:
            fields.insert(1, self.delimiters.field)
        return fields

    def __str__(self) -> str:
        fields = self.fields
        if self.id in HEADERS:
            return fields[0] + self.delimiters.field.join(["", *fields[2:]])
        return self.delimiters.field.join(fields)

    def glued(self) -> str:
        """Id of a segment that seems to have lost the line end before it and stands inside this one, or ""."""
        for text in self.fields[2:-1]:
            if text[-3:] in _COMMON:
                return text[-3:]
        return ""


_COMMON = frozenset(
    ("MSH", "PID", "PV1", "ORC", "OBR", "OBX", "NTE", "SPM", "SAC", "TCD", "INV", "TQ1", "CTI")
)


def _is_plain(text: str, start: int, marks: Delimiters) -> bool:
    """Whether no repetition and no escape stands after the header: found once, not for every segment."""
    return text.find(marks.repetition, start) < 0 and text.find(marks.escape, start) < 0


def lines_of(text: str) -> list[str]:
    """Lines ended by CR, LF or CRLF, blank ones left out."""
    if "\n" in text:
        text = text.replace("\r\n", "\r").replace("\n", "\r")
    return [line for line in text.split("\r") if line and not line.isspace()]


class Message:
    """One message, read. Build the text with `build`; change nothing here."""

    __slots__ = ("delimiters", "segments")

    def __init__(self, segments: list[Segment], delimiters: Delimiters) -> None:
        self.segments = segments
        self.delimiters = delimiters

    @classmethod
    def parse(cls, text: str, charset: str = "utf-8") -> "Message":
        """Read one message; MessageError when there is no usable MSH. `charset` decodes `X..` escapes."""
        text = text.lstrip("\ufeff \t\r\n")
        if not text.startswith("MSH"):
            raise MessageError("no_header" if text else "empty")
        marks = declared(text, charset)
        header, *lines = lines_of(text)
        plain = _is_plain(text, len(header), marks)
        return cls([Segment(header, marks), *[Segment(line, marks, plain) for line in lines]], marks)

    def __str__(self) -> str:
        return "".join(f"{segment}\r" for segment in self.segments)

    @property
    def header(self) -> Segment:
        """The MSH segment."""
        return self.segments[0]

    @property
    def well_declared(self) -> bool:
        """Whether MSH-2 is what the standard asks; if not, `delimiters` are a best guess."""
        return is_well_declared(self.header[1], self.header[2])

    @property
    def leftovers(self) -> list[Segment]:
        """Lines that are no segments, for someone to look at."""
        return [segment for segment in self.segments if not segment.id]

    def all(self, name: str) -> list[Segment]:
        """Segments with that id, in order."""
        return [segment for segment in self.segments if segment.id == name]

    def first(self, name: str) -> Segment | None:
        """The first segment with that id."""
        for segment in self.segments:
            if segment.id == name:
                return segment
        return None


@dataclass(frozen=True, slots=True)
class Batch:
    """What one payload or file holds: messages, the lines around them, and what stood before the first."""

    messages: list[str] = field(default_factory=list)
    envelope: list[str] = field(default_factory=list)
    strays: list[str] = field(default_factory=list)


def split_batch(text: str) -> Batch:
    """Cut a payload before each MSH; FHS, BHS, BTS and FTS belong to no message (HL7 v2.5.1 batch protocol)."""
    batch, current = Batch(), list[str]()
    for line in lines_of(text.lstrip("\ufeff \t\r\n")):
        name = line[:3]
        if name in ("FHS", "BHS", "BTS", "FTS"):
            batch.envelope.append(line)
        elif name == "MSH":
            _close(batch, current)
            current = [line]
        elif current:
            current.append(line)
        else:
            batch.strays.append(line)
    _close(batch, current)
    return batch


def _close(batch: Batch, lines: list[str]) -> None:
    if lines:
        batch.messages.append("\r".join(lines) + "\r")
