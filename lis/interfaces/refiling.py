"""Held messages, and held values of messages, are read again from their bytes and meet the same rules once more."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from sqlalchemy import Row, select

from lis.domain.events import Verb
from lis.domain.observations import ReportedSpecimen
from lis.domain.people import Act, Actor
from lis.interfaces.arrivals import ASTM, HL7, Arrival, Item, decoded, items_of
from lis.interfaces.astm_envelope import KIND, AstmEnvelope
from lis.interfaces.astm_records import read_records
from lis.interfaces.handling import source_of
from lis.interfaces.hl7.results import Reading, read_results
from lis.interfaces.inbox import Inbox
from lis.interfaces.locating import located_all
from lis.interfaces.outcomes import REFUSED
from lis.interfaces.routing import Line, Lines
from lis.kernel.errors import Conflict, Invalid
from lis.lab import Lab
from lis.services import observing, resolving
from lis.storage import tables as t
from lis.storage.work import Work

_ACCEPTED = ("AA", "CA")


def refile_message(work: Work, inbox: Inbox, inbound_id: int, *, reason: str) -> dict[int, str]:
    """Try a whole message again, or what is held of it. Per held value: its state, or why it is held still.

    What was answered stays answered: the sender is told nothing. Nothing that is filed is filed twice.
    """
    work.require(Act.HELD_RESOLVE)
    if not reason.strip():
        raise Invalid("reason.missing", "A reason is needed.", "Say what was done about it.")
    message = work.inbound.get(inbound_id)
    if message.state in resolving.WAITING:
        answers = _settle_again(work, inbox, message)
    else:
        held = work.observations.having(inbound_id=inbound_id, state=observing.HELD)
        if not held:
            raise Conflict("message.settled", f"Nothing of message {inbound_id} is held.")
        answers = refile_values(work, [row.id for row in held], reason=reason)
    now = work.inbound.get(inbound_id)
    work.journal.append(
        Verb.MESSAGE_REFILED,
        f"message:{inbound_id}",
        accession=now.accession or None,
        reason=reason,
        was=message.reason or message.state,
        state=now.state,
        values=[answers[key] for key in sorted(answers)],
    )
    return answers


def refile_waiting(lab: Lab, inbox: Inbox, actor: Actor, interface: str, *, reason: str) -> dict[int, str]:
    """Try every message of an interface again that waits as a whole, each in its own transaction. Per key its state.

    One that would be refused stays as it is.
    """
    i = t.inbound.c
    with lab.reading() as reading:
        waiting = select(i.id).where(i.interface == interface, i.state.in_(resolving.WAITING)).order_by(i.id)
        keys = [row.id for row in reading.connection.execute(waiting)]
    states: dict[int, str] = {}
    for key in keys:
        with suppress(Conflict), lab.work(actor) as work:
            refile_message(work, inbox, key, reason=reason)
            states[key] = str(work.inbound.get(key).state)
    return states


def refile_values(work: Work, observation_ids: Iterable[int], *, reason: str) -> dict[int, str]:
    """Try single held values again. Per key: its state, or the code of what holds it now."""
    by_message: dict[int, list[Row[Any]]] = {}
    for observation_id in observation_ids:
        row = work.observations.get(observation_id)
        by_message.setdefault(row.inbound_id, []).append(row)
    answers: dict[int, str] = {}
    lines = Lines(work.interfaces.all(), work.catalog, work.zone)
    for inbound_id, rows in by_message.items():
        message = work.inbound.get(inbound_id)
        line = _running(lines, message)
        specimens = _read_again(work, lines, line, message)
        source = source_of(work.catalog, line, inbound_id)
        answers |= resolving.try_again(work, source, specimens, rows, reason=reason)
    return answers


def readings_of(item: Item, line: Line) -> tuple[Reading, ...]:
    """What a message says was measured, as its interface reads it."""
    envelope = item.envelope
    if envelope.message is None:
        return ()
    if isinstance(envelope, AstmEnvelope):
        return read_records(envelope.message, line.profile, line.zone)
    return read_results(envelope.message, line.profile, line.zone)


def arrival_of(message: Row[Any]) -> Arrival:
    """A stored message as it arrived."""
    protocol = ASTM if message.message_type == KIND else HL7
    return Arrival(message.raw, message.peer, message.interface or None, protocol=protocol)


def stored_item(message: Row[Any], lines: Lines) -> Item:
    """A stored message as it arrived, in the character set of its interface."""
    return decoded(next(items_of([arrival_of(message)])), lines)


def _read_again(work: Work, lines: Lines, line: Line, message: Row[Any]) -> tuple[ReportedSpecimen, ...]:
    return located_all(work, line, readings_of(stored_item(message, lines), line))


def _running(lines: Lines, message: Row[Any]) -> Line:
    """The interface a message came over: it must be taken from now, as for any message."""
    line = lines.get(message.interface)
    if line is None:
        raise Conflict(
            "interface.unknown", f"No interface is known for message {message.id}.", "Enter its sender first."
        )
    if not line.row.enabled:
        raise Conflict(
            "interface.stopped",
            f"The interface {line.code} is stopped: {line.row.stopped_reason or 'no reason given'}",
            "Start it first.",
        )
    return line


def _settle_again(work: Work, inbox: Inbox, message: Row[Any]) -> dict[int, str]:
    """The whole message as if it came now. What the laboratory has accepted once it cannot refuse afterwards."""
    person, cause = work.actor, work.journal.cause
    inbox.settle_stored(work, message)
    work.actor = work.journal.actor = person
    work.journal.cause = cause
    work.flush()
    now = work.inbound.get(message.id)
    if now.state == REFUSED:
        raise Conflict("message.refused", f"It would be refused: {now.detail}", "Discard it, or edit a copy.")
    if message.ack_code in _ACCEPTED:
        work.inbound.change(message.id, reply=message.reply, ack_code=message.ack_code)
    values = work.observations.having(inbound_id=message.id)
    return {row.id: str(row.reason if row.state == observing.HELD else row.state) for row in values}
