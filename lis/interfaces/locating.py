"""Which container a reported specimen is: by its barcode, or for senders that know only order numbers by those."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import or_

from lis.domain.observations import ReportedSpecimen
from lis.domain.workflow import ContainerState
from lis.interfaces.hl7.results import Reading
from lis.interfaces.routing import Line
from lis.storage import tables as t
from lis.storage.work import Work

_GONE = (ContainerState.CANCELLED, ContainerState.REJECTED)


def located(work: Work, line: Line, reading: Reading) -> ReportedSpecimen:
    """The specimen under this laboratory's container id, where the interface lets order numbers name it.

    Numbers that lead to several containers lead to none: the specimen stays as it came and is held.
    """
    specimen = reading.specimen
    if not line.matches_orders or specimen.role != "patient":
        return specimen
    found = {container_id for number in reading.numbers for container_id in _containers(work, number)}
    return replace(specimen, container=found.pop()) if len(found) == 1 else specimen


def _containers(work: Work, number: str) -> set[str]:
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
    return {row.container_id for row in rows if row.state not in _GONE}
