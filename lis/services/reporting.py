"""What a report says: the released values of a case, each with what it replaced, and who answers for it.

One reading serves the HL7 report, the PDF and the screen, so that they cannot disagree.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, bindparam, func, select

from lis.domain.catalog import Catalog, Orderable
from lis.domain.events import Verb
from lis.domain.workflow import TestState
from lis.kernel.errors import NotFound
from lis.services import noting
from lis.storage import tables as t
from lis.storage.statements import by

FINAL, PRELIMINARY, CORRECTED, CANCELLED = "F", "P", "C", "X"


@dataclass(frozen=True, slots=True)
class ReportLine:
    """One released value. `replaced` is the value that readers held before, when it was corrected."""

    result_id: int
    version_id: int
    test: str
    name: str
    loinc: str
    result_type: str
    value: str
    comparator: str
    unit: str
    unit_text: str
    flags: tuple[str, ...]
    critical: bool
    interval_text: str
    status: str
    comment: str
    analyzer: str
    observed_at: datetime | None
    verified_by: str
    released_at: datetime | None
    replaced: str


@dataclass(frozen=True, slots=True)
class ReportGroup:
    """An ordered test with its lines; `status` is P while a required value is missing."""

    ordered_test_id: int
    code: str
    name: str
    loinc: str
    placer_number: str
    status: str
    container_id: str
    specimen_type: str
    collected_at: datetime | None
    collected_by: str
    received_at: datetime | None
    lines: tuple[ReportLine, ...]


@dataclass(frozen=True, slots=True)
class CallMade:
    """A call that reached somebody: what was said to whom, and when."""

    what: str
    whom: str
    whom_role: str
    at: datetime
    was_read_back: bool

    def text(self, zone: ZoneInfo) -> str:
        """In words, with the hour of a zone."""
        told = f"{self.what}: told to {self.whom} ({self.whom_role}), {self.at.astimezone(zone):%Y-%m-%d %H:%M %Z}"
        return f"{told}, read back" if self.was_read_back else told


@dataclass(frozen=True, slots=True)
class Report:
    """A case as its report has it."""

    order: Row[Any]
    patient: Row[Any]
    visit: Row[Any] | None
    groups: tuple[ReportGroup, ...]
    notes: tuple[str, ...]
    calls: tuple[CallMade, ...]

    @property
    def status(self) -> str:
        """C when a value was corrected, X when all is cancelled, P while something is missing, F otherwise."""
        statuses = {group.status for group in self.groups}
        if statuses == {CANCELLED}:
            return CANCELLED
        if CORRECTED in statuses:
            return CORRECTED
        return FINAL if statuses <= {FINAL, CANCELLED} else PRELIMINARY


def report_of(
    connection: Connection, catalog: Catalog, accession: str, *, versions: Collection[int] | None = None
) -> Report:
    """The report of a case; with `versions`, only those values, as they were when they were released."""
    order = by(t.lab_order, "accession").first(connection, accession=accession)
    if order is None:
        raise NotFound("accession.unknown", f"There is no accession {accession} in this laboratory.")
    [patient] = by(t.patient, "id").ask(connection, id=order.patient_id)
    visit = by(t.visit, "id").first(connection, id=order.visit_id)
    return Report(
        order=order,
        patient=patient,
        visit=visit,
        groups=tuple(_groups(connection, catalog, order, versions)),
        notes=noting.notes_of(connection, catalog, order.id),
        calls=_calls(connection, order.id),
    )


def _groups(
    connection: Connection, catalog: Catalog, order: Row[Any], versions: Collection[int] | None
) -> list[ReportGroup]:
    indices = set(catalog.index_tests.values())
    lines = [row for row in _lines(connection, catalog, order, versions) if row.test not in indices]
    groups = []
    for row in connection.execute(_ORDERED_TESTS, {"order_id": order.id}):
        orderable = catalog.orderable(row.code)
        own = tuple(line for line in lines if orderable and line.test in orderable.tests)
        groups.append(
            ReportGroup(
                ordered_test_id=row.id,
                code=row.code,
                name=orderable.name if orderable else row.code,
                loinc=(orderable.loinc or "") if orderable else "",
                placer_number=row.placer_number,
                status=_group_status(row.state, orderable, own),
                container_id=row.container_id or "",
                specimen_type=row.specimen_type or "",
                collected_at=row.collected_at,
                collected_by=row.collected_by or "",
                received_at=row.received_at,
                lines=own,
            )
        )
    return groups


def _ordered_tests() -> Select[Any]:
    """Ordered tests with the first container each is measured from."""
    o, c, s, r = t.ordered_test, t.container, t.specimen, t.result
    first = (
        select(r.c.ordered_test_id, func.min(r.c.container_pk).label("container_pk"))
        .where(r.c.order_id == bindparam("order_id"))
        .group_by(r.c.ordered_test_id)
        .subquery()
    )
    return (
        select(
            o,
            c.c.container_id,
            c.c.received_at,
            s.c.type.label("specimen_type"),
            s.c.collected_at,
            s.c.collected_by,
        )
        .select_from(
            o.outerjoin(first, first.c.ordered_test_id == o.c.id)
            .outerjoin(c, c.c.id == first.c.container_pk)
            .outerjoin(s, s.c.id == c.c.specimen_id)
        )
        .where(o.c.order_id == bindparam("order_id"))
        .order_by(o.c.seq)
    )


_ORDERED_TESTS = _ordered_tests()


def _lines(
    connection: Connection, catalog: Catalog, order: Row[Any], versions: Collection[int] | None
) -> list[ReportLine]:
    if versions is None:
        rows = connection.execute(_RELEASED, {"order_id": order.id})
    else:
        rows = connection.execute(_CHOSEN, {"order_id": order.id, "versions": list(versions)})
    return [_line(connection, catalog, order, row) for row in rows]


def _values(chosen: ColumnElement[bool]) -> Select[Any]:
    r, v = t.result, t.result_version
    return (
        select(v, r.c.test, r.c.verified_by, r.c.released_at, r.c.released_version)
        .join(r, and_(r.c.id == v.c.result_id, r.c.order_id == bindparam("order_id")))
        .where(chosen)
        .order_by(r.c.id, v.c.n)
    )


_RELEASED = _values(t.result_version.c.n == t.result.c.released_version)
_CHOSEN = _values(t.result_version.c.id.in_(bindparam("versions", expanding=True)))


def _line(connection: Connection, catalog: Catalog, order: Row[Any], row: Row[Any]) -> ReportLine:
    test = catalog.tests.get(row.test)
    return ReportLine(
        result_id=row.result_id,
        version_id=row.id,
        test=row.test,
        name=test.name if test else row.test,
        loinc=(test.loinc or "") if test else "",
        result_type=test.result_type if test else "ST",
        value=_display(catalog, row.test, row.value),
        comparator=row.comparator,
        unit=row.unit,
        unit_text=catalog.unit_text(row.unit),
        flags=tuple(row.flags),
        critical=row.critical,
        interval_text=row.interval_text,
        status=row.status,
        comment=row.comment,
        analyzer=row.analyzer,
        observed_at=row.observed_at,
        verified_by=row.verified_by,
        released_at=row.released_at,
        replaced=_replaced(connection, order, row) if row.status == CORRECTED else "",
    )


def _display(catalog: Catalog, test: str, value: str) -> str:
    """A coded value as people read it; anything else as it was reported."""
    return next((coded.display for coded in catalog.value_set_of(test) if coded.code == value), value)


def _replaced(connection: Connection, order: Row[Any], row: Row[Any]) -> str:
    """The value that readers held before: of the last version released earlier. The journal knows which were."""
    j, v = t.journal, t.result_version
    told = select(j.c.data).where(
        j.c.subject == f"result:{order.accession}/{row.test}", j.c.verb == Verb.RESULT_RELEASED
    )
    released = [data["version"] for data in connection.execute(told).scalars() if data["version"] < row.n]
    if not released:
        return ""
    query = select(v).where(v.c.result_id == row.result_id, v.c.n == max(released))
    before = connection.execute(query).one()
    return f"{before.comparator}{before.value}"


def _group_status(state: str, orderable: Orderable | None, lines: tuple[ReportLine, ...]) -> str:
    if any(line.status == CORRECTED for line in lines):
        return CORRECTED
    if state == TestState.CANCELLED:
        return CANCELLED
    present = {line.test for line in lines}
    complete = orderable is not None and all(i.test in present for i in orderable.items if i.required)
    return FINAL if complete or state == TestState.COMPLETE else PRELIMINARY


def _calls(connection: Connection, order_id: int) -> tuple[CallMade, ...]:
    return tuple(
        CallMade(row.what, row.whom, row.whom_role, row.at, bool(row.read_back))
        for row in connection.execute(_REACHED, {"order_id": order_id})
    )


_REACHED = (
    select(t.call.c.what, t.call_attempt)
    .join(t.call_attempt, t.call_attempt.c.call_id == t.call.c.id)
    .where(t.call.c.order_id == bindparam("order_id"), t.call_attempt.c.outcome == "reached")
    .order_by(t.call_attempt.c.id)
)
