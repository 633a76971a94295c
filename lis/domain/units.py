"""Units: is the number that was sent a number in the test's unit? Never converted, only recognised.

Synonyms are spellings of the very same size (UCUM, HL7 v2 OBX-6). Absent or unknown units cannot be judged and hold the
result; a unit of another size is a mismatch and holds the observation. Letter case matters.
"""

from __future__ import annotations

from typing import Literal

from lis.domain.catalog import CODED, Catalog, Test
from lis.domain.checks import Check, failed, not_applicable, not_evaluable, passed

NAME = "unit"
UnitAnswer = Literal["matched", "mismatch", "unknown", "absent", "not_checked"]


def ucum_for(sent: str, catalog: Catalog) -> str | None:
    """The UCUM unit a sender's spelling means, or None."""
    return catalog.ucum_of.get(sent.strip())


def same_unit(test: Test, sent: str, catalog: Catalog) -> UnitAnswer:
    """How a sent unit stands to the test's; a test without a unit, and a coded one, is not checked."""
    sent = sent.strip()
    if not test.unit or test.result_type == CODED:
        return "not_checked"
    if not sent:
        return "absent"
    if sent == test.unit or catalog.same_size(sent, test.unit):
        return "matched"
    return "unknown" if ucum_for(sent, catalog) is None else "mismatch"


def unit_check(test: Test, sent: str, catalog: Catalog) -> Check:
    """The same as a check."""
    match same_unit(test, sent, catalog):
        case "not_checked":
            return not_applicable(NAME, "The test has no unit to compare.")
        case "matched":
            return passed(NAME)
        case "absent":
            return not_evaluable(NAME, "unit.absent", f"No unit was sent; expected {test.unit}.")
        case "unknown":
            return not_evaluable(
                NAME, "unit.unknown", f"The unit {sent} is not known.", sent=sent, expected=test.unit
            )
        case _:
            return failed(
                NAME, "unit.mismatch", f"Sent in {sent}, expected {test.unit}.", sent=sent, expected=test.unit
            )
