"""A message whose bytes are kept, on its way to be processed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from lis.interfaces import screening
from lis.interfaces.arrivals import Item
from lis.interfaces.astm_envelope import AstmEnvelope
from lis.interfaces.handling import Received
from lis.interfaces.hl7.envelope import Envelope
from lis.interfaces.outcomes import Outcome
from lis.interfaces.records_in import screen_records
from lis.interfaces.routing import Line


@dataclass(frozen=True)
class Stored:
    """A message whose bytes are kept in the row `key`, and the interface it came over."""

    key: int
    item: Item
    line: Line | None
    environment: str
    unknown_sender: str

    @property
    def envelope(self) -> Envelope | AstmEnvelope:
        return self.item.envelope

    @cached_property
    def screened(self) -> Outcome | None:
        """Why it is not read further; None when it may be."""
        envelope, line = self.envelope, self.line
        if isinstance(envelope, AstmEnvelope):
            return screen_records(envelope, line)
        return screening.screen(envelope, line, self.environment, self.unknown_sender)

    @cached_property
    def received(self) -> Received | None:
        """An HL7 message that may be read."""
        envelope = self.envelope
        if (
            isinstance(envelope, AstmEnvelope)
            or envelope.message is None
            or self.line is None
            or self.screened
        ):
            return None
        return Received(envelope, envelope.message, self.line, self.key)
