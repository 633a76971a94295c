"""The worklist says what an analyzer was told of a tube; of one that asks, that it will ask."""

from __future__ import annotations

from pathlib import Path

from lis.kernel.clock import FixedClock
from lis.services import cataloguing
from lis.storage import catalogs
from lis.storage.house import House
from lis.web.queries import worklist
from tests.labs import START, open_small_lab


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
