"""Results and their versions, by the questions that use cases ask; of many orders at once where that is known."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, bindparam, select
from sqlalchemy.sql import Select

from lis.storage import statements
from lis.storage import tables as t
from lis.storage.ahead import Ahead
from lis.storage.repositories import Repository, Rows


class Results(Repository):
    """Results and the versions that carry their values."""

    def __init__(self, *shared: Any) -> None:
        super().__init__(*shared)
        self.forget()

    def forget(self) -> None:
        super().forget()
        self._current, self._reported = Ahead("order_id"), Ahead("patient_id")
        self._patient_of: dict[int, int] = {}
        self._tests_ahead: set[str] = set()

    def add(self, **values: Any) -> int:
        self._current.added(values)
        self._reported.added(values)
        return super().add(**values)

    def change_all(self, rows: Iterable[dict[str, Any]]) -> None:
        changed = list(rows)
        for row in changed:
            self._current.changed(row["id"], row)
            if row["id"] in self._patient_of:
                self._reported.drop(self._patient_of[row["id"]])
            else:
                self._reported.forget()
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
        return self.all(_CURRENT, orders=[order_id])

    def previous(self, patient_id: int, tests: Collection[str], before: datetime) -> dict[str, Row[Any]]:
        """Per test, the patient's last reported value collected before an instant, for delta checks."""
        rows = self._reported.get(patient_id) if self._tests_ahead.issuperset(tests) else None
        if rows is None:
            rows = [*self.all(_REPORTED, patients=[patient_id], tests=list(tests))]
        return {row.test: row for row in rows if row.test in tests and row.collected_at < before}

    def read_orders_ahead(self, order_ids: Collection[int], patient_ids: Collection[int]) -> None:
        """Fetch what `current_of_order` and `previous` will be asked for, of many orders and their patients at once."""
        current = self.all(_CURRENT, orders=sorted(order_ids))
        self._tests_ahead = {row.test for row in current}
        self._patient_of = {row.id: row.patient_id for row in current}
        reported = self.all(_REPORTED, patients=sorted(patient_ids), tests=sorted(self._tests_ahead))
        self._current.put(order_ids, current)
        self._reported.put(patient_ids, reported)


def _current() -> Select[Any]:
    r, v = t.result, t.result_version
    in_force = and_(v.c.result_id == r.c.id, v.c.n == r.c.version)
    columns = [c.label(f"version_{c.name}") for c in v.c]
    query = select(r, *columns).select_from(r.outerjoin(v, in_force))
    of_orders = r.c.order_id.in_(bindparam("orders", expanding=True))
    return query.where(of_orders).order_by(r.c.id)


def _reported() -> Select[Any]:
    r, v = t.result, t.result_version
    value = (v.c.value, v.c.comparator, v.c.number, v.c.unit)
    return (
        select(r.c.id, r.c.patient_id, r.c.test, r.c.collected_at, *value)
        .join(v, and_(v.c.result_id == r.c.id, v.c.n == r.c.version))
        .where(
            r.c.patient_id.in_(bindparam("patients", expanding=True)),
            r.c.test.in_(bindparam("tests", expanding=True)),
            r.c.collected_at.is_not(None),
            r.c.state.in_(("verified", "released")),
            v.c.value != "",
        )
        .order_by(r.c.collected_at, r.c.id)
    )


_CURRENT, _REPORTED = _current(), _reported()
