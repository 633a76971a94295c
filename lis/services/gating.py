"""A control that failed holds back what it speaks of: values that wait for a person, and those about to go out.

CLIA 42 CFR 493.1256(f): controls meet the laboratory's criteria before patients' results are reported; 493.1282(b)(2):
results since the last acceptable run are evaluated: a good control that comes next does not do it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, and_, bindparam, select

from lis.domain.checks import Outcome
from lis.domain.people import Act
from lis.domain.qc import gate
from lis.domain.workflow import ResultState
from lis.kernel.errors import Conflict
from lis.services import collected, controlling, filing
from lis.storage import tables as t
from lis.storage.work import Work

FAILED, FAILED_SINCE = "failed", "qc.failed_since"


def hold_back(work: Work, analyzer: str, controlled: Mapping[str, datetime]) -> None:
    """Judge anew what passed when these controls were still good, and waits to be verified.

    `controlled`: the tests, and when their controls were measured. One that comes later than others measured after it
    speaks of values from before those, and so does one that no longer counts itself.
    """
    statuses = controlling.qc_of(work, analyzer, controlled)
    doubtful = [
        test
        for test, status in statuses.items()
        if status.outcome == FAILED
        or status.reason_code == gate.NONE
        or (status.newest_at or controlled[test]) > controlled[test]
    ]
    if not doubtful:
        return
    waiting = work.results.all(_WAITING, analyzer=analyzer, tests=sorted(doubtful))
    for order_id, collected_at in dict.fromkeys((row.order_id, row.collected_at) for row in waiting):
        filing.judge_anew(work, work.orders.get(order_id), collected_at)


def refuse_uncontrolled(work: Work, order: Row[Any], results: Sequence[Row[Any]]) -> None:
    """Refuse to send out what a control has failed for since it was measured, but to who may override that."""
    measured = _measured(work, order, results)
    by_analyzer: dict[str, dict[str, datetime]] = {}
    for _, row in measured:
        by_analyzer.setdefault(row.version_analyzer, {})[row.test] = _measured_at(row)
    failed = {analyzer: controlling.failed_since(work, analyzer, at) for analyzer, at in by_analyzer.items()}
    for test, row in measured:
        status = failed[row.version_analyzer].get(row.test)
        if status is not None and not _was_overridden(work, row):
            _refuse(work, test, status)


def _measured(work: Work, order: Row[Any], results: Sequence[Row[Any]]) -> list[tuple[str, Row[Any]]]:
    """Each test with the result whose controls speak of it: its own, and of a calculated one all that it is made of."""
    found = [(result.test, result) for result in results if result.version_analyzer]
    calculated = [result for result in results if result.test in work.catalog.calculated]
    beside = work.results.current_of_order(order.id) if calculated else []
    for result in calculated:
        inputs = collected.made_of(work, result.test)
        found += [
            (result.test, row)
            for row in beside
            if row.test in inputs and row.collected_at == result.collected_at and row.version_analyzer
        ]
    return found


def _measured_at(row: Row[Any]) -> datetime:
    """By the clock that dates its controls too; one that came late may be of before the value was filed."""
    filed: datetime = row.version_created_at
    return min(filed, row.version_observed_at or filed)


def _was_overridden(work: Work, result: Row[Any]) -> bool:
    """Whether the control had failed already when a person verified it."""
    checks = work.results.get(result.id).checks
    return any(check["name"] == gate.NAME and check["outcome"] == Outcome.FAILED for check in checks)


def _refuse(work: Work, test: str, status: gate.QcStatus) -> None:
    if not work.may(Act.RESULT_OVERRIDE):
        raise Conflict(
            FAILED_SINCE,
            f"A control of {test} has failed since it was verified: {status.text}",
            "Run it again once the controls are good, or ask who may release against a failed check.",
            test=test,
        )


def _waiting() -> Select[Any]:
    r, v = t.result, t.result_version
    return (
        select(r.c.order_id, r.c.collected_at)
        .join(v, and_(v.c.result_id == r.c.id, v.c.n == r.c.version))
        .where(
            r.c.state == ResultState.RESULTED,
            r.c.test.in_(bindparam("tests", expanding=True)),
            v.c.analyzer == bindparam("analyzer"),
        )
        .order_by(r.c.id)
    )


_WAITING = _waiting()
