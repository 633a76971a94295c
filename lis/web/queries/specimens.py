"""Containers as the benches list them: whose they are, what is ordered on them, and whether they are late."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, select
from sqlalchemy.sql import Select

from lis.domain.catalog import Catalog
from lis.domain.requests import STAT
from lis.domain.workflow import ContainerState
from lis.kernel.errors import NotFound
from lis.lab import Reading
from lis.storage import tables as t


@dataclass(frozen=True, slots=True)
class Listed:
    """A container in a list. `due_at`: when it should have been received, None where nothing says so."""

    row: Row[Any]
    codes: tuple[str, ...]
    due_at: datetime | None
    is_overdue: bool

    @property
    def is_stat(self) -> bool:
        return bool(self.row.priority == STAT)

    @property
    def kept_back(self) -> tuple[str, ...]:
        """Tests that are not done from it until a person decides."""
        return tuple(self.row.condition.get("kept_back", ()))

    @property
    def seen(self) -> tuple[str, ...]:
        """What was seen of it at the counter, in words."""
        return seen_words(self.row.condition)


def seen_words(condition: Mapping[str, Any]) -> tuple[str, ...]:
    """What a container's condition says of its kind, date, fill, temperature and content."""
    noted = condition.get("inspection", {})
    return (
        *([f"tube {noted['container_type']}"] if "container_type" in noted else []),
        *(["past its date"] if noted.get("expired") else []),
        *([f"filled to {noted['volume_ml']} mL"] if "volume_ml" in noted else []),
        *([f"came at {noted['temperature']}"] if "temperature" in noted else []),
        *condition.get("seen", ()),
    )


def container_rows() -> Select[Any]:
    """Containers with their order, specimen and patient."""
    c, o, s, p = t.container, t.lab_order, t.specimen, t.patient
    return (
        select(
            c.c.id,
            c.c.container_id,
            c.c.collection_number,
            c.c.type,
            c.c.state,
            c.c.reason,
            c.c.condition,
            c.c.received_at,
            c.c.received_by,
            c.c.separated_at,
            c.c.labelled_at,
            o.c.id.label("order_id"),
            o.c.accession,
            o.c.placer_group,
            o.c.priority,
            o.c.location,
            o.c.provider,
            o.c.placed_at,
            s.c.type.label("specimen_type"),
            s.c.collected_at,
            s.c.collected_by,
            p.c.id.label("patient_id"),
            p.c.mrn,
            p.c.family,
            p.c.given,
            p.c.birth_on,
            p.c.sex,
        )
        .join(o, o.c.id == c.c.order_id)
        .join(s, s.c.id == c.c.specimen_id)
        .join(p, p.c.id == o.c.patient_id)
    )


def expected(reading: Reading) -> list[Listed]:
    """Containers that have not arrived: STAT first, then the longest on their way."""
    found = _listed(reading, t.container.c.state == ContainerState.EXPECTED)
    return sorted(found, key=lambda one: (not one.is_stat, not one.is_overdue, _sorting(one)))


def received_since(reading: Reading, since: datetime, limit: int = 60) -> list[Listed]:
    """Containers received after an instant, the newest first."""
    query = container_rows().where(t.container.c.received_at >= since)
    newest = query.order_by(t.container.c.received_at.desc(), t.container.c.id.desc()).limit(limit)
    return _as_listed(reading, newest)


def set_aside(reading: Reading) -> list[Listed]:
    """Containers that wait for an answer to a question about them."""
    return _listed(reading, t.container.c.state == ContainerState.SET_ASIDE)


def next_waiting(reading: Reading, after: str) -> Listed | None:
    """The one after `after` among those set aside, then those that are STAT or late; after the last, the first."""
    urgent = [one for one in expected(reading) if one.is_stat or one.is_overdue]
    waiting = [*set_aside(reading), *urgent]
    ids = [one.row.container_id for one in waiting]
    place = ids.index(after) + 1 if after in ids else 0
    return waiting[place % len(waiting)] if waiting else None


def labels_open(reading: Reading) -> tuple[int, int]:
    """Tubes whose printed label nobody has scanned on them yet, and of how many patients they are."""
    c, o = t.container.c, t.lab_order.c
    query = (
        select(func.count(), func.count(o.patient_id.distinct()))
        .select_from(t.container.join(t.lab_order, o.id == c.order_id))
        .where(c.state == ContainerState.RECEIVED)
    )
    tubes, patients = reading.connection.execute(query).one()
    return int(tubes), int(patients)


