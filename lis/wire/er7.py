"""HL7 v2 text (ER7), read lazily and written back unchanged.

Rules (HL7 v2.5.1 chapter 2, with the tolerance that real senders need):

- A message starts with MSH; its delimiters are its own. A BOM and blank space before it are ignored.
- Segments end with CR; LF and CRLF are taken too, blank ones skipped.
- Nothing is dropped: a segment nobody knows is a segment; a line that is no segment keeps its place with the id "".
- A field is cut only when asked for. `segment[5]` is the text as it came; `segment.value(5, 2)` is unescaped.
- Empty means not stated; `""` (NULL) means "delete what you know". They stay different.
- `str(message)` gives the segments back as they came, ended with CR.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from operator import itemgetter

from lis.wire.charset import CharsetError, codec_of, decode, msh_fields
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
    "codec_of",
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


def _is_id(name: str) -> bool:
    return len(name) == 3 and _is_upper(name)


@lru_cache(maxsize=1024)
def _is_upper(name: str) -> bool:
    return name.isascii() and name.isalnum() and name.isupper()


class Segment(Fields):
    """One line of a message. Fields count as in HL7, with the id at 0 and MSH-1 the separator itself."""

    __slots__ = ()
    headers = HEADERS

    def __init__(self, text: str, delimiters: Delimiters = DEFAULT, plain: bool = False) -> None:
        """`plain`: it is known to have neither repetition nor escape."""
        self.delimiters = delimiters
        self.fields = fields = text.split(delimiters.field)
        self.id = name = fields[0]
        if name not in _USUAL:
            if name in HEADERS:
                fields.insert(1, delimiters.field)
            elif not _is_id(name):
                self.id = ""
        self.plain = plain or _is_plain(text, name, delimiters)

    def __str__(self) -> str:
        fields = self.fields
        if self.id in HEADERS:
            return fields[0] + self.delimiters.field.join(["", *fields[2:]])
        return self.delimiters.field.join(fields)

    def glued(self) -> str:
        """Id of a segment that seems to have lost the line end before it and stands inside this one, or ""."""
        inner = self.fields[2:-1]
        if _COMMON.isdisjoint(map(_last_three, inner)):
            return ""
        return next(end for end in map(_last_three, inner) if end in _COMMON)


_last_three: Callable[[str], str] = itemgetter(slice(-3, None))
_USUAL = frozenset(("PID", "PV1", "ORC", "OBR", "OBX", "NTE", "SPM", "SAC", "TCD", "INV", "TQ1", "CTI"))
_COMMON = _USUAL | {"MSH"}
LONG = 4096  # characters: a longer line is cut only when a field of it is asked for


class _LongSegment(Segment):
    """A segment so long that it costs something to cut it."""

    __slots__ = ("_cut_fields", "_text")

    def __init__(self, text: str, delimiters: Delimiters, plain: bool = False) -> None:
        self.delimiters = delimiters
        self._text = text
        self._cut_fields: list[str] = []
        name = text[:LONG].split(delimiters.field, 1)[0]
        self.id = name if _is_id(name) else ""
        self.plain = plain or _is_plain(text, name, delimiters)

    @property
    def fields(self) -> list[str]:  # type: ignore[override]
        if not self._cut_fields:
            self._cut_fields = self._text.split(self.delimiters.field)
            if self.id in HEADERS:
                self._cut_fields.insert(1, self.delimiters.field)
        return self._cut_fields


def _is_plain(text: str, name: str, marks: Delimiters) -> bool:
    """Whether neither repetition nor escape stands in a line, but where its header declares them."""
    start = text.find(marks.field, 4) if name in HEADERS else 0
    return text.find(marks.repetition, start) < 0 and text.find(marks.escape, start) < 0


def lines_of(text: str) -> list[str]:
    """Lines ended by CR, LF or CRLF, blank ones left out."""
    if "\n" in text:
        text = text.replace("\r\n", "\r").replace("\n", "\r")
    return list(filter(str.strip, text.split("\r")))


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
        behind = len(header)  # there it is looked once, not for every segment
        plain = text.find(marks.repetition, behind) < 0 and text.find(marks.escape, behind) < 0
        segments = [Segment(header, marks)]
        if len(text) <= LONG:
            segments += [Segment(line, marks, plain) for line in lines]
        else:
            segments += [
                (Segment if len(line) <= LONG else _LongSegment)(line, marks, plain) for line in lines
            ]
        return cls(segments, marks)

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
