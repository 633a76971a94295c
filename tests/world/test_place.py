"""The place as the pack describes it, and packs that contradict themselves."""

from __future__ import annotations

from datetime import time
from pathlib import Path

import pytest

from simulators.place_reading import PlaceError, load_place
from tests.world.fake_lis import PACK, core

WORLD = (PACK / "world" / "world.yaml").read_text("utf-8")


def test_the_core_pack_is_read() -> None:
    place = core().place
    assert place.zone.key == "America/Chicago"
    assert sum(ward.share for ward in place.hospital.wards) == pytest.approx(1)
    assert {ward.message for ward in place.hospital.wards} == {"OML", "ORM"}
    assert place.devices["CHEM-1"].index_tests == ("HIDX", "IIDX", "LIDX")
    assert place.devices["CHEM-1"].controls_at == (time(5, 30),)
    assert place.tubes["SST"].is_spun
    assert not place.tubes["LAV"].is_spun


def test_single_tests_can_be_ordered_under_their_own_code() -> None:
    assert core().place.orderables["NA"].tests == ("NA",)
    assert "NA" in core().place.orderables["BMP"].tests


def test_every_analyzer_of_the_pack_has_its_physics() -> None:
    text = (PACK / "analyzers.yaml").read_text("utf-8")
    codes = [line.split()[-1] for line in text.splitlines() if line.startswith("  - code:")]
    assert list(core().place.devices) == codes


def test_every_request_can_be_drawn_and_something_of_it_be_measured() -> None:
    place = core().place
    menu = {assay.test for plan in place.devices.values() for assay in plan.menu}
    for request in place.hospital.requests:
        for code in request.orders:
            order = place.orderables[code]
            assert order.container in place.tubes
            assert menu & set(order.tests), code


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("orders: [BMP]", "orders: [NOSUCH]", "NOSUCH"),
        ("emergency: [3,", "emergency: [3, 3,", "25 hours"),
        ("peer: HIS", "peer: HERS", "HERS"),
        ("spins: [SST]", "spins: [NOSUCH]", "NOSUCH"),
        ("{from: ED, to: 4W,", "{from: ED, to: 9Z,", "9Z"),
    ],
)
def test_a_place_that_contradicts_itself_is_refused(tmp_path: Path, old: str, new: str, reason: str) -> None:
    assert old in WORLD
    file = tmp_path / "world.yaml"
    file.write_text(WORLD.replace(old, new, 1), "utf-8")
    with pytest.raises(PlaceError, match=reason):
        load_place(PACK, file)
