"""Text is added to what was released; the value stays."""

from __future__ import annotations

from lis.domain.events import Verb
from lis.domain.people import Act
from lis.domain.workflow import ResultState
from lis.kernel.errors import Conflict, Invalid
from lis.services import noting, verifying
from lis.storage.work import Work


def amend_result(work: Work, accession: str, test: str, text: str, *, reason: str) -> int:
    """Add a note to a released result and report it anew. Returns the note's key."""
    work.require(Act.RESULT_CORRECT)
    if not text.strip() or not reason.strip():
        raise Invalid("amend.text", "An amendment takes its text and a reason.", "Write both.")
    order = work.orders.by_accession(accession)
    result = verifying.result_of(work, order, test)
    if result.state != ResultState.RELEASED:
        raise Conflict("result.not_released", f"The result of {test} is {result.state.replace('_', ' ')}.")
    note_id = noting.add_note(work, order.id, text, result_id=result.id)
    work.journal.append(
        Verb.RESULT_AMENDED,
        f"result:{accession}/{test}",
        accession=accession,
        reason=reason,
        version=result.version,
        text=text,
    )
    verifying.queue_report(work, order, [result.version_id])
    return note_id
