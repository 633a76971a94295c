"""What cannot be drawn again and yet has a flaw: accepted by a form that names and binds people, never quietly.

The collector identifies the specimen and signs; a supervisor counter-signs at the same station; the report says so.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from lis.domain.events import Verb
from lis.domain.people import Act, Actor
from lis.domain.reception import is_irreplaceable
from lis.domain.workflow import Action, ContainerState, advance
from lis.kernel.errors import Conflict, Invalid
from lis.services import accessioning, arriving, noting
from lis.services.countersigning import countersign
from lis.services.finding import known_container
from lis.storage.work import Work

DISCLAIMER = "specimen.exception"


def accept_irreplaceable(
    work: Work,
    container_id: str,
    *,
    collector: str,
    collector_role: str,
    statement: str,
    supervisor: Actor,
) -> accessioning.Receipt:
    """Accept a container that was set aside: `statement` is what the collector signed for before the Work's actor."""
    work.require(Act.SPECIMEN_RECEIVE)
    container = known_container(work, container_id)
    order = work.orders.get(container.order_id)
    advance(ContainerState(container.state), Action.ACCEPT)
    if not is_irreplaceable(work.specimens.get(container.specimen_id).type, work.catalog):
        raise Conflict(
            "specimen.replaceable", "This specimen can be drawn again.", "Reject it and ask for another."
        )
    if not (collector.strip() and collector_role.strip() and statement.strip()):
        raise Invalid("exception.form", "The form needs the collector, their role, and what they sign for.")
    signed = f"{collector} ({collector_role}): {statement}"
    _write_down(work, f"container:{container_id}", order, signed, supervisor)
    decision = arriving.judge(work, container)
    return accessioning.accept(work, container, order, Action.ACCEPT, decision, by_exception=True)


def _write_down(work: Work, subject: str, order: Row[Any], signed: str, supervisor: Actor) -> None:
    """Under two names in the journal, and in words on the report."""
    accession = order.accession
    countersign(work, supervisor, Act.SPECIMEN_EXCEPTION, subject, statement=signed, accession=accession)
    words = work.catalog.texts.get(DISCLAIMER, "Specimen accepted by exception.")
    noting.add_note(work, order.id, f"{words} {signed}")
    work.journal.append(
        Verb.SPECIMEN_ACCEPTED,
        subject,
        accession=accession,
        reason=signed,
        exception=True,
        supervisor=supervisor.code,
    )
