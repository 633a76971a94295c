"""Orders on the wire (OML^O21, ORM^O01) as facts: one requisition, its lines, and the tubes that were drawn.

HL7 v2.5.1 chapter 4 (ORC, OBR, TQ1) and 7 (SPM, SAC); table 0119 for control codes. Old senders put the priority into
OBR-27 or OBR-5, the material into OBR-15. The hour of a timed draw (TQ1-7, OBR-27.4) and what the ward says of
the patient (OBR-13) become notes of the order. An OBX behind an SPM speaks of the specimen: when it was separated.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from lis.domain.requests import ASAP, ROUTINE, STAT, TIMED, CollectedSpecimen, OrderRequest, RequestedTest
from lis.interfaces.hl7.ack import ErrorCondition
from lis.interfaces.hl7.patients import location_of, person_of, read_patient, read_visit
from lis.interfaces.hl7.times import read_instant
from lis.interfaces.profiles import Profile
from lis.wire.er7 import Message, Segment

NEW, CANCEL, DISCONTINUE, CHANGE = "NW", "CA", "DC", "XO"
SEPARATED = "SEPARATED"
"""OBX-3 of the instant at which a site outside centrifuged the specimen (a code of our own, told to those who send)."""

_PRIORITIES = {
    "S": STAT,
    "ST": STAT,
    "STAT": STAT,
    "A": ASAP,
    "ASAP": ASAP,
    "P": ASAP,
    "R": ROUTINE,
    "RT": ROUTINE,
    "ROUTINE": ROUTINE,
    "": ROUTINE,
    "T": TIMED,
}
_URGENCY = (STAT, ASAP, TIMED, ROUTINE)


class Unusable(Exception):
    """The message is understood but cannot be used as it stands: its conditions go into ERR."""

    def __init__(self, *conditions: ErrorCondition) -> None:
        super().__init__("; ".join(condition.text for condition in conditions))
        self.conditions = conditions


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One ORC/OBR: what to do (table 0119), the placer's number (`placer_sent`: as it came), the code, and why."""

    control: str
    placer: str
    placer_sent: str
    filler: str
    code: str
    name: str
    priority: str
    reason: str
    where: str


@dataclass(frozen=True, slots=True)
class OrderMessage:
    """An order message: every line in order, and the request that the new lines make (None when there are none).

    `collected` is what a changed line (XO) says was drawn, by the line's `where`.
    """

    lines: tuple[OrderLine, ...]
    request: OrderRequest | None
    collected: Mapping[str, CollectedSpecimen] = field(default_factory=dict)


@dataclass
class _Part:
    orc: Segment
    obr: Segment | None = None
    tq1: Segment | None = None
    specimens: list[tuple[Segment | None, Segment | None]] = field(default_factory=list)
    separated: dict[int, str] = field(default_factory=dict)  # by the place of the specimen
    notes: list[str] = field(default_factory=list)


def read_orders(message: Message, profile: Profile, peer: str, zone: ZoneInfo) -> OrderMessage:
    """The lines of an order message. Unusable when it names no patient, several, or no order."""
    patients = message.all("PID")
    if len(patients) != 1:
        code, text = ("198", "More than one patient in an order.") if patients else ("101", "No patient.")
        raise Unusable(ErrorCondition(code, text, "PID"))
    parts, notes = _parts(message)
    if not parts:
        raise Unusable(ErrorCondition("100", "The message holds no order (ORC).", "ORC"))
    lines = tuple(_line(part, number) for number, part in enumerate(parts, 1))
    new = [(part, line) for part, line in zip(parts, lines, strict=True) if line.control == NEW]
    request = _request(message, new, notes, profile, peer, zone) if new else None
    return OrderMessage(lines, request, _collected(parts, lines, profile, zone))


def _parts(message: Message) -> tuple[list[_Part], list[str]]:
    parts: list[_Part] = []
    notes: list[str] = []
    for segment in message.segments:
        if segment.id == "ORC":
            parts.append(_Part(segment))
        elif segment.id == "NTE":
            (parts[-1].notes if parts else notes).append(segment.whole(3, "\n"))
        elif parts:
            _add(parts, segment)
    return parts, notes


def _add(parts: list[_Part], segment: Segment) -> None:
    part = parts[-1]
    if segment.id == "OBR":
        if part.obr is not None:  # a second OBR under the same ORC is a line of its own
            part = _Part(part.orc)
            parts.append(part)
        part.obr = segment
    elif segment.id == "TQ1":
        part.tq1 = segment
    elif segment.id == "SPM":
        part.specimens.append((segment, None))
    elif segment.id == "OBX" and segment.value(3, 1) == SEPARATED and part.specimens:
        part.separated[len(part.specimens) - 1] = segment.value(5, 1)
    elif segment.id == "SAC":
        specimen = part.specimens.pop()[0] if part.specimens and part.specimens[-1][1] is None else None
        part.specimens.append((specimen, segment))


def _line(part: _Part, number: int) -> OrderLine:
    obr = part.obr
    code = (obr.value(4, 1) or obr.value(4, 4)).strip() if obr else ""
    return OrderLine(
        control=part.orc.value(1, 1).strip().upper(),
        placer=(part.orc.value(2, 1) or (obr.value(2, 1) if obr else "")).strip(),
        placer_sent=part.orc[2] or (obr[2] if obr else ""),
        filler=(part.orc.value(3, 1) or (obr.value(3, 1) if obr else "")).strip(),
        code=code,
        name=(obr.value(4, 2) or obr.value(4, 5)).strip() if obr else "",
        priority=_priority(part),
        reason=(part.orc.value(16, 2) or part.orc.value(16, 1)).strip(),
        where=str(number),
    )


