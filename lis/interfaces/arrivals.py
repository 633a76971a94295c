"""What connections hand over, cut into messages, each with its envelope."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from lis.interfaces.astm_envelope import AstmEnvelope, read_record_envelope, read_record_envelopes
from lis.interfaces.hl7.batches import miscounted
from lis.interfaces.hl7.envelope import Envelope, read_envelope, read_envelopes
from lis.interfaces.routing import Lines

HL7, ASTM = "hl7", "astm"
AT_ONCE = 64
"""Messages in one transaction at most: more wins nothing and makes the last one wait."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a connection gave: one payload, from where, over which interface if the port says so, and when.

    `note` says why records of an ASTM link are not a whole message.
    """

    raw: bytes
    peer: str = ""
    interface: str | None = None
    at: datetime | None = None
    protocol: str = HL7
    note: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One message of a payload: `place` is the arrival it came with."""

    place: int
    arrival: Arrival
    envelope: Envelope | AstmEnvelope


def items_of(arrivals: Sequence[Arrival]) -> Iterator[Item]:
    """Every message of what arrived, in order; before them a batch that is not as long as it says."""
    for place, arrival in enumerate(arrivals):
        envelopes: Sequence[Envelope | AstmEnvelope]
        if arrival.protocol == ASTM:
            envelopes = read_record_envelopes(arrival.raw, arrival.note)
        else:
            envelopes = _with_batch(arrival.raw, read_envelopes(arrival.raw))
        for envelope in envelopes:
            yield Item(place, arrival, envelope)


def _with_batch(raw: bytes, messages: list[Envelope]) -> list[Envelope]:
    """It has all the bytes, so that it stays what it is when it is read once more."""
    batch = miscounted(raw)
    if batch is None:
        return messages
    return [batch, *(one for one in messages if one.problem != "header.no_header")]


def batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    """As many as are stored in one transaction."""
    rest = iter(items)
    while batch := list(itertools.islice(rest, AT_ONCE)):
        yield batch


def decoded(item: Item, lines: Lines) -> Item:
    """An undeclared character set is read anew by the interface's own, once it is known whose message it is."""
    if item.envelope.problem != "charset.undecodable":
        return item
    line = lines.of(item.envelope, item.arrival.interface)
    if line is None or not line.charset:
        return item
    raw, arrival = item.envelope.raw, item.arrival
    if isinstance(item.envelope, AstmEnvelope):
        return Item(item.place, arrival, read_record_envelope(raw, arrival.note, line.charset))
    return Item(item.place, arrival, read_envelope(raw, line.charset))
