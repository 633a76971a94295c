"""A value as it came, and as the laboratory reports it.

On filing a number is rounded once, half up, to the test's decimals; a number under a comparator is rounded only
where that does not change it: `<0.01` never becomes 0. Titres keep their ratio, the number is the dilution.
Coded tests report a code of their value set.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from lis.domain.catalog import CODED, STRUCTURED, CodedValue, Test
from lis.domain.checks import Check, failed, passed
from lis.kernel.quantity import COMPARATORS, Quantity, parse_quantity, parse_titre, plain, rounded
from lis.kernel.remembering import remembers

NAME = "value"
# A person typed what an analyzer measured, or what they measured by hand, which no control of an analyzer speaks of.
Source = Literal["analyzer", "person", "by_hand", "calculation"]
BY_HAND: Source = "by_hand"


@dataclass(frozen=True, slots=True)
class SentValue:
    """One value as it came: `flags` as HL7 0078, `status` as HL7 0085, unit as the sender spells it.

    `came_at`: when it was filed, where it is judged again.
    """

    test: str
    text: str
    unit: str = ""
    flags: tuple[str, ...] = ()
    status: str = "F"
    analyzer: str = ""
    observed_at: datetime | None = None
    source: Source = "analyzer"
    dilution: str = ""  # as `1:5`; the value is what was measured times five. "" for none
    came_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ReportedValue:
    """The value as reported: number or ratio without its comparator, code, or text; `quantity` when it is a number."""

    value: str
    quantity: Quantity | None
    unit: str

    @property
    def comparator(self) -> str:
        return self.quantity.comparator if self.quantity else ""

    @property
    def number(self) -> Decimal | None:
        return self.quantity.value if self.quantity else None

    @property
    def text(self) -> str:
        return self.comparator + self.value


def reported(sent: SentValue, test: Test) -> ReportedValue:
    """What the laboratory reports for a sent value. A text that is no number stays as it is."""
    return reported_text(sent.text, test)


def reported_text(text: str, test: Test) -> ReportedValue:
    """The same for the bare text."""
    text = text.strip()
    if test.result_type == CODED:
        return ReportedValue(text, None, test.unit)
    if test.result_type == STRUCTURED and (titre := _titre(text, test.unit)):
        return ReportedValue(f"1:{plain(titre.value)}", titre, test.unit)
    return _number(text, test.unit, test.decimals)


@remembers(4096)  # one value is asked for when it is matched, judged, and seen by the others
def _number(text: str, unit: str, decimals: int | None) -> ReportedValue:
    quantity = parse_quantity(text, unit)
    if quantity is None:
        return ReportedValue(text, None, unit)
    filed = Quantity(_filed(quantity, decimals), unit, quantity.comparator)
    return ReportedValue(plain(filed.value), filed, unit)


def value_check(value: ReportedValue, test: Test, value_set: Iterable[CodedValue]) -> Check:
    """Whether the value is of the kind the test reports."""
    if not value.value:
        return failed(NAME, "value.empty", "No value was sent.")
    codes = {row.code for row in value_set}
    if test.result_type == CODED:
        if codes and value.value not in codes:
            return failed(
                NAME, "value.not_in_set", f"{value.value} is no value of this test.", value=value.value
            )
        return passed(NAME)
    if value.quantity is None and value.value not in codes:
        return failed(NAME, "value.not_a_number", f"{value.value} is no number.", value=value.value)
    return passed(NAME)


def _filed(quantity: Quantity, decimals: int | None) -> Decimal:
    value = quantity.value if decimals is None else rounded(quantity.value, decimals)
    value = value if value else abs(value)  # never -0.0
    return value if quantity.is_exact or value == quantity.value else quantity.value


def _titre(text: str, unit: str) -> Quantity | None:
    comparator = next((c for c in COMPARATORS if text.startswith(c)), "")
    ratio = parse_titre(text[len(comparator) :])
    return Quantity(Decimal(ratio[1]), unit, comparator) if ratio and ratio[0] == 1 else None
