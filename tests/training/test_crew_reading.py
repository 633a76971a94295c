"""What a crew finds to be loaded: what was sent to an analyzer, and what one that asks will ask for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lis.kernel.clock import FixedClock
from lis.services import arriving, cataloguing
from lis.storage import catalogs
from lis.storage.house import House
from lis.training import crew_reading as reading
from tests.labs import START, open_small_lab
from tests.services.bench import CHEMISTRY, COAGULATION, Bench, bench


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Bench]:
    """A small laboratory whose coagulation analyzer asks for its work."""
    house = House.open(data=tmp_path, url=None, wall=FixedClock(START))
    open_small_lab(house)
    made = bench(house)
    with made.work("lis_admin") as work:
        files = catalogs.files_of(work.connection, work.catalog_version_id or 0)
        asking = files["analyzers.yaml"].replace("code: COAG-1", "code: COAG-1\n    asks_for_work: true")
        cataloguing.change_file(work, "analyzers.yaml", asking, reason="test")
    yield made
    house.close()


def outstanding(small: Bench) -> list[tuple[str, str]]:
    with small.lab.reading() as now:
        return reading.outstanding_work(now.connection, now.catalog)


def test_what_was_sent_and_what_will_be_asked_for_is_to_be_loaded(small: Bench) -> None:
    citrate, serum = small.order("LYTES", "COAGS").container_ids
    assert outstanding(small) == []
    small.receive(citrate, serum)
    assert outstanding(small) == [(serum, CHEMISTRY), (citrate, COAGULATION)]
    small.measure(citrate, {"PT": "12.0"}, device=COAGULATION)
    assert outstanding(small) == [(serum, CHEMISTRY), (citrate, COAGULATION)]
    small.measure(citrate, {"INR": "1.0"}, device=COAGULATION)
    assert outstanding(small) == [(serum, CHEMISTRY)]


def test_what_is_kept_back_is_not_to_be_loaded(small: Bench) -> None:
    citrate, _ = small.order("LYTES", "COAGS").container_ids
    small.receive(citrate)
    with small.by_wire() as work:
        row = work.containers.by_container_id(citrate)
        assert row is not None
        arriving.keep_back(work, row, ["PT", "INR"])
    assert outstanding(small) == []
