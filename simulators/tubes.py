"""Tubes: a mixture in a container with labels on it. What is in it and what is written on it may disagree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal

from simulators.place import Interference, TubeKind
from simulators.printer import PrintedLabel

Value = float | str
Spot = Literal["ward", "transport", "tray", "centrifuge", "analyzer", "done", "discarded"]


@dataclass(frozen=True, slots=True)
class CollectionLabel:
    """What the collector stuck on the tube at the bedside, as it can be read; `number` is the hospital's, `note`
    whatever else is written there.
    """

    name: str
    mrn: str
    born_on: date
    sex: str
    collector: str
    collected_at: datetime
    number: str
    note: str = ""


@dataclass
class Tube:
    """A tube as it really is. `truth` is the patient at collection, `contents` what is in the tube.

    `patient` is whose blood it is, "" when nobody here is known to have given it; `kept_back` is how much longer than
    usual it stays on the way; `signs` name what eyes can see of it under the circumstances that `SIGNS` gives.
    """

    id: str
    kind: TubeKind
    patient: str
    requisition: str
    priority: str
    ward: str
    drawn_at: datetime
    truth: Mapping[str, Value]
    contents: dict[str, Value]
    indices: dict[str, float]
    volume_ml: float
    temperature_c: float
    collection_label: CollectionLabel | None
    spot: Spot = "ward"
    station: str = ""
    arrived_at: datetime | None = None
    spun_at: datetime | None = None
    lab_labels: list[PrintedLabel] = field(default_factory=list)
    expires_on: date | None = None
    kept_back: timedelta = timedelta(0)
    signs: tuple[str, ...] = ()
    was_tilted: bool = False

    @property
    def barcode(self) -> str:
        """What a reader sees: the lab label affixed last; "" when there is none."""
        return self.lab_labels[-1].barcode if self.lab_labels else ""

    @property
    def is_separated(self) -> bool:
        """Whether cells and serum or plasma are apart."""
        return self.spun_at is not None


@dataclass(frozen=True, slots=True)
class TubeView:
    """What eyes see of a tube, and nothing else."""

    id: str
    container: str
    cap_colour: str
    fill_share: float
    priority: str
    ward: str
    collection_label: CollectionLabel | None
    lab_label: PrintedLabel | None
    is_separated: bool
    serum_look: str
    is_cold: bool
    spot: str
    station: str
    arrived_at: datetime | None
    expires_on: date | None = None
    signs: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sign:
    """Something that can be seen of a tube, in words; and when: at once, once it was tilted, or after the spin."""

    words: str
    seen: Literal["at once", "tilted", "separated"] = "at once"


SIGNS: Mapping[str, Sign] = {
    "clot": Sign("A dark lump slides along the wall when it is tilted", "tilted"),
    "fibrin": Sign("Pale threads hang in what stands above", "separated"),
    "flakes": Sign("Whitish flakes lie in what stands above", "separated"),
    "bubbles": Sign("Bubbles of air in the blood"),
    "leak": Sign("Wet outside, with a dried drip below the cap"),
    "crack": Sign("A crack runs down the wall"),
    "askew": Sign("The collection label is stuck on askew"),
    "smear": Sign("The writing on the collection label has run"),
}
# From which index on an eye sees it: free haemoglobin and bilirubin in mg/dL, lipaemia in index units.
_SEEN = {
    "H": ((50, "pink"), (200, "red")),
    "I": ((3, "amber"), (15, "brown")),
    "L": ((200, "cloudy"), (600, "milky")),
}
_COLD_C, _WARM_C, _ICE_C = 12.0, 30.0, 0.0


def view(tube: Tube) -> TubeView:
    """The tube as it looks from outside."""
    return TubeView(
        id=tube.id,
        container=tube.kind.code,
        cap_colour=tube.kind.cap_colour,
        fill_share=round(tube.volume_ml / tube.kind.draw_volume_ml, 2) if tube.kind.draw_volume_ml else 1.0,
        priority=tube.priority,
        ward=tube.ward,
        collection_label=tube.collection_label,
        lab_label=tube.lab_labels[-1] if tube.lab_labels else None,
        is_separated=tube.is_separated,
        serum_look=serum_look(tube) if tube.is_separated else "",
        is_cold=tube.temperature_c < _COLD_C,
        spot=tube.spot,
        station=tube.station,
        arrived_at=tube.arrived_at,
        expires_on=tube.expires_on,
        signs=_signs(tube),
        remarks=(*(SIGNS[sign].words for sign in _signs(tube)), *_felt(tube)),
    )


def _signs(tube: Tube) -> tuple[str, ...]:
    """Those that show as the tube is now."""
    shown = {"at once": True, "tilted": tube.was_tilted, "separated": tube.is_separated}
    return tuple(sign for sign in tube.signs if shown[SIGNS[sign].seen])


def _felt(tube: Tube) -> tuple[str, ...]:
    if tube.temperature_c < _ICE_C:
        return ("Hard with ice inside",)
    return ("Warm to the hand",) if tube.temperature_c > _WARM_C else ()


def serum_look(tube: Tube) -> str:
    """Colour and clearness of separated serum or plasma: "straw", or what is seen besides."""
    seen = [_grade(tube.indices.get(letter, 0.0), grades) for letter, grades in _SEEN.items()]
    return ", ".join(filter(None, seen)) or "straw"


def _grade(index: float, grades: tuple[tuple[float, str], ...]) -> str:
    return next((word for limit, word in reversed(grades) if index >= limit), "")


def moved(
    values: Mapping[str, Value],
    indices: Mapping[str, float],
    effects: Mapping[str, tuple[Interference, ...]],
    letters: frozenset[str],
) -> dict[str, Value]:
    """The values as these indices change them; an index acts in proportion, from zero on."""
    return {test: _moved(value, indices, effects.get(test, ()), letters) for test, value in values.items()}


def _moved(
    value: Value, indices: Mapping[str, float], effects: tuple[Interference, ...], letters: frozenset[str]
) -> Value:
    if isinstance(value, str):
        return value
    for effect in effects:
        if effect.index in letters:
            share = indices.get(effect.index, 0.0) / 100 * effect.per_100
            value = max(0.0, value * (1 + share / 100) if effect.is_percent else value + share)
    return value
