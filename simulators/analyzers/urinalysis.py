"""Urinalysis: a strip is dipped and its pads are read; colours between two steps fall to either side."""

from __future__ import annotations

from simulators.analyzers.base import Analyzer


class Urinalysis(Analyzer):
    """A strip reader; pads are coded values, read one step beside at the rate the plan says."""

    kind = "urinalysis"


DEVICE = Urinalysis
