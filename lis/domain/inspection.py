"""What a person sees of a container at the counter, and what that speaks for.

Kind of container, date, fill, temperature, and what is in it. The rule suggests; a person decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from lis.domain.catalog import Catalog, ContainerType, Orderable
from lis.domain.conditions import SPOILING
from lis.domain.findings import Finding, Verdict, suggested_reasons
from lis.domain.interference import NAMES, SEEN
from lis.domain.specimens import is_separated
from lis.kernel.quantity import plain

# How a container may have come, whatever the catalogue's materials ask for.
TEMPERATURES = ("37C", "RT", "4C", "-20C")
LEAKING, BUBBLES, CLOTTED = "leaking", "bubbles", "clotted"


@dataclass(frozen=True, slots=True)
class Inspection:
    """What the person at the counter saw. Empty and None: nothing out of the ordinary was recorded.

    `separated_at`: when it was centrifuged before it came, as its label or the collector says.
    """

    container_type: str = ""
    expired: bool = False
    volume_ml: Decimal | None = None
    temperature: str = ""
    conditions: tuple[str, ...] = ()
    separated_at: datetime | None = None


NOTHING_SEEN = Inspection()


def seen_findings(
    seen: Inspection, wanted: str, material: str, orderables: Sequence[Orderable], catalog: Catalog
) -> list[Finding]:
    """All that speaks against a container of the kind `wanted` with this material in it, as it was seen."""
    places = {*departments(orderables), material}
    findings = wrong_container(wanted, seen.container_type, orderables, catalog)
    if seen.expired:
        reasons = suggested_reasons("container.expired", places, catalog)
        findings.append(Finding("container.expired", "The container is past its date.", "reject", reasons))
    if LEAKING in seen.conditions:
        reasons = suggested_reasons("container.leaking", places, catalog)
        findings.append(Finding("container.leaking", "The container leaks.", "reject", reasons))
    kind = catalog.containers.get(seen.container_type or wanted)
    return [
        *findings,
        *_short_fill(kind, orderables, seen.volume_ml, catalog),
        *_temperature(seen.temperature, material, orderables, catalog),
        *_conditions(seen.conditions, kind, material, orderables, catalog),
    ]


def wrong_container(
    wanted: str, seen: str, orderables: Sequence[Orderable], catalog: Catalog
) -> list[Finding]:
    """Right too is what the catalogue lets stand in place of the kind wanted; the same additive is not enough."""
    one, other = catalog.containers.get(wanted), catalog.containers.get(seen)
    if not seen or seen == wanted or (other is not None and wanted in other.in_place_of):
        return []
    name = other.name if other else seen
    reasons = suggested_reasons("container.wrong", departments(orderables), catalog)
    text = f"{name} instead of {one.name if one else wanted}."
    return [Finding("container.wrong", text, "reject", reasons)]


def too_little(orderables: Sequence[Orderable], volume: Decimal | None, catalog: Catalog) -> list[Finding]:
    """Tests that need more than there is, but for those that another orderable asks for too, and has enough for."""
    if volume is None:
        return []
    reasons = suggested_reasons("volume.not_sufficient", departments(orderables), catalog)
    short = [row for row in orderables if row.min_volume_ml is not None and volume < row.min_volume_ml]
    served = {test for row in orderables if row not in short for test in row.tests}
    return [
        Finding(
            "volume.not_sufficient",
            f"{row.name} needs {plain(row.min_volume_ml or volume)} mL, {plain(volume)} mL is there.",
            "reject",
            reasons,
            tests,
        )
        for row in short
        if (tests := tuple(test for test in row.tests if test not in served))
    ]


def departments(orderables: Iterable[Orderable]) -> set[str]:
    """The benches that wait for it."""
    return {row.department for row in orderables}


def _short_fill(
    kind: ContainerType | None, orderables: Sequence[Orderable], volume: Decimal | None, catalog: Catalog
) -> list[Finding]:
    if volume is None:
        return []
    if kind is not None and kind.min_volume_ml is not None and volume < kind.min_volume_ml:
        reasons = suggested_reasons("volume.short_fill", departments(orderables), catalog)
        text = f"Filled to {plain(volume)} mL, at least {plain(kind.min_volume_ml)} mL is needed."
        return [Finding("volume.short_fill", text, "reject", reasons)]
    return too_little(orderables, volume, catalog)


def _temperature(
    seen: str, material: str, orderables: Sequence[Orderable], catalog: Catalog
) -> list[Finding]:
    """How the test is to be carried where it says so, else how the material is; one finding for each."""
    row = catalog.specimen_types.get(material)
    usual = row.transport_temp if row else ""
    tests = dict.fromkeys(test for one in orderables for test in one.tests)
    wrong: dict[str, list[str]] = {}
    for code in tests:
        wanted = catalog.tests[code].transport_temp or usual
        if seen and wanted and seen != wanted:
            wrong.setdefault(wanted, []).append(code)
    reasons = suggested_reasons("temperature.wrong", {*departments(orderables), material}, catalog)
    return [
        Finding(
            "temperature.wrong",
            f"{_listed(codes, tests)}Came at {seen}, is to be carried at {wanted}.",
            "reject",
            reasons,
            () if len(codes) == len(tests) else tuple(codes),
        )
        for wanted, codes in wrong.items()
    ]


def _listed(codes: Sequence[str], tests: Iterable[str]) -> str:
    return "" if list(codes) == list(tests) else f"{', '.join(codes)}: "


def _conditions(
    words: Iterable[str],
    kind: ContainerType | None,
    material: str,
    orderables: Sequence[Orderable],
    catalog: Catalog,
) -> list[Finding]:
    """A clot is right where the kind of tube is to clot; indices speak for themselves when they are measured."""
    found: list[Finding] = []
    for word in words:
        if word in SEEN and is_separated(material, catalog):
            found += _index_seen(word, material, orderables, catalog)
        elif word == BUBBLES or (word in SPOILING and not _is_to_clot(word, kind)):
            found.append(_spoilt(word, material, orderables, catalog))
    return found


def _is_to_clot(word: str, kind: ContainerType | None) -> bool:
    return word == CLOTTED and kind is not None and bool(kind.clot_time_min)


def _spoilt(word: str, material: str, orderables: Sequence[Orderable], catalog: Catalog) -> Finding:
    """To be rejected where the catalogue has a reason that always asks for a new specimen; else advice."""
    code = f"condition.{word}"
    reasons = suggested_reasons(code, {*departments(orderables), material}, catalog)
    is_final = any(catalog.rejection_reasons[reason].recollect == "Y" for reason in reasons)
    verdict: Verdict = "reject" if is_final else "accept"
    return Finding(
        code, f"It was seen to be {word}." if word != BUBBLES else "Air bubbles.", verdict, reasons
    )


def _index_seen(word: str, material: str, orderables: Sequence[Orderable], catalog: Catalog) -> list[Finding]:
    """Advice: these tests are doubtful; the index of the measurement decides."""
    letter = SEEN[word]
    tests = dict.fromkeys(
        code for row in orderables for code in row.tests if letter in catalog.tests[code].hil_sensitive
    )
    if not tests:
        return []
    code = f"condition.{word}"
    reasons = suggested_reasons(code, {*departments(orderables), material}, catalog)
    text = f"{NAMES[letter].capitalize()} seen: {', '.join(tests)} are doubtful; the index decides."
    return [Finding(code, text, "accept", reasons, tuple(tests))]
