"""Occurrence reports: what went wrong, opened by anybody, followed, and closed by a supervisor with a conclusion."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from lis.domain.events import Verb
from lis.domain.people import Act
from lis.kernel.errors import Conflict, Invalid
from lis.storage.work import Work

OPEN, CLOSED = "open", "closed"
CATEGORIES = (
    "identification",
    "specimen",
    "transport",
    "analysis",
    "quality_control",
    "reporting",
    "notification",
    "interface",
    "safety",
    "other",
)


def open_occurrence(
    work: Work, subject: str, category: str, *, what: str, action: str = "", accession: str = ""
) -> int:
    """Open a report about a thing named as the journal names it (`container:…`, `result:…`, `analyzer:…`)."""
    work.require(Act.OCCURRENCE_OPEN)
    if category not in CATEGORIES:
        raise Invalid("occurrence.category", f"A category is one of {', '.join(CATEGORIES)}.")
    _require_text(what, "Say what happened.")
    if not subject.strip():
        raise Invalid("occurrence.subject", "Say what it is about.")
    row_id = work.occurrences.add(
        subject=subject,
        accession=accession,
        category=category,
        what=what,
        action=action,
        state=OPEN,
        opened_at=work.now,
        opened_by=work.actor.code,
        closed_by="",
        conclusion="",
    )
    work.journal.append(
        Verb.OCCURRENCE_OPENED,
        f"occurrence:{row_id}",
        accession=accession or None,
        about=subject,
        category=category,
        what=what,
        action=action,
    )
    return row_id


def follow_occurrence(work: Work, occurrence_id: int, text: str) -> int:
    """Add what was found or done since."""
    work.require(Act.OCCURRENCE_OPEN)
    _require_text(text, "Say what was found or done.")
    row = _open_one(work, occurrence_id)
    note_id = work.occurrence_notes.add(
        occurrence_id=occurrence_id, at=work.now, by=work.actor.code, text=text
    )
    work.journal.append(
        Verb.OCCURRENCE_FOLLOWED, f"occurrence:{occurrence_id}", accession=row.accession or None, text=text
    )
    return note_id


def close_occurrence(work: Work, occurrence_id: int, *, conclusion: str) -> None:
    """Close it with a conclusion; by a role that may, and not by who opened it."""
    work.require(Act.OCCURRENCE_CLOSE)
    _require_text(conclusion, "Say what it came to.")
    row = _open_one(work, occurrence_id)
    if row.opened_by == work.actor.code:
        raise Conflict("occurrence.own", "Who opened a report does not close it.", "Ask another supervisor.")
    work.occurrences.change(
        occurrence_id,
        state=CLOSED,
        closed_at=work.now,
        closed_by=work.actor.code,
        conclusion=conclusion,
    )
    work.journal.append(
        Verb.OCCURRENCE_CLOSED,
        f"occurrence:{occurrence_id}",
        accession=row.accession or None,
        reason=conclusion,
    )


def _open_one(work: Work, occurrence_id: int) -> Row[Any]:
    row = work.occurrences.get(occurrence_id)
    if row.state != OPEN:
        raise Conflict("occurrence.closed", "This report is closed.", "Open another that refers to it.")
    return row


def _require_text(text: str, advice: str) -> None:
    if not text.strip():
        raise Invalid("occurrence.text", "Nothing was written.", advice)
