"""The text of a PDF that Typst wrote, page by page: enough of the format for that, and no more."""

import re
import zlib

_BYTE = rb"(?:\\[0-7]{1,3}|\\.|[^\\])"
# A string is two bytes a glyph, so a bracket that is half of a glyph does not end it.
_SHOWN = re.compile(rb"/(f\d+) [\d.]+ Tf|(\((?:" + _BYTE * 2 + rb")*?\))|(ET)", re.DOTALL)
_MARKED = re.compile(rb"<<.*?>>\s*BDC", re.DOTALL)  # what a tag says of its content is not the content
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
_NAMED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def pages_text(pdf: bytes) -> list[str]:
    """What each page says, runs of text joined by single spaces in the order they were drawn."""
    objects = _objects(pdf)
    pages = [body for body in objects.values() if re.search(rb"/Type\s*/Page\b", body)]
    return [_page_text(objects, page) for page in pages]


def _objects(pdf: bytes) -> dict[int, bytes]:
    """Every object by its number: from its place in the cross-reference table to the next object's."""
    table = pdf[pdf.rindex(b"xref\n", 0, pdf.rindex(b"startxref")) :]
    starts = sorted(int(offset) for offset in re.findall(rb"(\d{10}) 00000 n", table))
    bodies = [pdf[start:end] for start, end in zip(starts, [*starts[1:], len(pdf)], strict=True)]
    return {int(body.split(b" ", 1)[0]): body for body in bodies}


def _page_text(objects: dict[int, bytes], page: bytes) -> str:
    resources = objects[_reference(page, b"Resources")]
    fonts = {name: _unicode_map(objects, int(number)) for name, number in _font_names(resources)}
    runs: list[str] = []
    run, font = "", dict[int, str]()
    content = _stream(objects[_reference(page, b"Contents")])
    for name, shown, end in _SHOWN.findall(_MARKED.sub(b"", content)):
        if name:
            font = fonts[name]
        elif shown:
            glyphs = _ESCAPE.sub(_unescape, shown[1:-1])
            run += "".join(font[int.from_bytes(glyphs[i : i + 2])] for i in range(0, len(glyphs), 2))
        elif end:
            runs, run = [*runs, run], ""
    return " ".join(" ".join(runs).split())


def _font_names(resources: bytes) -> list[tuple[bytes, bytes]]:
    return re.findall(rb"/(f\d+) (\d+) 0 R", resources)


def _unicode_map(objects: dict[int, bytes], font: int) -> dict[int, str]:
    table = _stream(objects[_reference(objects[font], b"ToUnicode")])
    pairs = re.findall(rb"<([0-9A-F]{4})> <([0-9A-F]+)>", table)
    return {int(glyph, 16): bytes.fromhex(text.decode()).decode("utf-16-be") for glyph, text in pairs}


def _reference(body: bytes, key: bytes) -> int:
    found = re.search(rb"/" + key + rb" (\d+) 0 R", body)
    assert found, (key, body[:200])
    return int(found[1])


def _stream(body: bytes) -> bytes:
    head, _, rest = body.partition(b"stream\n")
    length = re.search(rb"/Length (\d+)", head)
    assert length, head[:200]
    raw = rest[: int(length[1])]
    return zlib.decompress(raw) if b"/FlateDecode" in head else raw


def _unescape(match: re.Match[bytes]) -> bytes:
    code = match[1]
    return bytes([int(code, 8)]) if code[:1].isdigit() else _NAMED.get(code, code)
