"""What an order needs: which containers are drawn, in which order, and which tests are asked twice.

Tests of one container type and specimen type share a container. The least volume of an orderable is the fill on
which it can be run, so only what it needs beyond the container's own least fill adds up; when the draw volume is
used up, a further container is planned. Containers are listed in order of draw (CLSI GP41): cultures, citrate, serum,
heparin, EDTA, fluoride. A panel whose items name another container is drawn into both.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from lis.domain.catalog import Catalog, Orderable

NO_ORDER_OF_DRAW = 99


@dataclass(frozen=True, slots=True)
class PlannedContainer:
    """One tube or cup to be drawn: for which orderables, and which tests are measured from it.

    `extra_ml` is what they need beyond the container's least fill.
    """

    container_type: str
    specimen_type: str
    codes: tuple[str, ...]
    tests: tuple[str, ...]
    extra_ml: Decimal


@dataclass(frozen=True, slots=True)
class _Share:
    """What one orderable wants of one kind of container."""

    container_type: str
    specimen_type: str
    code: str
    tests: tuple[str, ...]
    extra_ml: Decimal


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
    """Test → the orderables of one order that contain it, where more than one does. It is measured once.

    Indices come with every panel and are nobody's wish.
    """
    indices = set(catalog.index_tests.values())
    found: dict[str, list[str]] = {}
    for code in codes:
        orderable = catalog.orderable(code)
        for test in orderable.tests if orderable else ():
            if test not in indices:
                found.setdefault(test, []).append(code)
    return {test: tuple(owners) for test, owners in found.items() if len(owners) > 1}


def is_complete(orderable: Orderable, settled: Collection[str]) -> bool:
    """Whether every required test of a panel is settled; a panel that requires none needs all."""
    required = [item.test for item in orderable.items if item.required] or list(orderable.tests)
    return all(test in settled for test in required)


def _shares(orderables: Iterable[Orderable], catalog: Catalog) -> list[_Share]:
    """Each orderable's wants by container type; what is already wanted, by another or by itself, adds nothing."""
    shares: list[_Share] = []
    taken: set[str] = set()
    for orderable in orderables:
        by_container: dict[str, list[str]] = {}
        for item in orderable.items:
            if item.test not in taken:
                by_container.setdefault(item.container or orderable.container, []).append(item.test)
        taken.update(orderable.tests)
        for container, tests in by_container.items() or {orderable.container: []}.items():
            specimen = _specimen_type(orderable, container, tests, catalog)
            volume = _beyond_least_fill(orderable, container, catalog) if tests else Decimal(0)
            shares.append(_Share(container, specimen, orderable.code, tuple(tests), volume))
    return shares


def _beyond_least_fill(orderable: Orderable, container: str, catalog: Catalog) -> Decimal:
    row = catalog.containers.get(container)
    least = row.min_volume_ml if row and row.min_volume_ml else Decimal(0)
    return max(Decimal(0), (orderable.min_volume_ml or Decimal(0)) - least)


def _specimen_type(orderable: Orderable, container: str, tests: Sequence[str], catalog: Catalog) -> str:
    """The panel's own material; in a further container, the material of the tests it is drawn for."""
    if container == orderable.container or not tests:
        return orderable.specimen_type
    row = catalog.tests.get(tests[0])
    return row.specimen_type if row else orderable.specimen_type


def _capacity(container_type: str, catalog: Catalog) -> Decimal | None:
    """What a full container holds beyond its least fill."""
    row = catalog.containers.get(container_type)
    if row is None or row.draw_volume_ml is None:
        return None
    return row.draw_volume_ml - (row.min_volume_ml or Decimal(0))


def _order_of_draw(container_type: str, catalog: Catalog) -> int:
    row = catalog.containers.get(container_type)
    return row.order_of_draw if row and row.order_of_draw is not None else NO_ORDER_OF_DRAW


def _fits(tube: PlannedContainer, share: _Share, capacity: Decimal | None) -> bool:
    return capacity is None or tube.extra_ml + share.extra_ml <= capacity


def _begun(share: _Share) -> PlannedContainer:
    return PlannedContainer(
        share.container_type, share.specimen_type, (share.code,), share.tests, share.extra_ml
    )


def _joined(tube: PlannedContainer, share: _Share) -> PlannedContainer:
    return PlannedContainer(
        tube.container_type,
        tube.specimen_type,
        tube.codes if share.code in tube.codes else (*tube.codes, share.code),
        tube.tests + share.tests,
        tube.extra_ml + share.extra_ml,
    )
