"""Typeset pages as grey rasters, and what a barcode reader finds in them."""

import struct
import zlib
from itertools import accumulate
from operator import add

import zxingcpp


def grey(png: bytes) -> memoryview:
    """One byte per pixel of an 8 bit RGBA PNG whose drawing is black, white and grey: its red channel."""
    width, height, data = _chunks(png)
    stride = 1 + 4 * width
    raw = zlib.decompress(data)
    out = bytearray()
    above = bytes(width)
    for start in range(0, height * stride, stride):
        above = _unfilter(raw[start], raw[start + 1 : start + stride : 4], above)
        out += above
    return memoryview(bytes(out)).cast("B", (height, width))


def _chunks(png: bytes) -> tuple[int, int, bytes]:
    width, height = struct.unpack(">II", png[16:24])
    assert png[24:29] == bytes((8, 6, 0, 0, 0)), "not 8 bit RGBA"
    position, data = 8, b""
    while position < len(png):
        length, kind = struct.unpack(">I4s", png[position : position + 8])
        if kind == b"IDAT":
            data += png[position + 8 : position + 8 + length]
        position += 12 + length
    return width, height, data


def _unfilter(kind: int, line: bytes, above: bytes) -> bytes:
    if kind == 0:
        return line
    if kind == 1:
        return bytes(map((255).__and__, accumulate(line)))
    if kind == 2:
        return bytes(map((255).__and__, map(add, line, above)))
    row, left, corner = bytearray(), 0, 0
    for value, up in zip(line, above, strict=True):
        left = (value + ((left + up) // 2 if kind == 3 else _paeth(left, up, corner))) & 255
        row.append(left)
        corner = up
    return bytes(row)


def _paeth(left: int, up: int, corner: int) -> int:
    to_left, to_up, to_corner = abs(up - corner), abs(left - corner), abs(left + up - 2 * corner)
    if to_left <= to_up and to_left <= to_corner:
        return left
    return up if to_up <= to_corner else corner


def symbols(png: bytes) -> list[tuple[str, str]]:
    """(format, text) of every Code 128 on the page, top to bottom and left to right."""
    found = zxingcpp.read_barcodes(grey(png), zxingcpp.BarcodeFormat.Code128, try_rotate=False)
    found.sort(key=lambda one: (one.position.top_left.y // 40, one.position.top_left.x))
    return [(one.format.name, one.text) for one in found]
