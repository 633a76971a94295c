"""Which tubes an order has: the laboratory's plan, joined with what the asker says was drawn."""

from __future__ import annotations

from dataclasses import dataclass

from lis.domain.catalog import Catalog, Orderable
from lis.domain.orders import PlannedContainer, plan
from lis.domain.requests import CollectedSpecimen, OrderRequest


@dataclass(frozen=True, slots=True)
class Tube:
    """A container to make: what was planned, joined with what the asker says was drawn."""

    planned: PlannedContainer
    drawn: CollectedSpecimen
    lines: tuple[int, ...]


def tubes_for(request: OrderRequest, orderables: list[Orderable], catalog: Catalog) -> list[Tube]:
    """Planned tubes, each joined with the drawn one that fits; drawn tubes that name their tests as they are."""
    if any(specimen.tests for specimen in request.specimens):
        return _tubes_as_drawn(request, orderables, catalog)
    unused = list(request.specimens)
    tubes: list[Tube] = []
    for planned in plan(orderables, catalog):
        drawn = next((s for s in unused if _fits(s, planned)), None)
        if drawn is not None:
            unused.remove(drawn)
        lines = tuple(i for i, row in enumerate(orderables) if row.code in planned.codes)
        tubes.append(Tube(planned, drawn or CollectedSpecimen(""), lines))
    return tubes


def _tubes_as_drawn(request: OrderRequest, orderables: list[Orderable], catalog: Catalog) -> list[Tube]:
    tubes: list[Tube] = []
    rest = set(range(len(orderables)))
    for drawn in request.specimens:
        lines = tuple(line for line in drawn.tests if line in rest)
        rest -= set(lines)
        if lines:
            tubes.extend(
                Tube(planned, drawn, tuple(i for i in lines if orderables[i].code in planned.codes))
                for planned in plan([orderables[line] for line in lines], catalog)
            )
    left = sorted(rest)
    for planned in plan([orderables[line] for line in left], catalog) if left else ():
        lines = tuple(i for i in left if orderables[i].code in planned.codes)
        tubes.append(Tube(planned, CollectedSpecimen(""), lines))
    return tubes


def _fits(drawn: CollectedSpecimen, planned: PlannedContainer) -> bool:
    if drawn.container_type:
        return drawn.container_type == planned.container_type
    return drawn.specimen_type in ("", planned.specimen_type)
