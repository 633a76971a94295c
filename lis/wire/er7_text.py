"""Characters of ER7: the delimiters a message declares, and the escape sequences that protect them.

Rules (HL7 v2.5.1 chapter 2: message delimiters, escape sequences, MSH-1 and MSH-2):

- MSH-1 is the character after "MSH"; MSH-2 gives component, repetition, escape, subcomponent and, from v2.7,
  truncation. What MSH-2 leaves out takes its usual character unless that one is already used.
- Unescaping comes after splitting. F S T R E P between escape characters are the delimiters, Xhh.. are bytes
  in the message's character set. Formatting commands, local sequences and the unknown stay as text.
"""

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache

HEADERS = frozenset(("MSH", "FHS", "BHS"))


class MessageError(ValueError):
    """The text is no message: `reason` is empty, no_header, no_field_separator or no_component_separator."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Delimiters:
    """The characters that cut one message, and the codec of its `X..` escapes.

    Field and component are always there; any other may be empty, that is, not available in this message.
    """

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"
    truncation: str = ""
    charset: str = "utf-8"
    line_break: str = ".br"  # how a line break is written

    @cached_property
    def encoding_characters(self) -> str:
        """MSH-2 as this side writes it."""
        return self.component + self.repetition + self.escape + self.subcomponent + self.truncation

    @cached_property
    def escapes(self) -> "tuple[re.Pattern[str], dict[str, str]]":
        """What cannot stand in a field as it is, and the letter that is written for each."""
        return _escapes(self)


DEFAULT = Delimiters()


def declared(header: str, charset: str = "utf-8") -> Delimiters:
    """Delimiters of the message that starts with this MSH, FHS or BHS segment."""
    return _declared(header[3:12], charset)


@lru_cache(maxsize=256)
def _declared(start: str, charset: str) -> Delimiters:
    """By what follows the segment's id."""
    separator = start[:1]
    if not separator or separator.isalnum() or separator.isspace():
        raise MessageError("no_field_separator")
    encoding = start[1:].split(separator, 1)[0]
    # A doubled character counts once: `^~\\\\&` is read as `^~\\&`. Letters mean that MSH-2 was left out.
    chars = [] if any(map(str.isalnum, encoding)) else list(dict.fromkeys("".join(encoding.split())))
    usual = iter(DEFAULT.encoding_characters[len(chars) :])
    chars += ["" if char in chars or char == separator else char for char in usual]
    component, repetition, escaping, subcomponent = chars[:4]
    if not component:
        raise MessageError("no_component_separator")
    truncation = chars[4] if len(chars) > 4 else ""
    return Delimiters(separator, component, repetition, escaping, subcomponent, truncation, charset)


def is_well_declared(separator: str, encoding: str) -> bool:
    """Whether MSH-2 names four or five different characters, none of them a letter, digit or the separator."""
    return len(encoding) in (4, 5) and _are_usable(separator, encoding)


@lru_cache(maxsize=256)
def _are_usable(separator: str, encoding: str) -> bool:
    distinct = set(encoding) - {separator}
    return len(distinct) == len(encoding) and not any(map(str.isalnum, distinct))


def _escapes(marks: Delimiters) -> tuple[re.Pattern[str], dict[str, str]]:
    letters = {
        marks.field: "F",
        marks.component: "S",
        marks.subcomponent: "T",
        marks.repetition: "R",
        marks.escape: "E",
        marks.truncation: "P",
        "\n": marks.line_break,
        "\r": marks.line_break,
        "\r\n": marks.line_break,
    } | {chr(code): f"X{code:02X}" for code in range(32) if chr(code) not in "\r\n\t"}
    letters.pop("", None)
    pattern = re.compile("\r\n|[" + re.escape("".join(char for char in letters if len(char) == 1)) + "]")
    return pattern, letters


def escape(text: str, marks: Delimiters = DEFAULT) -> str:
    """Text made safe to stand in a field. Line breaks become `.br`, other control characters `X..`."""
    if text.isalnum():  # as no delimiter is
        return text
    pattern, letters = marks.escapes
    if pattern.search(text) is None:
        return text
    if not marks.escape:
        raise ValueError("this message has no escape character for its delimiters")
    return pattern.sub(lambda found: marks.escape + letters[found.group()] + marks.escape, text)


@lru_cache(maxsize=256)
def _sequences(marks: Delimiters) -> tuple[re.Pattern[str], dict[str, str]]:
    mark = re.escape(marks.escape)
    # Well-formed sequences only, so that the second mark of `C:\\data` never opens a sequence by chance.
    kinds = r"[FSTREPHN]|X[0-9A-Fa-f]+|\.[a-z]{2}[+-]?\d*|[CMZ][0-9A-Za-z]*"
    plain = {"F": marks.field, "S": marks.component, "T": marks.subcomponent, "R": marks.repetition}
    known = plain | {"E": marks.escape, "P": marks.truncation or "#"}
    return re.compile(f"{mark}({kinds}){mark}"), {letter: char for letter, char in known.items() if char}


def unescape(text: str, marks: Delimiters = DEFAULT, line_break: str = "") -> str:
    """Text as the sender meant it; with `line_break`, line breaks (`.br`, CR and LF as `X..`) become that."""
    if not marks.escape or marks.escape not in text:
        return text
    pattern, plain = _sequences(marks)

    def meaning(found: re.Match[str]) -> str:
        body = found.group(1)
        if body in plain:
            return plain[body]
        if line_break and body in (".br", "X0D", "X0A", "X0D0A", "X0d", "X0a", "X0d0a"):
            return line_break
        return _printable(body[1:], marks.charset) or found.group() if body[0] == "X" else found.group()

    return pattern.sub(meaning, text)


def _printable(digits: str, charset: str) -> str:
    try:
        text = bytes.fromhex(digits).decode(charset)
    except ValueError:
        return ""
    return text if text.isprintable() else ""
