"""The panel of an analyzer in a browser: what it shows, what is done there, and what is refused in plain words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from simulators.analyzers.parts.screen import DeviceStatus
from tests.training.conftest import LIGHT, Past, copied
from tests.training.serving import Browser, Serving, serving

BENCH = "/bench/past"
CHEM = f"{BENCH}/analyzers/CHEM-1"


@pytest.fixture(scope="module")
def served(past: Past, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """The prepared laboratory, served for the tests of this module."""
    with serving(copied(past, tmp_path_factory.mktemp("served")), LIGHT) as found:
        yield found


@pytest.fixture(scope="module")
def technician(served: Serving) -> Browser:
    return Browser(served.app, "technician1")


def screen(served: Serving, code: str = "CHEM-1") -> DeviceStatus:
    """The device's own screen."""
    return next(status for status in served.live.world.analyzers_status() if status.code == code)


def rest(served: Serving) -> DeviceStatus:
    """The chemistry line once nothing runs and nobody is at it."""
    for _ in range(12):
        if screen(served).state in ("ready", "error"):
            return screen(served)
        served.pass_time(timedelta(minutes=15))
    raise AssertionError(f"still {screen(served).state}")


def test_the_bench_leads_to_every_panel(served: Serving, technician: Browser) -> None:
    page = technician.get(f"{BENCH}/").text
    for code in served.live.world.stations:
        assert f'href="{BENCH}/analyzers/{code}"' in page
        assert code in technician.get(f"{BENCH}/analyzers/{code}").text


def test_the_panel_shows_lots_and_what_is_left_of_them(served: Serving, technician: Browser) -> None:
    page = technician.get(CHEM).text
    for one in screen(served).stock:
        row = next(row for row in page.split("<tr>") if f"<b>{one.code}</b>" in row)
        assert one.lot in row
        assert re.search(rf'class="number">{one.left}\b', row), one.code


def test_an_unknown_analyzer_is_said_to_be_none(technician: Browser) -> None:
    assert technician.get(f"{BENCH}/analyzers/NONE-1").status_code == 404
    assert technician.act(f"{BENCH}/analyzers/NONE-1/act", act="calibrate_due").status_code == 404
    assert technician.act(f"{BENCH}/analyzers/NONE-1/act", act="run_controls").status_code == 409


def test_maintenance_takes_its_time(served: Serving, technician: Browser) -> None:
    rest(served)
    assert technician.act(f"{CHEM}/act", act="maintain:daily").status_code == 200
    assert screen(served).doing == "maintenance: daily"
    again = technician.act(f"{CHEM}/act", act="maintain:daily")
    assert again.status_code == 409
    assert "That is being done already." in again.text
    assert "maintenance" in technician.get(f"{CHEM}/state").text
    rest(served)
    (task,) = [task for task in screen(served).tasks if task.code == "daily"]
    assert task.done_at is not None


def test_what_is_picked_is_calibrated(served: Serving, technician: Browser) -> None:
    before = {line.kit: line.calibrated_at for line in rest(served).calibrations}
    assert technician.act(f"{CHEM}/act", act="calibrate", kit="GLU").status_code == 200
    rest(served)
    later = {line.kit for line in screen(served).calibrations if line.calibrated_at != before[line.kit]}
    assert later == {"GLU"}
    none = technician.act(f"{CHEM}/act", act="calibrate")
    assert (none.status_code, "Pick what is to be calibrated." in none.text) == (409, True)


def test_a_full_place_takes_no_pack_and_an_empty_one_does(served: Serving, technician: Browser) -> None:
    assert 'value="load:GLU"' not in technician.get(CHEM).text
    full = technician.act(f"{CHEM}/act", act="load:GLU")
    assert (full.status_code, "Every place for GLU has a pack." in full.text) == (409, True)
    served.live.world.stations["CHEM-1"].analyzer.upkeep.supplies["GLU"].packs.pop()
    assert 'value="load:GLU"' in technician.get(CHEM).text
    (glu,) = [one for one in screen(served).stock if one.code == "GLU"]
    lot = glu.shelf[-1].lot
    answer = technician.act(f"{CHEM}/act", **{"act": "load:GLU", "lot-GLU": lot})
    assert "A pack of GLU is on board." in answer.text
    assert lot in {
        pack.lot for pack in served.live.world.stations["CHEM-1"].analyzer.upkeep.supplies["GLU"].packs
    }


def test_a_tube_is_run_again(served: Serving, technician: Browser) -> None:
    rest(served)
    page = technician.get(CHEM).text
    found = re.search(r'value="rerun:(\w+)"', page)
    assert found is not None
    answer = technician.act(f"{CHEM}/act", **{"act": f"rerun:{found[1]}", f"dilution-{found[1]}": "5"})
    assert f"Tube {found[1]} is on CHEM-1 again." in answer.text
    assert found[1] in {place.tube for rack in screen(served).racks for place in rack.places}
    wrong = technician.act(f"{CHEM}/act", **{"act": f"rerun:{found[1]}", f"dilution-{found[1]}": "7"})
    assert wrong.status_code == 422


def test_the_log_is_acknowledged_line_by_line(served: Serving, technician: Browser) -> None:
    rest(served)
    served.live.world.stations["CHEM-1"].analyzer.upkeep.supplies["CAL-IA"].packs.clear()
    technician.act(f"{CHEM}/act", act="calibrate", kit="TSH")
    rest(served)
    (number,) = [
        line.number
        for line in screen(served).log
        if line.code == "calibration_failed" and line.number in screen(served).unread
    ]
    assert f'value="read:{number}"' in technician.get(CHEM).text
    assert technician.act(f"{CHEM}/act", act=f"read:{number}").status_code == 200
    assert number not in screen(served).unread
    assert technician.act(f"{CHEM}/act", act=f"read:{number}").status_code == 409
    assert technician.act(f"{CHEM}/act", act="read:x").status_code == 422


def test_it_is_switched_off_and_warms_up_again(served: Serving, technician: Browser) -> None:
    path = f"{BENCH}/analyzers/COAG-1"
    assert technician.act(f"{path}/act", act="switch:off").status_code == 200
    assert "Switch on" in technician.get(path).text
    assert technician.act(f"{path}/act", act="switch:on").status_code == 200
    assert screen(served, "COAG-1").state == "warming up"
    assert technician.act(f"{path}/act", act="nothing").status_code == 422
