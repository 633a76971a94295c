"""Labels are printed at receipt, reprinted with a reason, and declared void; every copy stays on record."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from lis.domain.events import Verb
from lis.domain.people import Act
from lis.domain.workflow import ContainerState
from lis.kernel.errors import Conflict, Invalid
from lis.services.finding import known_container
from lis.storage import outbox
from lis.storage.work import Work

PRINTER = "printer"


def print_label(work: Work, container_id: str, *, reason: str, to: str = PRINTER) -> int:
    """Print a numbered copy of a container's label, with a reason: on the label printers, or `to` a file."""
    work.require(Act.LABEL_PRINT)
    if not reason.strip():
        raise Invalid("reason.missing", "A reprint needs a reason.", "Say why in a few words.")
    container = known_container(work, container_id)
    if container.state in (ContainerState.EXPECTED, ContainerState.CANCELLED, ContainerState.DISCARDED):
        raise Conflict("label.not_now", f"The container is {container.state}: it gets no label.")
    order = work.orders.get(container.order_id)
    return put_to_print(work, container, order.accession, reason=reason, to=to)


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


def put_to_print(work: Work, container: Row[Any], accession: str, *, reason: str, to: str = PRINTER) -> int:
    """One more numbered copy: sent to the label printers, or, `to` a file, to whoever fetched it."""
    copy = len(work.labels.having(container_pk=container.id)) + 1
    label_id = work.labels.add(
        container_pk=container.id,
        copy=copy,
        printed_at=work.now,
        printed_by=work.actor.code,
        reason=reason,
        void_reason="",
    )
    for printer in printers(work) if to == PRINTER else ():
        work.outbox.add(outbox.LABEL, printer, accession=accession, label=label_id)
    work.journal.append(
        Verb.LABEL_PRINTED,
        f"container:{container.container_id}",
        accession=accession,
        reason=reason or None,
        copy=copy,
        **({} if to == PRINTER else {"to": to}),
    )
    return label_id


def printers(work: Work) -> list[str]:
    """The label printers of this laboratory."""
    return [peer.code for peer in work.catalog.peers.values() if peer.kind == "printer"]
