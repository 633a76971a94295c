"""Whether as many messages came as the trailers of their batch say (HL7 v2.5.1 sections 2.10.3, 2.15.3 and 2.15.7).

BTS-1 counts the messages of a batch, FTS-1 the batches of a file; neither need be said. Every message is taken on its
own, whatever they say: a wrong count tells of one that did not come, and a person has to look for it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from lis.interfaces.hl7.envelope import Envelope

COUNT = "batch.count"
_LINE = re.compile(rb"(?:\A|(?<=[\r\n]))(FHS|BHS|MSH|BTS|FTS)(?=[^A-Za-z0-9\s]|[\r\n]|\Z)([^\r\n]*)")


def miscounted(raw: bytes) -> Envelope | None:
    """What must be looked at because the trailers of a payload do not fit what came; None when they fit."""
    if b"BTS" not in raw and b"FTS" not in raw:
        return None
    counting = _Counting()
    for name, rest in _LINE.findall(raw):
        counting.take(name.decode(), rest.decode("latin-1"))
    return Envelope(raw, "latin-1", None, COUNT, " ".join(counting.wrong)) if counting.wrong else None


@dataclass
class _Counting:
    """One pass over the lines that begin or end something."""

    messages: int = 0
    batches: int = 0
    is_open: bool = False  # a batch: BHS may be left out
    wrong: list[str] = field(default_factory=list)

    def take(self, name: str, rest: str) -> None:
        if name in ("FHS", "FTS"):
            if name == "FTS":
                self._compare("FTS-1", "batch", "batches", rest, self.batches)
            self.batches, self.messages, self.is_open = 0, 0, False
            return
        if name == "BHS" or not self.is_open:
            self.batches, self.messages, self.is_open = self.batches + 1, 0, True
        if name == "MSH":
            self.messages += 1
        if name == "BTS":
            self._compare("BTS-1", "message", "messages", rest, self.messages)
            self.is_open = False

    def _compare(self, where: str, one: str, many: str, rest: str, came: int) -> None:
        said = rest[1:].split(rest[:1])[0].strip() if rest else ""
        if said and (said.lstrip("0") or "0") != str(came):
            self.wrong.append(f"{where} says {said} {one if said == '1' else many}, {came} came.")
