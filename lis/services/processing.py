"""Between receipt and analyzer: clot, spin, look, and what is left in the container."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import Row

from lis.domain.catalog import ContainerType
from lis.domain.conditions import CONDITIONS
from lis.domain.events import Verb
from lis.domain.people import Act
from lis.domain.processing import TubeTimes, spin_objection, spin_ready_at
from lis.domain.workflow import IN_LAB
from lis.kernel.errors import Conflict, Invalid
from lis.services import filing
from lis.services.finding import known_container
from lis.storage.work import Work


def start_clotting(work: Work, container_ids: Sequence[str]) -> None:
    """Tubes were set upright to clot."""
    for container in containers_here(work, container_ids):
        if not kind_of(work, container).clot_time_min:
            raise Invalid("clot.not_this_kind", f"{container.container_id} does not clot.")
        if container.clotting_at is not None:
            raise Conflict("clot.started", f"{container.container_id} is clotting already.")
        work.containers.change(container.id, clotting_at=work.now)
        tell(work, Verb.CLOTTING_STARTED, container)


def start_spin(work: Work, container_ids: Sequence[str], *, centrifuge: str = "") -> None:
    """Tubes go into the centrifuge together; one that may not keeps them all out, and all such are named."""
    containers = containers_here(work, container_ids)
    objections = {
        row.container_id: spin_objection(kind_of(work, row), times_of(work, row), work.now)
        for row in containers
    }
    against = {tube: objection for tube, objection in objections.items() if objection is not None}
    if against:
        words = " ".join(f"{tube}: {text}" for tube, (_, text) in against.items())
        first = next(iter(against.values()))[0]
        raise Conflict(first, words, "Take them out, then start.", containers=dict(against))
    for container in containers:
        work.containers.change(container.id, spin_at=work.now)
        tell(work, Verb.SPIN_STARTED, container, centrifuge=centrifuge)


def end_spin(work: Work, container_ids: Sequence[str]) -> None:
    """Tubes come out of the centrifuge: from here the analyte's own stability counts."""
    for container in containers_here(work, container_ids):
        if container.spin_at is None or container.separated_at is not None:
            raise Conflict("spin.not_running", f"{container.container_id} is not in the centrifuge.")
        ready = spin_ready_at(kind_of(work, container), times_of(work, container))
        if ready is not None and work.now < ready:
            raise Conflict(
                "spin.too_short",
                f"{container.container_id} is to spin {_minutes(ready - work.now)} min longer.",
            )
        work.containers.change(container.id, separated_at=work.now)
        tell(work, Verb.SPIN_ENDED, container)


def observe_condition(work: Work, container_id: str, seen: Collection[str], *, comment: str = "") -> None:
    """What a person saw of the specimen replaces what was seen before; values on hold or passed are judged by it."""
    (container,) = containers_here(work, [container_id])
    unknown = sorted(set(seen) - set(CONDITIONS))
    if unknown or not seen:
        raise Invalid(
            "condition.unknown", f"What is seen is said as: {', '.join(CONDITIONS)}.", words=unknown
        )
    words = sorted(set(seen))
    work.containers.change(container.id, condition=container.condition | {"seen": words})
    tell(work, Verb.CONDITION_OBSERVED, container, seen=words, comment=comment)
    order = work.orders.get(container.order_id)
    for collected_at in {row.collected_at for row in work.results.of_container(container.id)}:
        filing.judge_anew(work, order, collected_at)


def record_volume(work: Work, container_id: str, volume_ml: Decimal, *, reason: str = "") -> None:
    """What is left was measured. More than the ledger has takes a reason."""
    (container,) = containers_here(work, [container_id])
    require_volume(volume_ml)
    before = container.volume_ml
    if before is not None and volume_ml > before and not reason.strip():
        raise Conflict("volume.more", f"The ledger has {before} mL.", "Say why there is more.")
    work.containers.change(container.id, volume_ml=volume_ml)
    tell(work, Verb.VOLUME_RECORDED, container, reason=reason, before=before, after=volume_ml)


def take_volume(work: Work, container: Row[Any], volume_ml: Decimal, *, purpose: str) -> None:
    """Book what is taken out: never more than is left, and nothing from a container whose volume is not known."""
    require_volume(volume_ml)
    if container.volume_ml is None:
        raise Conflict("volume.unknown", "What is left is not known.", "Measure and record the volume first.")
    if volume_ml > container.volume_ml:
        raise Conflict(
            "volume.not_enough", f"{container.volume_ml} mL are left.", left=str(container.volume_ml)
        )
    left = container.volume_ml - volume_ml
    work.containers.change(container.id, volume_ml=left)
    tell(work, Verb.VOLUME_RECORDED, container, purpose=purpose, before=container.volume_ml, after=left)


def require_volume(volume_ml: Decimal) -> None:
    if not volume_ml.is_finite() or volume_ml <= 0:
        raise Invalid("volume.none", "A volume is more than nothing.")


def containers_here(work: Work, container_ids: Sequence[str]) -> list[Row[Any]]:
    """The containers named, each once, all of them in the laboratory and nothing against them."""
    work.require(Act.SPECIMEN_PROCESS)
    if not container_ids or len(set(container_ids)) != len(container_ids):
        raise Invalid("container.set", "Name each container once, and at least one.")
    found = [known_container(work, container_id) for container_id in container_ids]
    for container in found:
        if container.state not in IN_LAB:
            state = container.state.replace("_", " ")
            raise Conflict("container.not_here", f"Container {container.container_id} is {state}.")
    return found


def kind_of(work: Work, container: Row[Any]) -> ContainerType:
    kind = work.catalog.containers.get(container.type)
    if kind is None:
        raise Invalid("container.kind", f"{container.type} is no container of this laboratory.")
    return kind


def times_of(work: Work, container: Row[Any]) -> TubeTimes:
    collected_at = work.specimens.get(container.specimen_id).collected_at
    return TubeTimes(collected_at, container.clotting_at, container.spin_at, container.separated_at)


def tell(work: Work, verb: Verb, container: Row[Any], *, reason: str = "", **data: Any) -> None:
    """Journal what was done to a container."""
    accession = work.orders.get(container.order_id).accession
    work.journal.append(
        verb, f"container:{container.container_id}", accession=accession, reason=reason or None, **data
    )


def _minutes(span: Any) -> int:
    return -(-int(span.total_seconds()) // 60)
