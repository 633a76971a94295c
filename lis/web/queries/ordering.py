"""Order entry reads: what mnemonics mean, which tubes an order takes, who was named before, an order as it stands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, func, select

from lis.domain.catalog import Catalog, ContainerType, Orderable
from lis.domain.orders import PlannedContainer, duplicates, plan
from lis.lab import Reading
from lis.storage import tables as t

MOST_SUGGESTED = 12
MOST_NAMED = 30


@dataclass(frozen=True, slots=True)
class PlannedTube:
    """A tube to be drawn, and the type of container it is."""

    planned: PlannedContainer
    kind: ContainerType | None

    @property
    def is_spun(self) -> bool:
        return self.kind is not None and self.kind.centrifuge


@dataclass(frozen=True, slots=True)
class Choice:
    """What an order asks for so far: its orderables, tubes in order of draw, and tests asked twice."""

    chosen: tuple[Orderable, ...]
    unknown: tuple[str, ...]
    tubes: tuple[PlannedTube, ...]
    twice: dict[str, tuple[str, ...]]


def choice(catalog: Catalog, codes: Sequence[str]) -> Choice:
    """The choice of some codes, each once, in the order in which they were typed."""
    wanted = list(dict.fromkeys(code.upper() for code in codes if code))
    chosen = tuple(row for code in wanted if (row := catalog.orderable(code)))
    return Choice(
        chosen,
        tuple(code for code in wanted if catalog.orderable(code) is None),
        tuple(
            PlannedTube(tube, catalog.containers.get(tube.container_type)) for tube in plan(chosen, catalog)
        ),
        duplicates([row.code for row in chosen], catalog),
    )


def suggestions(catalog: Catalog, text: str, chosen: Iterable[str]) -> list[Orderable]:
    """Orderables whose code begins, or whose name goes on, with the word being typed; the nearest first."""
    word = text.split()[-1].casefold() if text.split() else ""
    if not word:
        return []
    have = set(chosen)
    found = [
        (rank, row.code)
        for row in catalog.orderables.values()
        if row.code not in have and (rank := _rank(row, word)) is not None
    ]
    return [catalog.orderables[code] for _, code in sorted(found)[:MOST_SUGGESTED]]


def conditions(catalog: Catalog) -> list[str]:
    """What a patient can be that selects other reference intervals."""
    rows = (row for intervals in catalog.intervals.values() for row in intervals)
    return sorted({row.condition for row in rows if row.condition})


def named_before(reading: Reading) -> tuple[list[Row[Any]], list[str]]:
    """Providers with their phones, and locations, of the newest orders: offered while typing."""
    o = t.lab_order.c
    newest = func.max(o.id)
    providers = (
        select(o.provider, o.provider_phone)
        .where(o.provider != "")
        .group_by(o.provider, o.provider_phone)
        .order_by(newest.desc())
    )
    locations = select(o.location).where(o.location != "").group_by(o.location).order_by(newest.desc())
    return (
        list(reading.connection.execute(providers.limit(MOST_NAMED))),
        list(reading.connection.execute(locations.limit(MOST_NAMED)).scalars()),
    )


def alike(reading: Reading, family: str, given: str, birth_on: date | None) -> list[Row[Any]]:
    """Known patients who may be the one being registered: same family name, and initial or birth date the same."""
    if not family.strip():
        return []
    p = t.patient.c
    same_initial = func.lower(func.substr(p.given, 1, 1)) == given.strip()[:1].lower()
    same_birth = p.birth_on == birth_on if birth_on else same_initial
    query = select(t.patient).where(func.lower(p.family) == family.strip().lower(), same_initial | same_birth)
    return list(reading.connection.execute(query.order_by(p.family, p.given, p.mrn).limit(MOST_NAMED)))


def _rank(row: Orderable, word: str) -> int | None:
    """0 the code itself, 1 a code that begins so, 2 a name with a word that begins so; None no match."""
    code, name = row.code.casefold(), row.name.casefold()
    if code == word:
        return 0
    if code.startswith(word):
        return 1
    return 2 if any(part.startswith(word) for part in name.replace(",", " ").split()) else None
