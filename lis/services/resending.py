"""A message is queued once more: what was given up, and what was answered but got lost on the other side."""

from __future__ import annotations

from lis.domain.events import Verb
from lis.domain.people import Act
from lis.kernel.errors import Conflict, Invalid
from lis.storage import outbox
from lis.storage.work import Work

RESENDABLE = (outbox.DEAD, outbox.ANSWERED)


def resend_message(work: Work, message_id: int, *, reason: str) -> None:
    """Queue a message again: the same bytes under the same control id, so that the receiver can tell a repeat."""
    work.require(Act.MESSAGE_RESEND)
    if not reason.strip():
        raise Invalid("reason.missing", "Sending again needs a reason.", "Say why in a few words.")
    message = work.outgoing.get(message_id)
    if message.state not in RESENDABLE:
        raise Conflict(
            "message.not_resendable",
            f"Message {message_id} is {message.state}; only what was answered or given up is sent again.",
            "Wait until it has ended.",
        )
    work.outgoing.change(message_id, state=outbox.QUEUED, attempts=0, next_try_at=None, last_error="")
    work.journal.append(
        Verb.MESSAGE_RESENT,
        f"outbox:{message_id}",
        accession=message.accession or None,
        reason=reason,
        was=message.state,
        peer=message.peer,
        kind=message.kind,
    )
