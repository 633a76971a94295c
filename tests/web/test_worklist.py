"""The worklist says what an analyzer was told of a tube; of one that asks, that it will ask."""

from __future__ import annotations

from pathlib import Path

from lis.kernel.clock import FixedClock
from lis.services import cataloguing, verifying, working
from lis.storage import catalogs
from lis.storage.house import House
from lis.web.queries import worklist
from tests.labs import START, open_small_lab
from tests.services.bench import Bench, bench


def test_what_an_analyzer_was_not_told_is_said_as_it_is(tmp_path: Path) -> None:
    house = House.open(data=tmp_path, url=None, wall=FixedClock(START))
    small = open_small_lab(house)
    with small.by_wire() as work:
        work.interfaces.change("COAG-1", enabled=False)
    small.receive(*small.order("COAGS").container_ids)
    said = []
    for asking in ("", "\n    asks_for_work: true"):
        with small.work("lis_admin") as work:
            files = catalogs.files_of(work.connection, work.catalog_version_id or 0)
            changed = files["analyzers.yaml"].replace("code: COAG-1", f"code: COAG-1{asking}")
            cataloguing.change_file(work, "analyzers.yaml", changed, reason="test")
        with small.lab.reading() as reading:
            (bench,) = (one for one in worklist.benches(reading) if one.code == "COAG-1")
        said += [load.work for load in bench.loads]
    assert said == [("not sent",), ("asks when loaded",)]
    house.close()


def test_what_was_measured_and_is_to_be_measured_again_waits_to_be_loaded(tmp_path: Path) -> None:
    """The work that was asked for is done: the analyzer learns of the rerun when it meets the tube again."""
    house = House.open(data=tmp_path, url=None, wall=FixedClock(START))
    open_small_lab(house)
    small = bench(house)
    with small.work("lis_admin") as work:
        files = catalogs.files_of(work.connection, work.catalog_version_id or 0)
        asking = files["analyzers.yaml"].replace("code: COAG-1", "code: COAG-1\n    asks_for_work: true")
        cataloguing.change_file(work, "analyzers.yaml", asking, reason="test")
    placed = small.order("COAGS")
    small.receive(*placed.container_ids)
    tube = placed.container_ids[0]
    with small.by_wire() as work:
        tests = working.hand_out_work(work, "COAG-1", work.containers.by_container_id(tube))
    said = [_loads(small)]
    small.measure(tube, dict.fromkeys(tests, "12.0"), device="COAG-1")
    with small.work("technologist") as work:
        verifying.request_rerun(work, placed.accession, tests[0], reason="odd")
    said.append(_loads(small))
    assert said == [[(tests, ("sent",), False)], [(tests[:1], ("asks when loaded",), True)]]
    house.close()


def _loads(small: Bench) -> list[tuple[tuple[str, ...], tuple[str, ...], bool]]:
    with small.lab.reading() as reading:
        (waiting,) = (one for one in worklist.benches(reading) if one.code == "COAG-1")
    return [(load.tests, load.work, load.rerun) for load in waiting.loads]
