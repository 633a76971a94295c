"""Reception: may a container that has arrived be accepted?

Refused at once: a barcode that is unknown, or of a container whose state does not await it. Set aside: no
order, or a collection time unknown where a limit needs it. To be rejected, whole or for some tests, with a
coded reason (HL7 0490): wrong or expired container, short fill, temperature, stability. What cannot be drawn
again (fluids, tissue) is never rejected at the counter: it goes the way of an exception. The rule suggests; a
person decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from lis.domain.catalog import Catalog, ContainerType, Orderable
from lis.domain.checks import Check, Outcome
from lis.domain.specimens import SpecimenFacts, stability_check
from lis.domain.workflow import ContainerState
from lis.kernel.quantity import plain

Verdict = Literal["accept", "set_aside", "reject", "refuse"]
IRREPLACEABLE = ("fluid", "tissue")
_NOT_AWAITED = {
    ContainerState.RECEIVED: ("already_received", "This container is already received."),
    ContainerState.LABELLED: ("already_received", "This container is already received and labelled."),
    ContainerState.STORED: ("already_received", "This container is already received and stored."),
    ContainerState.REJECTED: ("rejected", "This container was rejected."),
    ContainerState.DISCARDED: ("discarded", "This container was discarded."),
    ContainerState.CANCELLED: ("cancelled", "The order for this container was cancelled."),
}


@dataclass(frozen=True, slots=True)
class Inspection:
    """What the person at the counter saw. Empty and None: nothing out of the ordinary was recorded."""

    container_type: str = ""
    expired: bool = False
    volume_ml: Decimal | None = None
    temperature: str = ""


@dataclass(frozen=True, slots=True)
class ArrivalFacts:
    """A scanned container. `state` None: the barcode is unknown. `codes` are the orderables still wanted from it."""

    state: ContainerState | None
    container_type: str
    codes: tuple[str, ...]
    specimen: SpecimenFacts
    inspection: Inspection = Inspection()


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found, what it asks for, reasons a person may choose from, and the tests it concerns (none: all)."""

    code: str
    text: str
    verdict: Verdict
    reasons: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()


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
        *_container_findings(facts, orderables, catalog),
        *_temperature(facts, orderables, catalog),
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
        *_wrong_container(orderable.container, container_type, [orderable], catalog),
        *_too_little([orderable], volume_ml, catalog),
        *_stability(specimen, [orderable], catalog, now),
    ]
    if specimen.type != orderable.specimen_type:
        text = f"{orderable.name} needs {orderable.specimen_type}."
        findings.append(Finding("specimen.wrong_type", text, "refuse", tests=orderable.tests))
    if volume_ml is None:
        findings.append(Finding("volume.unknown", "What is left in the container is not known.", "set_aside"))
    decision = _decide(findings, list(orderable.tests), specimen.type, catalog)
    refused = decision.verdict == "reject" or any(f.verdict == "refuse" for f in findings)
    return Decision("refuse" if refused else decision.verdict, decision.findings, decision.lost)


def suggested_reasons(hl70490: str, departments: Iterable[str], catalog: Catalog) -> tuple[str, ...]:
    """Rejection reasons of an HL7 0490 code that apply to the departments; the more specific first."""
    wanted = set(departments)
    found: list[tuple[bool, str]] = []
    for row in catalog.rejection_reasons.values():
        applies = {part.strip() for part in row.applies_to.replace(",", ";").split(";")}
        if row.hl70490 == hl70490 and applies & (wanted | {"all"}):
            found.append(("all" in applies, row.code))
    return tuple(code for _, code in sorted(found))


def is_irreplaceable(specimen_type: str, catalog: Catalog) -> bool:
    """Whether the material cannot simply be drawn again."""
    row = catalog.specimen_types.get(specimen_type)
    return row is not None and row.category in IRREPLACEABLE


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
    reasons = suggested_reasons("LOCAL", (), catalog)
    return [Finding("order.none", "No test is ordered on this container.", "set_aside", reasons)]


