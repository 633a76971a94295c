"""Which container a reported specimen is: by its barcode, or for senders that know only order numbers by those."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Row, or_

from lis.domain.observations import ReportedSpecimen
from lis.domain.workflow import ContainerState
from lis.interfaces.hl7.results import Reading
from lis.interfaces.routing import Line
from lis.kernel.ids import is_container_id
from lis.storage import tables as t
from lis.storage.work import Work

_GONE = (ContainerState.CANCELLED, ContainerState.REJECTED)


def located(work: Work, line: Line, reading: Reading) -> ReportedSpecimen:
    """The specimen under this laboratory's container id, where the interface lets order numbers name it.

    Numbers that lead to several containers of one order lead to none: the specimen stays as it came. Numbers that lead
    to several orders are a doubt about every value.
    """
    specimen = reading.specimen
    if specimen.role != "patient":
        return specimen
    rows = _rows(work, line, reading)
    if len({row.order_id for row in rows}) > 1:
        return _doubted(specimen, rows)
    found = {row.container_id for row in rows}
    return replace(specimen, container=found.pop()) if line.matches_orders and len(found) == 1 else specimen


def _rows(work: Work, line: Line, reading: Reading) -> Sequence[Row[Any]]:
    """The containers that the numbers of a reading name."""
    if line.matches_orders:
        return [row for number in reading.numbers for row in _containers(work, number)]
    ours = sorted(number for number in reading.numbers if is_container_id(number))
    return work.containers.where(t.container.c.container_id.in_(ours)) if len(ours) > 1 else ()


def _doubted(specimen: ReportedSpecimen, rows: Sequence[Row[Any]]) -> ReportedSpecimen:
    names = " and ".join(sorted({row.container_id for row in rows}))
    words = f"Its numbers name tubes of different orders: {names}."
    observations = tuple(replace(one, doubt=one.doubt or words) for one in specimen.observations)
    return replace(specimen, observations=observations)


def _containers(work: Work, number: str) -> list[Row[Any]]:
    """Containers that carry a number, the hospital's included, or whose order does: accession, placer's number."""
    o, c, n = t.lab_order.c, t.container.c, t.ordered_test.c
    tests = work.ordered_tests.where(n.placer_number == number)
    orders = work.orders.where(or_(o.accession == number, o.id.in_([row.order_id for row in tests])))
    rows = work.containers.where(
        or_(
            c.container_id == number,
            c.collection_number == number,
            c.order_id.in_([row.id for row in orders]),
        )
    )
    return [row for row in rows if row.state not in _GONE]
