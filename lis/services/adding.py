"""A test added to a case that is here already: done from what is left, if kind, volume and stability allow it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from lis.domain.catalog import Orderable
from lis.domain.events import Verb
from lis.domain.people import Act
from lis.domain.reception import VOLUME_UNKNOWN, Decision, judge_add_on
from lis.domain.workflow import IN_LAB, ContainerState, OrderState, TestState
from lis.kernel.errors import Conflict, Invalid
from lis.services import working
from lis.services.collected import specimen_facts
from lis.services.finding import known_container
from lis.services.ordering import add_pending_results
from lis.services.settling import settle_order
from lis.storage.work import Work


def add_test(
    work: Work, accession: str, code: str, *, reason: str, container_id: str = "", placer_number: str = ""
) -> int:
    """Add a test to an order. Without a container named, the first that will do is taken. Returns its key.

    Refused with what speaks against it: another kind of tube, too little left or not known how much, too old.
    """
    work.require(Act.ORDER_ENTER)
    if not reason.strip():
        raise Invalid("reason.missing", "An add-on needs a reason.", "Say who asked for it.")
    order = work.orders.by_accession(accession)
    if order.state == OrderState.CANCELLED:
        raise Conflict("order.closed", f"The order {accession} is cancelled.")
    orderable = work.catalog.orderable(code)
    if orderable is None:
        raise Invalid("test.unknown", f"Not a test of this laboratory: {code}.")
    tests = work.ordered_tests.of_order(order.id)
    if any(row.code == code and row.state != TestState.CANCELLED for row in tests):
        raise Conflict("test.duplicate", f"{code} is ordered on {accession} already.")
    container = _container_for(work, order, orderable, container_id)
    return _add(work, order, orderable, container, seq=len(tests) + 1, reason=reason, number=placer_number)


def judge(work: Work, container: Row[Any], orderable: Orderable) -> Decision:
    """Whether a test can still be done from a container."""
    specimen = work.specimens.get(container.specimen_id)
    return judge_add_on(
        orderable,
        state=ContainerState(container.state),
        container_type=container.type,
        volume_ml=container.volume_ml,
        specimen=specimen_facts(specimen, container, taken_out_at=work.now),
        catalog=work.catalog,
        now=work.now,
    )


def _container_for(work: Work, order: Row[Any], orderable: Orderable, container_id: str) -> Row[Any]:
    if container_id:
        candidates = [known_container(work, container_id)]
        if candidates[0].order_id != order.id:
            raise Conflict("container.other_case", f"{container_id} belongs to another accession.")
    else:
        candidates = [row for row in work.containers.of_order(order.id) if row.state in IN_LAB]
    decisions = [(container, judge(work, container, orderable)) for container in candidates]
    for container, decision in decisions:
        if decision.verdict == "accept":
            return container
    raise _refusal(decisions)


def _refusal(decisions: list[tuple[Row[Any], Decision]]) -> Conflict:
    if not decisions:
        return Conflict("add_on.no_container", "No container of this accession is here.", "Place an order.")
    findings = {
        container.container_id: [finding.code for finding in decision.findings]
        for container, decision in decisions
    }
    words = " ".join(
        f"{container.container_id}: {' '.join(finding.text for finding in decision.findings)}"
        for container, decision in decisions
    )
    could_be_measured = any(codes == [VOLUME_UNKNOWN] for codes in findings.values())
    advice = "Record the volume left in it, or ask" if could_be_measured else "Ask"
    return Conflict("add_on.not_possible", words, f"{advice} for a new specimen.", findings=findings)


def _add(
    work: Work,
    order: Row[Any],
    orderable: Orderable,
    container: Row[Any],
    *,
    seq: int,
    reason: str,
    number: str,
) -> int:
    test_id = work.ordered_tests.add(
        order_id=order.id,
        seq=seq,
        code=orderable.code,
        placer_number=number,
        state=TestState.IN_LAB,
        added=True,
        reason=reason,
        ordered_at=work.now,
    )
    collected_at = work.specimens.get(container.specimen_id).collected_at
    add_pending_results(
        work, order.id, test_id, order.patient_id, list(orderable.tests), container.id, collected_at
    )
    work.journal.append(
        Verb.TEST_ADDED,
        f"test:{order.accession}/{orderable.code}",
        accession=order.accession,
        reason=reason,
        container=container.container_id,
    )
    settle_order(work, order.id)
    if container.state == ContainerState.LABELLED:
        working.send_work(work, container, order)
    return test_id
