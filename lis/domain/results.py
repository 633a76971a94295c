"""From a sent value to a version: what HL7 0085 (OBX-11) asks for, given what is already on the chart.

A value is never updated; a correction or a deletion is a new version, the old one kept. What contradicts the
chart is held: a correction of nothing, a second final value that nobody asked for, a preliminary one after the
final.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Filing(StrEnum):
    """What becomes of an observation."""

    FINAL = "file_final"
    PRELIMINARY = "file_preliminary"
    CONFIRM = "confirm_earlier"
    CORRECTION = "file_correction"
    WITHDRAW = "withdraw"
    NO_VALUE = "no_value"
    NOT_A_RESULT = "not_a_result"
    REPEATED = "repeated"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class Standing:
    """The version in force. `rerun`: another measurement was asked for."""

    status: str
    text: str
    rerun: bool = False

    @property
    def is_final(self) -> bool:
        return self.status in ("F", "C")

    @property
    def has_value(self) -> bool:
        return self.status in ("P", "F", "C")


@dataclass(frozen=True, slots=True)
class FilingDecision:
    """The act, and for a hold its stable reason code and words."""

    filing: Filing
    reason_code: str = ""
    text: str = ""


_FINAL = FilingDecision(Filing.FINAL)  # what nearly every value is
PRELIMINARY, CORRECTING, WITHDRAWING, NO_RESULT = map(frozenset, ("PSRI", "CAB", "DW", "NO"))
VERIFYING = frozenset("VU")


def filing_for(status: str, text: str, standing: Standing | None) -> FilingDecision:
    """What to do with a value (its reported text) of a status, given the version in force."""
    earlier = standing if standing is not None and standing.has_value else None
    if not status:
        return _hold("status.empty", "No result status was sent: it may not be verified.")
    if status in NO_RESULT:
        return FilingDecision(Filing.NOT_A_RESULT)
    if status == "F":
        return _final(text, earlier)
    if status in VERIFYING:
        return _verified(text, earlier)
    if status in PRELIMINARY:
        return _preliminary(text, earlier)
    if status in CORRECTING:
        return _needs_earlier(Filing.CORRECTION, "correct", earlier)
    if status in WITHDRAWING:
        return _needs_earlier(Filing.WITHDRAW, "withdraw", earlier)
    if status == "X":
        return _not_obtained(earlier)
    return _hold("status.unknown", f"The result status {status} is not known.")


def _final(text: str, earlier: Standing | None) -> FilingDecision:
    if earlier is None or not earlier.is_final or earlier.rerun:
        return _FINAL
    if text == earlier.text:
        return FilingDecision(Filing.REPEATED, text="The same final value again.")
    return _hold("result.second_value", f"A second final value {text} came; {earlier.text} is on the chart.")


def _verified(text: str, earlier: Standing | None) -> FilingDecision:
    """V and U make a value final that was sent before; U need not carry it again."""
    if earlier is None:
        return _hold("status.no_earlier", "Declared final, but no value was sent before.")
    if not text or text == earlier.text:
        return FilingDecision(Filing.REPEATED if earlier.is_final else Filing.CONFIRM)
    return _final(text, earlier)


def _preliminary(text: str, earlier: Standing | None) -> FilingDecision:
    if not text:
        return FilingDecision(Filing.NOT_A_RESULT, text="Pending at the sender.")
    if earlier is not None and earlier.is_final and not earlier.rerun:
        return _hold("status.after_final", "A preliminary value came after the final one.")
    return FilingDecision(Filing.PRELIMINARY)


def _not_obtained(earlier: Standing | None) -> FilingDecision:
    if earlier is not None and not earlier.rerun:
        return _hold("status.value_exists", "Declared not obtainable, but a value is on the chart.")
    return FilingDecision(Filing.NO_VALUE)


def _needs_earlier(filing: Filing, verb: str, earlier: Standing | None) -> FilingDecision:
    if earlier is None:
        return _hold("status.no_earlier", f"Asked to {verb} a value that is not on the chart.")
    return FilingDecision(filing)


def _hold(code: str, text: str) -> FilingDecision:
    return FilingDecision(Filing.HOLD, code, text)
