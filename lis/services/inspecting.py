"""What is seen of a tube is stated before it is scanned, with the scan, or after it; the rules then decide anew."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from lis.domain.events import Verb
from lis.domain.inspection import Inspection
from lis.domain.people import Act
from lis.domain.reception import Decision
from lis.domain.workflow import IN_LAB, Action, ContainerState, can
from lis.kernel.errors import Conflict, Invalid
from lis.services import accessioning, arriving, filing, working
from lis.services.accessioning import Receipt
from lis.services.finding import known_container
from lis.storage.work import Work

HERE = (*IN_LAB, ContainerState.SET_ASIDE)


def inspect_specimen(work: Work, container_id: str, seen: Inspection) -> Receipt:
    """State what is seen of a container: one that is expected is received with it, one that is here is judged anew."""
    work.require(Act.SPECIMEN_RECEIVE)
    if seen == Inspection():
        raise Invalid("inspection.nothing", "Nothing was stated.", "Say what is seen of the tube.")
    container = known_container(work, container_id)
    if container.state == ContainerState.EXPECTED:
        return accessioning.receive_specimen(work, container, seen=seen)
    if container.state not in HERE:
        state = container.state.replace("_", " ")
        raise Conflict("container.not_here", f"Container {container_id} is {state}.")
    order = work.orders.get(container.order_id)
    container = arriving.note_inspection(work, container, order.accession, seen)
    decision = arriving.judge_received(work, container)
    receipt = _follow(work, container, order, decision)
    if seen.conditions:
        for collected_at in {row.collected_at for row in work.results.of_container(container.id)}:
            filing.judge_anew(work, order, collected_at)
    return receipt


def perform_kept_back(work: Work, container_id: str, *, reason: str) -> None:
    """Do the tests that reception kept back all the same: an exception, with a reason, by a role that may."""
    work.require(Act.SPECIMEN_EXCEPTION)
    if not reason.strip():
        raise Invalid("reason.missing", "A reason is needed.", "Say why they are done all the same.")
    container = known_container(work, container_id)
    tests = sorted(arriving.kept_back(container))
    if not tests:
        raise Conflict("kept_back.none", "No test of this container is kept back.")
    order = work.orders.get(container.order_id)
    container = arriving.keep_back(work, container, ())
    work.journal.append(
        Verb.SPECIMEN_ACCEPTED,
        f"container:{container_id}",
        accession=order.accession,
        reason=reason,
        exception=True,
        tests=tests,
    )
    if container.state == ContainerState.LABELLED:
        working.send_work(work, container, order)


def _follow(work: Work, container: Row[Any], order: Row[Any], decision: Decision) -> Receipt:
    """Put it aside, keep tests back, or say that nothing speaks against it."""
    is_against = decision.verdict in ("set_aside", "reject")
    state = ContainerState(container.state)
    if is_against and can(state, Action.SET_ASIDE):
        accessioning.put_aside_by(work, container, order, decision)
        working.cancel_work(work, container.id, [row.test for row in work.results.of_container(container.id)])
    elif is_against:
        work.containers.change(container.id, reason=accessioning.words_of(decision))
    else:
        arriving.keep_back(work, container, decision.lost)
        working.cancel_work(work, container.id, decision.lost)
    outcome = "set_aside" if is_against else "inspected"
    message = "Set aside." if is_against else "Noted."
    return accessioning.receipt_of(container, order, outcome, message, decision)
