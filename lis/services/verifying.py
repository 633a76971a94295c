"""A person accepts results, and sends them out. Verify and release are two acts with two instants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row, Select, and_, bindparam, case, select

from lis.domain.checks import Outcome
from lis.domain.events import Verb
from lis.domain.people import Act
from lis.domain.qc import gate
from lis.domain.workflow import IN_LAB, Action, ResultState, advance
from lis.kernel.errors import Conflict, Invalid, NotFound
from lis.services import filing, gating, notifying, settling, working
from lis.storage import outbox
from lis.storage import tables as t
from lis.storage.work import Work

CORRECTED, NO_VALUE = "C", "X"


def verify_results(work: Work, accession: str, seen: Mapping[str, int], *, reason: str = "") -> None:
    """Accept results of a case. `seen` says, per test, which version the person had before their eyes.

    What passed its checks takes the act for passed results; what is on hold takes the act for held ones and a reason,
    and the override where a control failed. A version that changed since it was shown is refused, and then none is
    verified.
    """
    order = work.orders.by_accession(accession)
    results = _shown(work, order, seen)
    for result in results:
        _require_verification(work, result, reason)
    work.results.change_all(
        [
            {
                "id": result.id,
                "state": advance(ResultState(result.state), Action.VERIFY),
                "verified_at": work.now,
                "verified_by": work.actor.code,
            }
            for result in results
        ]
    )
    for result in results:
        _tell_verified(work, order, result, reason)
    held = {result.collected_at for result in results if result.state == ResultState.ON_HOLD}
    for collected_at in held:
        filing.judge_anew(work, order, collected_at)


def release_results(work: Work, accession: str, seen: Mapping[str, int]) -> None:
    """Send verified results out: report to who ordered, calls that are due, tests and order completed."""
    work.require(Act.RESULT_RELEASE)
    order = work.orders.by_accession(accession)
    results = _shown(work, order, seen)
    gating.refuse_uncontrolled(work, order, results)
    work.results.change_all(
        [
            {
                "id": result.id,
                "state": advance(ResultState(result.state), Action.RELEASE),
                "released_at": work.now,
                "released_by": work.actor.code,
                "released_version": result.version,
            }
            for result in results
        ]
    )
    for result in results:
        _tell_released(work, order, result)
        _open_calls(work, order, result)
    settling.settle(work, order)
    queue_report(work, order, [result.version_id for result in results])


def _tell_verified(work: Work, order: Row[Any], result: Row[Any], reason: str) -> None:
    work.journal.append(
        Verb.RESULT_VERIFIED,
        f"result:{order.accession}/{result.test}",
        accession=order.accession,
        reason=reason or None,
        version=result.version,
        held=result.state == ResultState.ON_HOLD,
    )


def _tell_released(work: Work, order: Row[Any], result: Row[Any]) -> None:
    work.journal.append(
        Verb.RESULT_RELEASED,
        f"result:{order.accession}/{result.test}",
        accession=order.accession,
        version=result.version,
    )


def queue_report(work: Work, order: Row[Any], version_ids: list[int]) -> None:
    """Tell the peer that placed the order; orders entered here have nobody to tell over the wire."""
    if not order.peer or not version_ids:
        return
    row_id = work.outbox.add(
        outbox.RESULT_REPORT,
        order.peer,
        accession=order.accession,
        order=order.id,
        versions=version_ids,
    )
    work.journal.append(
        Verb.REPORT_SENT,
        f"outbox:{row_id}",
        accession=order.accession,
        peer=order.peer,
        results=len(version_ids),
    )


def request_rerun(work: Work, accession: str, test: str, *, reason: str) -> None:
    """Ask the analyzer to run a test again; the value at hand stays until another comes."""
    work.require(Act.RESULT_ENTER)
    order = work.orders.by_accession(accession)
    result = result_of(work, order, test)
    if not reason.strip():
        raise Invalid("reason.missing", "A rerun needs a reason.", "Say why in a few words.")
    if result.state in (ResultState.PENDING, ResultState.CANCELLED):
        raise Conflict("result.no_value", f"{test} has no value that could be measured again.")
    container = work.containers.get(result.container_pk)
    if container.state not in IN_LAB:
        raise Conflict(
            "container.not_here", f"Container {container.container_id} is {container.state}.", "Recollect."
        )
    work.results.change(result.id, rerun=True)
    work.journal.append(
        Verb.RERUN_REQUESTED, f"result:{accession}/{test}", accession=accession, reason=reason
    )
    working.send_work(work, container, order, rerun=(test,))


def result_of(work: Work, order: Row[Any], test: str) -> Row[Any]:
    """The result of a test of an order with its version in force, or NotFound in words."""
    return _known(_results(work, order), order, test)


def refuse_stale(result: Row[Any], version: int) -> None:
    """Refuse what was decided on a version that is no longer the one in force."""
    if result.version != version:
        raise Conflict(
            "result.stale",
            f"The result of {result.test} has changed since this page was shown.",
            "Look at the present value, then decide again.",
            test=result.test,
            shown=version,
            present=result.version,
        )


def _results(work: Work, order: Row[Any]) -> dict[str, Row[Any]]:
    return {row.test: row for row in work.results.current_of_order(order.id)}


def _known(results: Mapping[str, Row[Any]], order: Row[Any], test: str) -> Row[Any]:
    if test not in results:
        raise NotFound("result.unknown", f"{test} is not ordered on accession {order.accession}.")
    return results[test]


def _shown(work: Work, order: Row[Any], seen: Mapping[str, int]) -> list[Row[Any]]:
    """The results a person decides on, each in the version that was shown."""
    if not seen:
        raise Invalid("result.none", "No result was chosen.", "Choose at least one.")
    results = {row.test: row for row in work.results.all(_DECIDED_ON, order_id=order.id)}
    chosen = [_known(results, order, test) for test in seen]
    for result in chosen:
        refuse_stale(result, seen[result.test])
    return chosen


def _decided_on() -> Select[Any]:
    """What verifying and releasing ask of results; the checks only of those on hold, for reading them costs most."""
    r, v = t.result, t.result_version
    columns = (
        "id",
        "value",
        "comparator",
        "unit",
        "critical",
        "status",
        "analyzer",
        "observed_at",
        "created_at",
    )
    return (
        select(
            r.c.id,
            r.c.test,
            r.c.state,
            r.c.version,
            r.c.collected_at,
            r.c.released_version,
            case((r.c.state == ResultState.ON_HOLD, r.c.checks)).label("checks"),
            *(v.c[name].label(f"version_{name}") for name in columns),
        )
        .select_from(r.outerjoin(v, and_(v.c.result_id == r.c.id, v.c.n == r.c.version)))
        .where(r.c.order_id == bindparam("order_id"))
        .order_by(r.c.id)
    )


_DECIDED_ON = _decided_on()


def _require_verification(work: Work, result: Row[Any], reason: str) -> None:
    if result.state != ResultState.ON_HOLD:
        work.require(Act.RESULT_VERIFY_PASSED)
        return
    work.require(Act.RESULT_VERIFY_HELD)
    if any(check["name"] == gate.NAME and check["outcome"] == Outcome.FAILED for check in result.checks):
        work.require(Act.RESULT_OVERRIDE)
    if not reason.strip():
        raise Invalid(
            "reason.missing",
            f"{result.test} is on hold: verifying it needs a reason.",
            "Say what you checked and why the value may go out.",
        )


def _open_calls(work: Work, order: Row[Any], result: Row[Any]) -> None:
    """A critical value, and what replaces or withdraws one that readers hold, are told by telephone.

    A call that is still due for the value replaced is not made any more: nobody may say what is known to be wrong.
    """
    value = f"{result.version_comparator}{result.version_value} {work.catalog.unit_text(result.version_unit)}"
    name = work.catalog.tests[result.test].name
    is_replacing = bool(result.released_version) and result.version_status in (CORRECTED, NO_VALUE)
    if is_replacing:
        notifying.close_replaced(work, order, [row.id for row in work.versions.having(result_id=result.id)])
    said = f"{name} {value}".strip() if result.version_status != NO_VALUE else f"{name}: no value"
    what = f"{said}, corrected" if is_replacing else said
    if result.version_critical:
        _open_call(work, order, result, notifying.CRITICAL, what)
    elif is_replacing:
        _open_call(work, order, result, notifying.CORRECTED, what)


def _open_call(work: Work, order: Row[Any], result: Row[Any], kind: str, what: str) -> None:
    notifying.open_call(
        work,
        kind,
        what=what,
        accession=order.accession,
        order_id=order.id,
        result_version_id=result.version_id,
        read_back_needed=True,
    )
