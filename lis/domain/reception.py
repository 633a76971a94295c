"""Reception: may a container that has arrived be accepted?

Refused at once: a barcode that is unknown, or of a container whose state does not await it. Set aside: no
order, or a collection time unknown where a limit needs it. To be rejected, whole or for some tests, with a
coded reason (HL7 0490): what was seen of it (`domain.inspection`), and stability. What cannot be drawn again
(the catalogue says which material) is never rejected at the counter: it goes the way of an exception. The
rule suggests; a person decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from lis.domain.catalog import Catalog, Orderable
from lis.domain.checks import Check, Outcome
from lis.domain.findings import Finding, Verdict, suggested_reasons
from lis.domain.inspection import (
    NOTHING_SEEN,
    Inspection,
    departments,
    seen_findings,
    too_little,
    wrong_container,
)
from lis.domain.specimens import SpecimenFacts, stability_check
from lis.domain.workflow import ContainerState

VOLUME_UNKNOWN = "volume.unknown"
_NOT_AWAITED = {
    ContainerState.RECEIVED: ("already_received", "This container is already received."),
    ContainerState.LABELLED: ("already_received", "This container is already received and labelled."),
    ContainerState.STORED: ("already_received", "This container is already received and stored."),
    ContainerState.REJECTED: ("rejected", "This container was rejected."),
    ContainerState.DISCARDED: ("discarded", "This container was discarded."),
    ContainerState.CANCELLED: ("cancelled", "The order for this container was cancelled."),
}


@dataclass(frozen=True, slots=True)
class ArrivalFacts:
    """A scanned container. `state` None: the barcode is unknown. `codes` are the orderables still wanted from it."""

    state: ContainerState | None
    container_type: str
    codes: tuple[str, ...]
    specimen: SpecimenFacts
    inspection: Inspection = NOTHING_SEEN


@dataclass(frozen=True, slots=True)
class Decision:
    """The rule's suggestion. `lost` are the tests that cannot be done; `exception`: it cannot be drawn again."""

    verdict: Verdict
    findings: tuple[Finding, ...] = ()
    lost: tuple[str, ...] = ()
    exception: bool = False


def judge_arrival(facts: ArrivalFacts, catalog: Catalog, now: datetime) -> Decision:
    """Judge a container at the counter."""
    refusal = _refusal(facts, now)
    if refusal is not None:
        return Decision("refuse", (refusal,))
    orderables = [row for code in facts.codes if (row := catalog.orderable(code))]
    findings = [
        *_no_order(facts, catalog),
        *seen_findings(facts.inspection, facts.container_type, facts.specimen.type, orderables, catalog),
        *_stability(facts.specimen, orderables, catalog, now),
    ]
    return _decide(findings, _tests(orderables), facts.specimen.type, catalog)


def judge_add_on(
    orderable: Orderable,
    *,
    state: ContainerState,
    container_type: str,
    volume_ml: Decimal | None,
    specimen: SpecimenFacts,
    catalog: Catalog,
    now: datetime,
) -> Decision:
    """Whether a test can still be done from a container that is here: kind, state, what is left, and stability."""
    if state not in (ContainerState.RECEIVED, ContainerState.LABELLED, ContainerState.STORED):
        text = f"The container is {state.replace('_', ' ')}."
        return Decision("refuse", (Finding("container.not_here", text, "refuse"),))
    findings = [
        *wrong_container(orderable.container, container_type, [orderable], catalog),
        *too_little([orderable], volume_ml, catalog),
        *_stability(specimen, [orderable], catalog, now),
    ]
    if specimen.type != orderable.specimen_type:
        text = f"{orderable.name} needs {orderable.specimen_type}."
        findings.append(Finding("specimen.wrong_type", text, "refuse", tests=orderable.tests))
    if volume_ml is None:
        findings.append(Finding(VOLUME_UNKNOWN, "What is left in the container is not known.", "set_aside"))
    decision = _decide(findings, list(orderable.tests), specimen.type, catalog)
    refused = decision.verdict == "reject" or any(f.verdict == "refuse" for f in findings)
    return Decision("refuse" if refused else decision.verdict, decision.findings, decision.lost)


def is_irreplaceable(specimen_type: str, catalog: Catalog) -> bool:
    """Whether the material cannot simply be drawn again."""
    row = catalog.specimen_types.get(specimen_type)
    return row is not None and row.irreplaceable


def _refusal(facts: ArrivalFacts, now: datetime) -> Finding | None:
    if facts.state is None:
        return Finding("scan.unknown", "No container of this laboratory has this number.", "refuse")
    if facts.state in _NOT_AWAITED:
        code, text = _NOT_AWAITED[facts.state]
        return Finding(f"container.{code}", text, "refuse")
    if facts.specimen.collected_at is not None and facts.specimen.collected_at > now:
        return Finding("collection.future", "The collection time lies in the future.", "refuse")
    return None


def _no_order(facts: ArrivalFacts, catalog: Catalog) -> list[Finding]:
    if facts.codes:
        return []
    reasons = suggested_reasons("order.none", (), catalog)
    return [Finding("order.none", "No test is ordered on this container.", "set_aside", reasons)]


def _stability(
    specimen: SpecimenFacts, orderables: Sequence[Orderable], catalog: Catalog, now: datetime
) -> list[Finding]:
    """One finding for all tests with the same answer."""
    first: dict[str, Check] = {}
    tests: dict[str, list[str]] = {}
    for code in _tests(orderables):
        check = stability_check(catalog.tests[code], specimen, now, catalog)
        if check.holds:
            first.setdefault(check.reason_code, check)
            tests.setdefault(check.reason_code, []).append(code)
    places = {*departments(orderables), specimen.type}
    return [_unstable(check, tests[reason], places, catalog) for reason, check in first.items()]


def _unstable(check: Check, tests: Sequence[str], places: Iterable[str], catalog: Catalog) -> Finding:
    """Too old: to be rejected. Not to be judged because the collection time is missing: to be asked for."""
    is_old = check.outcome == Outcome.FAILED
    reasons = suggested_reasons(check.reason_code, places, catalog)
    text = f"{', '.join(tests)}: {check.text}"
    return Finding(check.reason_code, text, "reject" if is_old else "set_aside", reasons, tuple(tests))


def _decide(
    findings: Sequence[Finding], tests: Sequence[str], specimen_type: str, catalog: Catalog
) -> Decision:
    rejecting = [finding for finding in findings if finding.verdict == "reject"]
    whole = any(not finding.tests for finding in rejecting)
    lost = tuple(t for t in tests if whole or any(t in finding.tests for finding in rejecting))
    if rejecting and is_irreplaceable(specimen_type, catalog):
        return Decision("set_aside", tuple(findings), lost, exception=True)
    verdict: Verdict = "accept"
    if any(finding.verdict == "set_aside" for finding in findings):
        verdict = "set_aside"
    asked = set(tests) - set(catalog.index_tests.values())
    if whole or (asked and asked <= set(lost)):
        return Decision("reject", tuple(findings), tuple(tests))
    return Decision(verdict, tuple(findings), lost)


def _tests(orderables: Sequence[Orderable]) -> list[str]:
    """Every test once, in order."""
    return list(dict.fromkeys(test for row in orderables for test in row.tests))
