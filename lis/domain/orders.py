"""What an order needs: which containers are drawn, in which order, and which tests are asked twice.

Tests of one container type and specimen type share a container while its draw volume holds what each of them
needs; then a further one is planned. Containers are listed in order of draw (CLSI GP41): cultures, citrate,
serum, heparin, EDTA, fluoride. A panel whose items name another container is drawn into both.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from lis.domain.catalog import Catalog, Orderable
from lis.domain.workflow import TestState

NO_ORDER_OF_DRAW = 99


@dataclass(frozen=True, slots=True)
class PlannedContainer:
    """One tube or cup to be drawn: for which orderables, and which tests are measured from it."""

    container_type: str
    specimen_type: str
    codes: tuple[str, ...]
    tests: tuple[str, ...]
    volume_ml: Decimal


@dataclass(frozen=True, slots=True)
class _Share:
    """What one orderable wants of one kind of container."""

    container_type: str
    specimen_type: str
    code: str
    tests: tuple[str, ...]
    volume_ml: Decimal


def plan(orderables: Iterable[Orderable], catalog: Catalog) -> list[PlannedContainer]:
    """The containers for what is ordered, in order of draw. Every test is taken from one container only."""
    kinds: dict[tuple[str, str], list[PlannedContainer]] = {}
    for share in _shares(orderables, catalog):
        tubes = kinds.setdefault((share.container_type, share.specimen_type), [])
        capacity = _capacity(share.container_type, catalog)
        index = next((i for i, tube in enumerate(tubes) if _fits(tube, share, capacity)), None)
        if index is None:
            tubes.append(_begun(share))
        else:
            tubes[index] = _joined(tubes[index], share)
    planned = [tube for tubes in kinds.values() for tube in tubes]
    return sorted(planned, key=lambda tube: _order_of_draw(tube.container_type, catalog))


def duplicates(codes: Sequence[str], catalog: Catalog) -> dict[str, tuple[str, ...]]:
    """Test → the orderables of one order that contain it, where more than one does. It is measured once."""
    found: dict[str, list[str]] = {}
    for code in codes:
        orderable = catalog.orderable(code)
        for test in orderable.tests if orderable else ():
            found.setdefault(test, []).append(code)
    return {test: tuple(owners) for test, owners in found.items() if len(owners) > 1}


def is_complete(orderable: Orderable, settled: Collection[str]) -> bool:
    """Whether every required test of a panel is settled; a panel that requires none needs all."""
    required = [item.test for item in orderable.items if item.required] or list(orderable.tests)
    return all(test in settled for test in required)


def order_status(states: Mapping[str, TestState] | Iterable[TestState]) -> str:
    """The order's HL7 0038 status: CM complete, CA cancelled, IP in process, A some but not all, SC nothing yet."""
    found = set(states.values() if isinstance(states, Mapping) else states)
    active = found - {TestState.CANCELLED}
    if not active:
        return "CA"
    if active == {TestState.COMPLETE}:
        return "CM"
    if TestState.COMPLETE in active:
        return "A"
    return "IP" if TestState.IN_LAB in active else "SC"


def _shares(orderables: Iterable[Orderable], catalog: Catalog) -> list[_Share]:
    """Each orderable's wants by container type; a test already wanted, and an orderable asked twice, want nothing more."""
    shares: list[_Share] = []
    taken: set[str] = set()
    for orderable in orderables:
        by_container: dict[str, list[str]] = {}
        for item in orderable.items:
            if item.test not in taken:
                by_container.setdefault(item.container or orderable.container, []).append(item.test)
        taken.update(orderable.tests)
        for container, tests in by_container.items() or {orderable.container: []}.items():
            specimen = _specimen_type(orderable, container, catalog)
            volume = orderable.min_volume_ml if tests and orderable.min_volume_ml else Decimal(0)
            shares.append(_Share(container, specimen, orderable.code, tuple(tests), volume))
    return shares


def _specimen_type(orderable: Orderable, container: str, catalog: Catalog) -> str:
    row = catalog.containers.get(container)
    return row.specimen_type if row and container != orderable.container else orderable.specimen_type


def _capacity(container_type: str, catalog: Catalog) -> Decimal | None:
    row = catalog.containers.get(container_type)
    return row.draw_volume_ml if row else None


def _order_of_draw(container_type: str, catalog: Catalog) -> int:
    row = catalog.containers.get(container_type)
    return row.order_of_draw if row and row.order_of_draw is not None else NO_ORDER_OF_DRAW


def _fits(tube: PlannedContainer, share: _Share, capacity: Decimal | None) -> bool:
    return capacity is None or tube.volume_ml + share.volume_ml <= capacity


def _begun(share: _Share) -> PlannedContainer:
    return PlannedContainer(
        share.container_type, share.specimen_type, (share.code,), share.tests, share.volume_ml
    )


def _joined(tube: PlannedContainer, share: _Share) -> PlannedContainer:
    return PlannedContainer(
        tube.container_type,
        tube.specimen_type,
        tube.codes if share.code in tube.codes else (*tube.codes, share.code),
        tube.tests + share.tests,
        tube.volume_ml + share.volume_ml,
    )
