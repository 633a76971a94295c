"""What a sender's codes mean: the map in force, its versions, codes and units that were seen, and what waits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, Row, func, select

from lis.domain.catalog import Catalog, MenuItem
from lis.domain.events import Verb
from lis.domain.units import same_unit, ucum_for
from lis.lab import Reading
from lis.services.mapping import CLOSED
from lis.storage import tables as t

SEEN = 20000
"""Observations, the newest of all, among which codes and units are counted."""
MOST_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Version:
    """One change of the map: the n-th of its interface, until another of the same code ended it."""

    n: int
    code: str
    test: str
    since: datetime
    by: str
    reason: str
    until: datetime | None = None
    ended_by: str = ""

    @property
    def is_closing(self) -> bool:
        return self.test == CLOSED


@dataclass(frozen=True, slots=True)
class CodeRow:
    """What one code means now: by a row of the interface's own map, or by the analyzer's menu."""

    code: str
    test: str
    name: str
    loinc: str
    unit_sent: str
    unit: str
    unit_answer: str
    version: Version | None
    in_menu: bool


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A unit as it was sent for a test, what it is understood as, and how it stands to the test's own."""

    test: str
    sent: str
    ucum: str
    unit: str
    answer: str
    seen: int


@dataclass(frozen=True, slots=True)
class CodeMap:
    """The code map of an interface."""

    rows: tuple[CodeRow, ...]
    versions: tuple[Version, ...]
    unmapped: tuple[Row[Any], ...]
    units: tuple[UnitRow, ...]
    waiting: dict[str, int]


def code_map(reading: Reading, interface: Row[Any]) -> CodeMap:
    """Everything about the codes of an interface."""
    code = interface.code
    versions = _versions(reading, code)
    rows = _rows(reading.catalog, interface, versions)
    unmapped = _unmapped(reading, code)
    known = {row.code for row in rows if row.test}
    return CodeMap(
        rows=rows,
        versions=versions[::-1],
        unmapped=tuple(row for row in unmapped if row.code_sent not in known),
        units=_units(reading, code),
        waiting={row.code_sent: row.held for row in unmapped if row.code_sent in known and row.held},
    )


def held_of_code(reading: Reading, interface: str, code: str) -> list[int]:
    """Held values under a code."""
    o = t.observation.c
    query = select(o.id).where(o.state == "held", o.interface == interface, o.code_sent == code)
    return [row.id for row in reading.connection.execute(query.order_by(o.id))]


def last_with_code(reading: Reading, interface: str, code: str, most: int) -> list[int]:
    """The newest messages in which a code came, oldest of them first."""
    o = t.observation.c
    query = select(o.inbound_id).where(o.interface == interface, o.code_sent == code).distinct()
    found = reading.connection.execute(query.order_by(o.inbound_id.desc()).limit(most))
    return [row.inbound_id for row in found][::-1]


def _versions(reading: Reading, code: str) -> tuple[Version, ...]:
    """Out of the journal, which forgets nothing: each change with the instant another one of its code ended it."""
    j = t.journal.c
    query = (
        select(t.journal)
        .where(j.subject == f"interface:{code}", j.verb == str(Verb.INTERFACE_CHANGED))
        .order_by(j.seq)
    )
    events = [row for row in reading.connection.execute(query) if "code" in row.data]
    ends: dict[str, Row[Any]] = {}
    found: list[Version] = []
    for n, row in reversed(list(enumerate(events, 1))):
        said, end = row.data, ends.get(row.data["code"])
        found.append(
            Version(
                n,
                said["code"],
                said["test"],
                row.at,
                row.actor,
                row.reason or "",
                end.at if end is not None else None,
                end.actor if end is not None else "",
            )
        )
        ends[said["code"]] = row
    return tuple(found[::-1])


def _rows(catalog: Catalog, interface: Row[Any], versions: Iterable[Version]) -> tuple[CodeRow, ...]:
    device = catalog.analyzers.get(interface.code)
    menu = {item.code: item for item in device.menu} if device else {}
    own: dict[str, str] = interface.settings.get("code_map", {})
    newest = {version.code: version for version in versions}
    codes = [*sorted(own), *(code for code in menu if code not in own)]
    return tuple(_row(catalog, code, own, menu, newest) for code in codes)


def _row(
    catalog: Catalog,
    code: str,
    own: dict[str, str],
    menu: dict[str, MenuItem],
    newest: dict[str, Version],
) -> CodeRow:
    item = menu.get(code)
    test = own.get(code, item.test if item else CLOSED)
    row = catalog.tests.get(test)
    sent = item.unit if item else ""
    return CodeRow(
        code=code,
        test=test,
        name=row.name if row else "",
        loinc=(row.loinc or "") if row else "",
        unit_sent=sent,
        unit=row.unit if row else "",
        unit_answer=same_unit(row, sent, catalog) if row and sent else "",
        version=newest.get(code) if code in own else None,
        in_menu=item is not None,
    )


def _recent(reading: Reading) -> Any:
    last = reading.connection.execute(select(func.coalesce(func.max(t.observation.c.id), 0))).scalar_one()
    return t.observation.c.id > last - SEEN


def _unmapped(reading: Reading, code: str) -> list[Row[Any]]:
    """Codes that meant nothing when they came, with how often, how many of them wait, and the last message."""
    o = t.observation.c
    held = func.sum((o.state == "held").cast(Integer))
    query = (
        select(
            o.code_sent,
            func.max(o.name_sent).label("name"),
            func.max(o.unit_sent).label("unit"),
            func.count().label("seen"),
            held.label("held"),
            func.max(o.inbound_id).label("last"),
        )
        .where(_recent(reading), o.interface == code, o.reason.in_(("code.unmapped", "qc.unmapped")))
        .group_by(o.code_sent)
        .order_by(func.count().desc(), o.code_sent)
        .limit(MOST_SHOWN)
    )
    return list(reading.connection.execute(query))


def _units(reading: Reading, code: str) -> tuple[UnitRow, ...]:
    o, catalog = t.observation.c, reading.catalog
    query = (
        select(o.test, o.unit_sent, func.count().label("seen"))
        .where(_recent(reading), o.interface == code, o.test != "", o.unit_sent != "")
        .group_by(o.test, o.unit_sent)
        .order_by(o.test, o.unit_sent)
    )
    return tuple(
        UnitRow(
            row.test,
            row.unit_sent,
            ucum_for(row.unit_sent, catalog) or "",
            catalog.tests[row.test].unit,
            same_unit(catalog.tests[row.test], row.unit_sent, catalog),
            row.seen,
        )
        for row in reading.connection.execute(query)
        if row.test in catalog.tests
    )
