"""A message of LIS02 records, handed to the use cases it is about: results filed or held, queries answered."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Row

from lis.interfaces.astm_envelope import AstmEnvelope
from lis.interfaces.astm_queries import WorkQuery, read_queries
from lis.interfaces.astm_records import read_records
from lis.interfaces.astm_work import (
    MOST_AT_ONCE,
    NO_WORK,
    NOT_SERVED,
    HandedOut,
    handed_out,
    outstanding,
    query_answer,
)
from lis.interfaces.handling import file_readings, source_of
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
    asked = [query for query in queries if not query.cancelled]
    if not asked:
        return outcome, None
    answer = _answer(work, line, asked)
    return replace(outcome, detail=" ".join([outcome.detail, *answer.notes]).strip()), answer.records


@dataclass(frozen=True, slots=True)
class _Answer:
    """The records that answer a query, and what a person should know of them."""

    records: bytes
    notes: list[str]


def _answer(work: Work, line: Line, asked: Sequence[WorkQuery]) -> _Answer:
    found: dict[str, HandedOut] = {}
    beyond, codes = 0, source_of(work.catalog, line, 0).code_map
    served = [query for query in asked if not query.not_given]
    for query in served if line.code in work.catalog.analyzers else ():
        only = {codes[code] for code in query.codes if code in codes} if query.codes else None
        if query.everything:
            most = int(line.row.settings.get("most_at_once", MOST_AT_ONCE))
            waiting = outstanding(work, line.code, most, only)
            told, beyond = waiting.found, max(beyond, waiting.beyond)
        else:
            told = _of_one(work, line, query.container, only)
        for container, tests in told:
            one = _handed_out(work, line, container, tests)
            before = found.get(one.container)
            found[one.container] = _joined(before, one) if before else one
    told_too = [f"Given {len(found)}; {beyond} more wait: ask again, or by their ids."] if beyond else []
    if refused := dict.fromkeys(query.not_given for query in asked if query.not_given):
        told_too.append(f"Asked for {', '.join(refused)}: analyzers are told of work alone here.")
    nothing = NO_WORK if served else NOT_SERVED
    records = query_answer([*found.values()], line.our_application, work.now, line.zone, told_too, nothing)
    unknown = dict.fromkeys(code for query in served for code in query.codes if not codes.get(code))
    words = [f"Asked for codes that mean no test here: {', '.join(unknown)}."] if unknown else []
    return _Answer(records, told_too + words)


def _of_one(
    work: Work, line: Line, number: str, only: Container[str] | None
) -> list[tuple[Row[Any], tuple[str, ...]]]:
    """What the analyzer may run on the container in its hands, whether it was sent there or not."""
    container = work.containers.by_container_id(number) if number else None
    tests = working.hand_out_work(work, line.code, container, only) if container is not None else ()
    return [(container, tests)] if container is not None and tests else []


def _joined(before: HandedOut, one: HandedOut) -> HandedOut:
    """One container that was asked for more than once."""
    return replace(before, codes=tuple(dict.fromkeys((*before.codes, *one.codes))))


def _handed_out(work: Work, line: Line, container: Row[Any], tests: Sequence[str]) -> HandedOut:
    codes = {item.test: item.code for item in work.catalog.analyzers[line.code].menu}
    return handed_out(work, container, [codes[test] for test in tests])