def _container_findings(
    facts: ArrivalFacts, orderables: Sequence[Orderable], catalog: Catalog
) -> list[Finding]:
    seen = facts.inspection
    findings = _wrong_container(facts.container_type, seen.container_type, orderables, catalog)
    if seen.expired:
        reasons = suggested_reasons("EX", _departments(orderables), catalog)
        findings.append(Finding("container.expired", "The container is past its date.", "reject", reasons))
    kind = catalog.containers.get(seen.container_type or facts.container_type)
    return findings + _short_fill(kind, orderables, seen.volume_ml, catalog)


def _wrong_container(
    wanted: str, seen: str, orderables: Sequence[Orderable], catalog: Catalog
) -> list[Finding]:
    """Another size of the same additive and material is right too."""
    one, other = catalog.containers.get(wanted), catalog.containers.get(seen)
    if not seen or seen == wanted or _same_kind(one, other):
        return []
    name = other.name if other else seen
    reasons = suggested_reasons("LOCAL", _departments(orderables), catalog)
    text = f"{name} instead of {one.name if one else wanted}."
    return [Finding("container.wrong", text, "reject", reasons)]


def _same_kind(one: ContainerType | None, other: ContainerType | None) -> bool:
    if one is None or other is None:
        return False
    return (one.additive_code, one.specimen_type) == (other.additive_code, other.specimen_type)


def _short_fill(
    kind: ContainerType | None, orderables: Sequence[Orderable], volume: Decimal | None, catalog: Catalog
) -> list[Finding]:
    if volume is None:
        return []
    if kind is not None and kind.min_volume_ml is not None and volume < kind.min_volume_ml:
        reasons = suggested_reasons("QS", _departments(orderables), catalog)
        text = f"Filled to {plain(volume)} mL, at least {plain(kind.min_volume_ml)} mL is needed."
        return [Finding("volume.short_fill", text, "reject", reasons)]
    return _too_little(orderables, volume, catalog)


def _too_little(orderables: Sequence[Orderable], volume: Decimal | None, catalog: Catalog) -> list[Finding]:
    if volume is None:
        return []
    reasons = suggested_reasons("QS", _departments(orderables), catalog)
    return [
        Finding(
            "volume.not_sufficient",
            f"{row.name} needs {plain(row.min_volume_ml)} mL, {plain(volume)} mL is there.",
            "reject",
            reasons,
            row.tests,
        )
        for row in orderables
        if row.min_volume_ml is not None and volume < row.min_volume_ml
    ]


def _temperature(facts: ArrivalFacts, orderables: Sequence[Orderable], catalog: Catalog) -> list[Finding]:
    seen, row = facts.inspection.temperature, catalog.specimen_types.get(facts.specimen.type)
    if not seen or row is None or not row.transport_temp or seen == row.transport_temp:
        return []
    reasons = suggested_reasons("RR", _departments(orderables), catalog)
    text = f"Came at {seen}, is to be carried at {row.transport_temp}."
    return [Finding("temperature.wrong", text, "reject", reasons)]


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
    departments = _departments(orderables)
    return [_unstable(check, tests[reason], departments, catalog) for reason, check in first.items()]


def _unstable(check: Check, tests: Sequence[str], departments: Iterable[str], catalog: Catalog) -> Finding:
    """Too old: to be rejected. Not to be judged because the collection time is missing: to be asked for."""
    is_old = check.outcome == Outcome.FAILED
    reasons = suggested_reasons("RR" if is_old else "RD", departments, catalog)
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
    if whole or (tests and len(lost) == len(tests)):
        verdict = "reject"
    return Decision(verdict, tuple(findings), lost)


def _tests(orderables: Sequence[Orderable]) -> list[str]:
    """Every test once, in order."""
    return list(dict.fromkeys(test for row in orderables for test in row.tests))


def _departments(orderables: Iterable[Orderable]) -> set[str]:
    return {row.department for row in orderables}
