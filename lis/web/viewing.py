"""Looking is an event: written once per opening by a person, never for what a page fetches by itself."""

from __future__ import annotations

from typing import Any

from fastapi import Request

from lis.domain.events import Verb
from lis.web.deps import Here, is_automatic


def note_viewing(
    request: Request, here: Here, verb: Verb, subject: str, *, accession: str | None = None, **data: Any
) -> None:
    """Write down that the person opened something."""
    if is_automatic(request) or request.headers.get("HX-Request"):
        return
    with here.lab.work(here.actor) as work:
        work.journal.append(verb, subject, accession=accession, **data)
