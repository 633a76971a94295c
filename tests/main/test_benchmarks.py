"""The machinery of the benchmarks: what they measure is done, counted and lost nowhere. No test asserts a time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import func, select

from benchmarks import (
    common,
    content,
    copies,
    floors,
    ingest,
    labs,
    messages,
    naive,
    parse,
    receive,
    rows,
    soak,
    targets,
)
from benchmarks.common import Figures
from benchmarks.labs import Place
from benchmarks.load import send
from benchmarks.serving import Server
from lis.interfaces.inbox import Inbox
from lis.storage import tables as t
from lis.storage.packs import catalog_from_files

WIDTH = 10
TUBES = 5


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """The laboratory for measuring with a past, on SQLite, closed."""
    made = Place(tmp_path_factory.mktemp("bench"), None)
    house = made.open()
    labs.give_past(labs.make(house), WIDTH, patients=1)
    house.close()
    return made


@pytest.fixture(scope="module")
def frames(place: Place) -> list[bytes]:
    with closing(place.open()) as house:
        lab = labs.Lab(house.lab(labs.SLUG))
        tubes = labs.order_tubes(lab, TUBES, WIDTH, received=True, series="A")
    return messages.for_tubes(tubes, WIDTH)


@pytest.fixture(scope="module")
def server(place: Place, frames: list[bytes]) -> Iterator[Server]:
    with Server(ingest.serve, place) as running:
        yield running


@pytest.mark.parametrize("kind", [content.WHOLE, content.REFERENCES_ONLY])
def test_the_pack_for_measuring_is_a_pack(kind: str) -> None:
    catalog = catalog_from_files(content.pack(kind))
    assert len(catalog.tests) == content.WIDEST
    assert bool(catalog.deltas) == (kind == content.WHOLE)


@pytest.mark.parametrize("kind", [content.WHOLE, content.REFERENCES_ONLY])
def test_every_message_is_processed_and_counted_once(server: Server, frames: list[bytes], kind: str) -> None:
    load, _, lost = ingest.product(server, kind, frames, ingest.Case(2, WIDTH), seconds=60)
    assert (load.accepted, load.refused, lost) == (TUBES - 1, 0, 0)


def test_results_within_their_limits_pass_every_rule(place: Place, tmp_path: Path) -> None:
    with closing(Place(tmp_path, None).open()) as house:
        lab = labs.make(house)
        labs.give_past(lab, WIDTH, patients=1)
        copies.fill(lab, 1, "F")
        with lab.reading() as reading:
            states = reading.connection.exec_driver_sql("SELECT DISTINCT state FROM result").scalars().all()
    assert sorted(states) == ["released", "resulted"]


def test_floors_and_naive_servers_take_every_message(frames: list[bytes], tmp_path: Path) -> None:
    assert floors.sqlite_floor(tmp_path / "floor.sqlite", frames, seconds=60).accepted == TUBES
    with Server(naive.serve, tmp_path / "naive.sqlite") as peers:
        for library in naive.PARSERS:
            load = send(peers.ask("open", library, True), frames[:2], connections=1, seconds=60)
            peers.ask("close")
            assert (library, load.accepted) == (library, 2)


def test_postgresql_floor_takes_every_message(postgresql_url: str, frames: list[bytes]) -> None:
    assert floors.postgresql_floor(postgresql_url, frames, seconds=60).accepted == TUBES


@pytest.mark.parametrize("count", [1, 2])
def test_the_rows_alone_are_those_of_the_whole_job(tmp_path: Path, count: int) -> None:
    job = rows.prepared(Place(tmp_path, None), 2, patients=1)
    transactions = rows.noted(job, count)
    with job.copy() as lab:
        rows.written(lab, transactions)
        with lab.reading() as reading:
            counted = [
                reading.connection.execute(select(func.count()).select_from(table)).scalar_one()
                for table in (t.inbound, t.observation, t.result_version)
            ]
    job.house.close()
    assert (len(transactions), counted) == (2 // count, [2, 2 * WIDTH, 3 * WIDTH])


def test_all_readers_read_the_same() -> None:
    raw = messages.result_message("260610001010", 2, "C1")
    read = {title: reader(raw) for title, reader in (parse.READERS | parse.PEERS).items()}
    assert set(map(str, read.values())) == {str(read["split (floor)"])}


def test_people_scan_and_nothing_is_lost(tmp_path: Path) -> None:
    figures = Figures("people", receive.COLUMNS)
    options = receive.read_options(["--database", "sqlite", "--quick", "--tubes", "6"])
    with common.databases(options, figures) as places:
        for name, made, tubes in receive.prepared(options, 2, places):
            receive.one_round(name, made, 2, tubes, 60, figures, 0, 0.0)
    assert {name: figures.median("sqlite", name) for name in ("refused", "lost")} == {"refused": 0, "lost": 0}


def test_copies_are_measured_and_cleared_away(tmp_path: Path) -> None:
    with closing(Place(tmp_path, None).open()) as house:
        labs.make(house)
        found = copies.once(house, tmp_path)
        left = [entry.slug for entry in house.entries()]
    assert (set(found), left) == (set(copies.COLUMNS), [labs.SLUG])


def test_figures_are_medians_and_ratios_of_rounds() -> None:
    figures = Figures("t", ("per_s",), floor="floor")
    for floor, own in ((100.0, 10.0), (200.0, 60.0), (100.0, 20.0)):
        figures.add("floor", per_s=floor)
        figures.add("own", per_s=own)
    found = json.loads(json.dumps(common.as_json(figures)))["tables"][0]["cases"]["own"]
    assert found == {"median": {"per_s": 20.0}, "x_floor": 0.2, "rounds": {"per_s": [10.0, 60.0, 20.0]}}


def test_a_laboratory_with_its_world_is_kept_handed_out_put_back_and_gone(tmp_path: Path) -> None:
    with closing(Place(tmp_path, None).open()) as house:
        rounds = list(copies.with_world(house, 0.02, 2))
        assert [set(found) for found in rounds] == [set(copies.WORLD_COLUMNS)] * 2
        assert rounds[0]["inputs"] == rounds[1]["inputs"] > 0
        assert house.entries() == []


def test_targets_are_judged_by_their_figures() -> None:
    figures = Figures("t", ("per_s",))
    figures.add("one", per_s=10.0, p99_ms=6.0)
    figures.add("many", per_s=30.0)
    wanted = [
        targets.Target("T1", "enough", 3, targets.against("many", "one", "per_s")),
        targets.Target("T2", "not enough", 31, targets.figure("many", "per_s")),
        targets.Target(
            "T3", "soon enough", 0.6, targets.against("one", "one", "p99_ms", "per_s"), least=False
        ),
        targets.Target("T4", "never tried", 1, targets.figure("many", "p99_ms")),
    ]
    found = targets.judge(wanted, figures)
    assert [(one.value, one.verdict) for one in found] == [
        (3.0, "met"),
        (30.0, "missed"),
        (0.6, "met"),
        (None, "not measured"),
    ]
    targets.show_targets(found)


def test_a_dashboard_looks_while_messages_come(server: Server, frames: list[bytes]) -> None:
    load, _, lost = ingest.product(
        server, content.WHOLE, frames, ingest.Case(1, WIDTH), seconds=60, looked_at=True
    )
    assert (load.accepted, lost) == (TUBES - 1, 0)


def test_a_long_run_goes_on_the_next_day(tmp_path: Path) -> None:
    """A day has only so many accession numbers; its controls speak for no other."""
    with closing(Place(tmp_path, None).open()) as house:
        lab = labs.make(house)
        days = []
        for _ in range(2):
            tubes = labs.order_tubes(lab, 1, 1, received=True, series=f"D{len(days)}-")
            [frame] = messages.for_tubes(tubes, 1, lab.now())
            assert b"|AA|" in (Inbox(lab).receive(frame[1:-2]) or b"")
            days.append(tubes[0][:5])
            labs.next_day(lab)
        with lab.reading() as reading:
            states = reading.connection.execute(select(t.result.c.state)).scalars().all()
    assert (len(set(days)), states) == (2, ["resulted", "resulted"])


def test_a_long_run_sends_everything_and_watches_the_memory(capsys: pytest.CaptureFixture[str]) -> None:
    assert soak.main(["--quick", "--database", "sqlite"]) == 0
    said = capsys.readouterr().out
    assert ("after all" in said, "not measured" in said) == (True, False)
