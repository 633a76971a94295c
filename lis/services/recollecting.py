"""A new specimen in place of a rejected one: requested, collected, received; linked, with a number of its own."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from lis.domain.events import Verb
from lis.domain.people import Act
from lis.domain.requests import CollectedSpecimen
from lis.kernel.errors import Conflict, Invalid
from lis.services import ordering
from lis.services.finding import known_container, tests_of_container
from lis.storage.work import Work

REQUESTED, COLLECTED = "requested", "collected"
OPEN = (REQUESTED, COLLECTED)


def request(
    work: Work, order: Row[Any], rejected: Row[Any], results: Iterable[Row[Any]], *, reason: str
) -> str:
    """Ask for a container like the rejected one and move what is measured from it there. Returns its container id."""
    drawn = work.specimens.get(rejected.specimen_id)
    specimen_id = work.specimens.add(
        order_id=order.id, type=drawn.type, source=drawn.source, collected_at=None, collected_by=""
    )
    pk = ordering.add_container(
        work,
        order.id,
        order.accession,
        specimen_id=specimen_id,
        container_type=rejected.type,
        replaces_id=rejected.id,
    )
    work.results.change_all([{"id": row.id, "container_pk": pk, "collected_at": None} for row in results])
    work.recollections.add(
        order_id=order.id,
        rejected_pk=rejected.id,
        replacement_pk=pk,
        state=REQUESTED,
        requested_at=work.now,
        requested_by=work.actor.code,
    )
    container_id = str(work.containers.get(pk).container_id)
    work.journal.append(
        Verb.RECOLLECTION_REQUESTED,
        f"container:{container_id}",
        accession=order.accession,
        reason=reason,
        replaces=rejected.container_id,
    )
    return container_id


def record_collected(
    work: Work,
    container_id: str,
    *,
    collected_at: datetime,
    collected_by: str,
    collection_number: str = "",
    separated_at: datetime | None = None,
) -> None:
    """The new specimen was drawn: its time, who drew it, the number on its collection label, when it was spun there."""
    work.require(Act.SPECIMEN_RECEIVE)
    container = known_container(work, container_id)
    loop = next(iter(work.recollections.having(replacement_pk=container.id)), None)
    if loop is None or loop.state != REQUESTED:
        raise Conflict("recollection.none", "No new specimen is awaited under this number.")
    if collected_at > work.now:
        raise Invalid("collection.future", "The collection time lies in the future.", "Ask again.")
    order = work.orders.get(loop.order_id)
    work.specimens.change(container.specimen_id, collected_at=collected_at, collected_by=collected_by)
    work.containers.change(container.id, collection_number=collection_number, separated_at=separated_at)
    rows = work.results.of_container(container.id)
    work.results.change_all([{"id": row.id, "collected_at": collected_at} for row in rows])
    work.recollections.change(loop.id, state=COLLECTED, collected_at=collected_at)
    work.journal.append(
        Verb.RECOLLECTION_COLLECTED,
        f"container:{container_id}",
        accession=order.accession,
        collected_at=collected_at,
        collected_by=collected_by,
        collection_number=collection_number,
        **({"separated_at": separated_at.isoformat()} if separated_at else {}),
    )


def record_by_placer(work: Work, peer: str, placer_number: str, drawn: CollectedSpecimen) -> str:
    """The placer says that the new specimen of a test it numbered so was drawn. Returns the accession.

    Tests that share the tube say the same one after the other: the second time changes nothing.
    """
    order = work.orders.by_placer_number(peer, placer_number)
    if order is None:
        raise Invalid("order.unknown", f"No order with the number {placer_number} is known here.")
    container = _awaited(work, order, placer_number, drawn)
    if drawn.collected_at is None:
        raise Invalid("collection.time", "The message does not say when the new specimen was drawn.")
    if container.collection_number != drawn.collection_number or not drawn.collection_number:
        record_collected(
            work,
            container.container_id,
            collected_at=drawn.collected_at,
            collected_by=drawn.collected_by,
            collection_number=drawn.collection_number,
            separated_at=drawn.separated_at,
        )
    return str(order.accession)


def _awaited(work: Work, order: Row[Any], placer_number: str, drawn: CollectedSpecimen) -> Row[Any]:
    """The container that was asked for in place of a rejected one, for this test and of this material."""
    loops = work.recollections.having(order_id=order.id)
    containers = [work.containers.get(loop.replacement_pk) for loop in loops if loop.state in OPEN]
    wanted = [
        container
        for container in containers
        if placer_number in {test.placer_number for test in tests_of_container(work, container)}
        and drawn.container_type in ("", container.type)
        and drawn.specimen_type in ("", work.specimens.get(container.specimen_id).type)
    ]
    if not wanted:
        raise Conflict("recollection.none", f"No such new specimen is awaited for the order {placer_number}.")
    same = [one for one in wanted if one.collection_number == drawn.collection_number]
    return (same or wanted)[0]
