"""Marks on a drawn container: a lump, bubbles, drips, a crack, frost, threads, flakes, haze."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from lis.documents.svg import element

Mark = Literal["clot", "bubbles", "leak", "crack", "frost", "threads", "flakes", "haze"]

INK, GLASS = "#161616", "#8d8d8d"
COLOURS = {
    "blood": "#8b1018",
    "cells": "#6d0a12",
    "clot": "#4d060c",
    "gel": "#e3dcc3",
    "serum": "#ecd98a",
    "plasma": "#ecd98a",
    "urine": "#f0d85a",
    "clear": "#eef4f7",
}
"""Contents in their usual colour; a layer may bring its own instead."""


@dataclass(frozen=True)
class Body:
    """Where the container stands in its picture."""

    left: float
    top: float
    width: float
    height: float
    round: float

    @property
    def full(self) -> float:
        """Where the surface stands when the container is filled to its draw volume."""
        return self.top + self.height * 0.22

    @property
    def bottom(self) -> float:
        return self.top + self.height


def _clot(body: Body) -> Iterator[str]:
    x, y = body.left + body.width / 2, body.bottom - 22
    yield element("ellipse", cx=x, cy=y, rx=body.width * 0.3, ry=9, fill=COLOURS["clot"], stroke="#2a0206")


def _bubbles(body: Body) -> Iterator[str]:
    for dx, dy, r in ((0.25, 12, 3.0), (0.5, 22, 4.0), (0.7, 9, 2.5)):
        yield element(
            "circle", cx=body.left + body.width * dx, cy=body.full + dy, r=r, fill="#fff", stroke=GLASS
        )


def _leak(body: Body) -> Iterator[str]:
    for dy in (6, 18, 32):
        yield element("ellipse", cx=body.left - 5, cy=body.top + dy, rx=2.5, ry=4.5, fill=COLOURS["blood"])


def _crack(body: Body) -> Iterator[str]:
    path = f"M{body.left:.1f},{body.bottom - 50:.1f} l12,8 l-4,8 l12,10"
    yield element("path", d=path, fill="none", stroke=INK, stroke_width=1.6)


def _frost(body: Body) -> Iterator[str]:
    frame = {"fill": "none", "stroke": "#6aaed6", "stroke_width": 3, "stroke_dasharray": "2 5"}
    yield element("rect", x=body.left - 3, y=body.top, width=body.width + 6, height=body.height, **frame)


def _threads(body: Body) -> Iterator[str]:
    x, y = body.left + body.width * 0.3, body.full + 6
    for dx, bend in ((0, 9), (8, -7), (15, 8)):
        path = f"M{x + dx:.1f},{y:.1f} q{bend},14 0,26 t0,22"
        yield element("path", d=path, fill="none", stroke="#f7f3e6", stroke_width=2)


def _flakes(body: Body) -> Iterator[str]:
    for dx, dy in ((0.2, 16), (0.45, 34), (0.7, 22), (0.35, 50), (0.6, 58)):
        x, y = body.left + body.width * dx, body.full + dy
        yield element("ellipse", cx=x, cy=y, rx=4, ry=2, fill="#ffffff", stroke=GLASS, stroke_width=0.5)


def _haze(body: Body) -> Iterator[str]:
    for dy, opacity in ((34, 0.18), (46, 0.28), (58, 0.4)):
        band = {"x": body.left + 1, "y": body.full + dy, "width": body.width - 2, "height": 12}
        yield element("rect", **band, fill=COLOURS["blood"], fill_opacity=opacity)


MARKS: Mapping[Mark, Callable[[Body], Iterator[str]]] = {
    "clot": _clot,
    "bubbles": _bubbles,
    "leak": _leak,
    "crack": _crack,
    "frost": _frost,
    "threads": _threads,
    "flakes": _flakes,
    "haze": _haze,
}
