"""One OBX and what stands around it, as a reported observation (HL7 v2.5.1 chapter 7)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from lis.domain.observations import ReportedObservation
from lis.interfaces.hl7.groups import Inventory, Observed, Order
from lis.interfaces.hl7.times import read_instant
from lis.interfaces.profiles import Profile
from lis.kernel.remembering import remembers
from lis.wire.er7 import Segment

LOINC_NAMES = ("LN", "LOINC")
RESERVED_CLASSES = ("S_RAW", "S_OTHER", "S_IMAGE")
_POWER = re.compile(r"\d{1,2}(/.+)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Service:
    """What OBR says for all its observations; `extra` is what each of them keeps of it."""

    # OBR-22, else OBR-7; an observation's own (OBX-19, else 14) goes before
    observed_at: datetime | None = None
    is_supplemental: bool = False
    extra: dict[str, str] = field(default_factory=dict)
    doubt: str = ""


_NOBODYS = {"Y": "no order for it on record", "Z": "no such patient on record"}  # HL7 table 0123


def service_of(order: Order, profile: Profile, zone: ZoneInfo) -> Service:
    obr = order.obr
    if obr is None:
        return Service()
    code, measured, told, status = obr.firsts((4, 7, 22, 25))
    return Service(
        read_instant(told, zone) or read_instant(measured, zone),
        bool(profile.supplemental_services and re.fullmatch(profile.supplemental_services, code)),
        _told((("service", code), ("order_status", status))),
        f"The sender has {_NOBODYS[status]} (OBR-25 {status})." if status in _NOBODYS else "",
    )


def observation_of(
    item: Observed, order: Order, service: Service, profile: Profile, zone: ZoneInfo, seq: int
) -> ReportedObservation:
    obx = item.obx
    kind, run, flag, status, edited, measured, method, analyzed = obx.firsts((2, 4, 8, 11, 13, 14, 17, 19))
    kind, status = kind.strip().upper(), status.strip().upper()
    code, name, loinc, is_reserved = _identity(obx)
    flags = _flags([flag] if obx.plain else _repeated(obx, 8), profile)
    value = _value(obx, kind, profile, flags)
    extra = _told(
        (
            ("run", run),
            ("range", obx.whole(7)),
            ("edited", edited),
            ("operator", obx[16]),
            ("method", method),
            ("equipment", obx[18]),
        )
    )
    if item.tcd or item.notes or item.inventory or order.inventory:
        extra |= _told(_around(item, order, profile))
    return ReportedObservation(
        seq,
        code,
        name,
        loinc,
        kind,
        value,
        _unit(obx),
        flags,
        profile.statuses.get(status, status),
        read_instant(analyzed, zone) or read_instant(measured, zone) or service.observed_at,
        supplemental=service.is_supplemental
        or item.of_specimen
        or is_reserved
        or _is_supplemental(kind, code, profile),
        extra=extra | service.extra,
        doubt=service.doubt or _doubt(item, value, status, profile),
    )


def _told(texts: Iterable[tuple[str, str]]) -> dict[str, str]:
    """What else was said, for people and for later rules: what says nothing is left out."""
    return {name: text for name, text in texts if text and not text.isspace()}


Identity = tuple[str, str, str, bool]
"""Code, name, LOINC, and whether its class is reserved for what is no result (LAW: OBX-3.4 to 3.6 names it)."""


def _identity(obx: Segment) -> Identity:
    return _plain_identity(obx[3], obx.delimiters.component) if obx.plain else _identified(obx.comps(3))


@remembers(2048, longest=256)  # analyzers send the same few codes all day
def _plain_identity(text: str, mark: str) -> Identity:
    return _identified(text.split(mark))


def _identified(parts: list[str]) -> Identity:
    identifier = [part.strip() for part in parts]
    is_reserved = any(part.upper() in RESERVED_CLASSES for part in (identifier[0], *identifier[3:4]))
    return (*_code(identifier), is_reserved)


def _code(identifier: list[str]) -> tuple[str, str, str]:
    """The sender's own code and name, and the LOINC: whichever of the two triplets of OBX-3 says LN (table 0396)."""
    first, name, system, *other = [*identifier, "", "", "", "", "", ""][:6]
    if first and not other[0] and system.upper() not in LOINC_NAMES:
        return first, name or other[1], ""
    triplets = [(first, name, system), tuple(other)]
    said = [triplet for triplet in triplets if triplet[0]]
    loinc = next((code for code, _, system in said if system.upper() in LOINC_NAMES), "")
    own = next((triplet for triplet in said if triplet[2].upper() not in LOINC_NAMES), None)
    code, title, _ = own or (said[0] if said else ("", *triplets[0][1:]))
    return code, title or triplets[0][1] or triplets[1][1], loinc


