"""Looking up: patients, accessions, and everything that happened to one of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func, literal, or_, select

from lis.kernel.errors import NotFound
from lis.kernel.ids import accession_of, is_container_id
from lis.lab import Reading
from lis.storage import tables as t

MOST_PATIENTS = 50
MOST_RESULTS = 400


@dataclass(frozen=True, slots=True)
class Case:
    """An order with its patient and visit."""

    order: Row[Any]
    patient: Row[Any]
    visit: Row[Any] | None
    tests: tuple[Row[Any], ...]


def accession_for(reading: Reading, text: str) -> str | None:
    """The accession that a scanned or typed text means: its own number, a container, a collection number."""
    o, c = t.lab_order, t.container
    if is_container_id(text):
        text = accession_of(text)
    own = select(o.c.accession).where(o.c.accession == text)
    found = reading.connection.execute(own).scalar_one_or_none()
    if found:
        return str(found)
    collected = (
        select(o.c.accession)
        .join(c, c.c.order_id == o.c.id)
        .where(c.c.collection_number == text, c.c.collection_number != "")
        .order_by(c.c.id.desc())
    )
    return reading.connection.execute(collected.limit(1)).scalar_one_or_none()


def case(reading: Reading, accession: str) -> Case:
    """The case of an accession, or NotFound."""
    connection = reading.connection
    order = connection.execute(select(t.lab_order).where(t.lab_order.c.accession == accession)).first()
    if order is None:
        raise NotFound("accession.unknown", f"There is no accession {accession} in this laboratory.")
    patient = connection.execute(select(t.patient).where(t.patient.c.id == order.patient_id)).one()
    visit = connection.execute(select(t.visit).where(t.visit.c.id == order.visit_id)).first()
    tests = connection.execute(
        select(t.ordered_test).where(t.ordered_test.c.order_id == order.id).order_by(t.ordered_test.c.seq)
    )
    return Case(order, patient, visit, tuple(tests))


def patients(reading: Reading, text: str) -> list[Row[Any]]:
    """Patients whose number, or name from its beginning, is what was typed: `archer`, `archer, a`, `M1001`."""
    if not text:
        return []
    p = t.patient
    family, _, given = (part.strip().lower() for part in text.partition(","))
    by_name = func.lower(p.c.family).startswith(family, autoescape=True)
    if given:
        by_name = by_name & func.lower(p.c.given).startswith(given, autoescape=True)
    query = select(p).where(or_(p.c.mrn == text, by_name)).order_by(p.c.family, p.c.given, p.c.mrn)
    return list(reading.connection.execute(query.limit(MOST_PATIENTS)))


def patient(reading: Reading, mrn: str) -> Row[Any]:
    """The patient of a number, or NotFound."""
    row = reading.connection.execute(select(t.patient).where(t.patient.c.mrn == mrn)).first()
    if row is None:
        raise NotFound("patient.unknown", f"No patient {mrn} is known in this laboratory.")
    return row


def orders_of(reading: Reading, patient_id: int) -> list[tuple[Row[Any], tuple[str, ...]]]:
    """A patient's orders, the newest first, each with the codes that were asked."""
    o, x = t.lab_order, t.ordered_test
    asked: dict[int, list[str]] = {}
    tests = select(x.c.order_id, x.c.code).join(o, o.c.id == x.c.order_id).where(o.c.patient_id == patient_id)
    for row in reading.connection.execute(tests.order_by(x.c.id)):
        asked.setdefault(row.order_id, []).append(row.code)
    orders = select(o).where(o.c.patient_id == patient_id).order_by(o.c.placed_at.desc(), o.c.id.desc())
    return [(row, tuple(asked.get(row.id, ()))) for row in reading.connection.execute(orders)]


def released_values(reading: Reading, patient_id: int) -> list[Row[Any]]:
    """What was released on a patient, the newest collection first: the chart."""
    r, v, o = t.result, t.result_version, t.lab_order
    query = (
        select(v, r.c.test, r.c.collected_at, r.c.released_at, o.c.accession)
        .join(r, (r.c.id == v.c.result_id) & (v.c.n == r.c.released_version))
        .join(o, o.c.id == r.c.order_id)
        .where(r.c.patient_id == patient_id, r.c.released_version > 0)
        .order_by(r.c.collected_at.desc(), r.c.id)
    )
    return list(reading.connection.execute(query.limit(MOST_RESULTS)))


def timeline(reading: Reading, accession: str) -> list[Row[Any]]:
    """Every event of a case, in the order in which it was recorded."""
    j = t.journal
    return list(reading.connection.execute(select(j).where(j.c.accession == accession).order_by(j.c.seq)))


def traffic(reading: Reading, accession: str) -> list[Row[Any]]:
    """The messages of a case, both ways, in lab time: what came with our reply, what went with its answer."""
    i, o = t.inbound.c, t.outbox.c
    came = select(
        literal("in").label("way"),
        i.id,
        i.received_at.label("at"),
        i.interface.label("peer"),
        i.message_type.label("kind"),
        i.state,
        i.reason,
        i.detail,
        i.raw.label("body"),
        i.reply.label("answer"),
    ).where(i.accession == accession)
    went = select(
        literal("out").label("way"),
        o.id,
        o.created_at.label("at"),
        o.peer,
        o.kind,
        o.state,
        literal("").label("reason"),
        o.last_error.label("detail"),
        o.body,
        o.answer,
    ).where(o.accession == accession)
    rows = [*reading.connection.execute(came), *reading.connection.execute(went)]
    return sorted(rows, key=lambda row: (row.at, row.way, row.id))


def calls_of(reading: Reading, order_id: int) -> list[Row[Any]]:
    return list(
        reading.connection.execute(select(t.call).where(t.call.c.order_id == order_id).order_by(t.call.c.id))
    )
