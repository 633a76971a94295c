"""Which container a reported specimen is: by its barcode, or for senders that know only order numbers by those."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import or_

from lis.domain.observations import ReportedSpecimen
from lis.domain.workflow import ContainerState
from lis.interfaces.hl7.results import Reading
from lis.interfaces.profiles import Profile
from lis.storage import tables as t
from lis.storage.work import Work

_GONE = (ContainerState.CANCELLED, ContainerState.REJECTED)


def located(work: Work, profile: Profile, reading: Reading) -> ReportedSpecimen:
    """The specimen under this laboratory's container id, where the profile lets order numbers name it.

    Numbers that lead to several containers lead to none: the specimen stays as it came and is held.
    """
    specimen = reading.specimen
    if not profile.match_orders or specimen.role != "patient":
        return specimen
    said = [text for text in (specimen.container, reading.filler, reading.placer) if text]
    found = {container_id for text in said for container_id in _containers(work, text)}
    return replace(specimen, container=found.pop()) if len(found) == 1 else specimen


def _containers(work: Work, number: str) -> list[str]:
    """Containers that carry a number, or whose order does: accession, placer's number."""
    o, c, n = t.lab_order.c, t.container.c, t.ordered_test.c
    own = work.containers.by_container_id(number)
    if own is not None:
        return [own.container_id]
    tests = work.ordered_tests.where(n.placer_number == number)
    orders = work.orders.where(or_(o.accession == number, o.id.in_([row.order_id for row in tests])))
    rows = work.containers.where(c.order_id.in_([row.id for row in orders])) if orders else []
    return [row.container_id for row in rows if row.state not in _GONE]
