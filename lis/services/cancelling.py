"""Orders and ordered tests end before they are complete, with a reason; nothing is deleted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Row

from lis.domain.events import Verb
from lis.domain.people import Act
from lis.domain.workflow import Action, ContainerState, OrderState, ResultState, TestState, advance, can
from lis.kernel.errors import Invalid
from lis.services import filing, working
from lis.services.finding import tests_of_container
from lis.services.settling import settle_order
from lis.storage import outbox
from lis.storage.work import Work

# HL7 0038, as the placer is told: in process, on hold until another specimen comes, cancelled.
IN_PROCESS, ON_HOLD, CANCELLED = "IP", "HD", "CA"


def cancel_order(work: Work, accession: str, *, reason: str) -> None:
    """End an order with a reason. Tests already complete keep their results."""
    work.require(Act.ORDER_CANCEL)
    order = work.orders.by_accession(accession)
    advance(OrderState(order.state), Action.CANCEL)
    tests = [
        test for test in work.ordered_tests.of_order(order.id) if can(TestState(test.state), Action.CANCEL)
    ]
    for test in tests:
        cancel_ordered_test(work, order, test, reason=reason)
    settle_order(work, order.id)
    work.journal.append(Verb.ORDER_CANCELLED, f"order:{accession}", accession=accession, reason=reason)
    tell_placer(work, order, [test.id for test in tests], CANCELLED)


def cancel_test(work: Work, accession: str, code: str, *, reason: str) -> None:
    """End one ordered test of an order, and tell who placed it."""
    order = work.orders.by_accession(accession)
    tests = [row for row in work.ordered_tests.of_order(order.id) if row.code == code]
    if not tests:
        raise Invalid("test.not_ordered", f"{code} is not ordered on accession {accession}.")
    test = next((row for row in tests if can(TestState(row.state), Action.CANCEL)), tests[0])
    cancel_ordered_test(work, order, test, reason=reason)
    settle_order(work, order.id)
    tell_placer(work, order, [test.id], CANCELLED)


def cancel_by_placer(work: Work, peer: str, placer_number: str, *, reason: str) -> str:
    """End the test a placer numbered so; the order ends with its last test. Returns the accession."""
    order = work.orders.by_placer_number(peer, placer_number)
    if order is None:
        raise Invalid("order.unknown", f"No order with the number {placer_number} is known here.")
    tests = work.ordered_tests.of_order(order.id)
    test = next(row for row in tests if row.placer_number == placer_number)
    cancel_ordered_test(work, order, test, reason=reason)
    settle_order(work, order.id)
    return str(order.accession)


def cancel_ordered_test(work: Work, order: Row[Any], test: Row[Any], *, reason: str) -> None:
    """End one ordered test, the results only it asked for, and a container that nothing else waits for."""
    work.require(Act.ORDER_CANCEL)
    require_reason(reason)
    end_ordered_test(work, order, test, reason=reason)


def end_ordered_test(work: Work, order: Row[Any], test: Row[Any], *, reason: str) -> None:
    """`cancel_ordered_test` for use cases that ask for an act of their own."""
    state = advance(TestState(test.state), Action.CANCEL)
    work.ordered_tests.change(test.id, state=state, reason=reason)
    results = work.results.of_ordered_test(test.id)
    _end_results(work, test, results)
    work.journal.append(
        Verb.TEST_CANCELLED,
        f"test:{order.accession}/{test.code}",
        accession=order.accession,
        reason=reason,
    )
    for container_pk in sorted({row.container_pk for row in results if row.container_pk}):
        _cancel_idle_container(work, container_pk)
    judge_rest(work, order, results)


def judge_rest(work: Work, order: Row[Any], ended: Iterable[Row[Any]]) -> None:
    """What waited for results that will not come is judged without them."""
    for collected_at in {row.collected_at for row in ended}:
        filing.judge_anew(work, order, collected_at)


def tell_placer(work: Work, order: Row[Any], ordered_test_ids: list[int], status: str, **why: Any) -> None:
    """Queue the status of ordered tests for whoever placed them over a wire."""
    if order.peer and ordered_test_ids:
        work.outbox.add(
            outbox.ORDER_STATUS,
            order.peer,
            accession=order.accession,
            order=order.id,
            tests=ordered_test_ids,
            status=status,
            **why,
        )


def require_reason(reason: str) -> None:
    if not reason.strip():
        raise Invalid("reason.missing", "A reason is needed.", "Say why in a few words.")


def _end_results(work: Work, test: Row[Any], results: Iterable[Row[Any]]) -> None:
    """A result that another live test of the order asks for too is handed to that one; the rest are cancelled."""
    heirs = _heirs(work, test)
    ended: dict[int, list[str]] = {}
    for result in results:
        if result.test in heirs:
            work.results.change(result.id, ordered_test_id=heirs[result.test])
        elif can(ResultState(result.state), Action.CANCEL):
            work.results.change(result.id, state=advance(ResultState(result.state), Action.CANCEL))
            if result.container_pk:
                ended.setdefault(result.container_pk, []).append(result.test)
    for container_pk, tests in ended.items():
        working.cancel_work(work, container_pk, tests)


def _heirs(work: Work, ended: Row[Any]) -> dict[str, int]:
    heirs: dict[str, int] = {}
    for other in work.ordered_tests.of_order(ended.order_id):
        orderable = work.catalog.orderable(other.code)
        if other.id != ended.id and other.state != TestState.CANCELLED and orderable:
            heirs |= {code: other.id for code in orderable.tests if code not in heirs}
    return heirs


def _cancel_idle_container(work: Work, container_pk: int) -> None:
    container = work.containers.get(container_pk)
    if not can(ContainerState(container.state), Action.CANCEL):
        return
    if all(test.state == TestState.CANCELLED for test in tests_of_container(work, container)):
        state = advance(ContainerState(container.state), Action.CANCEL)
        work.containers.change(container.id, state=state, closed_at=work.now)
        _end_recollection(work, container)


def _end_recollection(work: Work, container: Row[Any]) -> None:
    for loop in work.recollections.having(replacement_pk=container.id):
        work.recollections.change(loop.id, state="cancelled")
        order = work.orders.get(loop.order_id)
        work.journal.append(
            Verb.RECOLLECTION_CLOSED,
            f"container:{container.container_id}",
            accession=order.accession,
            cancelled=True,
        )
