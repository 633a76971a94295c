"""Orders are placed and give their accession and planned containers; what they ask may change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lis.domain.catalog import Orderable
from lis.domain.events import Verb
from lis.domain.people import Act
from lis.domain.processing import separation_objection
from lis.domain.requests import PRIORITIES, OrderRequest
from lis.domain.workflow import ContainerState, OrderState, ResultState, TestState
from lis.kernel.clock import local_day
from lis.kernel.errors import Conflict, Invalid
from lis.kernel.ids import accession_number, container_id
from lis.services import registering
from lis.services.cancelling import cancel_by_placer, cancel_order, cancel_ordered_test
from lis.services.drawing import Tube, tubes_for
from lis.services.settling import settle_order
from lis.storage.work import Work

__all__ = [
    "PlacedOrder",
    "add_container",
    "add_pending_results",
    "cancel_by_placer",
    "cancel_order",
    "cancel_ordered_test",
    "change_order",
    "place_order",
    "settle_order",
]


@dataclass(frozen=True, slots=True)
class PlacedOrder:
    """What the laboratory answers to an order."""

    order_id: int
    accession: str
    container_ids: tuple[str, ...]


def place_order(work: Work, request: OrderRequest) -> PlacedOrder:
    """Accept an order: patient and visit, accession, tests, containers, pending results. All of it or nothing."""
    work.require(Act.ORDER_ENTER)
    orderables = _known_orderables(work, request)
    _refuse_known_placer_numbers(work, request)
    if not request.peer:
        _refuse_impossible_spins(work, request)
    patient_id = registering.register_patient(work, request.patient)
    visit_id = registering.update_visit(work, patient_id, request.visit) if request.visit else None
    order_id, accession = _add_order(work, request, patient_id, visit_id)
    tubes = tubes_for(request, orderables, work.catalog)
    container_pks = [_add_tube(work, order_id, accession, tube) for tube in tubes]
    for line, (requested, orderable) in enumerate(zip(request.tests, orderables, strict=True)):
        test_id = work.ordered_tests.add(
            order_id=order_id,
            seq=line + 1,
            code=orderable.code,
            placer_number=requested.placer_number,
            state=TestState.ORDERED,
            added=False,
            reason="",
            ordered_at=request.ordered_at or work.now,
        )
        for tube, pk in zip(tubes, container_pks, strict=True):
            if line in tube.lines:
                measured = [code for code in tube.planned.tests if code in orderable.tests]
                add_pending_results(
                    work, order_id, test_id, patient_id, measured, pk, tube.drawn.collected_at
                )
    container_ids = tuple(work.containers.get(pk).container_id for pk in container_pks)
    work.journal.append(
        Verb.ORDER_PLACED,
        f"order:{accession}",
        accession=accession,
        mrn=request.patient.mrn,
        priority=request.priority,
        tests=[orderable.code for orderable in orderables],
        containers=container_ids,
        peer=request.peer,
        **_spun_before(tubes, container_ids),
    )
    return PlacedOrder(order_id, accession, container_ids)


def change_order(
    work: Work, accession: str, *, reason: str, priority: str | None = None, notes: str | None = None
) -> None:
    """Change the priority or the notes of an order that is open; what was before stays in the journal."""
    work.require(Act.ORDER_ENTER)
    if not reason.strip():
        raise Invalid("reason.missing", "A change of an order needs a reason.", "Say why in a few words.")
    order = work.orders.by_accession(accession)
    if order.state != OrderState.OPEN:
        raise Conflict("order.closed", f"The order {accession} is {order.state}.")
    _refuse_unknown_priority(priority or order.priority)
    said = {"priority": priority, "notes": notes}
    after = {name: new for name, new in said.items() if new is not None and new != getattr(order, name)}
    if after:
        work.orders.change(order.id, **after)
        before = {name: getattr(order, name) for name in after}
        work.journal.append(
            Verb.ORDER_CHANGED,
            f"order:{accession}",
            accession=accession,
            reason=reason,
            before=before,
            after=after,
        )


def add_container(
    work: Work, order_id: int, accession: str, *, specimen_id: int, container_type: str, **values: Any
) -> int:
    """Give the accession its next container; its number and id are never used again."""
    number = work.containers.last_number(order_id) + 1
    columns: dict[str, Any] = {
        "collection_number": "",
        "state": ContainerState.EXPECTED,
        "received_by": "",
        "condition": {},
        "bench": "",
        "position": "",
        "reason": "",
    }
    return work.containers.add(
        container_id=container_id(accession, number),
        number=number,
        order_id=order_id,
        specimen_id=specimen_id,
        type=container_type,
        **(columns | values),
    )


def _known_orderables(work: Work, request: OrderRequest) -> list[Orderable]:
    if not request.tests:
        raise Invalid("order.empty", "The order names no test.", "Add at least one test.")
    _refuse_unknown_priority(request.priority)
    found = [work.catalog.orderable(test.code) for test in request.tests]
    unknown = [test.code for test, row in zip(request.tests, found, strict=True) if row is None]
    if unknown:
        raise Invalid(
            "test.unknown",
            f"Not a test of this laboratory: {', '.join(unknown)}.",
            "Use the codes of the test catalogue.",
            codes=unknown,
        )
    return [row for row in found if row is not None]


def _refuse_unknown_priority(priority: str) -> None:
    if priority not in PRIORITIES:
        raise Invalid("order.priority", f"The priority {priority!r} is none of {', '.join(PRIORITIES)}.")


def _refuse_known_placer_numbers(work: Work, request: OrderRequest) -> None:
    numbers = [test.placer_number for test in request.tests if test.placer_number]
    if len(set(numbers)) != len(numbers):
        raise Invalid("order.number_twice", "Two tests of the order carry the same number.")
    for number in numbers:
        known = work.orders.by_placer_number(request.peer, number)
        if known is not None:
            raise Conflict(
                "order.duplicate",
                f"The order number {number} is already accession {known.accession}.",
                "Send a change or a cancellation, or a new number.",
            )


def _refuse_impossible_spins(work: Work, request: OrderRequest) -> None:
    """What a person typed is refused; what a message says is kept and judged with the results."""
    for drawn in request.specimens:
        if drawn.separated_at is None:
            continue
        objection = separation_objection(drawn.collected_at, drawn.separated_at, work.now)
        if objection:
            raise Invalid(*objection, "Correct the hour, or leave it out.")


def _spun_before(tubes: list[Tube], container_ids: tuple[str, ...]) -> dict[str, Any]:
    """Which containers were spun before they came, and when, for the journal."""
    spun = {
        container_id: tube.drawn.separated_at.isoformat()
        for tube, container_id in zip(tubes, container_ids, strict=True)
        if tube.drawn.separated_at is not None
    }
    return {"separated_at": spun} if spun else {}


def _add_order(work: Work, request: OrderRequest, patient_id: int, visit_id: int | None) -> tuple[int, str]:
    day = local_day(work.now, work.zone)
    accession = accession_number(day, work.count(f"accession/{day.isoformat()}"))
    order_id = work.orders.add(
        accession=accession,
        patient_id=patient_id,
        visit_id=visit_id,
        peer=request.peer,
        placer_group=request.placer_group,
        priority=request.priority,
        provider=request.provider,
        provider_phone=request.provider_phone,
        location=request.location or (request.visit.location if request.visit else ""),
        condition=request.condition,
        notes=request.notes,
        state=OrderState.OPEN,
        ordered_at=request.ordered_at or work.now,
        placed_at=work.now,
    )
    return order_id, accession


def _add_tube(work: Work, order_id: int, accession: str, tube: Tube) -> int:
    specimen_id = work.specimens.add(
        order_id=order_id,
        type=tube.planned.specimen_type,
        source=tube.drawn.source,
        collected_at=tube.drawn.collected_at,
        collected_by=tube.drawn.collected_by,
    )
    return add_container(
        work,
        order_id,
        accession,
        specimen_id=specimen_id,
        container_type=tube.planned.container_type,
        collection_number=tube.drawn.collection_number,
        separated_at=tube.drawn.separated_at,
    )


def add_pending_results(
    work: Work,
    order_id: int,
    test_id: int,
    patient_id: int,
    tests: list[str],
    container_pk: int,
    collected_at: datetime | None,
) -> None:
    """One pending result per test and order: a test that two panels share is measured and reported once."""
    known = {row.test for row in work.results.of_order(order_id) if row.state != ResultState.CANCELLED}
    work.results.add_all(
        {
            "order_id": order_id,
            "ordered_test_id": test_id,
            "patient_id": patient_id,
            "container_pk": container_pk,
            "test": code,
            "state": ResultState.PENDING,
            "version": 0,
            "collected_at": collected_at,
            "verified_by": "",
            "released_by": "",
            "released_version": 0,
            "rerun": False,
            "checks": [],
        }
        for code in tests
        if code not in known
    )
