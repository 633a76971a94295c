"""Results and their versions, by the questions that use cases ask; of many orders at once where that is known."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, bindparam, select
from sqlalchemy.sql import Select

from lis.storage import statements
from lis.storage import tables as t
from lis.storage.ahead import Ahead
from lis.storage.questions import Question
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
        self._reported_of: set[tuple[int, str]] = set()  # patients and tests whose past was fetched

    def add_all(self, rows: Iterable[dict[str, Any]]) -> list[int]:
        added = list(rows)
        self._current.added(added)
        self._reported.added(added)
        return super().add_all(added)

    def change_all(self, rows: Iterable[dict[str, Any]]) -> None:
        changed = list(rows)
        self._current.changed(changed)
        for row in changed:
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
        return self.all(_CURRENT, order_id=order_id)

    def previous(self, patient_id: int, tests: Collection[str], before: datetime) -> dict[str, Row[Any]]:
        """Per test, the patient's last reported value collected before an instant, for delta checks."""
        is_fetched = all((patient_id, test) in self._reported_of for test in tests)
        rows = self._reported.get(patient_id) if is_fetched else None
        if rows is None:
            rows = [*self.all(_REPORTED, patient_id=patient_id, tests=list(tests))]
        return {row.test: row for row in rows if row.test in tests and row.collected_at < before}

    def keep_orders(self, order_ids: Collection[int], rows: Rows) -> None:
        """What `current_of_order` is asked for, of all these orders, fetched elsewhere in this transaction."""
        self._patient_of = {row.id: row.patient_id for row in rows}
        self._current.put(order_ids, rows)

    def keep_reported(self, of: Collection[tuple[int, str]], rows: Rows) -> None:
        """What `previous` is asked for, of these patients and tests."""
        self._reported_of = set(of)
        self._reported.put({patient_id for patient_id, _ in of}, rows)


def current(of: ColumnElement[bool]) -> Select[Any]:
    """Results with their versions in force."""
    r, v = t.result, t.result_version
    in_force = and_(v.c.result_id == r.c.id, v.c.n == r.c.version)
    columns = [c.label(f"version_{c.name}") for c in v.c]
    query = select(r, *columns).select_from(r.outerjoin(v, in_force))
    return query.where(of).order_by(r.c.id)


def reported(*of: ColumnElement[bool]) -> Select[Any]:
    """Values that a person or a rule let pass, by the time they were drawn."""
    r, v = t.result, t.result_version
    value = (v.c.value, v.c.comparator, v.c.number, v.c.unit)
    state = r.c.state.concat("")  # not by its index: nearly all that was ever measured is released
    return (
        select(r.c.id, r.c.patient_id, r.c.test, r.c.collected_at, *value)
        .join(v, and_(v.c.result_id == r.c.id, v.c.n == r.c.version))
        .where(
            *of,
            r.c.collected_at.is_not(None),
            state.in_(("verified", "released")),
            v.c.value != "",
        )
        .order_by(r.c.collected_at, r.c.id)
    )


_CURRENT = Question(current(t.result.c.order_id == bindparam("order_id")))
_REPORTED = Question(
    reported(
        t.result.c.patient_id == bindparam("patient_id"),
        t.result.c.test.in_(bindparam("tests", expanding=True)),
    )
)
