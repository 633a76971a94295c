"""Racks on the sampler: every tube has a position in one; a rack is gone when the last of its tubes came off."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from simulators.analyzers.events import Sip

DIGITS = 4


class Racks:
    """The racks of one device. One that takes a single tube at a time has none: its tubes stand in no rack."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._made = 0
        self._on: dict[str, dict[int, Sip]] = {}

    def put(self, sips: Sequence[Sip]) -> list[Sip]:
        """Set tubes into fresh racks, in this order."""
        placed = []
        for start in range(0, len(sips), self._size):
            self._made += 1
            number = f"{self._made:0{DIGITS}d}" if self._size > 1 else ""
            rack = [
                replace(sip, rack=number, position=position)
                for position, sip in enumerate(sips[start : start + self._size], 1)
            ]
            self._on[f"{self._made:0{DIGITS}d}"] = {sip.position: sip for sip in rack}
            placed += rack
        return placed

    def take_off(self, tube: str) -> None:
        """A tube comes off the device."""
        for number, rack in list(self._on.items()):
            self._on[number] = {place: sip for place, sip in rack.items() if sip.tube != tube}
            if not self._on[number]:
                del self._on[number]

    def all(self) -> Iterator[tuple[str, tuple[Sip, ...]]]:
        """Each rack's number and its tubes by position."""
        for rack in self._on.values():
            sips = tuple(rack.values())
            yield sips[0].rack, sips
