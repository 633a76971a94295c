"""What the outbox holds goes out: composed once, sent as the same bytes until it is answered or given up.

A row is claimed in the database before it is sent, so that two senders never send it at once. Per peer, rows go out in
their order: a corrected report never overtakes the one that it corrects.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, select

from lis.domain.people import system
from lis.interfaces import outgoing_rows
from lis.interfaces.answers import FAILED, Answer, is_answer_to, read_answer
from lis.interfaces.composing import compose, control_id, steps_of
from lis.interfaces.handling import is_storage
from lis.interfaces.hl7.work import read_answers
from lis.interfaces.peers import NotConfigured, TcpPeers
from lis.interfaces.routing import Line, Lines
from lis.kernel.errors import Refusal
from lis.lab import Lab
from lis.services import recalling, working
from lis.storage import outbox
from lis.storage import tables as t
from lis.storage.work import Work
from lis.wire.astm_frames import ACK

log = logging.getLogger(__name__)

_QUEUED = (
    select(t.outbox.c.peer, t.outbox.c.next_try_at)
    .where(t.outbox.c.state == outbox.QUEUED)
    .order_by(t.outbox.c.id)
)

Exchange = Callable[[Row[Any], str, bytes], bytes | None]
"""Hand one message of a kind to the peer of an interface; its answer, or None. OSError: the peer is not there."""

Write = Callable[[Work], bool]
"""Writes down what came of an attempt; whether the next row may follow."""

LEASE = timedelta(seconds=120)
"""How long a claimed row is nobody else's: longer than any peer may take to answer."""
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=1), timedelta(seconds=60)
ATTEMPTS = 10
POLL_SECONDS = 0.25
PEERS_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class _Claim:
    """A row that is ours to send, as it was found; without bytes when it was given up."""

    row: Row[Any]
    interface: Row[Any]
    body: bytes

    @property
    def attempts(self) -> int:
        """With the one that it is claimed for."""
        return int(self.row.attempts) + 1


