"""One OBX and what stands around it, as a reported observation (HL7 v2.5.1 chapter 7)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from lis.domain.observations import ReportedObservation
from lis.interfaces.hl7.groups import Observed, Order
from lis.interfaces.hl7.times import read_instant
from lis.interfaces.profiles import Profile
from lis.wire.er7 import Segment

LOINC_NAMES = ("LN", "LOINC")
RESERVED_CLASSES = ("S_RAW", "S_OTHER", "S_IMAGE")
REAGENT_TYPES = ("SR", "MR", "RC")


@dataclass(frozen=True, slots=True)
class Service:
    """What OBR says for all its observations."""

    code: str = ""
    status: str = ""
    observed_at: datetime | None = (
        None  # OBR-22, else OBR-7; an observation's own (OBX-19, else 14) goes before
    )
    is_supplemental: bool = False


def service_of(order: Order, profile: Profile, zone: ZoneInfo) -> Service:
    obr = order.obr
    if obr is None:
        return Service()
    code = obr.value(4, 1)
    supplemental = bool(profile.supplemental_services and re.fullmatch(profile.supplemental_services, code))
    return Service(code, obr.value(25, 1), _first_instant(obr, (22, 7), zone), supplemental)


def _first_instant(segment: Segment, fields: Iterable[int], zone: ZoneInfo) -> datetime | None:
    return next((at for number in fields if (at := read_instant(segment.value(number, 1), zone))), None)


def observation_of(
    item: Observed, order: Order, service: Service, profile: Profile, zone: ZoneInfo, seq: int
) -> ReportedObservation:
    obx = item.obx
    identifier = [part.strip() for part in obx.comps(3)]
    code, name, loinc = _code(identifier)
    kind, status = [text.strip().upper() for text in obx.firsts(2, 11)]
    flags = tuple(_flags(obx, profile))
    value = _value(obx, kind, profile, flags)
    return ReportedObservation(
        seq=seq,
        code=code,
        name=name,
        loinc=loinc,
        value_type=kind,
        value=value,
        unit=_unit(obx),
        flags=flags,
        status=profile.statuses.get(status, status),
        observed_at=_first_instant(obx, (19, 14), zone) or service.observed_at,
        supplemental=service.is_supplemental or _is_supplemental(item, kind, identifier, code, profile),
        extra=_extra(item, order, service, profile),
        doubt=_doubt(item, value, status, profile),
    )


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


def _value(obx: Segment, kind: str, profile: Profile, flags: tuple[str, ...]) -> str:
    """The value as one text: comparators and separators of SN kept, codes before their texts, repetitions joined."""
    if kind in ("TX", "FT", "ST"):
        text = obx.whole(5, "\n")
    elif kind in ("CE", "CWE", "CNE", "CF"):
        text = obx.value(5, 1) or obx.value(5, 2) or obx.value(5, 4)
    elif kind == "SN":
        text = "".join(obx.value(5, part).strip() for part in range(1, 5))
    else:
        text = obx.whole(5)
    if said(text) in profile.value_from_flag:
        text = next((profile.values.get(flag, flag) for flag in flags if flag), "")
    text = "" if said(text) == "" else text
    return profile.values.get(text.strip(), text)


def _unit(obx: Segment) -> str:
    """The first of identifier, text, and their alternatives that says something."""
    parts = obx.comps(6)
    return next((text for at in (0, 1, 3, 4) if at < len(parts) and (text := said(parts[at]))), "")


def _flags(obx: Segment, profile: Profile) -> Iterable[str]:
    for number in range(len(obx.reps(8))):
        flag = obx.value(8, 1, rep=number).strip()
        if flag:
            yield profile.flags.get(flag, flag)


def _is_supplemental(item: Observed, kind: str, identifier: list[str], code: str, profile: Profile) -> bool:
    """Images, raw data and settings: kept with the message, no results (LAW: OBX-3.4 to 3.6 names the class)."""
    return (
        item.of_specimen
        or kind in profile.supplemental_types
        or any(part.upper() in RESERVED_CLASSES for part in (identifier[0], *identifier[3:4]))
        or (bool(profile.supplemental_codes) and bool(re.fullmatch(profile.supplemental_codes, code)))
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


def _extra(item: Observed, order: Order, service: Service, profile: Profile) -> dict[str, Any]:
    """What else was said, for people and for later rules."""
    obx = item.obx
    run, edited, method = obx.firsts(4, 13, 17)
    said = {
        "run": run,
        "range": obx.whole(7),
        "edited": edited,
        "operator": obx[16],
        "method": method,
        "equipment": obx[18],
        "dilution": _dilution(item, profile),
        "reagent_lot": _reagent_lot(item, order) if item.inventory or order.inventory else "",
        "notes": "\n".join(item.notes),
        "service": service.code,
        "order_status": service.status,
    }
    return {name: text for name, text in said.items() if text and not text.isspace()}


def _dilution(item: Observed, profile: Profile) -> str:
    """As TCD-2 says, else as the sender writes it beside the value."""
    told = "".join(item.tcd.value(2, part) for part in range(1, 5)) if item.tcd else ""
    return told or profile.dilution_in("\n".join(item.notes))


def _reagent_lot(item: Observed, order: Order) -> str:
    lots = [
        inv.value(16, 1) for inv in [*item.inventory, *order.inventory] if inv.value(3, 1) in REAGENT_TYPES
    ]
    return "~".join(lot for lot in lots if lot)


def said(text: str) -> str:
    """Text without padding; the explicit null says nothing."""
    text = text.strip()
    return "" if text == '""' else text
