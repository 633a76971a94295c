"""Worklists: what is to be run, by analyzer, and by hand where no analyzer measures it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select

from lis.domain.requests import STAT
from lis.domain.workflow import ContainerState, ResultState
from lis.lab import Reading
from lis.services import working
from lis.storage import tables as t
from lis.web.queries import specimens

BY_HAND = "by hand"
NOT_SENT, ASKS = "not sent", "asks when loaded"
IN_LAB = (ContainerState.RECEIVED, ContainerState.LABELLED, ContainerState.STORED)


@dataclass(frozen=True, slots=True)
class Load:
    """A container to be loaded: its pending tests on one analyzer, and what the analyzer was told."""

    row: Row[Any]
    tests: tuple[str, ...]
    work: tuple[str, ...]
    rerun: bool


@dataclass(frozen=True, slots=True)
class Bench:
    """An analyzer, or the manual bench, with what waits for it."""

    code: str
    name: str
    loads: tuple[Load, ...]


def benches(reading: Reading) -> list[Bench]:
    """Every analyzer with its pending containers; the manual bench last."""
    pending = _pending(reading)
    containers = _containers(reading, {row.container_pk for row in pending})
    work = _work(reading, containers)
    names = {one.code: one.name for one in reading.catalog.analyzers.values()} | {BY_HAND: "By hand"}
    return [
        Bench(code, name, _loads(code, pending, containers, work, reading)) for code, name in names.items()
    ]


def _pending(reading: Reading) -> list[Row[Any]]:
    r, c = t.result, t.container
    query = (
        select(r.c.container_pk, r.c.test, r.c.state, r.c.rerun)
        .join(c, c.c.id == r.c.container_pk)
        .where((r.c.state == ResultState.PENDING) | r.c.rerun, c.c.state.in_(IN_LAB))
        .order_by(r.c.id)
    )
    return list(reading.connection.execute(query))


def _containers(reading: Reading, pks: Iterable[int]) -> dict[int, Row[Any]]:
    query = specimens.container_rows().where(t.container.c.id.in_(list(pks)))
    return {row.id: row for row in reading.connection.execute(query)}


def _work(reading: Reading, pks: Iterable[int]) -> dict[tuple[int, str], dict[str, Row[Any]]]:
    """(container, analyzer) → test → the newest work sent."""
    w = t.analyzer_work
    rows = reading.connection.execute(select(w).where(w.c.container_pk.in_(list(pks))).order_by(w.c.id))
    found: dict[tuple[int, str], dict[str, Row[Any]]] = {}
    for row in rows:
        found.setdefault((row.container_pk, row.analyzer), {})[row.test] = row
    return found


def _loads(
    code: str,
    pending: list[Row[Any]],
    containers: dict[int, Row[Any]],
    work: dict[tuple[int, str], dict[str, Row[Any]]],
    reading: Reading,
) -> tuple[Load, ...]:
    mine: dict[int, list[Row[Any]]] = {}
    device = reading.catalog.analyzers.get(code)
    unsaid = ASKS if device and device.asks_for_work else NOT_SENT
    for row in pending:
        if _bench_of(row.test, reading) == code or row.test in work.get((row.container_pk, code), {}):
            mine.setdefault(row.container_pk, []).append(row)
    loads = [
        Load(
            containers[pk],
            tuple(row.test for row in rows),
            _said([row.test for row in rows], work.get((pk, code), {}), unsaid),
            any(row.rerun for row in rows),
        )
        for pk, rows in mine.items()
    ]
    return tuple(sorted(loads, key=lambda one: (one.row.priority != STAT, one.row.received_at, one.row.id)))


def _bench_of(test: str, reading: Reading) -> str:
    """Where a test waits while it was sent nowhere: its first analyzer; calculated ones wait nowhere."""
    if test in reading.catalog.calculated:
        return ""
    return next(iter(reading.catalog.measured_by.get(test, ())), BY_HAND)


def _said(tests: list[str], work: dict[str, Row[Any]], unsaid: str) -> tuple[str, ...]:
    """What the analyzer said to the work, each answer once; `unsaid` where it was told nothing, or no more of it."""
    told = {test: row.state for test, row in work.items() if row.state != working.DONE}
    return tuple(sorted({told.get(test, unsaid) for test in tests}))
