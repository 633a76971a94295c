"""Specimens arrive: scanned, judged, received, labelled, and sent on to the analyzers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Row

from lis.domain.events import Verb
from lis.domain.inspection import Inspection
from lis.domain.people import Act
from lis.domain.reception import Decision, is_irreplaceable
from lis.domain.workflow import Action, ContainerState, TestState, advance, can
from lis.kernel.clock import local
from lis.kernel.errors import Conflict, Invalid
from lis.services import arriving, chilling, labelling, working
from lis.services.finding import find_container, known_container, tests_of_container
from lis.storage.work import Work

IDENTIFIERS = ("name", "mrn", "birth_date", "collection_number")
AGAINST = ("order", "requisition")


@dataclass(frozen=True, slots=True)
class Receipt:
    """The answer to a scan: `received`, `labelled` or `set_aside`, with everything a person must know.

    `kept_back` are tests that are not sent out until a person decides; `suggested` are coded reasons for refusing.
    """

    outcome: str
    container_id: str
    accession: str
    message: str
    reasons: tuple[str, ...] = ()
    kept_back: tuple[str, ...] = ()
    suggested: tuple[str, ...] = ()

    @property
    def needs_attention(self) -> bool:
        return self.outcome == "set_aside" or bool(self.kept_back)


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
    container = arriving.note_inspection(work, container, order.accession, seen)
    tests = tests_of_container(work, container)
    decision = arriving.judge(work, container, tests)
    if decision.verdict == "refuse":
        raise Invalid(decision.findings[0].code, decision.findings[0].text, _ADVICE)
    if decision.verdict in ("set_aside", "reject"):
        put_aside_by(work, container, order, decision)
        return receipt_of(container, order, "set_aside", "Set aside.", decision)
    return accept(work, container, order, Action.RECEIVE, decision, tests=tests)


_ADVICE = "Check the label and the order; if they are right, correct the collection time with the unit."


def accept_specimen(work: Work, container_id: str, *, reason: str) -> Receipt:
    """Receive a tube after all that had been set aside; the reason is kept and printed on the timeline.

    What its question was decides who may: whoever receives, once it is answered and the tube judged anew is right; a
    supervisor, as an exception, while something still speaks against it. What cannot be drawn again takes the form.
    """
    container = known_container(work, container_id)
    if not reason.strip():
        raise Invalid("reason.missing", "A reason is needed.", "Say what settled the question.")
    order = work.orders.get(container.order_id)
    advance(ContainerState(container.state), Action.ACCEPT)
    decision = arriving.judge(work, container)
    if decision.verdict == "refuse":
        raise Invalid(decision.findings[0].code, decision.findings[0].text, _ADVICE)
    doubted = decision.verdict != "accept" or bool(container.condition.get("question"))
    work.require(Act.SPECIMEN_EXCEPTION if doubted else Act.SPECIMEN_RECEIVE)
    if doubted and is_irreplaceable(_specimen_type(work, container), work.catalog):
        raise Conflict(
            "specimen.form_needed",
            "This specimen cannot be drawn again: it is accepted with the exception form only.",
            "Let the collector sign, and a supervisor after them.",
        )
    work.journal.append(
        Verb.SPECIMEN_ACCEPTED,
        _subject(container),
        accession=order.accession,
        reason=reason,
        exception=doubted,
    )
    return accept(work, container, order, Action.ACCEPT, decision, by_exception=doubted)


def set_aside(work: Work, container_id: str, *, reason: str) -> Receipt:
    """A person puts a container aside until a question is answered; nothing is measured from it meanwhile."""
    work.require(Act.SPECIMEN_RECEIVE)
    if not reason.strip():
        raise Invalid("reason.missing", "A reason is needed.", "Say what the question is.")
    container = known_container(work, container_id)
    order = work.orders.get(container.order_id)
    put_aside(work, container, order, reason=reason, codes=["person"], question="person")
    return Receipt("set_aside", container.container_id, order.accession, "Set aside.", (reason,))


def confirm_label(work: Work, container: Row[Any]) -> Receipt:
    """The lab's label was scanned on the tube: it is affixed, and the tests go out to the analyzers."""
    order = work.orders.get(container.order_id)
    labels = work.labels.having(container_pk=container.id)
    if labels and all(label.voided_at for label in labels):
        raise Conflict("label.void", "Every label of this tube is void.", "Print it anew, with the reason.")
    state = advance(ContainerState(container.state), Action.CONFIRM_LABEL)
    work.containers.change(container.id, state=state, labelled_at=work.now)
    work.journal.append(
        Verb.LABEL_CONFIRMED, f"container:{container.container_id}", accession=order.accession
    )
    working.send_work(work, container, order)
    return Receipt("labelled", container.container_id, order.accession, "Label confirmed.")


def compare_identity(
    work: Work,
    container_id: str,
    *,
    identifiers: tuple[str, ...],
    agree: bool,
    against: tuple[str, ...] = ("order",),
    comment: str = "",
) -> None:
    """A person compared identifiers on the tube with the order and says whether they agree; software cannot.

    `against` says with what: the order as it is on the screen, the paper requisition that came with the tube.

    A tube whose identifiers do not agree is set aside at once, wherever it is in the laboratory.
    """
    work.require(Act.SPECIMEN_RECEIVE)
    compared = sorted(set(identifiers))
    if not set(compared) <= set(IDENTIFIERS):
        raise Invalid("identity.unknown", f"Identifiers are {', '.join(IDENTIFIERS)}; a place is none.")
    if len(compared) < 2:
        raise Invalid("identity.two", "Identity takes two identifiers.", "Compare the name and one more.")
    if not against or not set(against) <= set(AGAINST):
        raise Invalid("identity.against", f"A tube is compared with {' or '.join(AGAINST)}.")
    container = known_container(work, container_id)
    order = work.orders.get(container.order_id)
    work.journal.append(
        Verb.IDENTITY_COMPARED,
        _subject(container),
        accession=order.accession,
        identifiers=compared,
        against=[one for one in AGAINST if one in against],
        agree=agree,
        comment=comment,
    )
    if not agree and can(ContainerState(container.state), Action.SET_ASIDE):
        text = "The identifiers on the tube do not agree with the order."
        put_aside(work, container, order, reason=text, codes=["identity.disagree"], question="identity")