def of_order(reading: Reading, order_id: int) -> list[Listed]:
    return _listed(reading, t.container.c.order_id == order_id)


def one(reading: Reading, container_id: str) -> Listed:
    """The container of an id, or NotFound."""
    found = _as_listed(reading, _ONE, container_id=container_id)
    if not found:
        raise NotFound("container.unknown", f"There is no container {container_id} in this laboratory.")
    return found[0]


def prints(reading: Reading, container_id: str) -> list[Row[Any]]:
    """Every print of a container's label, the newest first."""
    label, c = t.label_print, t.container
    query = select(label).join(c, c.c.id == label.c.container_pk).where(c.c.container_id == container_id)
    return list(reading.connection.execute(query.order_by(label.c.copy.desc())))


def named_alike(reading: Reading, patient: Row[Any]) -> list[Row[Any]]:
    """Other patients with the same family name and initial whose tubes are open today: easily mistaken ones."""
    said = {
        "family": patient.family.lower(),
        "initial": patient.given[:1].lower(),
        "patient": patient.patient_id,
    }
    return list(reading.connection.execute(_ALIKE, said))


def _alike() -> Select[Any]:
    p, o = t.patient, t.lab_order
    return (
        select(p.c.family, p.c.given, p.c.mrn, p.c.birth_on)
        .distinct()
        .join(o, o.c.patient_id == p.c.id)
        .where(
            func.lower(p.c.family) == bindparam("family"),
            func.lower(func.substr(p.c.given, 1, 1)) == bindparam("initial"),
            p.c.id != bindparam("patient"),
            o.c.state == "open",
        )
        .order_by(p.c.mrn)
    )


def codes_of(connection: Connection, container_pks: Iterable[int]) -> dict[int, tuple[str, ...]]:
    """Container → the orderables measured from it, in the order in which they were asked."""
    found: dict[int, list[str]] = {}
    for row in connection.execute(_CODES, {"containers": list(container_pks)}):
        found.setdefault(row.container_pk, []).append(row.code)
    return {pk: tuple(codes) for pk, codes in found.items()}


def _codes() -> Select[Any]:
    r, o = t.result, t.ordered_test
    return (
        select(r.c.container_pk, o.c.code, func.min(o.c.seq).label("seq"))
        .join(o, o.c.id == r.c.ordered_test_id)
        .where(r.c.container_pk.in_(bindparam("containers", expanding=True)), o.c.state != "cancelled")
        .group_by(r.c.container_pk, o.c.code)
        .order_by("seq")
    )


def due_at(row: Row[Any], codes: Iterable[str], catalog: Catalog) -> datetime | None:
    """The latest time of arrival, counted from collection: what the material stands, and the promised turn-around."""
    if row.collected_at is None:
        return None
    kind = catalog.specimen_types.get(row.specimen_type)
    limits = [timedelta(hours=float(kind.max_transport_h))] if kind and kind.max_transport_h else []
    for code in codes:
        orderable = catalog.orderable(code)
        minutes = orderable and (
            orderable.tat_stat_min if row.priority == STAT else orderable.tat_routine_min
        )
        if minutes:
            limits.append(timedelta(minutes=minutes))
    return row.collected_at + min(limits) if limits else None


def _sorting(one: Listed) -> tuple[bool, datetime]:
    at = one.row.collected_at or one.row.placed_at
    return one.row.collected_at is None, at


def _listed(reading: Reading, condition: Any) -> list[Listed]:
    return _as_listed(reading, container_rows().where(condition).order_by(t.container.c.id))


def _as_listed(reading: Reading, query: Select[Any], **said: Any) -> list[Listed]:
    rows = reading.connection.execute(query, said).all()
    codes = codes_of(reading.connection, [row.id for row in rows]) if rows else {}
    return [_one_listed(row, codes.get(row.id, ()), reading) for row in rows]


def _one_listed(row: Row[Any], codes: tuple[str, ...], reading: Reading) -> Listed:
    due = due_at(row, codes, reading.catalog)
    return Listed(row, codes, due, due is not None and reading.now > due)


# Composed once: a scan asks for them, and composing costs more than the database takes.
_ALIKE = _alike()
_CODES = _codes()
_ONE = container_rows().where(t.container.c.container_id == bindparam("container_id"))
