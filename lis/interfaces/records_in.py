"""A message of LIS02 records, handed to the use cases it is about: results filed or held, queries answered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row

from lis.interfaces.astm_envelope import AstmEnvelope
from lis.interfaces.astm_records import WorkQuery, read_queries, read_records
from lis.interfaces.astm_work import HandedOut, handed_out, outstanding, query_answer
from lis.interfaces.handling import file_readings
from lis.interfaces.outcomes import DEAD_LETTER, Outcome, held, processed
from lis.interfaces.routing import Line
from lis.services import working
from lis.storage.work import Work


def screen_records(envelope: AstmEnvelope, line: Line | None) -> Outcome | None:
    """Why a message is not read further; None when it may be. Nothing is refused: the link has accepted it."""
    if envelope.message is None:
        return Outcome(DEAD_LETTER, "AA", envelope.problem, envelope.problem_text)
    if line is None:
        return held("sender.unknown", f"No interface is known for {envelope.application or '(none)'}.")
    if not line.row.enabled:
        reason = line.row.stopped_reason or "no reason given"
        return held("interface.stopped", f"The interface {line.code} is stopped: {reason}")
    if envelope.problem:
        return held(envelope.problem, envelope.problem_text)
    return None


def handle_records(
    work: Work, line: Line, inbound_id: int, envelope: AstmEnvelope
) -> tuple[Outcome, bytes | None]:
    """File or hold what the message reports; the answer to its queries, if it asks."""
    if envelope.message is None:
        raise ValueError("a message without header is never handled")
    readings = read_records(envelope.message, line.profile, line.zone)
    queries = read_queries(envelope.message)
    if not all(query.sound for query in queries):
        return held(
            "query.unsound", "A Q record asks for a range, or carries a value: neither is served."
        ), None
    outcome = (
        file_readings(work, line, inbound_id, readings)
        if readings
        else processed()
        if queries
        else held("message.no_results", "The message holds neither result nor query.")
    )
    return outcome, _answers(work, line, queries)


def _answers(work: Work, line: Line, queries: Sequence[WorkQuery]) -> bytes | None:
    asked = [query for query in queries if not query.cancelled]
    if not asked:
        return None
    found: dict[str, HandedOut] = {}
    if line.code in work.catalog.analyzers:
        for query in asked:
            found |= _everything(work, line) if query.everything else _of_one(work, line, query)
    return query_answer([*found.values()], line.our_application, work.now, line.zone)


def _of_one(work: Work, line: Line, query: WorkQuery) -> dict[str, HandedOut]:
    """What the analyzer may run on the container in its hands, whether it was sent there or not."""
    container = work.containers.by_container_id(query.container) if query.container else None
    if container is None:
        return {}
    tests = working.hand_out_work(work, line.code, container)
    return {query.container: _handed_out(work, line, container, tests)} if tests else {}


def _everything(work: Work, line: Line) -> dict[str, HandedOut]:
    """What was sent to the analyzer and has not come back: noted when it was sent, and said once more."""
    return {
        container.container_id: _handed_out(work, line, container, tests)
        for container, tests in outstanding(work, line.code)
    }


def _handed_out(work: Work, line: Line, container: Row[Any], tests: Sequence[str]) -> HandedOut:
    codes = {item.test: item.code for item in work.catalog.analyzers[line.code].menu}
    return handed_out(work, container, [codes[test] for test in tests])
