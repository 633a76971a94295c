"""What MSH says of a message, read before anything else is understood: who, to whom, what, which number.

Undecodable bytes still have an envelope, so that they can be answered (HL7 v2.5.1 chapter 2, MSH).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from itertools import pairwise

from lis.wire.charset import is_single, line_end
from lis.wire.er7 import CharsetError, Message, MessageError, Segment, decode, split_batch

SUPPORTED = frozenset(
    ("2.1", "2.2", "2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.7.1", "2.8", "2.8.1", "2.8.2")
)
REPLIES = frozenset(
    ("ACK", "NAK", "MCF", "ORL", "ORR", "ORG", "ORD", "ORI", "ORP", "RSP", "RTB", "RDR", "QCK")
)
_START = re.compile(rb"(?:\A|(?<=[\r\n]))(?=MSH[^A-Za-z0-9\s])")
_NO_PART = frozenset(("MSH", "FHS", "BHS", "BTS", "FTS", ""))  # of the message that they may stand behind
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Envelope:
    """One message with its header. `problem` is empty, or a word for why the rest must not be read."""

    raw: bytes
    codec: str
    message: Message | None
    problem: str = ""
    problem_text: str = ""

    def field(self, number: int, component: int = 1) -> str:
        """A component of MSH, "" when there is no header."""
        message = self.message
        return message.segments[0].value(number, component).strip() if message else ""

    @property
    def header(self) -> Segment:
        if self.message is None:
            raise ValueError("this message has no header")
        return self.message.header

    @cached_property
    def control_id(self) -> str:
        """MSH-10 as it came: it is given back byte for byte."""
        return self.message.header[10] if self.message else ""

    @cached_property
    def application(self) -> str:
        return self.field(3)

    @cached_property
    def facility(self) -> str:
        return self.field(4)

    @cached_property
    def sender(self) -> str:
        return f"{self.field(3)}|{self.field(4)}" if self.message else ""

    @cached_property
    def kind(self) -> str:
        """Type and event, as in `ORU^R01`; the type alone when no event is named."""
        event = self.field(9, 2)
        return f"{self.field(9)}^{event}" if event else self.field(9)

    @cached_property
    def version(self) -> str:
        return self.field(12)

    @cached_property
    def is_reply(self) -> bool:
        """Whether it answers something: such a message is never acknowledged unless it asks for it."""
        return self.field(9) in REPLIES

    @property
    def enhanced(self) -> bool:
        """Whether MSH-15 or 16 says who wants which acknowledgement (HL7 v2.5.1 section 2.9.3)."""
        return self.message is not None and bool(self._wish(15) or self._wish(16))

    def wants(self, number: int, *, ok: bool) -> bool:
        """Whether MSH-15 (accept) or MSH-16 (application) asks to be told of a success or an error (table 0155)."""
        return self._wish(number) in ("AL", "SU" if ok else "ER")

    def _wish(self, number: int) -> str:
        wish = self.field(number)
        return wish if wish in ("AL", "NE", "ER", "SU") else ""

    @cached_property
    def digest(self) -> str:
        """Of everything after MSH, as it came: two messages with one number are one only if this is equal too."""
        return sha256(_body(self.raw)).hexdigest()


def read_envelopes(raw: bytes, default_charset: str | None = None) -> list[Envelope]:
    """The messages of one payload, each with its own bytes; one without header when there is no message."""
    cuts = [] if is_single(raw) else [found.start() for found in _START.finditer(raw)]
    if len(cuts) < 2:
        return [read_envelope(raw, default_charset)]
    bounds = [0, *cuts[1:], len(raw)]
    pieces = [raw[start:end] for start, end in pairwise(bounds)]
    return [read_envelope(piece, default_charset) for piece in pieces]


def read_envelope(raw: bytes, default_charset: str | None = None) -> Envelope:
    """One message's envelope; the batch's own lines around it are left aside."""
    try:
        text, codec = decode(raw, default_charset or None)
    except CharsetError as error:
        text, codec = raw.decode("latin-1"), "latin-1"
        return _read(raw, text, codec, f"charset.{error.reason}", _charset_words(error))
    return _read(raw, text, codec, "", "")


def _read(raw: bytes, text: str, codec: str, problem: str, words: str) -> Envelope:
    try:
        message = _message(text, codec)
    except MessageError as error:
        return Envelope(raw, codec, None, f"header.{error.reason}", "No usable MSH segment.")
    header = message.header
    if "\0" in text and "\0" in str(header):
        return Envelope(
            raw, codec, None, "header.nul", "MSH holds a NUL character: nothing in it can be answered."
        )
    if not header.value(10).strip():
        return Envelope(raw, codec, message, "header.no_control_id", "MSH-10 is empty.")
    if not problem and not message.well_declared and len(header[2]) < 4:
        problem, words = "header.encoding_characters", f"MSH-2 is {header[2]!r}."
    return Envelope(raw, codec, message, problem, words)


def _message(text: str, codec: str) -> Message:
    """The first message of a text, without the lines of a batch around it."""
    if text.startswith("MSH"):
        message = Message.parse(text, codec)
        if _NO_PART.isdisjoint([segment.id for segment in message.segments[1:]]):
            return message
    messages = split_batch(text).messages
    return Message.parse(messages[0] if messages else text, codec)


def _charset_words(error: CharsetError) -> str:
    if error.reason == "undecodable":
        return f"The bytes are not in the character set {error.declared or 'that MSH-18 leaves empty'}."
    return f"The character set {error.declared!r} in MSH-18 is not known here."


def _body(raw: bytes) -> bytes:
    start = _START.search(raw.removeprefix(_BOM))
    header = start.start() if start else 0
    return raw[line_end(raw, header + 3) :].strip(b"\r\n")
