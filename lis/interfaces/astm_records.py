"""LIS02 records as facts: results, as HL7 gives them too.

LIS02-A2 (ASTM E1394). Statuses and action codes are its own and are said here in the words of HL7 table 0085.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from lis.domain.measuring import dilution_factor
from lis.domain.observations import ReportedControl, ReportedObservation, ReportedSpecimen, Role
from lis.interfaces.astm_groups import Measured, Order, orders_of
from lis.interfaces.hl7.observations import united
from lis.interfaces.hl7.results import Reading
from lis.interfaces.hl7.times import read_instant
from lis.interfaces.profiles import Profile
from lis.kernel.quantity import parse_decimal, plain
from lis.wire.astm import Record, Records

STATUSES = {"F": "F", "V": "V", "R": "F", "C": "C", "P": "P", "S": "P", "I": "I", "X": "X"}
"""R-9 in the words of HL7 0085; R is a value that was sent before."""
QUESTIONED = {
    "W": "questionable",
    "M": "a value for interpretation only",
    "N": "not confirmed",
    "Q": "asked for",
}
_LOINC = re.compile(r"\d{1,5}-\d", re.ASCII)
_RANGE = re.compile(r"\s*([\d.eE+]+)\s*(?:to|-)\s*([\d.eE+]+)\s*")
_INSTRUMENT = "I"


def read_records(message: Records, profile: Profile, zone: ZoneInfo) -> tuple[Reading, ...]:
    """Every result of a message, one reading per O record. A R record without O has nothing to belong to but itself."""
    readings: list[Reading] = []
    seq = 0
    for order in orders_of(message):
        if order.results:
            readings.append(_reading(message, order, profile, zone, seq))
            seq += len(order.results)
    return tuple(readings)


def _reading(message: Records, order: Order, profile: Profile, zone: ZoneInfo, seq: int) -> Reading:
    role, doubt = _role(message, order, profile)
    name = _first(message, order, profile.control_id)
    found = re.fullmatch(profile.control_level, name)
    control = ReportedControl(
        material=found["material"] if found else name,
        lot=_first(message, order, profile.control_lot),
        level=int(found["level"]) if found else None,
    )
    alarm = _alarm(order.comments, profile)
    specimen = ReportedSpecimen(
        role=role,
        container=_first(message, order, profile.container),
        patient_id=_patient(order.patient, 3) or _patient(order.patient, 4),
        patient_name=", ".join(part for n in (1, 2) if (part := _patient(order.patient, 6, n))),
        observations=tuple(
            _observation(measured, order, profile, zone, seq + n, alarm)
            for n, measured in enumerate(order.results, 1)
        ),
        control=control if role == "control" else None,
        doubt=doubt,
    )
    said = [order.order.value(*place).strip() for place in ((3, 1), (3, 2), (3, 3), (4, 1), (4, 2))]
    return Reading(specimen, tuple(dict.fromkeys(text for text in [specimen.container, *said] if text)))


def _patient(record: Record | None, number: int, component: int = 1) -> str:
    return record.value(number, component).strip() if record is not None else ""


def _role(message: Records, order: Order, profile: Profile) -> tuple[Role, str]:
    marks = [mark for mark in profile.control_marks if _is_marked(message, order, mark)]
    has_patient = any(_patient(order.patient, number) for number in (3, 4, 6))
    if marks and has_patient and not profile.control_mark_decides:
        return "doubtful", f"Marked as control material ({marks[0]}), but a patient is named."
    return ("control", "") if marks else ("patient", "")


def _is_marked(message: Records, order: Order, mark: str) -> bool:
    path, is_equal, wanted = mark.partition("=")
    if is_equal:
        return _at(message, order, path).upper() == wanted
    path, is_prefix, prefix = mark.partition("~")
    return bool(is_prefix) and _at(message, order, path).startswith(prefix)


def _first(message: Records, order: Order, paths: Iterable[str]) -> str:
    return next((text for path in paths if (text := _at(message, order, path))), "")


def _at(message: Records, order: Order, path: str) -> str:
    name, _, place = path.partition("-")
    first = order.results[0].record if order.results else None
    record = {"H": message.header, "O": order.order, "P": order.patient, "R": first}.get(name)
    if record is None:
        return ""
    return record.get(place if "." in place else f"{place}.1").strip()


def _observation(
    measured: Measured, order: Order, profile: Profile, zone: ZoneInfo, seq: int, alarm: str
) -> ReportedObservation:
    record, comments = measured.record, measured.comments
    code, name, loinc, part = _code(record, profile)
    flags = tuple(profile.flags.get(flag, flag) for flag in _flags(record))
    value = _value(record, flags, profile)
    status = record.value(9, 1).strip().upper()
    is_bare = profile.supplemental_without_status and not status and not measured.broken
    is_secondary = bool(part) or is_bare
    return ReportedObservation(
        seq=seq,
        code=f"{code}/{part}" if part else code,
        name=name,
        loinc=loinc,
        value_type="ST",
        value=value,
        unit=united(record.comps(5)),
        flags=flags,
        status=profile.statuses.get(status, STATUSES.get(status, "")),
        observed_at=_observed_at(record, zone),
        supplemental=is_secondary,
        extra=_extra(record, comments, order, profile),
        doubt="" if is_secondary else _doubt(measured, value, status, profile) or alarm,
    )


def _code(record: Record, profile: Profile) -> tuple[str, str, str, str]:
    """Local code, name, LOINC, and the part that a secondary value is."""
    parts = record.comps(3)
    code, rest = local_code(parts)
    loinc = next((part for part in rest if _LOINC.fullmatch(part)), "")
    name = next((part for part in rest if part and part != loinc and not part.isdigit()), "")
    part = _component(parts, profile.secondary_component)
    return code, name, loinc, "" if part == profile.primary else part


def _component(parts: list[str], number: int) -> str:
    return parts[number - 1].strip() if 0 < number <= len(parts) else ""


def _dilution(record: Record, comments: list[Record], profile: Profile) -> str:
    """As R-3 tells where the profile says so, a bare factor as a ratio; else as a comment tells."""
    told = _component(record.comps(3), profile.dilution_component)
    if told in profile.undiluted:
        return ""
    if parse_decimal(told) is not None:
        return f"1:{told}"
    return told or profile.dilution_in("\n".join(comment.whole(4) for comment in comments))


def _stray_dilution(record: Record, profile: Profile) -> str:
    """A ratio in R-3 where the profile knows of none: LIS02-A2 leaves to the manufacturer what it means."""
    _, rest = local_code(record.comps(3))
    ratios = [part for part in rest if part and (dilution_factor(part) or 1) != 1]
    return ratios[0] if ratios and not profile.dilution_component else ""


def local_code(sent: list[str]) -> tuple[str, list[str]]:
    """The local code of a universal test id (component 4 and on, as analyzers differ), and what stands behind it."""
    parts = [part.strip() for part in sent]
    places = [n for n in range(3, len(parts)) if parts[n]] or [n for n, part in enumerate(parts) if part]
    place = places[0] if places else 0
    return (parts[place] if parts else ""), parts[place + 1 :]


def _flags(record: Record) -> Iterable[str]:
    """Every repetition and every component: some senders list them so."""
    for parts in record.repeated(7):
        yield from filter(None, map(str.strip, parts))


def _value(record: Record, flags: tuple[str, ...], profile: Profile) -> str:
    """R-4; an off-scale value is what flag and range say together, when the sender gives no number."""
    parts = [record.value(4, component).strip() for component in profile.values_from]
    found = next((text for text in parts if text), "")
    comparator = next((flag for flag in flags if flag in ("<", ">")), "")
    if profile.off_scale_from_range and comparator and not any(re.match(r"[\d.]", text) for text in parts):
        limits = _RANGE.fullmatch(record[6])
        if limits:
            limit = Decimal(limits[1] if comparator == "<" else limits[2])
            return comparator + plain(limit.normalize())
    return profile.values.get(found, found)


def _observed_at(record: Record, zone: ZoneInfo) -> datetime | None:
    return next((at for number in (13, 12) if (at := read_instant(record.value(number, 1), zone))), None)


def _doubt(measured: Measured, value: str, status: str, profile: Profile) -> str:
    if measured.broken:
        return "A line without record type follows: the value may have been cut."
    if status and not any(status in known for known in (STATUSES, QUESTIONED, profile.statuses)):
        return f"The sender marks the result {status}, which means nothing here."
    if status in QUESTIONED:
        return f"The sender marks the result {status}: {QUESTIONED[status]}."
    if profile.no_value and re.fullmatch(profile.no_value, value):
        return f"The sender wrote {value}: no value."
    if not value and status in ("F", "V", "C"):
        return "Declared final, but without a value."
    if ratio := _stray_dilution(measured.record, profile):
        return f"It may be diluted {ratio}: the interface does not say what that means."
    return _alarm(measured.comments, profile)


def _alarm(comments: list[Record], profile: Profile) -> str:
    """What the analyzer adds to a result, or to all of an order, that a person must see."""
    for comment in comments:
        code = comment.value(4, 1).strip()
        is_alarm = profile.alarm_comments and re.fullmatch(profile.alarm_comments, code)
        if comment.value(3, 1).strip().upper() == _INSTRUMENT and is_alarm:
            return f"The analyzer adds an alarm: {comment.whole(4)}."
    return ""


def _extra(record: Record, comments: list[Record], order: Order, profile: Profile) -> dict[str, str]:
    said = {
        "dilution": _dilution(record, comments, profile),
        "range": record.whole(6),
        "operator": record[11],
        "equipment": record[14],
        "call": record.value(4, 1) if record.value(4, 2) else "",
        "notes": "\n".join(comment.whole(4) for comment in comments),
        "service": order.order.whole(5),
        "report_type": order.order[26],
    }
    return {name: text.strip() for name, text in said.items() if text.strip()}
