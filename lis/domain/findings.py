"""What is found of a specimen at the counter, and the coded reasons (HL7 0490 and local) it may be refused for.

Which finding leads to which reason is content: the column `findings` of the reasons' table.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from lis.domain.catalog import Catalog, RejectionReason

Verdict = Literal["accept", "set_aside", "reject", "refuse"]
EVERYWHERE = "all"

# Every finding that a reason for refusing may be tied to.
CODES = (
    "order.none",
    "container.wrong",
    "container.expired",
    "container.leaking",
    "volume.short_fill",
    "volume.not_sufficient",
    "temperature.wrong",
    "stability.unseparated",
    "stability.exceeded",
    "stability.collection_unknown",
    "specimen.wrong_type",
    "identity.disagree",
    "condition.haemolysed",
    "condition.icteric",
    "condition.lipaemic",
    "condition.clotted",
    "condition.fibrin",
    "condition.contaminated",
    "condition.unmixed",
    "condition.bubbles",
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found, what it asks for, reasons a person may choose from, and the tests it concerns (none: all).

    The verdict `accept` is advice: nothing is kept back because of it.
    """

    code: str
    text: str
    verdict: Verdict
    reasons: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()


def applies(reason: RejectionReason, places: Iterable[str]) -> bool:
    """Whether a reason is for one of these departments or materials."""
    named = _named(reason)
    return EVERYWHERE in named or not named.isdisjoint(places)


def suggested_reasons(code: str, places: Iterable[str], catalog: Catalog) -> tuple[str, ...]:
    """The reasons tied to a finding that apply to the departments and materials; the more specific first."""
    wanted = set(places)
    found = [
        (EVERYWHERE in _named(row), row.code)
        for row in catalog.rejection_reasons.values()
        if code in row.findings and applies(row, wanted)
    ]
    return tuple(reason for _, reason in sorted(found))


def _named(reason: RejectionReason) -> set[str]:
    return {part.strip() for part in reason.applies_to.replace(",", ";").split(";")}
