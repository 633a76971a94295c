"""Work that went to an analyzer is taken back: told step by step, under the numbers it was sent with."""

from __future__ import annotations

from collections.abc import Collection

from lis.domain.events import Verb
from lis.storage import outbox
from lis.storage.work import Work


def tell_cancel(work: Work, container_pk: int, analyzer: str, tests: Collection[str]) -> None:
    """Take back what messages asked for. What was handed out in answer to a query has no message to take back."""
    container = work.containers.get(container_pk)
    accession = work.orders.get(container.order_id).accession
    steps = _steps_sent(work, container_pk, analyzer, accession)
    taken_back = {test: steps[test] for test in tests if test in steps}
    if not taken_back:
        return
    work.outbox.add(
        outbox.ANALYZER_WORK,
        analyzer,
        accession=accession,
        container=container_pk,
        tests=list(taken_back),
        cancels=list(taken_back.values()),
    )
    work.journal.append(
        Verb.WORK_CANCELLED,
        f"container:{container.container_id}",
        accession=accession,
        analyzer=analyzer,
        tests=list(taken_back),
    )


def note_answer(work: Work, container_pk: int, analyzer: str, tests: dict[str, str]) -> None:
    """What an analyzer said to a cancellation: too late or not, its values are not awaited any more."""
    container = work.containers.get(container_pk)
    work.journal.append(
        Verb.WORK_ANSWERED,
        f"container:{container.container_id}",
        accession=work.orders.get(container.order_id).accession,
        analyzer=analyzer,
        tests=tests,
        cancelled=True,
    )


def _steps_sent(work: Work, container_pk: int, analyzer: str, accession: str) -> dict[str, tuple[int, int]]:
    """Test → the outbox row that asked for it last, and its place there."""
    rows = work.outgoing.having(accession=accession, kind=outbox.ANALYZER_WORK, peer=analyzer)
    return {
        test: (row.id, place)
        for row in rows
        if row.refs["container"] == container_pk and "cancels" not in row.refs
        for place, test in enumerate(row.refs["tests"], 1)
    }
