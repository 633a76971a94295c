"""A stopped world goes on from where it stood: lived again from its inputs, lab time continued, nothing sent twice."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select

from lis.kernel.errors import Conflict
from lis.lab import Lab
from lis.storage import tables as t
from lis.training import chronicle
from lis.training.chronicle import Chronicle
from lis.training.running import restore
from lis.training.tables import world_input
from simulators.world import load_world
from tests.training import pasts
from tests.training.conftest import LIGHT, Past
from tests.training.serving import serving
from tests.training.waiting import until


def test_a_world_lived_again_meets_the_same_state(past: Past) -> None:
    with past.house.control.reading() as connection:
        head = chronicle.head_of(connection, "past")
    kept = Chronicle(past.house.control, "past")
    again = restore(past.house, head, load_world(pasts.CORE), kept)
    was = past.made.world
    assert (again.now, again.ledger.digest, again.inputs) == (was.now, was.ledger.digest, was.inputs)
    assert again.tubes() == was.tubes()
    assert again.analyzers_status() == was.analyzers_status()


def test_a_past_that_comes_out_otherwise_is_refused(past: Past, tmp_path: Path) -> None:
    shutil.copytree(pasts.CORE, tmp_path / "pack")
    rhythm = tmp_path / "pack" / "world" / "world.yaml"
    rhythm.write_text(
        rhythm.read_text("utf-8").replace("requisitions_per_day: ", "requisitions_per_day: 1"), "utf-8"
    )
    with past.house.control.reading() as connection:
        head = chronicle.head_of(connection, "past")
    with pytest.raises(Conflict) as refused:
        restore(past.house, head, load_world(tmp_path / "pack"), Chronicle(past.house.control, "past"))
    assert refused.value.code == "world.other_past"


def test_lab_time_goes_on_from_where_it_stood(past: Past, own_folder: Path) -> None:
    with serving(own_folder, LIGHT) as served:
        assert served.live.lab.now() == past.made.world.now
        served.pass_time(timedelta(minutes=5))
        stopped_at = served.live.lab.now()
    with serving(own_folder, LIGHT) as again:
        assert again.live.lab.now() == stopped_at == again.live.world.now


def test_peers_are_told_where_the_world_listens(own_folder: Path) -> None:
    with serving(own_folder, LIGHT) as served:
        place = served.live.world.content.place
        with served.live.lab.reading() as reading:
            rows = reading.connection.execute(select(t.interface)).all()
    ports = {row.code: row.port for row in rows}
    assert set(ports) == {place.hospital.peer, *place.devices, *place.printers}
    assert len(set(ports.values())) == len(ports)


def test_what_is_done_at_the_bench_survives_a_stop_and_messages_travel_once(own_folder: Path) -> None:
    with serving(own_folder, LIGHT) as served:
        tube = next(tube for tube in served.live.world.tray() if tube.lab_label is None)
        served.live.act("discard", {"tube_id": tube.id}, "processor1")
        served.live.act("run_controls", {"analyzer": "CHEM-1"}, "technician1")
        served.pass_time(timedelta(minutes=90))
        digest, came = served.live.world.ledger.digest, _came(served.live.lab)
    with serving(own_folder, LIGHT) as again:
        spots = {one.id: one.spot for one in again.live.world.tubes()}
        assert (spots[tube.id], again.live.world.ledger.digest) == ("discarded", digest)
        assert _came(again.live.lab) == came
        again.pass_time(timedelta(minutes=60))
        assert "duplicate" not in _came(again.live.lab).values()
        assert len(_came(again.live.lab)) > len(came)


def test_an_answer_that_was_not_written_down_is_asked_for_again_and_known(own_folder: Path) -> None:
    """The process dies between the laboratory's commit and the world's note of it."""
    with serving(own_folder, LIGHT) as served:
        served.pass_time(timedelta(minutes=60))
        replies = [item for item in served.live.world.inputs if item.kind == "reply"]
        came = len(_came(served.live.lab))
    _forget_last_input(own_folder)
    with serving(own_folder, LIGHT) as again:
        until(lambda: len(_came(again.live.lab)) > came)
        states = list(_came(again.live.lab).values())
        assert states[came:] == ["duplicate"]
        assert [item for item in again.live.world.inputs if item.kind == "reply"] == replies


def _came(lab: Lab) -> dict[int, str]:
    """The state of every message that came in."""
    with lab.reading() as reading:
        rows = reading.connection.execute(select(t.inbound.c.id, t.inbound.c.state).order_by(t.inbound.c.id))
        return {row.id: row.state for row in rows}


def _forget_last_input(folder: Path) -> None:
    """Take back what was written last: one reply, as if the process had died before it."""
    house = pasts.open_house(folder)
    with house.control.writing() as connection:
        w = world_input
        last = select(func.max(w.c.seq)).where(w.c.kind == "reply").scalar_subquery()
        connection.execute(delete(w).where(w.c.seq >= last))
    house.close()
