"""Specimens arrive: scanned, judged, received, labelled, and sent on to the analyzers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from lis.domain.events import Verb
from lis.domain.people import Act
from lis.domain.reception import ArrivalFacts, Decision, Inspection, judge_arrival
from lis.domain.specimens import SpecimenFacts
from lis.domain.workflow import Action, ContainerState, TestState, advance, can
from lis.kernel.errors import Conflict, Invalid
from lis.services import labelling, working
from lis.services.finding import find_container, known_container
from lis.storage import tables as t
from lis.storage.work import Work


@dataclass(frozen=True, slots=True)
class Receipt:
    """The answer to a scan: `received`, `labelled` or `set_aside`, with everything a person must know."""

    outcome: str
    container_id: str
    accession: str
    message: str
    reasons: tuple[str, ...] = ()


def scan(work: Work, text: str, *, seen: Inspection | None = None) -> Receipt:
    """A scan at the receiving bench: the first one receives the tube, the one of the lab's own label confirms it.

    Refused scans change nothing; `refuse_scan` writes them down.
    """
    work.require(Act.SPECIMEN_RECEIVE)
    container = find_container(work, text)
    state = ContainerState(container.state)
    if state is ContainerState.RECEIVED and text.strip() == container.container_id:
        return confirm_label(work, container)
    return receive_specimen(work, container, seen=seen or Inspection())


def receive_specimen(work: Work, container: Row[Any], *, seen: Inspection) -> Receipt:
    """Receive a tube that was expected, or set it aside with reasons. Its lab label is printed at once."""
    work.require(Act.SPECIMEN_RECEIVE)
    order = work.orders.get(container.order_id)
    _refuse_unless_expected(work, container)
    decision = judge_arrival(_arrival_facts(work, container, seen), work.catalog, work.now)
    if decision.verdict == "refuse":
        raise Invalid(decision.findings[0].code, decision.findings[0].text, _ADVICE)
    if decision.verdict in ("set_aside", "reject"):
        return _set_aside(work, container, order, decision)
    return _accept(work, container, order, Action.RECEIVE, decision)


_ADVICE = "Check the label and the order; if they are right, correct the collection time with the unit."


def accept_specimen(work: Work, container_id: str, *, reason: str) -> Receipt:
    """Receive a tube after all that had been set aside; the reason is kept and printed on the timeline."""
    work.require(Act.SPECIMEN_EXCEPTION)
    if not reason.strip():
        raise Invalid("reason.missing", "A reason is needed.", "Say what settled the question.")
    container = known_container(work, container_id)
    order = work.orders.get(container.order_id)
    advance(ContainerState(container.state), Action.ACCEPT)
    work.journal.append(
        Verb.SPECIMEN_ACCEPTED,
        f"container:{container.container_id}",
        accession=order.accession,
        reason=reason,
    )
    return _accept(work, container, order, Action.ACCEPT, Decision("accept"))


def confirm_label(work: Work, container: Row[Any]) -> Receipt:
    """The lab's label was scanned on the tube: it is affixed, and the tests go out to the analyzers."""
    order = work.orders.get(container.order_id)
    state = advance(ContainerState(container.state), Action.CONFIRM_LABEL)
    work.containers.change(container.id, state=state, labelled_at=work.now)
    work.journal.append(
        Verb.LABEL_CONFIRMED, f"container:{container.container_id}", accession=order.accession
    )
    working.send_work(work, container, order)
    return Receipt("labelled", container.container_id, order.accession, "Label confirmed.")


def compare_identity(
    work: Work, container_id: str, *, identifiers: tuple[str, ...], agree: bool, comment: str = ""
) -> None:
    """A person compared identifiers on the tube with the order and says whether they agree; software cannot."""
    work.require(Act.SPECIMEN_RECEIVE)
    if len(set(identifiers)) < 2:
        raise Invalid("identity.two", "Identity takes two identifiers.", "Compare the name and one more.")
    container = known_container(work, container_id)
    order = work.orders.get(container.order_id)
    work.journal.append(
        Verb.IDENTITY_COMPARED,
        f"container:{container_id}",
        accession=order.accession,
        identifiers=sorted(set(identifiers)),
        agree=agree,
        comment=comment,
    )