def _priority(part: _Part) -> str:
    """TQ1-9, else OBR-27.6, ORC-7.6, OBR-5; an unknown word is unusable: it might have meant stat."""
    obr, orc = part.obr, part.orc
    said = [part.tq1.value(9, 1) if part.tq1 else ""]
    said += [obr.value(27, 6) if obr else "", orc.value(7, 6), obr.value(5, 1) if obr else ""]
    text = next((text.strip().upper() for text in said if text.strip()), "")
    if text not in _PRIORITIES:
        raise Unusable(ErrorCondition("103", f"The priority {text} is not known.", "TQ1^1^9"))
    return _PRIORITIES[text]


def _request(
    message: Message,
    new: list[tuple[_Part, OrderLine]],
    notes: list[str],
    profile: Profile,
    peer: str,
    zone: ZoneInfo,
) -> OrderRequest:
    first, pv1 = new[0][0], message.first("PV1")
    pid = message.all("PID")[0]
    return OrderRequest(
        patient=read_patient(pid),
        tests=tuple(RequestedTest(line.code, line.placer) for _, line in new),
        specimens=_specimens([part for part, _ in new], profile, zone),
        visit=read_visit(message, zone),
        peer=peer,
        placer_group=first.orc.value(4, 1).strip(),
        priority=min((line.priority for _, line in new), key=_URGENCY.index),
        provider=_provider(first),
        provider_phone=(first.orc.value(14, 1) or (first.obr.value(17, 1) if first.obr else "")).strip(),
        location=location_of(pv1, 3) if pv1 else "",
        notes="\n".join([*notes, *_said([part for part, _ in new], zone)]),
        ordered_at=read_instant(first.orc.value(9, 1), zone),
    )


def _said(parts: list[_Part], zone: ZoneInfo) -> list[str]:
    """What stands beside the orders, each thing once: clinical information, hours of timed draws, notes."""
    said = [text for part in parts for text in (*_information(part), *_due(part, zone), *part.notes)]
    return list(dict.fromkeys(said))


def _information(part: _Part) -> list[str]:
    text = part.obr.value(13).strip() if part.obr else ""
    return [f"Clinical information: {text}"] if text and text != '""' else []


def _due(part: _Part, zone: ZoneInfo) -> list[str]:
    said = [part.tq1.value(7, 1) if part.tq1 else "", part.obr.value(27, 4) if part.obr else ""]
    at = next((at for text in said if (at := read_instant(text, zone))), None)
    return (
        [f"To be collected {at.astimezone(zone):%Y-%m-%d %H:%M}"] if at and _priority(part) == TIMED else []
    )


def _provider(part: _Part) -> str:
    return person_of(part.orc, 12) or (person_of(part.obr, 16) if part.obr else "")


def _specimens(parts: list[_Part], profile: Profile, zone: ZoneInfo) -> tuple[CollectedSpecimen, ...]:
    """One tube per collection number; a tube that several lines share names them all."""
    tubes: dict[tuple[str, ...], tuple[CollectedSpecimen, list[int]]] = {}
    for position, part in enumerate(parts):
        for place, (specimen, container) in enumerate(part.specimens or [(None, None)]):
            tube = _tube(part, place, specimen, container, profile, zone)
            if tube is None:
                continue
            number = tube.collection_number
            key = (number,) if number else ("", tube.specimen_type, tube.container_type)
            tubes.setdefault(key, (tube, []))[1].append(position)
    return tuple(_for_tests(tube, positions) for tube, positions in tubes.values())


def _collected(
    parts: list[_Part], lines: tuple[OrderLine, ...], profile: Profile, zone: ZoneInfo
) -> dict[str, CollectedSpecimen]:
    """The tube of each changed line; the first where it names several."""
    drawn: dict[str, CollectedSpecimen] = {}
    for part, line in zip(parts, lines, strict=True):
        tubes = _specimens([part], profile, zone) if line.control == CHANGE else ()
        if tubes:
            drawn[line.where] = tubes[0]
    return drawn


def _for_tests(tube: CollectedSpecimen, positions: list[int]) -> CollectedSpecimen:
    return CollectedSpecimen(
        collection_number=tube.collection_number,
        specimen_type=tube.specimen_type,
        container_type=tube.container_type,
        source=tube.source,
        collected_at=tube.collected_at,
        collected_by=tube.collected_by,
        tests=tuple(dict.fromkeys(positions)),
        separated_at=tube.separated_at,
    )


def _tube(
    part: _Part, place: int, spm: Segment | None, sac: Segment | None, profile: Profile, zone: ZoneInfo
) -> CollectedSpecimen | None:
    obr = part.obr
    number = _number({"SPM": spm, "SAC": sac, "OBR": obr}, profile.collection_number)
    collected = [spm.value(17, 1) if spm else "", obr.value(7, 1) if obr else ""]
    kind = (spm.value(4, 1) if spm else obr.value(15, 1, 1) if obr else "").strip()
    collected_at = next((at for text in collected if (at := read_instant(text, zone))), None)
    if not (number or kind or collected_at):
        return None
    return CollectedSpecimen(
        collection_number=number,
        specimen_type=kind,
        container_type=spm.value(27, 1).strip() if spm else "",
        source=(spm.value(8, 2) or spm.value(8, 1)).strip() if spm else "",
        collected_at=collected_at,
        collected_by=person_of(obr, 10) if obr else "",
        separated_at=read_instant(part.separated.get(place, ""), zone),
    )


def _number(segments: dict[str, Segment | None], paths: Iterable[str]) -> str:
    for path in paths:
        name, _, place = path.partition("-")
        segment = segments.get(name)
        text = segment.value(int(place), 1, 1).strip() if segment is not None else ""
        if text and text != '""':
            return text
    return ""
