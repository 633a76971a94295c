"""What the people of a laboratory's past see on its screens: what waits for whom."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Row, Select, Text, and_, case, or_, select, type_coerce

from lis.domain import autoverification, consistency, critical, delta, interference, measuring
from lis.domain.catalog import Catalog
from lis.domain.checks import Outcome
from lis.domain.qc import gate
from lis.domain.workflow import ContainerState, ResultState
from lis.services import arriving, working
from lis.storage import tables as t

# What a technologist writes when they accept a value that a check kept. What is not here stays on hold.
REASONS = {
    critical.NAME: "Confirmed on the tube and against the history; the unit is called at release.",
    delta.NAME: "Change confirmed: identity checked on the tube, agrees with the course.",
    consistency.NAME: "Relation checked against the other results of the tube.",
    autoverification.NAME: "Outside the limits of automatic release; value and indices look sound.",
    interference.NAME: "Index noted; the interference is below what matters for this test.",
    measuring.RANGE: "Reported with its comparator.",
    measuring.FLAGS: "Flag checked on the analyzer's screen.",
    gate.NAME: "Its controls were run again, and are in.",
}
ON_HOLD_ITSELF = ".input_on_hold"
INPUT_ON_HOLD = f"{consistency.NAME}{ON_HOLD_ITSELF}"
TOGETHER = "Looked at together with the values it depends on."
_HOLDING = (Outcome.FAILED, Outcome.WAIT, Outcome.NOT_EVALUABLE)


@dataclass(frozen=True, slots=True)
class Due:
    """One result that waits for a person; `reason` is what may be written to accept it, "" when nothing may.

    `against`: the findings for which it is on hold.
    """

    result: int
    accession: str
    container: str
    test: str
    version: int
    state: str
    since: datetime
    reason: str
    against: tuple[str, ...]
    analyzer: str = ""

    @property
    def on_hold(self) -> bool:
        return self.state == ResultState.ON_HOLD

    @property
    def is_out_of_control(self) -> bool:
        """Whether its controls speak against it."""
        return any(reason.partition(".")[0] == gate.NAME for reason in self.against)

    def hangs_on(self, others: Iterable[Due]) -> bool:
        """Whether it is on hold for what it is made of, and one of these is of the same case."""
        waits = any(reason.endswith(ON_HOLD_ITSELF) for reason in self.against)
        return waits and any(one.accession == self.accession for one in others)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the screens show at one instant."""

    due: list[Due]
    verified: list[Due]
    calls: list[Row[Any]]


def look(connection: Connection) -> Seen:
    """Everything that waits for a person, read at once."""
    results = [_due(row) for row in connection.execute(_RESULTS)]
    return Seen(
        [one for one in results if one.state != ResultState.VERIFIED],
        [one for one in results if one.state == ResultState.VERIFIED],
        open_calls(connection),
    )


def outstanding_work(connection: Connection, catalog: Catalog) -> list[tuple[str, str]]:
    """(container id, analyzer) of everything that was sent out and has not come back, urgent orders first.

    And of what an analyzer has still to ask for.
    """
    sent = [(row.priority, row.container_id, row.analyzer) for row in connection.execute(_OUTSTANDING)]
    rows = sorted([*sent, *_unasked(connection, catalog)], key=lambda row: row[0] != "S")
    return list(dict.fromkeys((container, analyzer) for _, container, analyzer in rows))


def _unasked(connection: Connection, catalog: Catalog) -> Iterator[tuple[str, str, str]]:
    """What waits for a value and is on the menu of an analyzer that asks for its work."""
    asking = _asking(catalog)
    for container, condition, test, priority in connection.execute(_AWAITED) if asking else ():
        if test in asking and test not in _kept_back(condition):
            yield priority, container, asking[test]


def _asking(catalog: Catalog) -> dict[str, str]:
    """Test → the analyzer that asks for it."""
    devices = [one for one in reversed(catalog.analyzers.values()) if one.asks_for_work]
    return {item.test: device.code for device in devices for item in device.menu}


