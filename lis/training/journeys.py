"""What takes longer than a page may: one journey in time at once, in a thread of its own, told while it lasts."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from lis.kernel.errors import Conflict, Refusal
from lis.training.preparing import Progress

UNDER_WAY, ARRIVED, FAILED = "under way", "arrived", "failed"
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Journey:
    """Where a journey stands; `words` say what it does, or what came of it."""

    lab: str
    words: str
    state: str = UNDER_WAY
    share: float | None = None


class Journeys:
    """All journeys of this process, the last one remembered for each laboratory."""

    def __init__(self) -> None:
        self._last: dict[str, Journey] = {}
        self._lock = threading.Lock()

    def last(self, lab: str) -> Journey | None:
        return self._last.get(lab)

    def start(self, lab: str, words: str, go: Callable[[Progress], str]) -> None:
        """Set out; refused while another one is under way. `go` returns what is said at the end."""
        with self._lock:
            busy = next((one for one in self._last.values() if one.state == UNDER_WAY), None)
            if busy is not None:
                raise Conflict(
                    "journey.under_way", f"{busy.words} — that comes first.", "Wait until it is done."
                )
            self._last[lab] = Journey(lab, words)
        threading.Thread(target=self._run, args=(lab, words, go), name="journey", daemon=True).start()

    def _run(self, lab: str, words: str, go: Callable[[Progress], str]) -> None:
        def progress(start: datetime, now: datetime, end: datetime) -> None:
            self._last[lab] = Journey(lab, words, share=(now - start) / (end - start))

        try:
            self._last[lab] = Journey(lab, go(progress), ARRIVED)
        except Refusal as refusal:
            self._last[lab] = Journey(lab, str(refusal), FAILED)
        except Exception as error:
            log.error("world.journey", lab=lab, exc_info=error)
            self._last[lab] = Journey(lab, f"It went wrong: {error}", FAILED)
