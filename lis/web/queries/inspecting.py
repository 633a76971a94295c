"""One message as in a glass box: as it came, how it was read, what it made, what answered it, what stands beside it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, select

from lis.domain.events import Verb
from lis.interfaces.answers import read_answer
from lis.interfaces.became import Became, became
from lis.interfaces.copying import BY_HAND, PEER, copy_of
from lis.interfaces.explaining import Explanation, Value, explain
from lis.interfaces.inspect import visible
from lis.interfaces.previewing import Preview
from lis.interfaces.profiles import is_ahead, names, profile
from lis.interfaces.refiling import stored_item
from lis.interfaces.replying import stored_reply
from lis.interfaces.routing import Lines
from lis.kernel.errors import NotFound
from lis.lab import Reading
from lis.storage import outbox
from lis.storage import tables as t
from lis.web.queries.mapping import versions_at
from lis.web.words import spelled

MOST_BESIDE = 20

ANSWERS = {
    "AA": "accepted: processed, or kept for a person",
    "AE": "error: understood, and not usable as it is",
    "AR": "rejected: the sender may try again",
    "CA": "stored safely",
    "CE": "could not be stored",
    "CR": "rejected for its type, version or processing id",
}


@dataclass(frozen=True, slots=True)
class Decoded:
    """An acknowledgement in words: MSA-1, what it means, whose number it carries, the errors it names."""

    code: str
    meaning: str
    number: str
    words: str


@dataclass(frozen=True, slots=True)
class CameIn:
    """An inbound message with everything beside it. `lines` pairs each value with how it is read now.

    `map_versions`: by code, the version of its own map's row that was in force when it came.
    """

    row: Row[Any]
    became: Became
    explanation: Explanation | None
    lines: tuple[tuple[Row[Any], Value | None], ...]
    answers: tuple[Decoded, ...]
    alike: tuple[Row[Any], ...]
    copies: tuple[Row[Any], ...]
    original: int | None
    answered: Row[Any] | None
    events: tuple[Row[Any], ...]
    map_versions: dict[str, int]
    ahead: timedelta | None

    @property
    def held(self) -> int:
        return sum(row.state == "held" for row in self.became.values)


@dataclass(frozen=True, slots=True)
class WentOut:
    """An outgoing message with everything beside it: what it says, its answer, copies, what answered too late."""

    row: Row[Any]
    said: tuple[Row[Any], ...]
    answers: tuple[Decoded, ...]
    copies: tuple[Row[Any], ...]
    late: tuple[Row[Any], ...]
    events: tuple[Row[Any], ...]

    @property
    def original(self) -> int | None:
        return self.row.refs.get("copy_of") if self.row.kind == BY_HAND else None

    @property
    def is_copyable(self) -> bool:
        return self.row.body is not None and self.row.kind != outbox.LABEL


@dataclass(frozen=True, slots=True)
class Seen:
    """A preview for a page."""

    preview: Preview

    @property
    def became(self) -> Became:
        return self.preview.became

    @property
    def events(self) -> tuple[Row[Any], ...]:
        return self.preview.events

    @property
    def lines(self) -> list[tuple[Row[Any], Value | None]]:
        return [(row, None) for row in self.became.values]

    @property
    def reply_lines(self) -> list[str]:
        return [spelled(line) for line in visible(self.became.message.reply or b"")]


def came_in(reading: Reading, message_id: int) -> CameIn:
    """An inbound message, or NotFound."""
    found = became(reading.connection, message_id)
    if found is None:
        raise _unknown(message_id)
    row = found.message
    explanation = _explained(reading, row)
    read = {value.seq: value for value in explanation.values} if explanation else {}
    return CameIn(
        row=row,
        became=found,
        explanation=explanation,
        lines=tuple((value, read.get(value.seq)) for value in found.values),
        answers=tuple(decoded(reply) for reply in stored_reply(row.reply)),
        alike=_alike(reading, row),
        copies=_rows(reading, t.inbound, t.inbound.c.peer == f"{PEER}{row.id}"),
        original=copy_of(row),
        answered=_asked(reading, row),
        events=_events(reading, f"message:{row.id}"),
        map_versions=versions_at(reading, row.interface, row.received_at) if row.interface else {},
        ahead=_ahead(reading, found),
    )


def went_out(reading: Reading, message_id: int) -> WentOut:
    """An outgoing message, or NotFound."""
    row = reading.connection.execute(select(t.outbox).where(t.outbox.c.id == message_id)).first()
    if row is None:
        raise _unknown(message_id)
    copies = _rows(reading, t.outbox, (t.outbox.c.kind == BY_HAND) & (t.outbox.c.id > row.id))
    return WentOut(
        row=row,
        said=_said(reading, row),
        answers=(decoded(row.answer),) if row.answer else (),
        copies=tuple(copy for copy in copies if copy.refs.get("copy_of") == row.id),
        late=_late(reading, row),
        events=_events(reading, f"outbox:{row.id}"),
    )


def decoded(reply: bytes) -> Decoded:
    """An acknowledgement read as any peer would read it."""
    answer = read_answer(reply)
    if answer is None:
        return Decoded("", "no acknowledgement in it", "", "")
    orders = [f"{orc.value(2, 1)} {orc[1]}" for orc in answer.message.all("ORC")]
    query = [f"query {qak.value(2)}" for qak in answer.message.all("QAK")]
    words = "; ".join(text for text in (answer.words, *orders, *query) if text.strip())
    return Decoded(answer.code, ANSWERS.get(answer.code, "not known"), answer.answers, words)


def _unknown(message_id: int) -> NotFound:
    return NotFound("message.unknown", f"There is no message {message_id} of that kind.")


def _ahead(reading: Reading, of: Became) -> timedelta | None:
    """How long after the message came the latest of its values is dated, where the sender's clock must be wrong."""
    name = select(t.interface.c.profile).where(t.interface.c.code == of.message.interface)
    sender = reading.connection.execute(name).scalar_one_or_none()
    dated = max((row.observed_at for row in of.values if row.observed_at is not None), default=None)
    came = of.message.received_at
    if dated is None or sender not in names() or not is_ahead(profile(sender), came, dated):
        return None
    return dated - came


