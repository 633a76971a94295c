"""Work for the analyzers: which pending tests of a container go where, and what the analyzers answer."""

from __future__ import annotations

from collections.abc import Collection, Container
from typing import Any

from sqlalchemy import Row

from lis.domain.events import Verb
from lis.domain.routing import route
from lis.domain.workflow import ContainerState, ResultState
from lis.services import recalling
from lis.services.arriving import kept_back
from lis.storage import outbox
from lis.storage.work import Work

SENT, ACCEPTED, UNABLE, CANCELLED, DONE = "sent", "accepted", "unable", "cancelled", "done"


def send_work(work: Work, container: Row[Any], order: Row[Any], *, rerun: tuple[str, ...] = ()) -> None:
    """Send a labelled container's pending tests to the analyzers that measure them; `rerun` names tests to repeat.

    An analyzer that asks for its work is sent none: it hears of the tests when it meets the tube.
    """
    wanted = rerun or _unsent_tests(work, container)
    interfaces = work.interfaces.all()
    stopped = [row.code for row in interfaces if not row.enabled]
    held = [(row.code, test) for row in interfaces for test in row.held_tests]
    for analyzer, tests in route(wanted, work.catalog, stopped=stopped, held=held).items():
        if not work.catalog.analyzers[analyzer].asks_for_work:
            _send(work, container, order, analyzer, tests, rerun=bool(rerun))


def work_for(work: Work, analyzer: str, container: Row[Any]) -> tuple[str, ...]:
    """The tests an analyzer that asks may run on a container now: those on its menu that wait for a value."""
    if container.state not in (ContainerState.RECEIVED, ContainerState.LABELLED):
        return ()
    menu = may_run(work, analyzer, container)
    return tuple(
        row.test
        for row in work.results.of_container(container.id)
        if row.test in menu and (row.state == ResultState.PENDING or row.rerun)
    )


def may_run(work: Work, analyzer: str, container: Row[Any]) -> set[str]:
    """The tests on an analyzer's menu that are neither kept back on the container nor kept from the analyzer."""
    kept = [test for row in work.interfaces.all() if row.code == analyzer for test in row.held_tests]
    menu = {item.test for item in work.catalog.analyzers[analyzer].menu}
    return menu - kept_back(container) - {*kept}


def offer_work(work: Work, analyzer: str, container: Row[Any]) -> tuple[str, ...]:
    """An analyzer asks for a container: queue what it may run on it, whether it was sent before or not."""
    tests = work_for(work, analyzer, container)
    if tests:
        _send(work, container, work.orders.get(container.order_id), analyzer, tests, rerun=False)
    return tests


def deny_work(work: Work, analyzer: str, container_id: str) -> None:
    """An analyzer that awaits a message after its query is told that there is nothing to do."""
    work.outbox.add(outbox.NO_WORK, analyzer, asked=container_id)


def hand_out_work(
    work: Work, analyzer: str, container: Row[Any], only: Container[str] | None = None
) -> tuple[str, ...]:
    """The same for an analyzer that reads its work in the answer to its query: nothing is queued.

    `only` are the tests it asked for, when it did not ask for all.
    """
    tests = tuple(test for test in work_for(work, analyzer, container) if only is None or test in only)
    if tests:
        _note_sent(work, container, work.orders.get(container.order_id), analyzer, tests, rerun=False)
    return tests


def answer_work(work: Work, container_pk: int, analyzer: str, tests: dict[str, str], answer: str) -> None:
    """Write down what an analyzer said to its orders: test → accepted, unable, cancelled.

    One that was unable may say otherwise when the same message was sent again.
    """
    container = work.containers.get(container_pk)
    order = work.orders.get(container.order_id)
    rows = work.analyzer_work.having(container_pk=container_pk, analyzer=analyzer)
    waiting = {row.test for row in rows if row.state == SENT}
    work.analyzer_work.change_all(
        [
            {"id": row.id, "state": tests[row.test], "answer": answer}
            for row in rows
            if row.test in tests and row.state == (SENT if row.test in waiting else UNABLE)
        ]
    )
    work.journal.append(
        Verb.WORK_ANSWERED,
        f"container:{container.container_id}",
        accession=order.accession,
        analyzer=analyzer,
        tests=tests,
    )


def finish_work(work: Work, container_pk: int, analyzer: str, tests: Collection[str]) -> None:
    """The analyzer reported the tests: nothing is outstanding for them."""
    work.analyzer_work.change_all(
        {"id": row.id, "state": DONE}
        for row in _outstanding(work, container_pk, tests)
        if row.analyzer == analyzer
    )


def cancel_work(work: Work, container_pk: int, tests: Collection[str]) -> None:
    """Nothing is expected any more of what was sent, and the analyzers are told; a value that still comes is held."""
    rows = _outstanding(work, container_pk, tests)
    work.analyzer_work.change_all({"id": row.id, "state": CANCELLED} for row in rows)
    for analyzer in dict.fromkeys(row.analyzer for row in rows):
        told = [row.test for row in rows if row.analyzer == analyzer]
        recalling.tell_cancel(work, container_pk, analyzer, told)


def _outstanding(work: Work, container_pk: int, tests: Collection[str]) -> list[Row[Any]]:
    """What was sent of a container and is not yet answered for."""
    rows = work.analyzer_work.having(container_pk=container_pk)
    return [row for row in rows if row.test in tests and row.state in (SENT, ACCEPTED)]


def _unsent_tests(work: Work, container: Row[Any]) -> tuple[str, ...]:
    rows = work.analyzer_work.having(container_pk=container.id)
    sent = {row.test for row in rows if row.state in (SENT, ACCEPTED, DONE)} | kept_back(container)
    return tuple(
        row.test
        for row in work.results.of_container(container.id)
        if row.state == ResultState.PENDING and row.test not in sent
    )


def _send(
    work: Work, container: Row[Any], order: Row[Any], analyzer: str, tests: tuple[str, ...], *, rerun: bool
) -> None:
    _note_sent(work, container, order, analyzer, tests, rerun=rerun)
    work.outbox.add(
        outbox.ANALYZER_WORK,
        analyzer,
        accession=order.accession,
        container=container.id,
        tests=list(tests),
        rerun=rerun,
    )


def _note_sent(
    work: Work, container: Row[Any], order: Row[Any], analyzer: str, tests: tuple[str, ...], *, rerun: bool
) -> None:
    work.analyzer_work.add_all(
        {
            "container_pk": container.id,
            "analyzer": analyzer,
            "test": test,
            "state": SENT,
            "rerun": rerun,
            "sent_at": work.now,
            "answer": "",
        }
        for test in tests
    )
    work.journal.append(
        Verb.WORK_SENT,
        f"container:{container.container_id}",
        accession=order.accession,
        analyzer=analyzer,
        tests=list(tests),
        rerun=rerun,
    )