@lru_cache(maxsize=1024)
def _kept_back(condition: str) -> frozenset[str]:
    """Tests that are not to be done from a container until a person decides."""
    return frozenset(json.loads(condition).get(arriving.KEPT_BACK, ()))


def _awaited() -> Select[Any]:
    r, c, o = t.result, t.container, t.lab_order
    return (
        select(c.c.container_id, type_coerce(c.c.condition, Text), r.c.test, o.c.priority)
        .join(c, c.c.id == r.c.container_pk)
        .join(o, o.c.id == c.c.order_id)
        .where(or_(r.c.state == ResultState.PENDING, r.c.rerun), c.c.state == ContainerState.LABELLED)
        .order_by(r.c.id)
    )


_AWAITED = _awaited()


def _outstanding() -> Select[Any]:
    a, c, o = t.analyzer_work, t.container, t.lab_order
    return (
        select(c.c.container_id, a.c.analyzer, o.c.priority)
        .join(c, c.c.id == a.c.container_pk)
        .join(o, o.c.id == c.c.order_id)
        .where(a.c.state.in_((working.SENT, working.ACCEPTED)))
        .order_by(a.c.id)
    )


_OUTSTANDING = _outstanding()


def _results() -> Select[Any]:
    """Results with a value that no person has accepted, or that nobody has sent out; the checks of those on hold."""
    r, v, o, c = t.result, t.result_version, t.lab_order, t.container
    checks = case((r.c.state == ResultState.ON_HOLD, type_coerce(r.c.checks, Text)), else_="[]").label(
        "checks"
    )
    return (
        select(
            *(r.c.id, o.c.accession, c.c.container_id, r.c.test, r.c.version, r.c.state),
            *(checks, v.c.created_at, v.c.analyzer),
        )
        .join(o, o.c.id == r.c.order_id)
        .join(v, and_(v.c.result_id == r.c.id, v.c.n == r.c.version))
        .outerjoin(c, c.c.id == r.c.container_pk)
        .where(r.c.state.in_((ResultState.RESULTED, ResultState.ON_HOLD, ResultState.VERIFIED)))
        .order_by(r.c.id)
    )


_RESULTS = _results()


def _due(row: Any) -> Due:
    reason, against = _kept_by(row.checks)
    return Due(
        row.id,
        row.accession,
        row.container_id or "",
        row.test,
        row.version,
        row.state,
        row.created_at,
        reason,
        against,
        row.analyzer,
    )


@lru_cache(maxsize=1024)
def _kept_by(checks: str) -> tuple[str, tuple[str, ...]]:
    """Why a value on hold may go out, "" when a check stands in its way that no look at the tube settles; what does."""
    kept = [
        check for check in json.loads(checks) if not check.get("advisory") and check["outcome"] in _HOLDING
    ]
    known = [_settled(check) for check in kept]
    reason = " ".join(dict.fromkeys(known)) if all(known) else ""
    return reason, tuple(check.get("reason", "") for check in kept)


def _settled(check: dict[str, Any]) -> str:
    if check.get("reason") == INPUT_ON_HOLD:
        return TOGETHER
    is_found = check["outcome"] == Outcome.FAILED or check["name"] == gate.NAME
    return REASONS.get(check["name"], "") if is_found else ""


def open_calls(connection: Connection) -> list[Row[Any]]:
    """Calls that are due, with the unit to call."""
    return list(connection.execute(_OPEN_CALLS))


def _open_calls() -> Select[Any]:
    c, o = t.call, t.lab_order
    return (
        select(c.c.id, c.c.what, o.c.location)
        .outerjoin(o, o.c.id == c.c.order_id)
        .where(c.c.state == "open")
        .order_by(c.c.id)
    )


_OPEN_CALLS = _open_calls()
