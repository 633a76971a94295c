"""What may be said of a part of a message: how grave it is, of which kind, where, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Weight = Literal["breach", "advice", "note"]
Kind = Literal[
    "structure",
    "segment",
    "required",
    "repeats",
    "length",
    "table",
    "syntax",
    "components",
    "beyond",
    "withdrawn",
]
BREACH: Weight = "breach"  # of the standard
ADVICE: Weight = "advice"  # not wrong, but worth knowing
NOTE: Weight = "note"  # what was not looked into


@dataclass(frozen=True, slots=True)
class Remark:
    """What is to be said of one place of a segment: how grave, of which kind, where, and in words."""

    weight: Weight
    kind: Kind
    place: str
    text: str
