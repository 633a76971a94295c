"""The last receipt is taken back: the tube is awaited again, its label void; nothing is deleted.

Only by who received it, and only while nothing else has happened to it.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, select

from lis.domain.events import Verb
from lis.domain.people import Act
from lis.domain.workflow import IN_LAB, Action, ContainerState, TestState, advance, can
from lis.kernel.errors import Conflict
from lis.services.accessioning import Receipt
from lis.services.finding import known_container, tests_of_container
from lis.storage import tables as t
from lis.storage.work import Work

REASON = "The receipt was withdrawn."
# What comes with a receipt, or can only have come before it; anything else speaks against taking it back.
_WITH_RECEIPT = frozenset(
    {
        Verb.SPECIMEN_RECEIVED,
        Verb.SPECIMEN_SET_ASIDE,
        Verb.SPECIMEN_INSPECTED,
        Verb.LABEL_PRINTED,
        Verb.RECOLLECTION_REQUESTED,
        Verb.RECOLLECTION_COLLECTED,
        Verb.RECOLLECTION_CLOSED,
    }
)
_FIRST = (Verb.SPECIMEN_RECEIVED, Verb.SPECIMEN_SET_ASIDE)
_LAST = (
    select(t.journal)
    .where(t.journal.c.verb.in_([*_FIRST, Verb.RECEIPT_WITHDRAWN]))
    .order_by(t.journal.c.seq.desc())
    .limit(1)
)


def withdraw_receipt(work: Work) -> Receipt:
    """Take back what the actor received or set aside last."""
    work.require(Act.SPECIMEN_RECEIVE)
    last = work.connection.execute(_LAST.where(t.journal.c.actor == work.actor.code)).first()
    if last is None or last.verb == Verb.RECEIPT_WITHDRAWN:
        raise Conflict("undo.nothing", "You have received nothing that could be taken back.")
    container = known_container(work, last.subject.removeprefix("container:"))
    _refuse_if_more_happened(work, container, last)
    order = work.orders.get(container.order_id)
    state = advance(ContainerState(container.state), Action.WITHDRAW)
    work.containers.change(
        container.id, state=state, received_at=None, received_by="", reason="", condition={}, volume_ml=None
    )
    _void_labels(work, container, order.accession)
    _await_again(work, container)
    work.journal.append(Verb.RECEIPT_WITHDRAWN, last.subject, accession=order.accession, was=container.state)
    return Receipt("withdrawn", container.container_id, order.accession, "Taken back: it is awaited again.")


def _refuse_if_more_happened(work: Work, container: Row[Any], last: Row[Any]) -> None:
    """Anything that is not part of the same receipt speaks against it."""
    j = t.journal.c
    query = select(j.verb, j.at).where(j.subject == last.subject, j.at >= last.at).order_by(j.seq)
    since: list[Any] = []
    for event in work.connection.execute(query):
        since = [] if event.verb == Verb.RECEIPT_WITHDRAWN else [*since, event]
    was_here = last.verb == Verb.SPECIMEN_SET_ASIDE and container.received_at is not None
    more = any(event.verb not in _WITH_RECEIPT or event.at != last.at for event in since)
    if was_here or more or not can(ContainerState(container.state), Action.WITHDRAW):
        raise Conflict(
            "undo.too_late",
            f"Something has happened to {container.container_id} since it was received.",
            "Set it aside, or reject it with a reason.",
        )


def _void_labels(work: Work, container: Row[Any], accession: str) -> None:
    """What the printer has put out already must not be affixed."""
    for label in work.labels.having(container_pk=container.id):
        if label.voided_at is None:
            work.labels.change(label.id, voided_at=work.now, void_reason=REASON)
            work.journal.append(
                Verb.LABEL_VOIDED,
                f"container:{container.container_id}",
                accession=accession,
                reason=REASON,
                copy=label.copy,
            )


def _await_again(work: Work, container: Row[Any]) -> None:
    """Tests, specimen and a recollection as they were before, unless another tube of theirs is here."""
    others = [
        row
        for row in work.containers.of_order(container.order_id)
        if row.id != container.id and row.state in IN_LAB
    ]
    here = {test.id for other in others for test in tests_of_container(work, other)}
    again = Action.RECOLLECT if container.replaces_id else Action.WITHDRAW
    for test in tests_of_container(work, container):
        if test.id not in here and test.state == TestState.IN_LAB:
            work.ordered_tests.change(test.id, state=advance(TestState(test.state), again))
    if all(other.specimen_id != container.specimen_id for other in others):
        work.specimens.change(container.specimen_id, received_at=None)
    for loop in work.recollections.having(replacement_pk=container.id):
        if loop.state == "received":
            state = "collected" if loop.collected_at else "requested"
            work.recollections.change(loop.id, state=state, received_at=None)
