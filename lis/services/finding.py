"""Which container a scanned or typed text means."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from lis.domain.workflow import ContainerState
from lis.kernel.errors import Conflict, Invalid, NotFound
from lis.kernel.ids import is_container_id
from lis.storage.work import Work


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
