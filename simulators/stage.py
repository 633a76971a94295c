"""What everything in the world acts on: simulated time, the agenda, the ledger, chance, and the cables out."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cached_property, partial
from typing import Any
from zoneinfo import ZoneInfo

from simulators.dice import Dice
from simulators.faults.base import Injections
from simulators.faults.message import Parcel, facts_of
from simulators.hl7.envelope import answers_positively
from simulators.ledger import Ledger

Act = Callable[[], None]
RETRY_AFTER = timedelta(seconds=30)


class Outgoing:
    """A message with its control id; its bytes are made when somebody wants them, and then stay the same.

    `heard` is told the answer, if there is one; the first `answers_lost` answers get lost on their way back.
    """

    def __init__(
        self, control: str, build: Callable[[], bytes], heard: Callable[[bytes], None] | None = None
    ) -> None:
        self.control = control
        self.heard = heard
        self.answers_lost = 0
        self._build = build

    @cached_property
    def content(self) -> bytes:
        """The bytes that are sent, and sent again."""
        return self._build()


Exchange = Callable[[str, Outgoing], bytes | None]


class Stage:
    """One instant after the other; things happen in the order of their instants, then of their being planned."""

    def __init__(
        self, start: datetime, zone: ZoneInfo, dice: Dice, ledger: Ledger, exchange: Exchange
    ) -> None:
        self.now = start
        self.zone = zone
        self.dice = dice
        self.ledger = ledger
        self.faults = Injections(dice.fork("faults"), self.tell)
        self._exchange = exchange
        self._agenda: list[tuple[datetime, int, Act]] = []
        self._planned = 0
        self._unsent: dict[str, deque[Outgoing]] = {}

    def plan(self, at: datetime, act: Act) -> None:
        """The thing will happen at this instant; what should have happened already happens next."""
        self._planned += 1
        heapq.heappush(self._agenda, (max(at, self.now), self._planned, act))

    def next_at(self) -> datetime | None:
        """When the next thing happens."""
        return self._agenda[0][0] if self._agenda else None

    def turn(self) -> None:
        """Let the next thing happen."""
        self.now, _, act = heapq.heappop(self._agenda)
        act()

    def tell(self, kind: str, subject: str, data: Mapping[str, Any] | None = None) -> None:
        """Put a truth into the ledger."""
        self.ledger.record(self.now, kind, subject, data)

    def send(self, peer: str, message: Outgoing) -> None:
        """Hand a message over and await the answer. Without one it is sent again later; others wait behind it."""
        if not self.faults.are_set_for("message"):
            self._queue(peer, message)
            return
        for parcel in self._as_it_leaves(peer, message):
            one = Outgoing(parcel.control, partial(bytes, parcel.content), message.heard)
            one.answers_lost = parcel.answers_lost
            if parcel.held_back:
                self.plan(self.now + parcel.held_back, partial(self._queue, peer, one))
            else:
                self._queue(peer, one)

    def send_and_read(self, peer: str, message: Outgoing) -> bytes | None:
        """Ask something whose answer matters and whose repetition does not: nothing waits, nothing is sent again."""
        return self._exchange(peer, message) if self._is_open(peer) else None

    def _as_it_leaves(self, peer: str, message: Outgoing) -> tuple[Parcel, ...]:
        """What becomes of a message on its way out of which something is set to go wrong."""
        facts = {"peer": peer, **facts_of(message.content)}
        whole = (Parcel(message.content, message.control),)
        return self.faults.pass_through("message", whole, message.control, self.now, facts)

    def _is_open(self, peer: str) -> bool:
        """Whether the cable is whole, as far as faults go."""
        if not self.faults.are_set_for("link"):
            return True
        return self.faults.pass_through("link", True, peer, self.now, {"peer": peer})

    def _queue(self, peer: str, message: Outgoing) -> None:
        waiting = self._unsent.setdefault(peer, deque())
        waiting.append(message)
        if len(waiting) == 1:
            self._drain(peer)

    def _drain(self, peer: str) -> None:
        waiting = self._unsent[peer]
        while waiting:
            message = waiting[0]
            answer = self._answer(peer, message)
            if answer is None:
                self.tell("message.unanswered", peer, {"control": message.control})
                self.plan(self.now + RETRY_AFTER, lambda: self._drain(peer))
                return
            if answer and not answers_positively(answer):
                data = {"control": message.control, "answer": answer.decode("utf-8", "backslashreplace")}
                self.tell("message.refused", peer, data)
            if answer and message.heard:
                message.heard(answer)
            waiting.popleft()

    def _answer(self, peer: str, message: Outgoing) -> bytes | None:
        """What comes back; nothing from a dead cable, nor when the answer gets lost."""
        answer = self._exchange(peer, message) if self._is_open(peer) else None
        if not answer or not message.answers_lost:
            return answer
        message.answers_lost -= 1
        self.tell("message.answer_lost", peer, {"control": message.control})
        return None