def refuse_scan(work: Work, text: str, *, code: str, message: str) -> None:
    """Write down a scan that was answered with a refusal, in a Work of its own."""
    work.journal.append(Verb.SCAN_REFUSED, f"scan:{text[:64]}", reason=code, message=message)


def _refuse_unless_expected(work: Work, container: Row[Any]) -> None:
    state, came, by = ContainerState(container.state), container.received_at, container.received_by
    if can(state, Action.RECEIVE):
        return
    at = f" It was received on {local(came, work.zone):%m-%d at %H:%M} by {by}." if came else ""
    words, advice = {
        ContainerState.RECEIVED: ("received already", "Affix its laboratory label and scan that."),
        ContainerState.LABELLED: ("received and labelled already", ""),
        ContainerState.SET_ASIDE: ("set aside", "Its question must be answered first."),
        ContainerState.STORED: ("in storage already", ""),
        ContainerState.CANCELLED: ("cancelled: nothing is ordered on it any more", ""),
    }.get(state, (str(state), ""))
    raise Conflict(
        f"scan.{state}",
        f"Container {container.container_id} is {words}.{at}",
        advice,
        container_id=container.container_id,
    )


def put_aside(
    work: Work, container: Row[Any], order: Row[Any], *, reason: str, codes: list[str], question: str = ""
) -> None:
    """The step itself, for use cases that have asked for their act; out of the store, should it lie there."""
    state = advance(ContainerState(container.state), Action.SET_ASIDE)
    condition = chilling.taken_out(container.condition, work.now)
    if question:
        condition["question"] = question
    work.containers.change(container.id, state=state, reason=reason, condition=condition)
    work.journal.append(
        Verb.SPECIMEN_SET_ASIDE, _subject(container), accession=order.accession, reason=reason, codes=codes
    )


def put_aside_by(work: Work, container: Row[Any], order: Row[Any], decision: Decision) -> None:
    """The step itself, for what the rules found."""
    codes = [finding.code for finding in decision.findings]
    put_aside(work, container, order, reason=words_of(decision), codes=codes)


def words_of(decision: Decision) -> str:
    """What was found, in one line."""
    return " ".join(finding.text for finding in decision.findings)


def receipt_of(
    container: Row[Any], order: Row[Any], outcome: str, message: str, decision: Decision
) -> Receipt:
    """The answer that a decision makes."""
    reasons = dict.fromkeys(reason for finding in decision.findings for reason in finding.reasons)
    return Receipt(
        outcome,
        container.container_id,
        order.accession,
        message,
        tuple(finding.text for finding in decision.findings),
        () if outcome == "set_aside" else decision.lost,
        tuple(reasons),
    )


def accept(
    work: Work,
    container: Row[Any],
    order: Row[Any],
    action: Action,
    decision: Decision,
    *,
    by_exception: bool = False,
    tests: Sequence[Row[Any]] | None = None,
) -> Receipt:
    """The step itself: received, its tests in the laboratory, its label printed, a recollection closed.

    What the rules say cannot be done from it is kept back until a person decides, unless one just did.
    """
    lost = () if by_exception else decision.lost
    _mark_received(work, container, advance(ContainerState(container.state), action), lost)
    for test in tests_of_container(work, container) if tests is None else tests:
        if can(TestState(test.state), Action.RECEIVE):
            work.ordered_tests.change(test.id, state=advance(TestState(test.state), Action.RECEIVE))
    work.journal.append(
        Verb.SPECIMEN_RECEIVED,
        _subject(container),
        accession=order.accession,
        collection_number=container.collection_number,
        advice=[finding.code for finding in decision.findings],
        kept_back=list(lost),
    )
    labelling.put_to_print(work, container, order.accession, reason="")
    _close_recollection(work, container, order.accession)
    words = "Received. Affix the printed label and scan it."
    return receipt_of(container, order, "received", words, replace(decision, lost=lost))


def _mark_received(work: Work, container: Row[Any], state: ContainerState, lost: tuple[str, ...]) -> None:
    condition = {name: said for name, said in container.condition.items() if name != "question"}
    if lost:
        condition[arriving.KEPT_BACK] = sorted(lost)
    first = container.received_at or work.now
    who = container.received_by or work.actor.code
    work.containers.change(
        container.id, state=state, received_at=first, received_by=who, reason="", condition=condition
    )
    specimen = work.specimens.get(container.specimen_id)
    if specimen.received_at is None:
        work.specimens.change(specimen.id, received_at=work.now)


def _specimen_type(work: Work, container: Row[Any]) -> str:
    return str(work.specimens.get(container.specimen_id).type)


def _close_recollection(work: Work, container: Row[Any], accession: str) -> None:
    for loop in work.recollections.having(replacement_pk=container.id):
        if loop.state in ("requested", "collected"):
            work.recollections.change(loop.id, state="received", received_at=work.now)
            work.journal.append(Verb.RECOLLECTION_CLOSED, _subject(container), accession=accession)


def _subject(container: Row[Any]) -> str:
    return f"container:{container.container_id}"
