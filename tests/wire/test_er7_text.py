"""Escapes and character sets: nothing is lost, nothing is guessed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lis.wire.er7 import CharsetError, Delimiters, decode, escape, msh_fields, unescape

ESCAPES = [
    ("plain", "plain"),
    ("\\F\\\\S\\\\T\\\\R\\\\E\\\\P\\", "|^&~\\#"),
    ("a \\.br\\ b", "a \\.br\\ b"),
    ("\\X41\\\\X42\\", "AB"),
    ("\\XC3A9\\", "é"),
    ("\\X0D\\", "\\X0D\\"),  # not printable: shown, not obeyed
    ("\\XFF\\", "\\XFF\\"),  # no such character in this set
    ("\\X123\\", "\\X123\\"),
    ("\\H\\bold\\N\\", "\\H\\bold\\N\\"),
    ("\\Zlocal\\E\\", "\\Zlocal\\E\\"),
    ("C:\\data\\T\\", "C:\\data&"),
    ("50\\% of", "50\\% of"),
    ("\\E\\T\\E\\", "\\T\\"),
]


@pytest.mark.parametrize(("text", "expected"), ESCAPES)
def test_unescape_keeps_what_it_does_not_know(text: str, expected: str) -> None:
    assert unescape(text) == expected


def test_line_breaks_by_option() -> None:
    assert unescape("a\\.br\\b\\X0D\\c\\X0d0a\\d\\.sp2\\", line_break="\n") == "a\nb\nc\nd\\.sp2\\"


def test_hexadecimal_is_read_in_the_charset_of_the_message() -> None:
    assert unescape("\\XE9\\", Delimiters(charset="iso8859-1")) == "é"


def test_escape_uses_the_delimiters_of_the_message() -> None:
    assert escape("a@b~c|d", Delimiters("@", "~", "&", "#", "\\")) == "a#F#b#S#c|d"
    assert escape("a#b", Delimiters(truncation="#")) == "a\\P\\b"
    assert escape("a\r\nb\x0bc", Delimiters()) == "a\\.br\\b\\X0B\\c"


def test_escape_without_an_escape_character_is_refused() -> None:
    with pytest.raises(ValueError, match="no escape character"):
        escape("a|b", Delimiters(escape=""))


@settings(max_examples=50, deadline=None)
@given(
    st.text(
        st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("|^~\\&#FSTREX.br\n"), max_size=30
    )
)
def test_escaped_text_comes_back(text: str) -> None:
    escaped = escape(text)
    assert not set(escaped) & set("|^~&\r\n")
    assert unescape(escaped, line_break="\n") == text


def message(charset: str, name: bytes = b"Doe") -> bytes:
    return (
        b"MSH|^~\\&|A|B|C|D|2026||ORU^R01|1|P|2.5.1||||||" + charset.encode() + b"\rPID|1||||" + name + b"\r"
    )


CHARSETS = [
    ("", b"M\xc3\xbcller", "Müller", "utf-8"),
    ("ASCII", b"Muller", "Muller", "ascii"),
    ("UNICODE UTF-8", b"M\xc3\xbcller", "Müller", "utf-8"),
    ("UNICODE", b"M\xc3\xbcller", "Müller", "utf-8"),
    ("8859/1", b"M\xfcller", "Müller", "iso8859-1"),
    ("UTF8", b"M\xc3\xbcller", "Müller", "utf-8"),
    ("UNICODE UTF8", b"M\xc3\xbcller", "Müller", "utf-8"),
    ("ISO-8859-1", b"M\xfcller", "Müller", "iso8859-1"),
    ("iso8859/15", b"\xa4", "€", "iso8859-15"),
    ("8859/15~UNICODE UTF-8", b"\xa4", "€", "iso8859-15"),
    ("GB 18030-2000", b"\xcd\xf5", "王", "gb18030"),
]


@pytest.mark.parametrize(("declared", "name", "text", "codec"), CHARSETS)
def test_decode_by_msh_18(declared: str, name: bytes, text: str, codec: str) -> None:
    decoded, used = decode(message(declared, name))
    assert (decoded.split("|")[-1], used) == (text + "\r", codec)


def test_decode_uses_the_interface_default_only_when_nothing_is_declared() -> None:
    raw = message("", b"M\xfcller")
    assert decode(raw, "8859/1")[1] == "iso8859-1"
    assert decode(raw, "cp1252")[1] == "cp1252"
    with pytest.raises(CharsetError):
        decode(message("ASCII", b"M\xfcller"), "8859/1")


REFUSED = [
    (message("", b"M\xfcller"), "undecodable"),
    (message("ASCII", b"M\xfcller"), "undecodable"),
    (message("UNICODE UTF-8", b"M\xfcller"), "undecodable"),
    (message("8859/1", b"M\x00ller"), "undecodable"),
    (message("ISO IR 999"), "unknown"),
    (message("8859/12"), "unknown"),
    (message("UTF-16"), "unknown"),
    (message("-"), "unknown"),
    (message("8859/1") + message("UNICODE UTF-8", b"M\xc3\xbcller"), "mixed"),
]


@pytest.mark.parametrize(("raw", "reason"), REFUSED)
def test_bytes_that_do_not_fit_are_refused(raw: bytes, reason: str) -> None:
    with pytest.raises(CharsetError) as refused:
        decode(raw)
    assert refused.value.reason == reason


def test_bom_is_ignored() -> None:
    assert decode(b"\xef\xbb\xbf" + message("8859/1"))[0] == message("8859/1").decode()


def test_header_can_be_answered_even_when_the_message_cannot_be_read() -> None:
    fields = msh_fields(b"\r\n" + message("ISO IR 999").replace(b"|1|P|", b"|\xff1|P|"))
    assert (fields[1], fields[9], fields[10].encode("latin-1")) == ("|", "ORU^R01", b"\xff1")
    assert msh_fields(b"PID|1\r") == []
