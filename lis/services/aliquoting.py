"""Child containers: poured from a parent by the volume ledger, with a number and a label of their own."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from typing import Any

from sqlalchemy import Row

from lis.domain.events import Verb
from lis.domain.workflow import ContainerState, ResultState
from lis.kernel.errors import Conflict, Invalid
from lis.services import labelling, ordering, working
from lis.services.chilling import COLD
from lis.services.processing import containers_here, kind_of, take_volume, tell
from lis.storage.work import Work


def make_aliquot(
    work: Work,
    parent_id: str,
    *,
    volume_ml: Decimal,
    tests: Collection[str] = (),
    container_type: str = "",
) -> str:
    """Pour an aliquot and print its label; `tests` are measured from it from here on. Returns its container id.

    The child is confirmed by scanning its label, like any tube. One patient's labels are open at a time.
    """
    (parent,) = containers_here(work, [parent_id])
    order = work.orders.get(parent.order_id)
    _refuse_unready(work, parent)
    _refuse_other_open_labels(work, order)
    moved = _movable(work, parent, tests)
    take_volume(work, parent, volume_ml, purpose="aliquot")
    child = _add_child(work, parent, order, container_type or parent.type, volume_ml)
    work.results.change_all([{"id": row.id, "container_pk": child.id} for row in moved])
    working.cancel_work(work, parent.id, [row.test for row in moved])
    tell(
        work,
        Verb.ALIQUOT_MADE,
        child,
        parent=parent.container_id,
        volume_ml=volume_ml,
        tests=[row.test for row in moved],
    )
    labelling.put_to_print(work, child, order.accession, reason="")
    return str(child.container_id)


def _add_child(
    work: Work, parent: Row[Any], order: Row[Any], container_type: str, volume_ml: Decimal
) -> Row[Any]:
    if container_type not in work.catalog.containers:
        raise Invalid("container.kind", f"{container_type} is no container of this laboratory.")
    pk = ordering.add_container(
        work,
        order.id,
        order.accession,
        specimen_id=parent.specimen_id,
        container_type=container_type,
        parent_id=parent.id,
        state=ContainerState.RECEIVED,
        received_at=work.now,
        received_by=work.actor.code,
        separated_at=parent.separated_at,
        volume_ml=volume_ml,
        condition={name: parent.condition[name] for name in ("seen", COLD) if name in parent.condition},
    )
    return work.containers.get(pk)


def _refuse_unready(work: Work, parent: Row[Any]) -> None:
    if parent.state != ContainerState.LABELLED:
        raise Conflict("aliquot.not_labelled", "Scan the parent's own label first.")
    if kind_of(work, parent).centrifuge and parent.separated_at is None:
        raise Conflict("aliquot.not_spun", "It is not spun yet.", "Spin it, then pour off.")


def _refuse_other_open_labels(work: Work, order: Row[Any]) -> None:
    """An aliquot of another patient whose label this person has not yet scanned could take this one's label."""
    waiting = work.containers.having(state=ContainerState.RECEIVED, received_by=work.actor.code)
    for container in waiting:
        other = work.orders.get(container.order_id)
        if container.parent_id is not None and other.patient_id != order.patient_id:
            raise Conflict(
                "label.other_patient_open",
                f"The label of {container.container_id}, another patient's, is not yet confirmed.",
                "Affix and scan it first: one patient's labels at a time.",
            )


def _movable(work: Work, parent: Row[Any], tests: Collection[str]) -> list[Row[Any]]:
    there = {row.test: row for row in work.results.of_container(parent.id)}
    for test in tests:
        if test not in there or there[test].state != ResultState.PENDING:
            raise Conflict("aliquot.test", f"{test} does not wait for a value from this container.")
    return [there[test] for test in tests]
