"""What a crew decides when something speaks against a tube or a value: refuse it and ask for another, or let it go.

Which coded reason a finding leads to is content; nobody here decides about what cannot be drawn again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Row

from lis.domain.findings import EVERYWHERE, suggested_reasons
from lis.domain.qc import gate
from lis.domain.workflow import ResultState
from lis.kernel.errors import Conflict, Refusal
from lis.services import accessioning, gating, rejecting, resulting, verifying, working
from lis.services.accessioning import Receipt
from lis.services.finding import known_container
from lis.storage.work import Work
from lis.training.crew_reading import REASONS, Due

LET_GO = "Looked at again by the supervisor: nothing on the tube speaks against it."
DISAGREE = "identity.disagree"
NOT_MEASURED = "volume.not_sufficient"
"""What is found of a tube of which an analyzer made nothing, however often it was put on."""


def compare(work: Work, container_id: str, *, agree: bool) -> Receipt:
    """Name and number on the tube were compared with the order; one that disagrees is refused for the reason it has."""
    accessioning.compare_identity(work, container_id, identifiers=("mrn", "name"), agree=agree)
    outcome, findings = ("labelled", ()) if agree else ("set_aside", (DISAGREE,))
    reasons = tuple(_reasons(work, findings))
    return Receipt(outcome, container_id, "", "Identity compared.", suggested=reasons)


def refuse_doubtful(work: Work, receipts: Iterable[Receipt]) -> None:
    """Refuse what reception set aside or kept back, for the reason it suggests, and ask for another."""
    for receipt in receipts:
        for reason in receipt.suggested[:1]:
            if receipt.outcome == "set_aside":
                _refuse(work, receipt.container_id, None, reason)
            else:
                _refuse(work, receipt.container_id, receipt.kept_back, reason)


def refuse_unmeasured(work: Work, tubes: Iterable[tuple[str, str]]) -> None:
    """Refuse what analyzers were asked for and could not measure: (container, analyzer)."""
    for container_id, analyzer in tubes:
        container = known_container(work, container_id)
        tests = working.work_for(work, analyzer, container)
        for reason in _reasons(work, (NOT_MEASURED,))[:1] if tests else ():
            _refuse(work, container_id, tests, reason)


def settle_late(work: Work, cases: Iterable[Due]) -> None:
    """Values that have been on hold for hours: what may never go out is refused, then the rest is let go."""
    cases = list(cases)
    refused = [
        ((case.container, reason), case.test)
        for case in cases
        for reason in _reasons(work, case.against)[:1]
        if case.container
    ]
    if refused:
        for (container, reason), tests in _grouped(refused).items():
            _refuse(work, container, tests, reason, again=False)
        return  # values that depend on these are judged anew: they come again at the next round
    for (accession, reason), tests in _grouped(
        ((case.accession, _let_go(case)), case) for case in cases
    ).items():
        seen = {case.test: case.version for case in tests}
        verifying.verify_results(work, accession, seen, reason=reason)


def _let_go(case: Due) -> str:
    """Why it may go out; what was measured while its controls were out says that too."""
    return f"{LET_GO} {REASONS[gate.NAME]}" if case.is_out_of_control else LET_GO


def send_out(work: Work, accession: str, seen: Mapping[str, int]) -> bool:
    """Release; what a control has failed for since it was verified stays for who may override that. Whether it went."""
    try:
        with work.savepoint():
            verifying.release_results(work, accession, seen)
    except Conflict as refusal:
        if refusal.code != gating.FAILED_SINCE:
            raise
        return False
    return True


def read_by_eye(work: Work, seen: Mapping[str, Mapping[str, object]]) -> None:
    """Enter what no analyzer measures and has a name rather than a number: per container, what it is by test."""
    measured = {item.test for analyzer in work.catalog.analyzers.values() for item in analyzer.menu}
    for container_id, contents in seen.items():
        container = known_container(work, container_id)
        accession = work.orders.get(container.order_id).accession
        for result in work.results.of_container(container.id):
            value = contents.get(result.test)
            if isinstance(value, str) and result.test not in measured and _is_awaited(result):
                resulting.enter_result(work, accession, result.test, value)


def _is_awaited(result: Row[Any]) -> bool:
    return bool(result.state == ResultState.PENDING)


def _refuse(
    work: Work, container_id: str, tests: Iterable[str] | None, reason: str, *, again: bool = True
) -> None:
    """Refuse a tube or some tests of it, and ask for another unless it came in place of one itself, or on paper.

    Who asks on paper is told by telephone and writes anew: nothing here would bring them to draw again.
    What only a supervisor may decide, or what has been settled meanwhile, is left to them.
    """
    container = known_container(work, container_id)
    came_by_message = work.orders.get(container.order_id).peer != ""
    again = again and came_by_message and container.replaces_id is None
    try:
        with work.savepoint():
            if tests is None:
                rejecting.reject_container(work, container_id, reason, recollect=again)
            else:
                rejecting.reject_tests(work, container_id, list(tests), reason, recollect=again)
    except Refusal:
        return


def _reasons(work: Work, findings: Iterable[str]) -> list[str]:
    return [
        reason for finding in findings for reason in suggested_reasons(finding, (EVERYWHERE,), work.catalog)
    ]


def _grouped(pairs: Iterable[tuple[Any, Any]]) -> dict[Any, list[Any]]:
    found: dict[Any, list[Any]] = defaultdict(list)
    for key, value in pairs:
        found[key].append(value)
    return found
