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
from lis.kernel.errors import Conflict, Invalid, NotFound
from lis.kernel.ids import is_container_id
from lis.services import working
from lis.storage import outbox
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


def find_container(work: Work, text: str) -> Row[Any]:
    """The container a scanned text means: the lab's own container id, or the number on the collection label."""
    text = text.strip()
    if not text:
        raise Invalid("scan.empty", "Nothing was scanned.", "Scan the barcode on the tube.")
    if is_container_id(text):
        container = work.containers.by_container_id(text)
        if container is not None:
            return container
    candidates = work.containers.by_collection_number(text)
    open_ones = [row for row in candidates if row.state == ContainerState.EXPECTED]
    if len(open_ones) > 1:
        raise Conflict(
            "scan.ambiguous",
            f"The number {text} is on {len(open_ones)} expected containers.",
            "Receive by accession after comparing two identifiers.",
        )
    if candidates:
        return (open_ones or candidates)[0]
    raise _unknown(text)


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


def print_label(work: Work, container_id: str, *, reason: str) -> int:
    """Print a container's label once more, with a reason. Copies are numbered."""
    work.require(Act.LABEL_PRINT)
    if not reason.strip():
        raise Invalid("reason.missing", "A reprint needs a reason.", "Say why in a few words.")
    container = known_container(work, container_id)
    if container.state in (ContainerState.EXPECTED, ContainerState.CANCELLED, ContainerState.DISCARDED):
        raise Conflict("label.not_now", f"The container is {container.state}: it gets no label.")
    order = work.orders.get(container.order_id)
    return _print(work, container, order.accession, reason=reason)


def void_label(work: Work, label_id: int, *, reason: str) -> None:
    """Declare a printed label void, with a reason; the print stays on record."""
    work.require(Act.LABEL_PRINT)
    label = work.labels.get(label_id)
    if label.voided_at is not None:
        raise Conflict("label.void", "This label is void already.")
    if not reason.strip():
        raise Invalid("reason.missing", "A reason is needed.", "Say why the label is void.")
    container = work.containers.get(label.container_pk)
    order = work.orders.get(container.order_id)
    work.labels.change(label_id, voided_at=work.now, void_reason=reason)
    work.journal.append(
        Verb.LABEL_VOIDED,
        f"container:{container.container_id}",
        accession=order.accession,
        reason=reason,
        copy=label.copy,
    )


def refuse_scan(work: Work, text: str, *, code: str, message: str) -> None:
    """Write down a scan that was answered with a refusal, in a Work of its own."""
    work.journal.append(Verb.SCAN_REFUSED, f"scan:{text[:64]}", reason=code, message=message)


def known_container(work: Work, container_id: str) -> Row[Any]:
    """The container of a container id, or NotFound in words."""
    container = work.containers.by_container_id(container_id)
    if container is None:
        raise _unknown(container_id)
    return container


def _unknown(text: str) -> NotFound:
    if is_container_id(text):
        return NotFound(
            "scan.other_lab",
            f"{text} is a laboratory label, but not one of this laboratory.",
            "Find out where the tube belongs; do not receive it here.",
        )
    return NotFound(
        "scan.unknown",
        f"Nothing is known under {text}.",
        "Scan again; if it stays unknown, look the patient up and call the unit.",
    )


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
    _print(work, container, order.accession, reason="")
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


def _print(work: Work, container: Row[Any], accession: str, *, reason: str) -> int:
    copy = len(work.labels.where(t.label_print.c.container_pk == container.id)) + 1
    label_id = work.labels.add(
        container_pk=container.id,
        copy=copy,
        printed_at=work.now,
        printed_by=work.actor.code,
        reason=reason,
        void_reason="",
    )
    for printer in printers(work):
        work.outbox.add(outbox.LABEL, printer, accession=accession, label=label_id)
    work.journal.append(
        Verb.LABEL_PRINTED,
        f"container:{container.container_id}",
        accession=accession,
        reason=reason or None,
        copy=copy,
    )
    return label_id


def printers(work: Work) -> list[str]:
    """The label printers of this laboratory."""
    return [peer.code for peer in work.catalog.peers.values() if peer.kind == "printer"]


def _close_recollection(work: Work, container: Row[Any], accession: str) -> None:
    for loop in work.recollections.where(
        t.recollection.c.replacement_pk == container.id, t.recollection.c.state != "received"
    ):
        work.recollections.change(loop.id, state="received", received_at=work.now)
        work.journal.append(
            Verb.RECOLLECTION_CLOSED, f"container:{container.container_id}", accession=accession
        )
