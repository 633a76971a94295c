"""A person accepts results, and sends them out. Verify and release are two acts with two instants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row

from lis.domain.events import Verb
from lis.domain.people import Act
from lis.domain.workflow import Action, ResultState, TestState, advance, can
from lis.kernel.errors import Conflict, Invalid, NotFound
from lis.services import notifying, ordering, working
from lis.storage import outbox
from lis.storage.work import Work


def verify_results(work: Work, accession: str, seen: Mapping[str, int], *, reason: str = "") -> None:
    """Accept results of a case. `seen` says, per test, which version the person had before their eyes.

    What passed its checks takes the act for passed results; what is on hold takes the act for held ones and a reason.
    A version that changed since it was shown is refused, and then none is verified.
    """
    order = work.orders.by_accession(accession)
    for test, version in seen.items():
        result = result_of(work, order, test)
        _refuse_stale(result, version)
        _require_verification(work, result, reason)
        state = advance(ResultState(result.state), Action.VERIFY)
        work.results.change(result.id, state=state, verified_at=work.now, verified_by=work.actor.code)
        work.journal.append(
            Verb.RESULT_VERIFIED,
            f"result:{accession}/{test}",
            accession=accession,
            reason=reason or None,
            version=version,
            held=result.state == ResultState.ON_HOLD,
        )


def release_results(work: Work, accession: str, seen: Mapping[str, int]) -> None:
    """Send verified results out: report to who ordered, calls for critical values, tests and order completed."""
    work.require(Act.RESULT_RELEASE)
    order = work.orders.by_accession(accession)
    released = [_release(work, order, test, version) for test, version in seen.items()]
    _open_critical_calls(work, order, released)
    _complete_tests(work, order)
    queue_report(work, order, [version.id for version in released])


def _release(work: Work, order: Row[Any], test: str, shown: int) -> Row[Any]:
    result = result_of(work, order, test)
    _refuse_stale(result, shown)
    state = advance(ResultState(result.state), Action.RELEASE)
    work.results.change(
        result.id,
        state=state,
        released_at=work.now,
        released_by=work.actor.code,
        released_version=shown,
    )
    work.journal.append(
        Verb.RESULT_RELEASED,
        f"result:{order.accession}/{test}",
        accession=order.accession,
        version=shown,
    )
    version = work.results.version(result.id, shown)
    if version is None:
        raise NotFound("result.no_value", f"{test} has no value to release.")
    return version


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
    container = work.containers.get(result.container_pk)
    work.results.change(result.id, rerun=True)
    work.journal.append(
        Verb.RERUN_REQUESTED, f"result:{accession}/{test}", accession=accession, reason=reason
    )
    working.send_work(work, container, order, rerun=(test,))


def result_of(work: Work, order: Row[Any], test: str) -> Row[Any]:
    """The result of a test of an order, or NotFound in words."""
    found = next((row for row in work.results.of_order(order.id) if row.test == test), None)
    if found is None:
        raise NotFound("result.unknown", f"{test} is not ordered on accession {order.accession}.")
    return found


def _refuse_stale(result: Row[Any], version: int) -> None:
    if result.version != version:
        raise Conflict(
            "result.stale",
            f"The result of {result.test} has changed since this page was shown.",
            "Look at the present value, then decide again.",
            test=result.test,
            shown=version,
            present=result.version,
        )


def _require_verification(work: Work, result: Row[Any], reason: str) -> None:
    if result.state != ResultState.ON_HOLD:
        work.require(Act.RESULT_VERIFY_PASSED)
        return
    work.require(Act.RESULT_VERIFY_HELD)
    if not reason.strip():
        raise Invalid(
            "reason.missing",
            f"{result.test} is on hold: verifying it needs a reason.",
            "Say what you checked and why the value may go out.",
        )


def _open_critical_calls(work: Work, order: Row[Any], released: list[Row[Any]]) -> None:
    for version in released:
        if not version.critical:
            continue
        test = work.catalog.tests[work.results.get(version.result_id).test]
        value = f"{version.comparator}{version.value} {work.catalog.unit_text(version.unit)}".strip()
        notifying.open_call(
            work,
            notifying.CRITICAL,
            what=f"{test.name} {value}",
            accession=order.accession,
            order_id=order.id,
            result_version_id=version.id,
            read_back_needed=True,
        )


def _complete_tests(work: Work, order: Row[Any]) -> None:
    """A test is complete when every required result is released; a part of a panel never completes it."""
    state_of = {row.test: row.state for row in work.results.of_order(order.id)}
    for ordered in work.ordered_tests.of_order(order.id):
        orderable = work.catalog.orderable(ordered.code)
        if orderable is None or not can(TestState(ordered.state), Action.COMPLETE):
            continue
        required = [item.test for item in orderable.items if item.required]
        if all(state_of.get(test) == ResultState.RELEASED for test in required):
            state = advance(TestState(ordered.state), Action.COMPLETE)
            work.ordered_tests.change(ordered.id, state=state)
    ordering.settle_order(work, order.id)
