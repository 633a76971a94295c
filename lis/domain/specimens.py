"""Specimens and how long what is in them keeps.

Serum, plasma and gel tubes not yet separated keep as long as their specimen type allows (`max_transport_h`); once
separated, each analyte keeps its own hours from separation; from collection where the catalogue says so (citrated
plasma, CLSI H21). Whole blood, urine and fluids: the analyte's own hours from collection. A limit without a collection
time cannot be judged (clinical content catalogue, "Absent facts").

Hours in a refrigerator count by the limit at 4 °C where it is known that a container lay there, all others by the
limit at room temperature; by the lesser of both where that is not known. Each hour uses up its share of its limit: two
keep nothing longer than the longer one does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from lis.domain.catalog import Catalog, SpecimenType, Test
from lis.domain.checks import Check, failed, not_applicable, not_evaluable, passed
from lis.kernel.quantity import Quantity, plain

NAME = "stability"
EXCEEDED = "stability.exceeded"
COLLECTED_LATER = failed(NAME, "stability.collected_later", "Collected later than it was measured.")


@dataclass(frozen=True, slots=True)
class SpecimenFacts:
    """What is known of a specimen, in the container it is measured from.

    `conditions` are what people saw (haemolysed, clotted …); `cold`: from when until when it lay at 2–8 °C, None while
    it is said to lie there; `indices` are those measured in this very container, by interferent (H, I, L): another tube
    of the same draw may look different.
    """

    type: str
    collected_at: datetime | None
    received_at: datetime | None = None
    separated_at: datetime | None = None
    cold: tuple[tuple[datetime, datetime | None], ...] = ()
    conditions: frozenset[str] = frozenset()
    indices: Mapping[str, Quantity] = field(default_factory=dict)

    @property
    def dated_at(self) -> datetime | None:
        """The instant age is counted at: collection, and arrival where collection is unknown."""
        return self.collected_at or self.received_at


def measured_at(specimen: SpecimenFacts, said: datetime | None, came_at: datetime) -> datetime:
    """When it was measured, as far as what is said can be true; else the latest it can have been: when it came.

    A tube is measured after it came into the laboratory, serum and plasma after the spin; where neither is known, after
    the draw. A device whose clock is behind must not make a tube younger than it was.
    """
    if said is None or said > came_at:
        return came_at
    known = [at for at in (specimen.received_at, specimen.separated_at) if at is not None]
    since = max(known, default=specimen.collected_at)
    return came_at if since is None or said < since else said


def is_before_draw(specimen: SpecimenFacts, said: datetime | None) -> bool:
    """Whether what is said of the measurement and of the draw cannot both be true."""
    return said is not None and specimen.collected_at is not None and said < specimen.collected_at


def is_separated(type_code: str, catalog: Catalog) -> bool:
    """Whether the material is what is left of blood after the spin: serum or plasma."""
    return type_code in catalog.separated_types


def is_refrigerated(position: str, catalog: Catalog) -> bool:
    """Whether a place in the store is at 2–8 °C: the catalogue has its first word among those."""
    word = re.match(r"\w+", position.strip())
    return word is not None and word[0].casefold() in {place.casefold() for place in catalog.refrigerated}


def stability_check(test: Test, specimen: SpecimenFacts, at: datetime, catalog: Catalog) -> Check:
    """Whether the analyte is still what it was in the patient, at an instant."""
    row = catalog.specimen_types.get(specimen.type) or catalog.specimen_types.get(test.specimen_type)
    own = _Own(own_limit(test, cold=False), own_limit(test, cold=True), specimen.cold)
    transport = _hours(row.max_transport_h) if row and is_separated(row.code, catalog) else None
    if is_before_draw(specimen, at):
        return COLLECTED_LATER
    if own.warm is None and transport is None:
        return not_applicable(NAME, "No stability limit.")
    if specimen.collected_at is None:
        return not_evaluable(NAME, "stability.collection_unknown", "The collection time is unknown.")
    if row is None or not is_separated(row.code, catalog):
        return own.judge(specimen.collected_at, at, "from collection")
    return _separated(row, specimen.collected_at, specimen.separated_at, own, at)


def own_limit(test: Test, *, cold: bool) -> timedelta | None:
    """The analyte's own hours, at 4 °C or at room temperature."""
    return _hours(test.stability_4c_h if cold else test.stability_rt_h)


@dataclass(frozen=True, slots=True)
class _Own:
    """An analyte's own limits, and when it lay in the cold."""

    warm: timedelta | None
    cold: timedelta | None
    stays: tuple[tuple[datetime, datetime | None], ...]

    def judge(self, start: datetime, at: datetime, words: str) -> Check:
        """A stay counts that was over by then: when one was taken out that is said to lie there, nobody knows.

        It may have lain there until it was measured: that counts where the cold is what spoils it.
        """
        if self.warm is None or self.cold is None:
            return _within(self.warm, start, at, EXCEEDED, words)
        open_until = at if self.cold < self.warm else start
        ends = ((since, until if until and until <= at else open_until) for since, until in self.stays)
        spans = (until - max(since, start) for since, until in ends if until > max(since, start))
        chilled = sum(spans, timedelta())
        if not chilled:
            return _within(self.warm, start, at, EXCEEDED, words)
        return _spent_both(self.warm, self.cold, at - start - chilled, chilled, words)


def _separated(
    row: SpecimenType, collected: datetime, separated: datetime | None, own: _Own, at: datetime
) -> Check:
    """On the cells until the spin, then by the analyte's own hours; a spin still to come has not happened."""
    spun = separated if separated is not None and separated <= at else None
    transport = _hours(row.max_transport_h)
    unseparated = _within(transport, collected, spun or at, "stability.unseparated", "on the cells")
    if unseparated.holds:
        return unseparated
    if row.keeps_from_draw:
        return own.judge(collected, at, "from collection")
    if spun is None:
        return unseparated
    return own.judge(spun, at, "from separation")


def _within(limit: timedelta | None, start: datetime, at: datetime, reason: str, words: str) -> Check:
    return passed(NAME, "No limit of its own.") if limit is None else _spent(limit, at - start, reason, words)


@lru_cache(maxsize=64)  # what came in one tube is of one age
def _spent(limit: timedelta, spent: timedelta, reason: str, words: str) -> Check:
    if spent > limit:
        hours = _in_hours(spent)
        return failed(NAME, reason, f"{hours} h {words}, allowed {_in_hours(limit)} h.", hours=hours)
    return passed(NAME, f"{_in_hours(spent)} of {_in_hours(limit)} h {words}.")


def _spent_both(warm: timedelta, cold: timedelta, out: timedelta, chilled: timedelta, words: str) -> Check:
    at_room = f"{_in_hours(out)} of {_in_hours(warm)} h at room temperature"
    spent = f"{at_room}, {_in_hours(chilled)} of {_in_hours(cold)} h cold"
    used_up = _seconds(out) * _seconds(cold) + _seconds(chilled) * _seconds(warm)
    if used_up > _seconds(warm) * _seconds(cold):
        return failed(NAME, EXCEEDED, f"{spent}, {words}: too long together.")
    return passed(NAME, f"{spent}, {words}.")


def _seconds(span: timedelta) -> int:
    return -(-span // timedelta(seconds=1))


@lru_cache(maxsize=1024)
def _hours(hours: Decimal | None) -> timedelta | None:
    return None if hours is None else timedelta(seconds=int(hours * 3600))


@lru_cache(maxsize=64)
def _in_hours(span: timedelta) -> str:
    return plain(Decimal(round(span.total_seconds() / 36)) / 100)
