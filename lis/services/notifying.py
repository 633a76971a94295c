"""Calls: what must be said to somebody, every attempt to say it, and how it ended."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Row

from lis.domain.critical import is_misheard
from lis.domain.events import Verb
from lis.domain.people import Act
from lis.kernel.errors import Conflict, Invalid
from lis.storage.work import Work

CRITICAL, CORRECTED, REJECT, CLARIFY, DELAY = "critical", "corrected", "reject", "clarify", "delay"
KINDS = (CRITICAL, CORRECTED, REJECT, CLARIFY, DELAY)
REACHED, NO_ANSWER, ESCALATED = "reached", "no_answer", "escalated"
OUTCOMES = (REACHED, NO_ANSWER, ESCALATED)


def open_call(
    work: Work,
    kind: str,
    *,
    what: str,
    accession: str,
    order_id: int | None = None,
    container_pk: int | None = None,
    result_version_id: int | None = None,
    read_back_needed: bool = False,
) -> int:
    """A call becomes due and stays on the call list until it is closed."""
    if kind not in KINDS:
        raise Invalid("call.kind", f"A call is one of {', '.join(KINDS)}.")
    call_id = work.calls.add(
        kind=kind,
        order_id=order_id,
        container_pk=container_pk,
        result_version_id=result_version_id,
        what=what,
        state="open",
        read_back_needed=read_back_needed,
        opened_at=work.now,
        opened_by=work.actor.code,
    )
    work.journal.append(Verb.CALL_OPENED, f"call:{call_id}", accession=accession, kind=kind, what=what)
    return call_id


def close_replaced(work: Work, order: Row[Any], version_ids: Collection[int]) -> None:
    """Calls of an order that nobody has taken, about values that others have replaced, are not due any more."""
    for call in work.calls.having(order_id=order.id):
        if call.state == "open" and call.result_version_id in version_ids:
            work.calls.change(call.id, state="closed", closed_at=work.now)
            work.journal.append(
                Verb.CALL_CLOSED,
                f"call:{call.id}",
                accession=order.accession,
                reason="The value was replaced.",
            )


def record_call(
    work: Work,
    call_id: int,
    *,
    whom: str,
    whom_role: str,
    outcome: str,
    said: str = "",
    read_back: str = "",
    phone: str = "",
    comment: str = "",
) -> None:
    """Record an attempt. One that reached somebody closes the call; a number said is closed only by its read-back."""
    work.require(Act.CALL_RECORD)
    call = work.calls.get(call_id)
    if call.state != "open":
        raise Conflict("call.closed", "This call is closed already.")
    if outcome not in OUTCOMES:
        raise Invalid("call.outcome", f"An attempt ends as one of {', '.join(OUTCOMES)}.")
    if outcome == REACHED and not (whom.strip() and whom_role.strip()):
        raise Invalid("call.whom", "Say who took the call and in which role.")
    if outcome == ESCALATED and not whom_role.strip():
        raise Invalid("call.escalated", "Say to which role it was escalated.")
    work.call_attempts.add(
        call_id=call_id,
        at=work.now,
        by=work.actor.code,
        whom=whom,
        whom_role=whom_role,
        phone=phone,
        outcome=outcome,
        said=said,
        read_back=read_back,
        comment=comment,
    )
    accession = work.orders.get(call.order_id).accession if call.order_id else None
    facts = {"whom": whom, "whom_role": whom_role, "outcome": outcome, "read_back": read_back}
    work.journal.append(Verb.CALL_RECORDED, f"call:{call_id}", accession=accession, **facts)
    if outcome == REACHED:
        if call.read_back_needed:
            _require_read_back(work, call, read_back)
        work.calls.change(call_id, state="closed", closed_at=work.now)
        work.journal.append(Verb.CALL_CLOSED, f"call:{call_id}", accession=accession)


def _require_read_back(work: Work, call: Row[Any], read_back: str) -> None:
    """Refuse to close a call about a value that nobody repeated, or that came back as another."""
    if not read_back.strip():
        raise Invalid(
            "call.read_back",
            "A value was said: the call closes only with its read-back.",
            "Ask the listener to repeat name, test and value, and write down what they said.",
        )
    value = work.versions.get(call.result_version_id).value if call.result_version_id else ""
    if is_misheard(value, read_back):
        raise Invalid(
            "call.misheard",
            f"The read-back does not say {value}.",
            "Say the value again, let it be repeated, and write down what they said.",
        )
