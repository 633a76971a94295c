"""Collecting: tubes are filled in the order of draw and labelled; what happens to them on the way stays in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from simulators.bags import Paper
from simulators.dice import Dice
from simulators.hl7.hospital import Encounter, OrderLine
from simulators.hospital_plan import Ward
from simulators.place import Orderable, Place
from simulators.stage import Stage
from simulators.tubes import CollectionLabel, Tube, Value, moved

HAEMOLYSIS = "H"
SHELF_DAYS = (30, 400)
"""How long an empty tube still keeps when it is used."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a ward wants at one moment, or at the hour it is due, and the stream of chance that belongs to it."""

    number: str
    ward: Ward
    orders: tuple[Orderable, ...]
    priority: str
    dice: Dice
    due_at: datetime | None = None
    is_on_paper: bool = False


@dataclass(frozen=True, slots=True)
class Placed:
    """A requisition that was written: what was asked, for which stay, and when."""

    asked: Asked
    visit: str
    at: datetime


class Collecting:
    """Fills tubes from patients; numbers them as the hospital does."""

    def __init__(self, place: Place, stage: Stage) -> None:
        self._place = place
        self._stage = stage
        self._tubes = 0

    def draw(
        self, asked: Asked, encounter: Encounter, initials: str, truth: Mapping[str, Value]
    ) -> dict[str, Tube]:
        """One tube of each kind that the orders need, by code, in the order of draw."""
        codes = dict.fromkeys(order.container for order in asked.orders)
        by_draw = sorted(codes, key=lambda code: self._place.tubes[code].order_of_draw)
        paper = self._paper(asked, encounter, initials)
        return {code: self._draw(code, asked, encounter, paper, truth) for code in by_draw}

    def _paper(self, asked: Asked, encounter: Encounter, initials: str) -> Paper:
        """The requisition that goes into the bag."""
        person = encounter.person
        return Paper(
            number=asked.number,
            name=f"{person.family_name}, {person.given_name}",
            mrn=person.mrn,
            born_on=person.born_on,
            sex=person.sex,
            ward=asked.ward.code,
            priority=asked.priority,
            orders=tuple(order.name for order in asked.orders),
            collector=initials,
            collected_at=self._stage.now,
        )

    def line(self, asked: Asked, index: int, order: Orderable, tubes: Mapping[str, Tube]) -> OrderLine:
        tube = tubes[order.container]
        return OrderLine(
            placer=f"{asked.number}-{index}",
            code=order.code,
            name=order.name,
            specimen_type=order.specimen_type,
            container_code=order.container,
            container_number=tube.id,
            specimen_set=list(tubes).index(order.container) + 1,
            separated_at=tube.spun_at,
        )

    def _draw(
        self, code: str, asked: Asked, encounter: Encounter, paper: Paper, truth: Mapping[str, Value]
    ) -> Tube:
        kind, how, dice = self._place.tubes[code], self._place.collection, asked.dice.fork(f"tube/{code}")
        self._tubes += 1
        number, person = f"C{self._tubes:07d}", encounter.person
        indices = self._indices(truth, dice) if kind.is_spun else {}
        contents = moved(truth, indices, self._place.interferences, frozenset(HAEMOLYSIS))
        contents |= {
            test: indices[letter] for letter, test in self._place.indices.items() if letter in indices
        }
        fill = min(max(dice.normal(how.fill_mean, how.fill_sd), how.fill_low), how.fill_high)
        volume = round(kind.draw_volume_ml * fill, 3)
        tube = Tube(
            id=number,
            kind=kind,
            patient=person.mrn,
            requisition=asked.number,
            priority=asked.priority,
            ward=asked.ward.code,
            drawn_at=self._stage.now,
            truth=truth,
            contents=contents,
            indices=indices,
            volume_ml=volume,
            drawn_ml=volume,
            temperature_c=how.temperature_c,
            collection_label=CollectionLabel(
                paper.name, person.mrn, person.born_on, person.sex, paper.collector, self._stage.now, number
            ),
            paper=paper,
            expires_on=(self._stage.now + timedelta(days=dice.fork("expiry").integer(*SHELF_DAYS))).date(),
        )
        facts = {
            "container": code,
            "ward": asked.ward.code,
            "priority": asked.priority,
            "collector": paper.collector,
            "requisition": asked.number,
            "order": tuple(order.code for order in asked.orders if order.container == code),
            "patient": person.mrn,
            "tube": number,
        }
        tube = self._stage.faults.pass_through("tube", tube, tube.id, self._stage.now, facts)
        self._tell_drawn(tube, asked, code, person.mrn)
        return tube

    def _indices(self, truth: Mapping[str, Value], dice: Dice) -> dict[str, float]:
        """Haemolysis from drawing and transport; icterus and lipaemia from what is in the serum."""
        how = self._place.collection
        indices = {HAEMOLYSIS: how.haemolysis_median * dice.lognormal(0.0, how.haemolysis_sd_log)}
        for letter, source in self._place.index_from.items():
            value = truth.get(source.test, 0.0)
            indices[letter] = source.base + source.slope * value if isinstance(value, float) else source.base
        return indices

    def _tell_drawn(self, tube: Tube, asked: Asked, code: str, mrn: str) -> None:
        """Whose blood it is beside whose it should be, and what is in it beside what was in the patient."""
        tests = [test for order in asked.orders if order.container == code for test in order.tests]
        data = {
            "patient": tube.patient,
            "drawn_for": mrn,
            "container": tube.kind.code,
            "label": tube.collection_label,
            "indices": tube.indices,
            "volume_ml": tube.volume_ml,
            "truth": {test: tube.truth[test] for test in tests if test in tube.truth},
            "in_tube": {test: tube.contents[test] for test in tests if test in tube.contents},
        }
        self._stage.tell("tube.drawn", tube.id, data)
