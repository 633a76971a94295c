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
    raise _requisition(work, text) or _unknown(text)


def known_container(work: Work, container_id: str) -> Row[Any]:
    """The container of a container id, or NotFound in words."""
    container = work.containers.by_container_id(container_id)
    if container is None:
        raise _unknown(container_id)
    return container


def tests_of_container(work: Work, container: Row[Any]) -> list[Row[Any]]:
    """The ordered tests that are measured, at least in part, from a container.

    A test that two of them share has one result; it makes the container serve both. Indices come with every panel
    and do not count.
    """
    results = work.results.of_container(container.id)
    owners = {row.ordered_test_id for row in results}
    measured = {row.test for row in results} - set(work.catalog.index_tests.values())
    return [
        row
        for row in work.ordered_tests.of_order(container.order_id)
        if row.id in owners or not measured.isdisjoint(_tests_of(work, row))
    ]


def _tests_of(work: Work, ordered: Row[Any]) -> tuple[str, ...]:
    orderable = work.catalog.orderable(ordered.code)
    return orderable.tests if orderable else ()


def _requisition(work: Work, text: str) -> Conflict | None:
    """What a number is that stands on paper and on no tube: it receives nothing, but says what to scan."""
    orders = work.orders.having(placer_group=text) or work.orders.having(accession=text)
    if not orders:
        return None
    words = [
        f"{row.collection_number or row.container_id} ({row.type}, {row.state.replace('_', ' ')})"
        for order in orders
        for row in work.containers.of_order(order.id)
    ]
    cases = ", ".join(order.accession for order in orders)
    return Conflict(
        "scan.requisition",
        f"{text} is no tube: it is the requisition or number of case {cases}.",
        f"Scan the tubes themselves: {', '.join(words)}.",
    )


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
