"""What comes into a world from outside, as it is written down: with it and the seed a world can be lived again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

Kind = Literal["action", "message", "reply"]


@dataclass(frozen=True, slots=True)
class Action:
    """Something a person does at the bench, at a lab instant. Verbs are the methods of the bench; `by` is who."""

    at: datetime
    verb: str
    args: Mapping[str, Any]
    by: str = ""


@dataclass(frozen=True, slots=True)
class Input:
    """One thing from outside: after how many turns of the world it came, when, and what it was.

    `name` is the verb of an action, the peer of a message or reply; `data` its arguments or its bytes.
    """

    turn: int
    at: datetime
    kind: Kind
    name: str
    data: Mapping[str, Any] | bytes | None
    by: str = ""

    def as_json(self) -> dict[str, Any]:
        """As JSON can keep it; bytes become Latin-1 text."""
        data = self.data.decode("latin-1") if isinstance(self.data, bytes) else self.data
        return {
            "turn": self.turn,
            "at": self.at.isoformat(),
            "kind": self.kind,
            "name": self.name,
            "data": data,
            "by": self.by,
        }