class Sender:
    """Sends for one laboratory. `exchange` is TCP unless another is handed in."""

    def __init__(self, lab: Lab, exchange: Exchange | None = None, *, attempts: int = ATTEMPTS) -> None:
        self._lab = lab
        self._exchange = exchange or TcpPeers()
        self._attempts = attempts
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def step(self) -> int:
        """Send everything that is due, peer by peer; how many rows were answered."""
        return sum(self._send_all(peer) for peer in self._peers_due())

    def start(self) -> None:
        """Send from now on, in a thread of its own; a silent peer keeps nobody else waiting."""
        self._thread = threading.Thread(target=self._run, name="sender", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Finish what is under way."""
        self._stopping.set()
        self._lab.queued.set()
        if self._thread is not None:
            self._thread.join()
        if isinstance(self._exchange, TcpPeers):
            self._exchange.close()

    def _run(self) -> None:
        busy: dict[str, Future[int]] = {}
        with ThreadPoolExecutor(PEERS_AT_ONCE, thread_name_prefix="peer") as pool:
            while not self._stopping.is_set():
                try:
                    busy = {peer: sending for peer, sending in busy.items() if not sending.done()}
                    for peer in self._peers_due():
                        if peer not in busy:
                            busy[peer] = pool.submit(self._send_safely, peer)
                except Exception:
                    log.exception("the outbox could not be looked at")
                self._lab.queued.wait(POLL_SECONDS)
                self._lab.queued.clear()

    def _peers_due(self) -> list[str]:
        """Peers whose oldest queued row is due."""
        with self._lab.database.reading() as connection:
            rows = connection.execute(_QUEUED).all()
        oldest: dict[str, datetime | None] = {}
        for row in rows:
            oldest.setdefault(row.peer, row.next_try_at)
        now = self._lab.wall.now()
        return [peer for peer, at in oldest.items() if at is None or at <= now]

    def _send_all(self, peer: str) -> int:
        """Send a peer's rows in their order until one is not answered; each answer is written with the next claim."""
        sent = 0
        claim = None if self._stopping.is_set() else self._first_claim(peer)
        while claim is not None:
            write = self._send(claim)
            with self._lab.work(system("hl7", peer)) as work:
                goes_on = write(work)
                claim = self._claim(work, peer) if goes_on and not self._stopping.is_set() else None
            sent += goes_on
        return sent

    def _first_claim(self, peer: str) -> _Claim | None:
        with self._lab.work(system("hl7", peer)) as work:
            return self._claim(work, peer)

    def _send_safely(self, peer: str) -> int:
        """What fails here is not for want of the peer: its rows stay as they are, and are tried again later."""
        try:
            return self._send_all(peer)
        except Exception:
            log.exception("sending to %s failed", peer)
            self._stopping.wait(FIRST_WAIT.total_seconds())
            return 0

    def _claim(self, work: Work, peer: str) -> _Claim | None:
        """Take a peer's oldest row for the time of the lease, composing it if nobody has yet."""
        row = outgoing_rows.oldest(work, peer)
        if row is None or (row.next_try_at is not None and row.next_try_at > work.recorded_at):
            return None
        line = Lines(work.interfaces.all(), work.catalog, work.zone).get(peer)
        if line is None or not line.row.enabled:
            return None
        claim = _Claim(row, line.row, row.body or self._composed(work, line, row))
        if claim.body:
            work.outgoing.change(
                row.id,
                body=claim.body,
                control_id=control_id(row),
                attempts=claim.attempts,
                next_try_at=work.recorded_at + LEASE,
            )
        return claim

    def _composed(self, work: Work, line: Line, row: Row[Any]) -> bytes:
        """The bytes; none for a row that cannot be said: it is given up at once, for a person to see."""
        try:
            with work.savepoint():
                return compose(work, line, row)
        except Refusal as refusal:
            if is_storage(refusal):  # says nothing about the row, and nothing of this transaction can be kept
                raise
            outgoing_rows.give_up(work, row, str(refusal))
        except Exception as error:
            log.exception("outbox row %d could not be composed", row.id)
            outgoing_rows.give_up(work, row, f"{type(error).__name__}: {error}")
        return b""

    def _send(self, claim: _Claim) -> Write:
        """One attempt; what is to be written of it."""
        if not claim.body:
            return lambda _work: True
        try:
            reply = self._exchange(claim.interface, claim.row.kind, claim.body)
        except NotConfigured:
            return lambda work: self._release(work, claim)
        except OSError as error:
            words = str(error) or type(error).__name__
            return lambda work: self._failed(work, claim, words)
        if claim.row.kind == outbox.LABEL or reply == ACK:  # a link's ACK says nothing of the tests
            return lambda work: self._printed(work, claim)
        if reply is None:
            return lambda work: self._failed(work, claim, "no answer")
        return lambda work: self._answered(work, claim, reply)

    def _release(self, work: Work, claim: _Claim) -> bool:
        """Nothing was tried: the row stays as it was."""
        later = work.recorded_at + LONGEST_WAIT
        work.outgoing.change(claim.row.id, attempts=claim.row.attempts, next_try_at=later)
        return False

    def _printed(self, work: Work, claim: _Claim) -> bool:
        work.outgoing.change(
            claim.row.id, state=outbox.SENT, sent_at=work.now, next_try_at=None, last_error=""
        )
        return True

    def _answered(self, work: Work, claim: _Claim, reply: bytes) -> bool:
        answer = read_answer(reply)
        lenient = bool(claim.interface.settings.get("answers_without_number"))
        if answer is None or not is_answer_to(reply, control_id(claim.row), without_number=lenient):
            return self._failed(work, claim, "the answer is to another message")
        refused = answer.code in FAILED
        if not refused and not answer.is_positive:
            return self._failed(work, claim, _in_words(answer))
        state = outbox.DEAD if refused else outbox.ANSWERED
        outgoing_rows.write_answer(work, claim.row, state, answer, reply)
        if refused:  # AE: the same bytes will be refused again. A person has to see to it
            outgoing_rows.tell_dead(work, claim.row, _in_words(answer))
        _apply(work, claim, answer)
        return True

    def _failed(self, work: Work, claim: _Claim, error: str) -> bool:
        """Try again later, longer each time; give up after enough attempts."""
        if claim.attempts >= self._attempts:
            outgoing_rows.give_up(work, claim.row, error)
            return True
        wait = min(FIRST_WAIT * 2 ** (claim.attempts - 1), LONGEST_WAIT)
        work.outgoing.change(claim.row.id, next_try_at=work.recorded_at + wait, last_error=error)
        return False


def _in_words(answer: Answer) -> str:
    return f"answered {answer.code}: {answer.words}" if answer.words else f"answered {answer.code}"


def _apply(work: Work, claim: _Claim, answer: Answer) -> None:
    """An analyzer's answer says of each test whether it takes it; a bare refusal refuses them all."""
    if claim.row.kind != outbox.ANALYZER_WORK:
        return
    line = Lines(work.interfaces.all(), work.catalog, work.zone).get(claim.row.peer)
    if line is None:
        return
    steps = steps_of(work, line, claim.row)
    said = read_answers(answer.message, steps)
    if not answer.is_positive:
        said = {step.test: working.UNABLE for step in steps} | said
    if not said and answer.message.header.value(9, 1) == "ACK":
        return  # a plain acknowledgement: received, nothing said of the tests
    container = claim.row.refs["container"]
    if "cancels" in claim.row.refs:
        recalling.note_answer(work, container, line.code, said)
    elif said:
        working.answer_work(work, container, line.code, said, answer.words or answer.code)
