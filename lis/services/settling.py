"""Ordered tests and orders follow their results: in the laboratory, complete, open again, cancelled."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, and_, bindparam, select

from lis.domain.orders import is_complete
from lis.domain.workflow import Action, OrderState, ResultState, TestState, advance, can
from lis.storage import tables as t
from lis.storage.work import Work

PRELIMINARY = "P"


def settle(work: Work, order: Row[Any]) -> None:
    """Bring the order's tests in line with their results, then the order with its tests."""
    settled, released = _settled(work, order.id)
    for test in work.ordered_tests.of_order(order.id):
        orderable = work.catalog.orderable(test.code)
        if orderable is None:
            continue
        done = is_complete(orderable, settled) and not released.isdisjoint(orderable.tests)
        _follow(work, test, Action.COMPLETE if done else Action.REOPEN)
    settle_order(work, order.id)


def settle_order(work: Work, order_id: int) -> None:
    """Bring the order's own state in line with its tests: complete, cancelled, or open again."""
    order = work.orders.get(order_id)
    states = {TestState(row.state) for row in work.ordered_tests.of_order(order_id)}
    state = OrderState(order.state)
    if states == {TestState.CANCELLED} and can(state, Action.CANCEL):
        work.orders.change(order_id, state=advance(state, Action.CANCEL), closed_at=work.now)
    elif states <= {TestState.COMPLETE, TestState.CANCELLED} and can(state, Action.COMPLETE):
        work.orders.change(order_id, state=advance(state, Action.COMPLETE), closed_at=work.now)
    elif not states <= {TestState.COMPLETE, TestState.CANCELLED} and can(state, Action.REOPEN):
        work.orders.change(order_id, state=advance(state, Action.REOPEN), closed_at=None)


def _settled(work: Work, order_id: int) -> tuple[set[str], set[str]]:
    """Tests nothing more is expected of (released finally, or cancelled), and those released finally.

    A preliminary value that went out, and one that is being corrected, are not final.
    """
    rows = {row.test: row for row in work.results.all(_STANDING, order_id=order_id)}.values()
    released = {row.test for row in rows if row.state == ResultState.RELEASED and row.status != PRELIMINARY}
    return released | {row.test for row in rows if row.state == ResultState.CANCELLED}, released


_STANDING = (
    select(t.result.c.test, t.result.c.state, t.result_version.c.status)
    .outerjoin(
        t.result_version,
        and_(t.result_version.c.result_id == t.result.c.id, t.result_version.c.n == t.result.c.version),
    )
    .where(t.result.c.order_id == bindparam("order_id"))
    .order_by(t.result.c.id)
)


def _follow(work: Work, test: Row[Any], action: Action) -> None:
    if can(TestState(test.state), action):
        work.ordered_tests.change(test.id, state=advance(TestState(test.state), action))
