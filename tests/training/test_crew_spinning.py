"""A crew at the centrifuges: what it does there is written down, at the instant it does it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from lis.kernel.clock import FixedClock
from lis.storage import tables as t
from lis.storage.house import House
from lis.training.crew_spinning import WALK, Spinning
from simulators.world import World
from tests.labs import SmallLab, actor, open_small_lab
from tests.training import pasts
from tests.world import fake_lis

MINUTE = timedelta(minutes=1)
CLOTS, SPINS_LONGER = "SST", "LBL"  # serum after half an hour; plasma at once, for a quarter of an hour


class Bench:
    """A small laboratory beside a world at the same instant, and somebody who spins."""

    def __init__(self, house: House) -> None:
        self.world: World = fake_lis.new_world(fake_lis.FakeLis(), seed=3)
        self.world.step(fake_lis.START + timedelta(hours=12))
        self.small: SmallLab = open_small_lab(house, at=self.world.now)
        self.tubes: dict[str, str] = {}
        self.crew = Spinning(self.small.lab, self.world, actor("processor"), self.tubes)

    def receive(self, code: str, kind: str, minutes: int) -> str:
        """A tube of this kind from the tray, drawn so many minutes ago for this order; its container."""
        taken = set(self.tubes.values())
        tube = next(one for one in self.world.tray() if one.container == kind and one.id not in taken)
        self.world.bench.tubes[tube.id].drawn_at = self.world.now - minutes * MINUTE
        placed = self.small.order(code, collected=minutes, numbers=[tube.id])
        [container] = placed.container_ids
        self.small.receive(container)
        self.tubes[container] = tube.id
        return container

    def go_on(self, minutes: float) -> None:
        self.world.step(self.world.now + minutes * MINUTE)
        self.small.clock.advance(self.world.now - self.small.clock.now())

    def written(self) -> list[str]:
        """What the laboratory was told of clotting and spinning."""
        return [verb for verb in self.small.journal() if verb.split(".")[0] in ("clotting", "spin")]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    house = House.open(data=tmp_path, url=None, wall=FixedClock(fake_lis.START))
    yield Bench(house)
    house.close()


def test_serum_is_set_to_clot_then_spun_then_taken_out(bench: Bench) -> None:
    serum = bench.receive("LYTES", CLOTS, 20)
    assert bench.crew.work([serum]) == {serum}
    assert (bench.written(), bench.crew.next_stop()) == (["clotting.started"], None)
    bench.go_on(10)
    assert bench.crew.work([serum]) == {serum}
    assert bench.written() == ["clotting.started", "spin.started"]
    stop = bench.crew.next_stop()
    assert stop is not None and stop - WALK - bench.world.now == 12 * MINUTE
    bench.go_on(12)
    assert bench.crew.work([serum]) == set()
    assert bench.written() == ["clotting.started", "spin.started", "spin.ended"]
    [row] = [row for row in rows(bench.small) if row.container_id == serum]
    assert (row.separated_at, row.separated_at - row.spin_at) == (bench.world.now, 12 * MINUTE)
    assert bench.world.bench.tubes[bench.tubes[serum]].spun_at == row.separated_at
    assert bench.crew.next_stop() is None


def test_what_has_clotted_on_its_way_is_spun_at_once_and_apart_from_what_spins_longer(bench: Bench) -> None:
    serum, plasma = bench.receive("LYTES", CLOTS, 45), bench.receive("COAGS", SPINS_LONGER, 10)
    assert bench.crew.work([serum, plasma]) == {serum, plasma}
    assert bench.written() == ["spin.started", "spin.started"]
    inside = {one.code: [*one.tubes] for one in bench.world.bench.centrifuges()}
    assert inside == {"C1": [bench.tubes[serum]], "C2": [bench.tubes[plasma]]}
    bench.go_on(13)
    assert bench.crew.work([serum, plasma]) == {plasma}


def test_what_comes_apart_or_is_measured_whole_is_not_spun(bench: Bench) -> None:
    serum, blood = bench.receive("LYTES", CLOTS, 45), bench.receive("HGB", "LAV", 10)
    bench.world.bench.tubes[bench.tubes[serum]].spun_at = bench.world.now - 5 * MINUTE
    assert bench.crew.work([serum, blood]) == set()
    assert bench.written() == []


def rows(small: SmallLab) -> list:
    with small.lab.reading() as here:
        return list(here.connection.execute(select(t.container)))


def test_serum_and_plasma_of_a_prepared_past_were_spun_before_they_were_measured(tmp_path: Path) -> None:
    house = pasts.open_house(tmp_path)
    made = pasts.live(house, hours=20)
    c, s, r, v = t.container.c, t.specimen.c, t.result.c, t.result_version.c
    query = (
        select(c.container_id, c.clotting_at, c.spin_at, c.separated_at, s.collected_at, v.observed_at)
        .join(t.specimen, s.id == c.specimen_id)
        .join(t.result, r.container_pk == c.id)
        .join(t.result_version, v.result_id == r.id)
        .where(s.type.in_(("SER", "PPP", "PLAS")), v.analyzer.in_(("CHEM-1", "COAG-1")))
    )
    with made.lab.database.reading() as connection:
        measured = connection.execute(query).all()
    here = {row.container_id for row in measured if row.spin_at}
    assert len(here) > 5
    assert [row for row in measured if not row.separated_at or row.separated_at >= row.observed_at] == []
    assert [row for row in measured if row.spin_at and row.separated_at - row.spin_at > 20 * MINUTE] == []
    clotted = [row for row in measured if row.clotting_at]
    assert clotted
    assert [row for row in clotted if row.clotting_at >= row.collected_at + 30 * MINUTE] == []
    house.close()
