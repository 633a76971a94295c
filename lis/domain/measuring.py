"""What the analyzer itself says about a value: within its measuring range (AMR), and without a warning flag.

A number beyond the AMR is no measurement and holds. A comparator is right only at the end of the AMR (`<5`
where it starts at 5); there the value passes and carries the off-scale flag. Interpretation flags (L, H, N, A,
POS …) are ignored: the laboratory's own limits decide. Any other flag (HL7 0078 QCF, AC, TOX, a vendor's own)
means that a person looks.
"""

from __future__ import annotations

from lis.domain.catalog import Test
from lis.domain.checks import Check, failed, not_applicable, passed
from lis.kernel.quantity import Quantity, plain

RANGE, FLAGS = "measuring_range", "analyzer_flags"
OFF_SCALE = ("<", ">")
INTERPRETATIONS = frozenset(
    "L H LL HH N A AA LU HU LX HX U D B W S R I NS SDD MS VS POS NEG DET ND NR RR WR".split()  # noqa: SIM905
)


def measuring_range_check(test: Test, sent: Quantity | None) -> Check:
    """Judge the number as it was sent, before any rounding."""
    if sent is None or (test.amr_low is None and test.amr_high is None):
        return not_applicable(RANGE, "No measuring range.")
    if not sent.is_exact:
        return _at_the_end(test, sent)
    if test.amr_low is not None and sent.value < test.amr_low:
        return failed(
            RANGE, "measuring_range.below", f"Below the measuring range of {plain(test.amr_low)}.", value=sent
        )
    if test.amr_high is not None and sent.value > test.amr_high:
        return failed(
            RANGE,
            "measuring_range.above",
            f"Above the measuring range of {plain(test.amr_high)}.",
            value=sent,
        )
    return passed(RANGE)


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


def _at_the_end(test: Test, sent: Quantity) -> Check:
    end = test.amr_low if sent.comparator.startswith("<") else test.amr_high
    if end is None:
        return not_applicable(RANGE, "No end of the measuring range on this side.")
    if sent.value == end:
        return passed(RANGE, f"Off scale, {sent}.")
    return failed(
        RANGE,
        "measuring_range.comparator",
        f"{sent} is not the end of the measuring range, {plain(end)}.",
        value=sent,
    )
