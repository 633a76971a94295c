"""What an H record says of a message of LIS02 records, read before anything else is understood."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise

from lis.wire.astm import Records, split_messages
from lis.wire.er7 import CharsetError, MessageError, decode

KIND = "ASTM"
BROKEN_OFF = ("T", "R", "E")
"""L-3 when a message is not what it was to be: the sender's or the receiver's abort, an error of the system."""
_LINE_END = re.compile(rb"[\r\n]+")
_START = re.compile(rb"(?:\A|(?<=[\r\n]))(?=[Hh][^A-Za-z0-9\s])")


@dataclass(frozen=True)
class AstmEnvelope:
    """One message with its header. `problem` is empty, or a word for why the rest must not be read."""

    raw: bytes
    message: Records | None
    problem: str = ""
    problem_text: str = ""

    @property
    def application(self) -> str:
        """The sender's name (H-5.1)."""
        return self.message.header.value(5, 1).strip() if self.message else ""

    @property
    def facility(self) -> str:
        return ""

    @property
    def sender(self) -> str:
        return self.message.header[5] if self.message else ""

    @property
    def control_id(self) -> str:
        """The message's number (H-3), else its time (H-14): what a repeat would carry too."""
        return (self.message.header[3] or self.message.header[14]) if self.message else ""

    @property
    def kind(self) -> str:
        return KIND

    @property
    def digest(self) -> str:
        """Of every record after H."""
        start = _START.search(self.raw)
        end = _LINE_END.search(self.raw, start.start() if start else 0)
        return sha256(self.raw[end.end() :].rstrip(b"\r\n") if end else b"").hexdigest()


def read_record_envelopes(raw: bytes, note: str = "", charset: str = "") -> list[AstmEnvelope]:
    """The messages of one transfer, each with its own bytes. `note` says why they are not whole."""
    cuts = [found.start() for found in _START.finditer(raw)]
    bounds = [0, *cuts[1:], len(raw)]
    return [read_record_envelope(raw[start:end], note, charset) for start, end in pairwise(bounds)]


def read_record_envelope(raw: bytes, note: str = "", charset: str = "") -> AstmEnvelope:
    """One message: UTF-8 if the bytes are that, else the interface's own character set."""
    problem, words = ("message.incomplete", f"The message has no end: {note}.") if note else ("", "")
    try:
        text, codec = decode(raw, charset or None)
    except CharsetError:
        text, codec = raw.decode("latin-1"), "latin-1"
        problem, words = "charset.undecodable", "The bytes are not in the interface's character set."
    found = split_messages(text).messages
    try:
        message = Records.parse(found[0] if found else text, codec)
    except MessageError as error:
        return AstmEnvelope(raw, None, f"header.{error.reason}", "No usable H record.")
    if "\0" in str(message.header):
        return AstmEnvelope(raw, None, "header.nul", "The H record holds a NUL character.")
    if not problem and (end := _broken_off(message)):
        problem, words = "message.aborted", f"The sender broke it off: L-3 is {end}."
    if not problem and not message.complete:
        problem, words = "message.incomplete", "The message has no L record: it was cut off."
    return AstmEnvelope(raw, message, problem, words)


def _broken_off(message: Records) -> str:
    """How a message ended that was not to end, "" when it did as it should."""
    ends = [record.value(3, 1).strip().upper() for record in message.all("L")]
    return next((end for end in ends if end in BROKEN_OFF), "")
