"""When and by whom a specimen was collected: told afterwards, when the label or the order did not say it rightly."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row

from lis.domain.events import Verb
from lis.domain.people import Act
from lis.domain.workflow import IN_LAB, ContainerState
from lis.kernel.errors import Conflict, Invalid
from lis.services import arriving, working
from lis.services.finding import known_container
from lis.storage.work import Work


def record_collection(
    work: Work, container_id: str, *, collected_at: datetime, collected_by: str, told_by: str
) -> None:
    """The collector supplies the time that was missing or wrong; who told it is kept.

    Of tubes that are here, the tests that cannot be done by the new time are kept back, and no others.
    """
    work.require(Act.SPECIMEN_RECEIVE)
    if not told_by.strip():
        raise Invalid("collection.told_by", "Say who gave the collection time.")
    if collected_at > work.now:
        raise Invalid("collection.future", "The collection time lies in the future.", "Ask again.")
    container = known_container(work, container_id)
    order = work.orders.get(container.order_id)
    specimen = work.specimens.get(container.specimen_id)
    pending = _undated_results(work, specimen)
    work.specimens.change(specimen.id, collected_at=collected_at, collected_by=collected_by)
    work.results.change_all([{"id": row.id, "collected_at": collected_at} for row in pending])
    work.journal.append(
        Verb.COLLECTION_RECORDED,
        f"container:{container_id}",
        accession=order.accession,
        reason=f"told by {told_by}",
        before=specimen.collected_at,
        after=collected_at,
        collected_by=collected_by,
    )
    for tube in work.containers.having(specimen_id=specimen.id):
        if tube.state in IN_LAB and tube.parent_id is None:
            _keep_back_anew(work, tube, order)


def _keep_back_anew(work: Work, tube: Row[Any], order: Row[Any]) -> None:
    before = arriving.kept_back(tube)
    lost = frozenset(arriving.judge_received(work, tube).lost)
    if lost == before:
        return
    tube = arriving.keep_back(work, tube, lost)
    working.cancel_work(work, tube.id, lost)
    if tube.state == ContainerState.LABELLED:
        working.send_work(work, tube, order)


def _undated_results(work: Work, specimen: Row[Any]) -> list[Row[Any]]:
    """Results of a specimen whose time is being set. Once a value is filed, it was judged by the old time."""
    tubes = {row.id for row in work.containers.having(specimen_id=specimen.id)}
    results = [row for row in work.results.of_order(specimen.order_id) if row.container_pk in tubes]
    if any(row.version for row in results):
        raise Conflict(
            "collection.results", "Values were filed by the time as it stands.", "Tell a supervisor."
        )
    return results
