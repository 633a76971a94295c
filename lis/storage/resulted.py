"""Results and their versions, by the questions that use cases ask; of many orders at once where that is known."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, bindparam, select
from sqlalchemy.sql import Select

from lis.storage import statements
from lis.storage import tables as t
from lis.storage.ahead import Ahead
from lis.storage.questions import Question
from lis.storage.repositories import Repository, Rows
from lis.storage.tables.results import is_reported
from lis.storage.tables.types import Instant


class Results(Repository):
    """Results and the versions that carry their values."""

    def __init__(self, *shared: Any) -> None:
        super().__init__(*shared)
        self.forget()

    def forget(self) -> None:
        super().forget()
        self._current = Ahead("order_id")
        self._past: dict[int, _Past] = {}  # by patient
        self._patient_of: dict[int, int] = {}

    def add_all(self, rows: Iterable[dict[str, Any]]) -> list[int]:
        added = list(rows)
        self._current.added(added)
        for row in added:
            self._past.pop(row["patient_id"], None)
        return super().add_all(added)

    def change_all(self, rows: Iterable[dict[str, Any]]) -> None:
        changed = list(rows)
        self._current.changed(changed)
        for row in changed:
            if row["id"] in self._patient_of:
                self._past.pop(self._patient_of[row["id"]], None)
            else:
                self._past = {}
        super().change_all(changed)

    def of_order(self, order_id: int) -> Rows:
        return self.having(order_id=order_id)

    def of_ordered_test(self, ordered_test_id: int) -> Rows:
        return self.having(ordered_test_id=ordered_test_id)

    def of_container(self, container_pk: int) -> Rows:
        """Results expected from a container."""
        return self.having(container_pk=container_pk)

    def version(self, result_id: int, n: int) -> Row[Any] | None:
        return self.one(statements.by(t.result_version, "result_id", "n"), result_id=result_id, n=n)

    def versions(self, result_id: int) -> Rows:
        return self.all(statements.by(t.result_version, "result_id", order="n"), result_id=result_id)

    def current_of_order(self, order_id: int) -> Rows:
        """Each result of an order joined with the version in force (version columns are None while pending)."""
        if (fetched := self._current.get(order_id)) is not None:
            return fetched[:]
        return self.all(_CURRENT, order_id=order_id)

    def previous(self, patient_id: int, tests: Collection[str], before: datetime) -> dict[str, Row[Any]]:
        """Per test, the patient's last reported value collected before an instant, for delta checks."""
        past = self._past.get(patient_id, {})
        if all((test, before) in past for test in tests):
            return {test: row for test in tests if (row := past[test, before]) is not None}
        rows = self.all(_REPORTED, patient_id=patient_id, tests=list(tests), before=before)
        return {row.test: row for row in rows}  # the newest come last

    def keep_orders(self, order_ids: Collection[int], rows: Rows) -> None:
        """What `current_of_order` is asked for, of all these orders, fetched elsewhere in this transaction."""
        self._patient_of = {row.id: row.patient_id for row in rows}
        self._current.put(order_ids, rows)

    def keep_past(self, own: Rows, earlier: Rows) -> None:
        """What `previous` is asked for, of these results: what was reported before each, as `reported_before` tells."""
        for row in own:
            if row.collected_at is not None:
                self._past.setdefault(row.patient_id, {})[row.test, row.collected_at] = None
        for row in earlier:
            self._past[row.patient_id][row.test, row.before] = row


_Past = dict[tuple[str, datetime], Row[Any] | None]


def current(of: ColumnElement[bool]) -> Select[Any]:
    """Results with their versions in force."""
    r, v = t.result, t.result_version
    in_force = and_(v.c.result_id == r.c.id, v.c.n == r.c.version)
    columns = [c.label(f"version_{c.name}") for c in v.c]
    query = select(r, *columns).select_from(r.outerjoin(v, in_force))
    return query.where(of).order_by(r.c.id)


def reported_before(of: Callable[[Any], ColumnElement[bool]]) -> Select[Any]:
    """For each of some results the last reported value of the same patient and test that was drawn before its own.

    One by one, from the newest on: however long a patient's past is, only its last value is looked at.
    """
    own, r, v = t.result.alias("own"), t.result.alias("earlier"), t.result_version
    e, w = t.result, t.result_version.alias("its_version")
    last = (
        select(e.c.id)
        .join(w, and_(w.c.result_id == e.c.id, w.c.n == e.c.version))
        .where(
            e.c.patient_id == own.c.patient_id,
            e.c.test == own.c.test,
            e.c.collected_at < own.c.collected_at,
            is_reported(e),
            w.c.value != "",
        )
        .order_by(e.c.collected_at.desc(), e.c.id.desc())
        .limit(1)
        .correlate(own)
        .scalar_subquery()
    )
    return (
        select(*_past_of(r, v), own.c.collected_at.label("before"))
        .select_from(own.join(r, r.c.id == last))
        .join(v, and_(v.c.result_id == r.c.id, v.c.n == r.c.version))
        .where(of(own))
    )


def _past_of(result: Any, version: Any) -> list[Any]:
    r, v = result.c, version.c
    return [r.id, r.patient_id, r.test, r.collected_at, v.value, v.comparator, v.number, v.unit]


def _reported() -> Select[Any]:
    """Values of one patient that a person or a rule let pass, drawn before an instant, the newest last."""
    r, v = t.result, t.result_version
    return (
        select(*_past_of(r, v))
        .join(v, and_(v.c.result_id == r.c.id, v.c.n == r.c.version))
        .where(
            r.c.patient_id == bindparam("patient_id"),
            r.c.test.in_(bindparam("tests", expanding=True)),
            r.c.collected_at < bindparam("before", type_=Instant()),
            is_reported(r),
            v.c.value != "",
        )
        .order_by(r.c.collected_at, r.c.id)
    )


_CURRENT = Question(current(t.result.c.order_id == bindparam("order_id")))
_REPORTED = Question(_reported())
