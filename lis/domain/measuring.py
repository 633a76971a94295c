"""What the analyzer itself says about a value: within its measuring range (AMR), and without a warning flag.

A number beyond the AMR is no measurement and holds. A comparator is right only at the end of the AMR (`<5`
where it starts at 5); there the value passes and carries the off-scale flag. A diluted specimen moves the range: what
was measured is the value by the factor, so an end lies at itself times the factor. Interpretation flags (L, H, N, A,
POS …) are ignored: the laboratory's own limits decide. Any other flag (HL7 0078 QCF, AC, TOX, a vendor's own)
means that a person looks.
"""

from __future__ import annotations

import re
from decimal import Decimal

from lis.domain.catalog import Test
from lis.domain.checks import Check, failed, not_applicable, not_evaluable, passed
from lis.kernel.quantity import Quantity, parse_decimal, plain

RANGE, FLAGS = "measuring_range", "analyzer_flags"
OFF_SCALE = ("<", ">")
_DILUTION = re.compile(r"^\s*([\d.]+)\s*[:/]\s*([\d.]+)\s*$", re.ASCII)
INTERPRETATIONS = frozenset(
    "L H LL HH N A AA LU HU LX HX U D B W S R I NS SDD MS VS POS NEG DET ND NR RR WR".split()  # noqa: SIM905
)


def measuring_range_check(test: Test, sent: Quantity | None, dilution: str = "") -> Check:
    """Judge the number as it was sent, before any rounding. `dilution` as `1:5`, its factor applied by the sender."""
    if sent is None or (test.amr_low is None and test.amr_high is None):
        return not_applicable(RANGE, "No measuring range.")
    factor = dilution_factor(dilution)
    if factor is None:
        return not_evaluable(
            RANGE,
            "measuring_range.dilution",
            f"The dilution {dilution} cannot be read: what was measured is not known.",
        )
    low, high = (None if end is None else end * factor for end in (test.amr_low, test.amr_high))
    if factor != 1 and low is not None and (sent.value < low or sent.comparator.startswith("<")):
        return failed(
            RANGE,
            "measuring_range.diluted_too_far",
            f"Diluted {dilution} too far: below {plain(low)}, where its measuring range begins then.",
            value=sent,
        )
    then = f", diluted {dilution}" if factor != 1 else ""
    return _within(sent, low, high, then) if sent.is_exact else _at_the_end(sent, low, high, then)


def dilution_factor(dilution: str) -> Decimal | None:
    """5 of `1:5`, 1 of "" (not diluted); None when it is no ratio of 1 or more, as `1:0` or a protocol's name."""
    if not dilution.strip():
        return Decimal(1)
    match = _DILUTION.match(dilution)
    parts, whole = [parse_decimal(text) for text in match.groups()] if match else (None, None)
    if not parts or whole is None or whole < parts:
        return None
    return whole / parts


def analyzer_flag_check(flags: tuple[str, ...], sent: Quantity | None) -> Check:
    """Judge the flags that came with the value."""
    off_scale = [flag for flag in flags if flag in OFF_SCALE]
    if off_scale and (sent is None or sent.is_exact):
        return failed(FLAGS, "analyzer_flags.off_scale", f"Flagged {off_scale[0]} without a bounded value.")
    warnings = [flag for flag in flags if flag and flag not in INTERPRETATIONS and flag not in OFF_SCALE]
    if warnings:
        return failed(FLAGS, "analyzer_flags.warning", f"The analyzer flagged it {' '.join(warnings)}.")
    return passed(FLAGS)


def off_scale_flag(sent: Quantity | None) -> str:
    """`<` or `>` of a bounded value, "" of an exact one."""
    return sent.comparator[:1] if sent is not None else ""


def _within(sent: Quantity, low: Decimal | None, high: Decimal | None, then: str) -> Check:
    if low is not None and sent.value < low:
        return failed(
            RANGE, "measuring_range.below", f"Below the measuring range of {plain(low)}.", value=sent
        )
    if high is not None and sent.value > high:
        return failed(
            RANGE, "measuring_range.above", f"Above the measuring range of {plain(high)}{then}.", value=sent
        )
    return passed(RANGE, f"Within the measuring range{then}." if then else "")


def _at_the_end(sent: Quantity, low: Decimal | None, high: Decimal | None, then: str) -> Check:
    end = low if sent.comparator.startswith("<") else high
    if end is None:
        return not_applicable(RANGE, "No end of the measuring range on this side.")
    if sent.value == end:
        return passed(RANGE, f"Off scale{then}, {sent}.")
    return failed(
        RANGE,
        "measuring_range.comparator",
        f"{sent} is not the end of the measuring range, {plain(end)}{then}.",
        value=sent,
    )
