"""Tubes: a mixture in a container with labels on it. What is in it and what is written on it may disagree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal

from simulators.bags import Paper
from simulators.content_types import Effect
from simulators.place import Interference, TubeKind
from simulators.printer import PrintedLabel

Value = float | str
Spot = Literal["ward", "transport", "tray", "centrifuge", "analyzer", "done", "stored", "discarded"]
CELLS_SHARE = 0.45
"""How much of a full tube of blood is cells, as far as pouring off is concerned (the usual haematocrit)."""
ALIQUOT_ML = 2.0


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


@dataclass(frozen=True, slots=True)
class Stay:
    """From this instant on it is this warm around the tube."""

    since: datetime
    celsius: float


@dataclass
class Tube:
    """A tube as it really is. `truth` is the patient at collection, `contents` what came into the tube then.

    `patient` is whose blood it is, "" when nobody here is known to have given it; `kept_back` is how much longer than
    usual it stays on the way, and `temperature_c` how warm it is carried; `signs` name what eyes can see of it when
    `SIGNS` says so. What time and additive make of it is computed by `simulators.ageing` from `stays` (where it was
    since it arrived), `spun_at`, `respun_at`, `cells_left` above after the spin, and `drawn_ml`;
    `fibrin` threads do this to what a probe draws until they are taken out.
    `paper` is the requisition that lies in its `bag`; an aliquot was `poured_from` another tube, drawn as `origin`.
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
    drawn_ml: float | None = None
    stays: list[Stay] = field(default_factory=list)
    respun_at: datetime | None = None
    cells_left: float = 0.0
    fibrin: tuple[Effect, ...] = ()
    is_unmixed: bool = False
    poured_from: str = ""
    origin: str = ""
    paper: Paper | None = None
    bag: str = ""

    @property
    def drawn_as(self) -> str:
        """The tube that this blood was drawn into."""
        return self.origin or self.id

    @property
    def drawn_share(self) -> float:
        """How full it was drawn, as share of its nominal volume."""
        drawn = self.volume_ml if self.drawn_ml is None else self.drawn_ml
        return drawn / self.kind.draw_volume_ml if self.kind.draw_volume_ml and drawn else 1.0

    @property
    def cells_ml(self) -> float:
        """How much of it lies below as cells once it is spun."""
        if not self.is_separated or self.poured_from or not self.kind.is_blood:
            return 0.0
        return CELLS_SHARE * (self.volume_ml if self.drawn_ml is None else self.drawn_ml)

    @property
    def free_ml(self) -> float:
        """How much can be taken: what stands above the cells, or all of it."""
        return max(0.0, round(self.volume_ml - self.cells_ml, 3))

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
    above_share: float = 1.0
    bag: str = ""
    poured_from: str = ""


@dataclass(frozen=True, slots=True)
class Sign:
    """Something that can be seen of a tube, in words; and when: at once, once it was tilted, or after the spin."""

    words: str
    seen: Literal["at once", "tilted", "separated"] = "at once"


SIGNS: Mapping[str, Sign] = {
    "clot": Sign("A dark lump slides along the wall when it is tilted", "tilted"),
    "fibrin": Sign("Pale threads hang in what stands above", "separated"),
    "haze": Sign("A reddish haze hangs in what stands above", "separated"),
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
HAZE = 0.05
_COLD_C, _WARM_C, _ICE_C = 12.0, 30.0, 0.0


def view(tube: Tube, celsius: float | None = None) -> TubeView:
    """The tube as it looks from outside; `celsius` is how warm it is now, when that is not as it was carried."""
    celsius = tube.temperature_c if celsius is None else celsius
    nominal = ALIQUOT_ML if tube.poured_from else tube.kind.draw_volume_ml
    signs = _signs(tube)
    return TubeView(
        id=tube.id,
        container=tube.kind.code,
        cap_colour="clear" if tube.poured_from else tube.kind.cap_colour,
        fill_share=round(tube.volume_ml / nominal, 2) if nominal else 1.0,
        priority=tube.priority,
        ward="" if tube.poured_from else tube.ward,
        collection_label=tube.collection_label,
        lab_label=tube.lab_labels[-1] if tube.lab_labels else None,
        is_separated=tube.is_separated,
        serum_look=serum_look(tube) if tube.is_separated else "",
        is_cold=celsius < _COLD_C,
        spot=tube.spot,
        station=tube.station,
        arrived_at=tube.arrived_at,
        expires_on=tube.expires_on,
        signs=signs,
        remarks=(*(SIGNS[sign].words for sign in signs), *_felt(celsius)),
        above_share=round(tube.free_ml / tube.volume_ml, 2) if tube.volume_ml else 0.0,
        bag=tube.bag,
        poured_from=tube.poured_from,
    )


def stretches(tube: Tube, until: datetime) -> Iterator[tuple[datetime, datetime, float]]:
    """Where it has been until then: (from, to, degrees around it)."""
    since, celsius = tube.drawn_at, tube.temperature_c
    for stay in tube.stays:
        if stay.since >= until:
            break
        if stay.since > since:
            yield since, stay.since, celsius
        since, celsius = stay.since, stay.celsius
    if until > since:
        yield since, until, celsius


def _signs(tube: Tube) -> tuple[str, ...]:
    """Those that show as the tube is now."""
    shown = {"at once": True, "tilted": tube.was_tilted, "separated": tube.is_separated}
    signs = [*tube.signs, *(["fibrin"] if tube.fibrin else []), *(["haze"] if tube.cells_left > HAZE else [])]
    return tuple(sign for sign in dict.fromkeys(signs) if shown[SIGNS[sign].seen])


def _felt(celsius: float) -> tuple[str, ...]:
    if celsius < _ICE_C:
        return ("Hard with ice inside",)
    return ("Warm to the hand",) if celsius > _WARM_C else ()


def has_gel(kind: TubeKind) -> bool:
    """Whether gel lies between cells and serum after the spin."""
    return "gel" in kind.additive.lower().replace("no gel", "")


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
