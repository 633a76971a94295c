"""A printed label as the printer reads it: ZPL out of the label's row."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select

from lis.documents.labels import LabelData, label_zpl
from lis.domain.catalog import Catalog
from lis.domain.requests import STAT
from lis.kernel.clock import local
from lis.storage import tables as t

TRAINING = "T"


def label_bytes(
    connection: Connection, catalog: Catalog, label_id: int, zone: str, environment: str
) -> bytes:
    """One copy of a container's label."""
    return label_zpl(label_data(connection, catalog, label_id, zone, environment)).encode()


def label_data(
    connection: Connection, catalog: Catalog, label_id: int, zone: str, environment: str
) -> LabelData:
    """What a copy says, as text in the laboratory's zone."""
    row = connection.execute(_LABEL, {"label": label_id}).one()
    codes = _codes(connection, row.id)
    orderables = [found for code in codes if (found := catalog.orderable(code))]
    kind, material = catalog.containers.get(row.type), catalog.specimen_types.get(row.specimen_type)
    return LabelData(
        container_id=row.container_id,
        accession=row.accession,
        patient_name=f"{row.family}, {row.given}",
        mrn=row.mrn,
        birth_date=row.birth_on.isoformat() if row.birth_on else "",
        sex=row.sex,
        collected_at_text=_moment(row.collected_at, zone),
        collected_by=row.collected_by,
        specimen=material.name if material else row.specimen_type,
        container_code=row.type,
        container_name=kind.name if kind else "",
        tests=codes,
        priority="STAT" if row.priority == STAT else "",
        department=orderables[0].department if orderables else "",
        copy_text=f"copy {row.copy}" if row.copy > 1 else "",
        environment="TRAINING" if environment == TRAINING else "",
    )


def _label() -> Select[Any]:
    lb, c, o, s, p = t.label_print, t.container, t.lab_order, t.specimen, t.patient
    return (
        select(
            lb.c.copy,
            c.c.id,
            c.c.container_id,
            c.c.type,
            o.c.accession,
            o.c.priority,
            s.c.type.label("specimen_type"),
            s.c.collected_at,
            s.c.collected_by,
            p.c.mrn,
            p.c.family,
            p.c.given,
            p.c.birth_on,
            p.c.sex,
        )
        .join(c, c.c.id == lb.c.container_pk)
        .join(o, o.c.id == c.c.order_id)
        .join(s, s.c.id == c.c.specimen_id)
        .join(p, p.c.id == o.c.patient_id)
        .where(lb.c.id == bindparam("label"))
    )


_LABEL = _label()


def _codes(connection: Connection, container_pk: int) -> tuple[str, ...]:
    """The tests ordered on a container, as ordered."""
    return tuple(row.code for row in connection.execute(_CODES, {"container": container_pk}))


def _of_container() -> Select[Any]:
    o, r = t.ordered_test, t.result
    return (
        select(o.c.code, o.c.seq)
        .join(r, r.c.ordered_test_id == o.c.id)
        .where(r.c.container_pk == bindparam("container"), o.c.state != "cancelled")
        .distinct()
        .order_by(o.c.seq)
    )


_CODES = _of_container()


def _moment(at: datetime | None, zone: str) -> str:
    return f"{local(at, zone):%Y-%m-%d %H:%M %Z}" if at else "not known"
