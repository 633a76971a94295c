"""Bytes to text by MSH-18, strictly: a byte that does not fit is an error, never another character.

Rules (HL7 v2.5.1 chapter 2, MSH-18, and table 0211):

- MSH-18, first repetition, names the character set of the whole message.
- Spellings of one name differ in marks only: UTF8, ISO-8859-1.
- Empty means 7-bit ASCII; as senders do leave it empty and send more, UTF-8 is tried strictly, then the
  character set that the interface is configured for, if it is.
- "UNICODE" alone means UTF-8 (Mindray, Erba). Any other name outside the table is refused.
- Several messages in one payload must agree.
- NUL is a character of none of them: text ends at it elsewhere, and databases cannot keep it.
"""

import codecs
import re

CHARSETS = {
    "ASCII": "ascii",
    "UNICODE UTF-8": "utf-8",
    "UNICODE": "utf-8",
    "UTF-8": "utf-8",
    "GB 18030-2000": "gb18030",
} | {f"8859/{part}": f"iso8859-{part}" for part in range(1, 16) if part != 12}

_NO_LETTER = re.compile(r"[^A-Z0-9]")


def codec_of(name: str) -> str:
    """The codec of a character set's name in MSH-18, "" when none of the table is meant."""
    name = name.strip().upper()
    return CHARSETS.get(name) or _CODECS.get(_NO_LETTER.sub("", name).removeprefix("ISO"), "")


_CODECS = {_NO_LETTER.sub("", name): codec for name, codec in CHARSETS.items()} | {"UNICODEUTF8": "utf-8"}
_BOM = codecs.BOM_UTF8
_HEADER = re.compile(rb"(?:^|[\r\n])(MSH[^\r\n]*)")


class CharsetError(ValueError):
    """The bytes cannot be read: `reason` is unknown, mixed or undecodable; `declared` is what MSH-18 said."""

    def __init__(self, reason: str, declared: str) -> None:
        super().__init__(f"{reason} character set {declared!r}")
        self.reason = reason
        self.declared = declared


def msh_fields(raw: bytes) -> list[str]:
    """Fields of the first MSH by their HL7 number, byte for byte as Latin-1; [] if there is none.

    For the answer to a message that cannot be decoded: `encode("latin-1")` gives the sender's bytes back.
    """
    found = _HEADER.search(raw.removeprefix(_BOM).lstrip())
    header = found.group(1).decode("latin-1") if found else ""
    separator = header[3:4]
    return ["MSH", separator, *header[4:].split(separator)] if separator else []


def _declared(header: bytes) -> str:
    fields = header.split(header[3:4] or b"|", 18)  # MSH-1 is the separator, so MSH-18 is the 18th part
    name = fields[17] if len(fields) > 17 else b""
    repetition = fields[1][1:2] if name else b""
    return (name.split(repetition)[0] if repetition else name).strip().decode("latin-1")


def is_single(raw: bytes) -> bool:
    """Whether it begins with MSH, which stands nowhere else in it: so it is with nearly all payloads."""
    return raw.startswith(b"MSH") and raw.rfind(b"MSH") == 0


def decode(raw: bytes, default: str | None = None) -> tuple[str, str]:
    """The text and the codec that read it; `default` is the interface's own for an empty MSH-18.

    Raises CharsetError rather than replacing anything.
    """
    raw = raw.removeprefix(_BOM)
    name = _name(raw)
    codecs_to_try = _codecs(name, default)
    for codec in codecs_to_try if b"\0" not in raw else ():
        try:
            return raw.decode(codec), codec
        except UnicodeDecodeError:
            continue
    raise CharsetError("undecodable" if codecs_to_try else "unknown", name)


def _name(raw: bytes) -> str:
    """What MSH-18 says, in every message of the payload the same."""
    if is_single(raw):
        return _declared(raw[: line_end(raw)])
    names = {_declared(header) for header in _HEADER.findall(raw.lstrip())} or {""}
    if len(names) > 1:
        raise CharsetError("mixed", ", ".join(sorted(names)))
    return names.pop()


def _codecs(name: str, default: str | None) -> tuple[str, ...]:
    if name:
        codec = codec_of(name)
        return (codec,) if codec else ()
    return ("utf-8", codec_of(default) or default) if default else ("utf-8",)


def line_end(raw: bytes, start: int = 0) -> int:
    """Where the line ends that stands there."""
    end = raw.find(b"\r", start)
    line_feed = raw.find(b"\n", start, end if end >= 0 else len(raw))
    return line_feed if line_feed >= 0 else end if end >= 0 else len(raw)
