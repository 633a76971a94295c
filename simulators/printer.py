"""A label printer: reads ZPL, and keeps what it printed on the bench until somebody affixes it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

_LABEL = re.compile(r"\^XA(.*?)\^XZ", re.DOTALL)
_FIELD = re.compile(r"(?:\^FX\s*([^^]*)\^FS)?((?:\^(?!FS|FX|FD)[A-Z0-9@][^^]*)*)\^FD(.*?)\^FS", re.DOTALL)
_COPIES = re.compile(r"\^PQ(\d+)")
_HEX = re.compile(r"(?:_[0-9A-Fa-f]{2})+")
_SUBSET = re.compile(r">[5-9:;<=]")
MOST_COPIES = 20


@dataclass(frozen=True, slots=True)
class PrintedLabel:
    """One label as it lies on the bench: what a scanner reads from it, and its lines of text in reading order."""

    id: str
    printer: str
    printed_at: datetime
    barcode: str
    texts: tuple[str, ...]
    fields: Mapping[str, str]
    zpl: str


def labels_in(zpl: str) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Each label that comes out: (barcode, ZPL, texts by the name their ^FX comment gives, or by number)."""
    for found in _LABEL.finditer(zpl):
        body = found.group(1)
        barcode, texts = _read(body)
        asked = _COPIES.search(body)
        for _ in range(min(int(asked.group(1)) if asked else 1, MOST_COPIES)):
            yield barcode, found.group(0), texts


def _read(body: str) -> tuple[str, dict[str, str]]:
    barcode, texts = "", {}
    for number, (comment, commands, data) in enumerate(_FIELD.findall(body), 1):
        if "^BC" in commands:
            barcode = _SUBSET.sub("", data)
        else:
            texts[comment.strip() or str(number)] = _text(commands, data)
    return barcode, texts


def _text(commands: str, data: str) -> str:
    """^FH writes characters as _hex; in a ^FB block a backslash is doubled."""
    text = _HEX.sub(_from_hex, data) if "^FH" in commands else data
    return text.replace("\\\\", "\\") if "^FB" in commands else text


def _from_hex(found: re.Match[str]) -> str:
    return bytes.fromhex(found.group().replace("_", "")).decode("utf-8", "replace")


class Printer:
    """Turns what it is sent into labels with numbers of their own."""

    def __init__(self, code: str) -> None:
        self.code = code
        self._printed = 0

    def print(self, zpl: bytes, at: datetime) -> list[PrintedLabel]:
        """The labels that come out now."""
        return [self._label(at, *label) for label in labels_in(zpl.decode("utf-8", "replace"))]

    def _label(self, at: datetime, barcode: str, zpl: str, fields: dict[str, str]) -> PrintedLabel:
        self._printed += 1
        return PrintedLabel(
            f"{self.code}-{self._printed:05d}", self.code, at, barcode, tuple(fields.values()), fields, zpl
        )
