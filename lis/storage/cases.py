"""What a transaction about many tubes asks first: the tubes, their orders, patients, specimens, work and results.

Each question finds its rows by the numbers of the tubes, so that none has to wait for the answer to another.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Select, Table, bindparam, select

from lis.storage import tables as t
from lis.storage.questions import Given, Question, Rows
from lis.storage.resulted import current, reported_before
from lis.storage.work import Work

_TUBES = select(t.container).where(t.container.c.container_id.in_(bindparam("tubes", expanding=True)))
_PKS = _TUBES.with_only_columns(t.container.c.id)
_ORDERS = _TUBES.with_only_columns(t.container.c.order_id)
_PATIENTS = select(t.lab_order.c.patient_id).where(t.lab_order.c.id.in_(_ORDERS))


def _rows(table: Table, column: str, among: Select[Any]) -> Question:
    return Question(select(table).where(table.c[column].in_(among)).order_by(table.c.id))


_QUESTIONS = (
    _rows(t.container, "order_id", _ORDERS),
    _rows(t.lab_order, "id", _ORDERS),
    _rows(t.patient, "id", _PATIENTS),
    _rows(t.specimen, "order_id", _ORDERS),
    _rows(t.analyzer_work, "container_pk", _PKS),
    Question(current(t.result.c.order_id.in_(_ORDERS))),
    Question(reported_before(lambda own: own.c.order_id.in_(_ORDERS))),
)


def questions(container_ids: Collection[str]) -> list[tuple[Question, Given]]:
    """What to ask about the cases of some tubes; nothing where there are none."""
    given = {"tubes": sorted(container_ids)}
    return [(question, given) for question in _QUESTIONS] if container_ids else []


def keep(work: Work, container_ids: Collection[str], answers: Sequence[Rows]) -> None:
    """Hand the answers to those who will be asked, key by key."""
    if not container_ids:
        return
    containers, orders, patients, specimens, sent, results, earlier = answers
    asked = [row for row in containers if row.container_id in container_ids]
    order_ids = {order.id for order in orders}
    work.containers.keep_by("container_id", container_ids, asked)
    work.containers.keep_by("order_id", order_ids, containers)
    work.orders.keep(orders)
    work.patients.keep(patients)
    work.specimens.keep_by("order_id", order_ids, specimens)
    work.analyzer_work.keep_by("container_pk", {row.id for row in asked}, sent)
    work.results.keep_orders(order_ids, results)
    work.results.keep_past(results, earlier)
