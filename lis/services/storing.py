"""Where containers go: to a bench, to a place in the store, back, and to the bin."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from lis.domain.catalog import Catalog
from lis.domain.events import Verb
from lis.domain.people import Act
from lis.domain.specimens import is_refrigerated
from lis.domain.workflow import Action, ContainerState, ResultState, advance
from lis.kernel.errors import Conflict, Invalid
from lis.services import chilling, working
from lis.services.finding import known_container
from lis.services.processing import containers_here, tell
from lis.storage.work import Work


def route(work: Work, container_id: str, bench: str) -> None:
    """Send a container to a bench: a department or section of the catalogue, or an analyzer."""
    (container,) = containers_here(work, [container_id])
    known = benches(work.catalog)
    if bench not in known:
        raise Invalid("bench.unknown", f"{bench} is no bench here.", f"Benches: {', '.join(sorted(known))}.")
    work.containers.change(container.id, bench=bench)
    tell(work, Verb.CONTAINER_ROUTED, container, bench=bench)


def benches(catalog: Catalog) -> set[str]:
    """Every bench a container can be sent to."""
    sections = {name for test in catalog.tests.values() for name in (test.department, test.section)}
    return {name for name in (*sections, *catalog.analyzers) if name}


def store(work: Work, container_id: str, position: str) -> None:
    """Put a container to a place in the store that no other one has; in a refrigerator its hours count as cold ones."""
    (container,) = containers_here(work, [container_id])
    position = position.strip()
    if not position:
        raise Invalid("position.missing", "Say rack and place.")
    there = work.containers.having(state=ContainerState.STORED, position=position)
    if there:
        raise Conflict("position.taken", f"{there[0].container_id} is at {position}.")
    state = advance(ContainerState(container.state), Action.STORE)
    condition = container.condition
    if is_refrigerated(position, work.catalog):
        condition = chilling.put_in(condition, work.now)
    work.containers.change(container.id, state=state, position=position, condition=condition)
    tell(work, Verb.CONTAINER_STORED, container, position=position)


def retrieve(work: Work, container_id: str, *, purpose: str) -> None:
    """Take a container out of the store; what waits on it is sent to the analyzers."""
    (container,) = containers_here(work, [container_id])
    state = advance(ContainerState(container.state), Action.RETRIEVE)
    condition = chilling.taken_out(container.condition, work.now)
    work.containers.change(container.id, state=state, position="", condition=condition)
    tell(work, Verb.CONTAINER_RETRIEVED, container, purpose=purpose, position=container.position)
    working.send_work(work, work.containers.get(container.id), work.orders.get(container.order_id))


def discard(work: Work, container_id: str, *, reason: str) -> None:
    """Throw a container away. Not while a test still waits for a value from it."""
    work.require(Act.SPECIMEN_PROCESS)
    if not reason.strip():
        raise Invalid("reason.missing", "A reason is needed.", "Say why it goes.")
    container = known_container(work, container_id)
    _refuse_while_awaited(work, container)
    state = advance(ContainerState(container.state), Action.DISCARD)
    work.containers.change(container.id, state=state, position="", closed_at=work.now)
    tell(work, Verb.CONTAINER_DISCARDED, container, reason=reason)


def _refuse_while_awaited(work: Work, container: Row[Any]) -> None:
    rows = work.results.of_container(container.id)
    waiting = [row.test for row in rows if row.state == ResultState.PENDING or row.rerun]
    if waiting:
        raise Conflict(
            "container.awaited",
            f"{', '.join(waiting)} still wait for a value from it.",
            "Measure, reject or cancel them first.",
        )
