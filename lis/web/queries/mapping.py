"""What a sender's codes mean: the map in force, its versions, codes and units that were seen, and what waits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, Row, and_, func, select

from lis.domain.catalog import Catalog, MenuItem, Test
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
    held: int
    is_own: bool

    @property
    def is_waiting(self) -> bool:
        """Held for its unit, which means the test's own now."""
        return bool(self.held) and self.answer == "matched"


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
    versions = versions_of(reading, code)
    rows = _rows(reading.catalog, interface, versions)
    unmapped = _unmapped(reading, code)
    known = {row.code for row in rows if row.test}
    return CodeMap(
        rows=rows,
        versions=versions[::-1],
        unmapped=tuple(row for row in unmapped if row.code_sent not in known),
        units=_units(reading, interface, rows),
        waiting={row.code_sent: row.held for row in unmapped if row.code_sent in known and row.held},
    )


def versions_at(reading: Reading, code: str, at: datetime) -> dict[str, int]:
    """Which version of each row of an interface's map was in force at an instant."""
    return {
        version.code: version.n
        for version in versions_of(reading, code)
        if version.since <= at and (version.until is None or at < version.until)
    }


def held_of_code(reading: Reading, interface: str, code: str) -> list[int]:
    """Held values under a code."""
    o = t.observation.c
    query = select(o.id).where(o.state == "held", o.interface == interface, o.code_sent == code)
    return [row.id for row in reading.connection.execute(query.order_by(o.id))]


def held_of_unit(reading: Reading, interface: str, unit: str) -> list[int]:
    """Values held for a unit that was spelled so."""
    o = t.observation.c
    query = select(o.id).where(
        o.state == "held", o.interface == interface, o.unit_sent == unit, o.reason == "unit.mismatch"
    )
    return [row.id for row in reading.connection.execute(query.order_by(o.id))]


def last_with_code(reading: Reading, interface: str, code: str, most: int) -> list[int]:
    """The newest messages in which a code came, oldest of them first."""
    o = t.observation.c
    query = select(o.inbound_id).where(o.interface == interface, o.code_sent == code).distinct()
    found = reading.connection.execute(query.order_by(o.inbound_id.desc()).limit(most))
    return [row.inbound_id for row in found][::-1]


def versions_of(reading: Reading, code: str) -> tuple[Version, ...]:
    """Out of the journal, which forgets nothing: each change with the instant another one of its code ended it."""
    j = t.journal.c
    query = (
        select(t.journal)
        .where(j.subject == f"interface:{code}", j.verb == str(Verb.INTERFACE_CHANGED))
        .order_by(j.seq)
    )
    events = [row for row in reading.connection.execute(query) if _changed(row.data)[0]]
    ends: dict[str, Row[Any]] = {}
    found: list[Version] = []
    for n, row in reversed(list(enumerate(events, 1))):
        what, meant = _changed(row.data)
        end = ends.get(what)
        found.append(
            Version(
                n,
                what,
                meant,
                row.at,
                row.actor,
                row.reason or "",
                end.at if end is not None else None,
                end.actor if end is not None else "",
            )
        )
        ends[what] = row
    return tuple(found[::-1])


def _changed(data: dict[str, Any]) -> tuple[str, str]:
    """What a change was about and what it meant from then on; "" for a change that was no row of a map."""
    if "unit_sent" in data:
        return f"unit {data['unit_sent']}", str(data["unit"])
    return str(data.get("code", "")), str(data.get("test", ""))


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


def _units(reading: Reading, interface: Row[Any], rows: Iterable[CodeRow]) -> tuple[UnitRow, ...]:
    """Units of values whose test is known, filed or held; a held one's test is what its code means now."""
    o, catalog = t.observation.c, reading.catalog
    held = func.sum(and_(o.state == "held", o.reason == "unit.mismatch").cast(Integer))
    query = (
        select(o.test, o.code_sent, o.unit_sent, func.count().label("seen"), held.label("held"))
        .where(_recent(reading), o.interface == interface.code, o.unit_sent != "")
        .group_by(o.test, o.code_sent, o.unit_sent)
        .order_by(o.test, o.code_sent, o.unit_sent)
    )
    means = {row.code: row.test for row in rows}
    own: dict[str, str] = interface.settings.get("unit_map", {})
    found: dict[tuple[str, str], UnitRow] = {}
    for row in reading.connection.execute(query):
        test = catalog.tests.get(row.test or means.get(row.code_sent, ""))
        if test is None:
            continue
        before = found.get((test.code, row.unit_sent))
        seen, waiting = (before.seen, before.held) if before else (0, 0)
        found[test.code, row.unit_sent] = _unit_row(
            catalog, test, row.unit_sent, own, seen + row.seen, waiting + row.held
        )
    return tuple(found[key] for key in sorted(found))


def _unit_row(catalog: Catalog, test: Test, sent: str, own: dict[str, str], seen: int, held: int) -> UnitRow:
    known = ucum_for(sent, catalog)
    unit = sent if known else own.get(sent.strip()) or sent
    ucum = known or own.get(sent.strip(), "")
    return UnitRow(test.code, sent, ucum, test.unit, same_unit(test, unit, catalog), seen, held, not known)