def _explained(reading: Reading, row: Row[Any]) -> Explanation | None:
    lines = Lines(reading.connection.execute(select(t.interface)), reading.catalog, reading.zone)
    item = stored_item(row, lines)
    line = lines.of(item.envelope, row.interface or None)
    if line is None or item.envelope.message is None:
        return None
    explanation = explain(item, line, reading.catalog)
    return replace(explanation, facts=tuple(dict.fromkeys(explanation.facts)))


def _alike(reading: Reading, row: Row[Any]) -> tuple[Row[Any], ...]:
    """Other messages under the same number of the same sender: repeats, and others that reuse it."""
    if not row.control_id:
        return ()
    i = t.inbound.c
    same = (i.interface == row.interface) & (i.sender == row.sender) & (i.control_id == row.control_id)
    return _rows(reading, t.inbound, same & (i.id != row.id))


def _asked(reading: Reading, row: Row[Any]) -> Row[Any] | None:
    """What we had sent, if this message is an answer that came by itself."""
    answer = read_answer(row.raw)
    if answer is None or not answer.answers:
        return None
    query = select(t.outbox).where(t.outbox.c.control_id == answer.answers)
    return reading.connection.execute(query).first()


def _late(reading: Reading, row: Row[Any]) -> tuple[Row[Any], ...]:
    """Answers to this message that came by themselves, among the peer's last."""
    i = t.inbound.c
    rows = _rows(reading, t.inbound, (i.interface == row.peer) & (i.reason == "reply.unasked"))
    return tuple(
        one
        for one in rows
        if (answer := read_answer(one.raw)) is not None and answer.answers == row.control_id
    )


def _said(reading: Reading, row: Row[Any]) -> tuple[Row[Any], ...]:
    """The result versions that a report speaks of."""
    v, r, o = t.result_version, t.result, t.lab_order
    query = (
        select(
            v.c.n, v.c.status, v.c.comparator, v.c.value, v.c.unit, v.c.flags, v.c.critical, r.c.test,
            r.c.version.label("version_now"), o.c.accession,
        )
        .join(r, r.c.id == v.c.result_id)
        .join(o, o.c.id == r.c.order_id)
        .where(v.c.id.in_(row.refs.get("versions", ())))
        .order_by(v.c.id)
    )  # fmt: skip
    return tuple(reading.connection.execute(query)) if row.kind == outbox.RESULT_REPORT else ()


def _events(reading: Reading, subject: str) -> tuple[Row[Any], ...]:
    """What people and rules did with a message, viewings left out."""
    j = t.journal.c
    query = select(t.journal).where(j.subject == subject, j.verb != str(Verb.MESSAGE_VIEWED))
    return tuple(reading.connection.execute(query.order_by(j.seq)))


def _rows(reading: Reading, table: Any, condition: Any) -> tuple[Row[Any], ...]:
    query = select(table).where(condition).order_by(table.c.id.desc()).limit(MOST_BESIDE)
    return tuple(reading.connection.execute(query))
