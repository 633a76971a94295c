"""What a value says as it was sent: the checks that need no more than its own words and the limits it is held against.

The same words under the same limits always say the same, whoever's they are: they are judged once and remembered.
"""

from __future__ import annotations

from dataclasses import dataclass

from lis.domain import autoverification, critical, measuring, units
from lis.domain.catalog import Catalog
from lis.domain.checks import Check, not_applicable, not_evaluable, passed, wait
from lis.domain.critical import critical_check
from lis.domain.limits import Limits
from lis.domain.ranges import coded_flag, flag_for
from lis.domain.values import ReportedValue, SentValue, reported, value_check
from lis.kernel.quantity import parse_quantity

STATUS, INTERVAL = "status", "interval"
PRELIMINARY, FINAL = frozenset("PSRI"), frozenset("FVUCAB")
MOST = 20_000  # remembered wordings, of all tests
LONGEST = 64  # characters of a word in them

_URGENT = {critical.LOW: "LL", critical.HIGH: "HH", critical.CODED: "AA"}


@dataclass(frozen=True, slots=True)
class AsSent:
    """The value as reported, its flags, and the checks that are the same for the same words."""

    value: ReportedValue
    flags: tuple[str, ...]
    unit: Check
    kind: Check
    status: Check
    analyzer_flags: Check
    measuring_range: Check
    interval: Check
    critical: Check
    review: Check

    @property
    def is_readable(self) -> bool:
        """Whether it is of the test's unit and kind. Of another, its number means nothing and is judged no further."""
        return not (self.unit.holds or self.kind.holds)


def as_sent(sent: SentValue, limits: Limits, catalog: Catalog) -> AsSent:
    """What the value says under these limits."""
    if max(len(sent.text), len(sent.unit), *map(len, sent.flags)) > LONGEST:
        return _judge(sent, limits, catalog)
    known: dict[object, AsSent] = catalog.chosen.setdefault(AsSent, {})
    words = (limits, sent.text, sent.unit, sent.flags, sent.status, sent.source, sent.dilution)
    found = known.get(words)
    if found is None:
        if len(known) >= MOST:
            known.clear()
        known[words] = found = _judge(sent, limits, catalog)
    return found


def _judge(sent: SentValue, limits: Limits, catalog: Catalog) -> AsSent:
    value = reported(sent, limits.test)
    main_flag = _main_flag(value, limits)
    is_critical = _critical(value, limits)
    return AsSent(
        value,
        _flags(value, main_flag, is_critical),
        unit=_unit(sent, limits, catalog),
        kind=value_check(value, limits.test, limits.value_set),
        status=_status(sent.status),
        analyzer_flags=measuring.analyzer_flag_check(sent.flags, value.quantity),
        measuring_range=_measuring_range(sent, limits),
        interval=_interval(value, limits, main_flag),
        critical=is_critical,
        review=_review(value, limits),
    )


def _unit(sent: SentValue, limits: Limits, catalog: Catalog) -> Check:
    if sent.source != "analyzer" and not sent.unit:
        return passed(units.NAME)
    return units.unit_check(limits.test, sent.unit, catalog)


def _status(status: str) -> Check:
    if status in FINAL:
        return passed(STATUS)
    if status in PRELIMINARY:
        return wait(STATUS, "status.preliminary", "Preliminary: the final value is still to come.")
    return not_evaluable(STATUS, "status.unknown", f"The status {status or '(none)'} is no filed value's.")


def _measuring_range(sent: SentValue, limits: Limits) -> Check:
    if sent.source == "calculation":
        return not_applicable(measuring.RANGE, "Calculated, not measured.")
    return measuring.measuring_range_check(limits.test, parse_quantity(sent.text), sent.dilution)


def _interval(value: ReportedValue, limits: Limits, main_flag: str | None) -> Check:
    interval = limits.interval
    if interval.state == "not_evaluable":
        missing = " and ".join(interval.missing)
        return not_evaluable(INTERVAL, "interval.unknown", f"The interval depends on the unknown {missing}.")
    if interval.row is None:
        return not_applicable(INTERVAL, limits.interval_text or "No reference interval.")
    if main_flag is None:
        return not_evaluable(
            INTERVAL, "interval.open", f"Whether {value.text} lies within the interval is left open."
        )
    return passed(INTERVAL)


def _critical(value: ReportedValue, limits: Limits) -> Check:
    return critical_check(
        limits.critical,
        known=limits.critical_known,
        quantity=value.quantity,
        code="" if value.quantity else value.value,
        normal=coded_flag(value.value, limits.value_set) == "N",
    )


def _review(value: ReportedValue, limits: Limits) -> Check:
    if limits.is_index:
        return not_applicable(autoverification.NAME, "An index is not reviewed by itself.")
    return autoverification.review_check(limits.review, limits.review_known, value.quantity)


def _flags(value: ReportedValue, main_flag: str | None, is_critical: Check) -> tuple[str, ...]:
    """HL7 0078: a critical value's flag stands in place of the plain one; off scale is said beside it."""
    main = _URGENT.get(is_critical.reason_code) or main_flag or ""
    flags = ("" if main == "N" else main, measuring.off_scale_flag(value.quantity))
    return tuple([flag for flag in flags if flag])


def _main_flag(value: ReportedValue, limits: Limits) -> str | None:
    """By the value set where it has the value, else by the interval; None when left open."""
    by_set = coded_flag(value.value, limits.value_set)
    if by_set is not None and not value.comparator:
        return by_set
    row = limits.interval.row
    return "" if value.quantity is None or row is None else flag_for(value.quantity, row)
