"""What is seen of a tube as command barcodes: `%SEEN-EXP`, `%SEEN-TUBE-LAV`, `%SEEN-FILL-50`, `%SEEN-TEMP-4C` …"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

from lis.domain.catalog import Catalog
from lis.domain.conditions import CONDITIONS
from lis.domain.inspection import TEMPERATURES, Inspection
from lis.kernel.errors import Invalid
from lis.kernel.quantity import parse_decimal
from lis.web import moments

SEEN = "%SEEN-"
EXPIRED, TUBE, FILL = f"{SEEN}EXP", f"{SEEN}TUBE-", f"{SEEN}FILL-"
VOLUME, TEMPERATURE, SPUN = f"{SEEN}VOL-", f"{SEEN}TEMP-", f"{SEEN}SPUN-"
_OFFSET = re.compile(r"[-+]\d\d:?\d\d\Z")  # which of two hours, where the clocks were put back
FILLS = (25, 50, 75, 90)  # per cent of what the tube draws


def offered(catalog: Catalog) -> list[tuple[str, str]]:
    """The codes of this laboratory and what each states."""
    return [
        (EXPIRED, "Seen: past its date"),
        *((f"{FILL}{part}", f"Seen: filled to {part} %") for part in FILLS),
        *((f"{TEMPERATURE}{code}", f"Seen: came at {code}") for code in TEMPERATURES),
        *((f"{SEEN}{word.upper()}", f"Seen: {word}") for word in CONDITIONS),
        *((f"{TUBE}{kind.code}", f"Seen: {kind.name}") for kind in catalog.containers.values()),
    ]


def inspection(words: Sequence[str], wanted: str, catalog: Catalog, zone: str, now: datetime) -> Inspection:
    """What the codes state together of a container of the kind `wanted`, in the laboratory's zone."""
    unknown = next((word for word in words if not _is_known(word)), "")
    if unknown:
        raise Invalid("command.unknown", f"{unknown} is no command here.", "Nothing was done with the tube.")
    kind = _last(words, TUBE)
    return Inspection(
        container_type=kind,
        expired=EXPIRED in words,
        volume_ml=_volume(words, kind or wanted, catalog),
        temperature=_last(words, TEMPERATURE),
        conditions=tuple(word for word in CONDITIONS if f"{SEEN}{word.upper()}" in words),
        separated_at=_spun_at(words, zone, now),
    )


def _is_known(word: str) -> bool:
    simple = {EXPIRED, *(f"{SEEN}{one.upper()}" for one in CONDITIONS)}
    return word in simple or word.startswith((TUBE, FILL, VOLUME, TEMPERATURE, SPUN))


def _last(words: Sequence[str], prefix: str) -> str:
    return next((word.removeprefix(prefix) for word in reversed(words) if word.startswith(prefix)), "")


def _volume(words: Sequence[str], kind: str, catalog: Catalog) -> Decimal | None:
    """Millilitres as stated, or as the part of what the tube draws."""
    if stated := _last(words, VOLUME):
        return _number(stated)
    part = _last(words, FILL)
    if not part:
        return None
    row = catalog.containers.get(kind)
    if row is None or row.draw_volume_ml is None:
        raise Invalid(
            "volume.unknown", f"What {kind} holds when it is full is not known.", "State millilitres."
        )
    return row.draw_volume_ml * _number(part) / 100


def _spun_at(words: Sequence[str], zone: str, now: datetime) -> datetime | None:
    """The last time the wall clock showed the hour that is written on the label, as 08:30 or 0830."""
    stated = _last(words, SPUN)
    if not stated:
        return None
    if moments.hour(_OFFSET.sub("", stated)) is None:
        raise Invalid("spin.hour", f"{stated} is no hour.", "State it as on the label: 08:30.")
    return moments.instant(stated, zone, now).astimezone(UTC)


def _number(text: str) -> Decimal:
    value = parse_decimal(text)
    if value is None:
        raise Invalid("volume.number", f"{text} is no number.", "State millilitres.")
    return value