_CODED_AS = (1, 2, 4, 5, 9)  # code, text, the alternative's, and what was written (CWE)


def _value(obx: Segment, kind: str, profile: Profile, flags: tuple[str, ...]) -> str:
    """The value as one text: comparators and separators of SN kept, codes before their texts, repetitions joined."""
    if kind in ("CE", "CWE", "CNE", "CF"):
        text = next((text for part in _CODED_AS if (text := obx.value(5, part))), "")
    elif kind == "SN":
        text = "".join(obx.value(5, part).strip() for part in range(1, 5)).removeprefix("=")
    else:
        text = obx.whole(5, "\n" if kind in ("TX", "FT", "ST") else "")
    told = said(text)
    if told in profile.value_from_flag:
        text = next((profile.values.get(flag, flag) for flag in flags if flag), "")
        told = said(text)
    if not told:
        text = ""
    return profile.values.get(text.strip(), text)


def _unit(obx: Segment) -> str:
    return _plain_unit(obx[6], obx.delimiters.component) if obx.plain else united(obx.comps(6))


@remembers(1024)
def _plain_unit(text: str, mark: str) -> str:
    return united(text.split(mark))


def united(parts: list[str]) -> str:
    """The first of identifier, text, and their alternatives that says something; `10^3/uL` is one, never escaped."""
    if parts[0].strip() == "10" and len(parts) > 1 and _POWER.fullmatch(parts[1].strip()):
        return f"10^{parts[1].strip()}"
    return next((text for at in (0, 1, 3, 4) if at < len(parts) and (text := said(parts[at]))), "")


def _flags(sent: Iterable[str], profile: Profile) -> tuple[str, ...]:
    flags = profile.flags
    return tuple([flags.get(flag, flag) for text in sent if (flag := text.strip())])


def _repeated(segment: Segment, number: int) -> list[str]:
    """The first component of every repetition."""
    return [parts[0] for parts in segment.repeated(number)]


def _is_supplemental(kind: str, code: str, profile: Profile) -> bool:
    """Images, raw data and settings: kept with the message, no results."""
    return kind in profile.supplemental_types or (
        bool(profile.supplemental_codes) and bool(re.fullmatch(profile.supplemental_codes, code))
    )


def _doubt(item: Observed, value: str, status: str, profile: Profile) -> str:
    """Why this observation must not be read further, though it can be matched."""
    if item.broken:
        return "A line without segment id follows: the value may have been cut."
    if glued := item.obx.glued():
        return f"A {glued} segment seems to be glued to this one."
    if profile.no_value and re.fullmatch(profile.no_value, value.strip()):
        return f"The sender wrote {value.strip()}: no value."
    if not value.strip() and status in ("F", "C", "A", "B"):
        return "Declared final, but without a value."
    return ""


def _around(item: Observed, order: Order, profile: Profile) -> Iterable[tuple[str, str]]:
    """What segments behind the OBX or before its order tell."""
    return (
        ("dilution", _dilution(item, profile)),
        ("reagent_lot", _reagent_lots(item.inventory, order.inventory)),
        ("notes", "\n".join(item.notes)),
    )


def _dilution(item: Observed, profile: Profile) -> str:
    """As TCD-2 says, else as the sender writes it beside the value."""
    told = "".join(item.tcd.value(2, part) for part in range(1, 5)) if item.tcd else ""
    return told or profile.dilution_in("\n".join(item.notes))


def _reagent_lots(own: Inventory, shared: Inventory) -> str:
    lots = dict.fromkeys((*own.lots, *shared.lots))
    return "~".join([*lots, "and others"] if own.has_more or shared.has_more else lots)


def said(text: str) -> str:
    """Text without padding; the explicit null says nothing."""
    text = text.strip()
    return "" if text == '""' else text