def refuse_scan(work: Work, text: str, *, code: str, message: str) -> None:
    """Write down a scan that was answered with a refusal, in a Work of its own."""
    work.journal.append(Verb.SCAN_REFUSED, f"scan:{text[:64]}", reason=code, message=message)


def _refuse_unless_expected(work: Work, container: Row[Any]) -> None:
    state = ContainerState(container.state)
    if can(state, Action.RECEIVE):
        return
    at = f" at {container.received_at:%H:%M} UTC by {container.received_by}" if container.received_at else ""
    words = {
        ContainerState.RECEIVED: "received already; affix its laboratory label and scan that",
        ContainerState.LABELLED: "received and labelled already",
        ContainerState.SET_ASIDE: "set aside; its question must be answered first",
        ContainerState.STORED: "in storage already",
        ContainerState.REJECTED: "rejected",
        ContainerState.DISCARDED: "discarded",
        ContainerState.CANCELLED: "cancelled: nothing is ordered on it any more",
    }
    raise Conflict(
        f"scan.{state}",
        f"Container {container.container_id} is {words[state]}{at}.",
        container_id=container.container_id,
    )


def _arrival_facts(work: Work, container: Row[Any], seen: Inspection) -> ArrivalFacts:
    specimen = work.specimens.get(container.specimen_id)
    wanted = [
        row.code
        for row in work.ordered_tests.of_container(container.id)
        if row.state not in (TestState.CANCELLED, TestState.COMPLETE)
    ]
    return ArrivalFacts(
        state=ContainerState(container.state),
        container_type=container.type,
        codes=tuple(wanted),
        specimen=SpecimenFacts(specimen.type, specimen.collected_at, separated_at=container.separated_at),
        inspection=seen,
    )


def _accept(work: Work, container: Row[Any], order: Row[Any], action: Action, decision: Decision) -> Receipt:
    _mark_received(work, container, advance(ContainerState(container.state), action))
    for test in work.ordered_tests.of_container(container.id):
        if can(TestState(test.state), Action.RECEIVE):
            work.ordered_tests.change(test.id, state=advance(TestState(test.state), Action.RECEIVE))
    work.journal.append(
        Verb.SPECIMEN_RECEIVED,
        f"container:{container.container_id}",
        accession=order.accession,
        collection_number=container.collection_number,
        advice=[finding.code for finding in decision.findings],
    )
    labelling.put_to_print(work, container, order.accession, reason="")
    _close_recollection(work, container, order.accession)
    return Receipt(
        "received",
        container.container_id,
        order.accession,
        "Received. Affix the printed label and scan it.",
        tuple(finding.text for finding in decision.findings),
    )


def _mark_received(work: Work, container: Row[Any], state: ContainerState) -> None:
    work.containers.change(
        container.id, state=state, received_at=work.now, received_by=work.actor.code, reason=""
    )
    specimen = work.specimens.get(container.specimen_id)
    if specimen.received_at is None:
        work.specimens.change(specimen.id, received_at=work.now)


def _set_aside(work: Work, container: Row[Any], order: Row[Any], decision: Decision) -> Receipt:
    texts = tuple(finding.text for finding in decision.findings)
    state = advance(ContainerState(container.state), Action.SET_ASIDE)
    work.containers.change(container.id, state=state, reason="; ".join(texts))
    work.journal.append(
        Verb.SPECIMEN_SET_ASIDE,
        f"container:{container.container_id}",
        accession=order.accession,
        reason="; ".join(texts),
        codes=[finding.code for finding in decision.findings],
    )
    return Receipt("set_aside", container.container_id, order.accession, "Set aside.", texts)


def _close_recollection(work: Work, container: Row[Any], accession: str) -> None:
    for loop in work.recollections.where(
        t.recollection.c.replacement_pk == container.id, t.recollection.c.state != "received"
    ):
        work.recollections.change(loop.id, state="received", received_at=work.now)
        work.journal.append(
            Verb.RECOLLECTION_CLOSED, f"container:{container.container_id}", accession=accession
        )
