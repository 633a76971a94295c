"""Time on the bench's page: kept, forked and put back while the laboratory is served and its world runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from httpx2 import Response
from sqlalchemy import func, select

from lis.kernel.clock import FixedClock
from lis.kernel.errors import Conflict
from lis.storage import tables as t
from lis.storage.export import canonical_lines
from lis.storage.house import House
from lis.training import snapshots
from lis.training.doors import KEEP_EVERY, TENDED_FOR, Open, Tending, is_half_said
from lis.training.travelling import Shut, Travel
from tests.training import pasts
from tests.training.conftest import LIGHT
from tests.training.serving import Browser, Serving, serving
from tests.training.waiting import until

TIME = "/bench/past/time"
CENTRAL = ZoneInfo("America/Chicago")


@pytest.fixture
def served(own_folder: Path) -> Iterator[Serving]:
    with serving(own_folder, LIGHT) as found:
        yield found


@pytest.fixture
def supervisor(served: Serving) -> Browser:
    return Browser(served.app, "supervisor1")


def arrived(browser: Browser, answer: Response) -> str:
    """What the page says when a journey is over."""
    assert answer.status_code == 303, answer.text
    page = until(lambda: _unless(browser.get(f"{TIME}/state").text, 'hx-trigger="every 1s"'))
    said = re.search(r"<b>([✓✕] [^<]*)</b>", page)
    assert said is not None, page
    return said[1]


def _unless(page: str, under_way: str) -> str:
    return "" if under_way in page else page


def travel_of(served: Serving) -> Travel:
    travel: Travel = served.app.state.travel
    return travel


def journal(served: Serving, slug: str = "past") -> list[str]:
    with served.product.house.lab(slug).reading() as connection:
        return [line for line in canonical_lines(connection) if line.startswith("journal")]


def spot(served: Serving, tube: str, slug: str = "past") -> str:
    return next(one.spot for one in served.worlds.get(slug).world.tubes() if one.id == tube)


def test_put_back_to_a_snapshot_and_forth_again(served: Serving, supervisor: Browser) -> None:
    assert supervisor.act(f"{TIME}/keep", label="noon").status_code == 303
    kept = snapshots.find(served.product.house, "past", "noon")
    tube = next(one for one in served.live.world.tray() if one.lab_label is None)
    served.live.act("discard", {"tube_id": tube.id}, "processor1")
    served.pass_time(timedelta(minutes=20))
    later, digest = journal(served), served.live.world.ledger.digest

    said = arrived(supervisor, supervisor.act(f"{TIME}/back", label="noon"))
    assert said == "✓ The laboratory is put back. What it was is kept as before."
    assert (spot(served, tube.id), served.live.world.now) == ("tray", kept.at)
    assert len(journal(served)) == kept.events + 1  # lab time was set, and the journal says so
    assert journal(served)[: kept.events] == later[: kept.events]

    arrived(supervisor, supervisor.act(f"{TIME}/back", label="before"))
    assert (spot(served, tube.id), served.live.world.ledger.digest) == ("discarded", digest)
    assert journal(served)[: len(later)] == later
    labels = [one.label for one in snapshots.of(served.product.house, "past")]
    assert sorted(labels) == ["before", "before-2", "noon"]


def test_the_same_over_postgresql(postgresql_url: str, tmp_path: Path) -> None:
    house = House.open(data=None, url=postgresql_url, wall=FixedClock(pasts.WALL))
    pasts.live(house, hours=0.5, hashed=LIGHT.hash)
    house.close()
    with serving(tmp_path, LIGHT, url=postgresql_url) as served:
        supervisor = Browser(served.app, "supervisor1")
        assert supervisor.act(f"{TIME}/keep", label="noon").status_code == 303
        kept = snapshots.find(served.product.house, "past", "noon")
        served.pass_time(timedelta(minutes=20))
        digest = served.live.world.ledger.digest
        arrived(supervisor, supervisor.act(f"{TIME}/back", label="noon"))
        assert served.live.world.now == kept.at
        arrived(supervisor, supervisor.act(f"{TIME}/fork", new="twin", label="before"))
        assert served.worlds.get("twin").world.ledger.digest == digest
        served.pass_time(timedelta(minutes=20))
        assert (served.live.failure, served.worlds.get("twin").failure) == ("", "")


def test_what_was_put_back_goes_on(served: Serving, supervisor: Browser) -> None:
    supervisor.act(f"{TIME}/keep", label="noon")
    served.pass_time(timedelta(minutes=10))
    arrived(supervisor, supervisor.act(f"{TIME}/back", label="noon"))
    came = inbound(served, "past")
    served.live.act("run_controls", {"analyzer": "CHEM-1"}, "technician1")
    served.pass_time(timedelta(minutes=60))
    until(lambda: inbound(served, "past") > came)
    with served.live.lab.reading() as reading:
        assert "duplicate" not in reading.connection.execute(select(t.inbound.c.state)).scalars().all()
    tube = next(one for one in served.live.world.tray() if one.lab_label is None)
    assert tube.collection_label is not None
    before = len(served.live.world.printed_labels())
    answer = Browser(served.app, "processor1").act(
        "/lab/past/receive/scan", text=tube.collection_label.number
    )
    assert answer.status_code == 200
    until(lambda: len(served.live.world.printed_labels()) > before)


def inbound(served: Serving, slug: str) -> int:
    with served.product.house.lab(slug).reading() as connection:
        return connection.execute(select(func.count()).select_from(t.inbound)).scalar_one()


def test_a_laboratory_of_its_own_goes_its_own_way_in_the_same_runner(
    served: Serving, supervisor: Browser
) -> None:
    tube = next(one for one in served.live.world.tray() if one.lab_label is None)
    said = arrived(supervisor, supervisor.act(f"{TIME}/fork", new="twin"))
    assert said == "✓ Laboratory twin is made. Whoever works here may enter it."
    served.worlds.get("twin").act("discard", {"tube_id": tube.id}, "processor1")
    assert (spot(served, tube.id), spot(served, tube.id, "twin")) == ("tray", "discarded")
    served.pass_time(timedelta(minutes=45))
    twin = served.worlds.get("twin")
    until(lambda: twin.world.now >= twin.lab.now())
    later = Browser(served.app, "supervisor1")
    assert later.get("/lab/twin/").status_code == 200
    assert later.get("/bench/twin/").status_code == 200
    assert snapshots.of(served.product.house, "past") == []
    with twin.lab.reading() as reading:
        ports = set(reading.connection.execute(select(t.interface.c.port)).scalars())
    with served.live.lab.reading() as reading:
        assert ports.isdisjoint(reading.connection.execute(select(t.interface.c.port)).scalars())


def test_a_world_that_breaks_is_told_and_the_other_goes_on(served: Serving, supervisor: Browser) -> None:
    arrived(supervisor, supervisor.act(f"{TIME}/fork", new="twin"))
    twin = served.worlds.get("twin")
    twin.world.stage.plan(twin.world.now + timedelta(minutes=5), _break)
    served.pass_time(timedelta(minutes=30))
    until(lambda: twin.failure)
    supervisor = Browser(served.app, "supervisor1")
    here, there = supervisor.get("/bench/twin/").text, supervisor.get(TIME).text
    assert "The hospital and the bench have stopped." in here
    assert "the pump is stuck" in here
    assert "The hospital and the bench of twin have stopped." in there
    assert served.live.failure == ""
    was = served.live.world.now
    served.pass_time(timedelta(minutes=30))
    assert served.live.world.now >= was + timedelta(minutes=30)
    assert Browser(served.app, "supervisor1").get("/lab/twin/").status_code == 200


def _break() -> None:
    raise ValueError("the pump is stuck")


def test_a_broken_world_is_put_back_to_a_snapshot_and_runs_again(
    served: Serving, supervisor: Browser
) -> None:
    supervisor.act(f"{TIME}/keep", label="sound")
    served.live.world.stage.plan(served.live.world.now, _break)
    served.wall.advance(timedelta(minutes=1))
    until(lambda: served.live.failure)
    arrived(supervisor, supervisor.act(f"{TIME}/back", label="sound"))
    assert served.live.failure == ""
    served.pass_time(timedelta(minutes=5))


def test_an_instant_of_the_past_becomes_a_laboratory_of_its_own(served: Serving, supervisor: Browser) -> None:
    at = pasts.START + timedelta(minutes=50)
    typed = at.astimezone(CENTRAL).strftime("%Y-%m-%dT%H:%M")
    assert (
        f'value="{(pasts.START + 3 * pasts.HOUR).astimezone(CENTRAL):%Y-%m-%d %H:%M}"'
        in supervisor.get(TIME).text
    )
    arrived(supervisor, supervisor.act(f"{TIME}/fork", new="then", at=typed))
    then = served.worlds.get("then")
    assert then.world.now == at
    whole = journal(served)
    alike = [line for line in journal(served, "then") if line in set(whole)]
    assert whole[: len(alike)] == alike
    assert len(alike) > 50


def test_an_instant_after_the_past_is_refused_in_words(served: Serving, supervisor: Browser) -> None:
    said = arrived(supervisor, supervisor.act(f"{TIME}/back", at="2026-11-25T13:00"))
    assert said.startswith("✕ What people did in laboratory past")
    assert served.live.failure == ""


def test_going_back_is_asked_for_twice_and_says_what_it_undoes(served: Serving, supervisor: Browser) -> None:
    supervisor.act(f"{TIME}/keep", label="noon")
    asked = supervisor.get(f"{TIME}/back?label=noon")
    assert "To noon, 2026-11-25 12:00" in asked.text
    assert "undone" in asked.text
    assert supervisor.get(f"{TIME}/back?label=never").status_code == 404
    supervisor.act(f"{TIME}/drop", label="noon")
    assert snapshots.of(served.product.house, "past") == []


@pytest.mark.parametrize("path", ["keep", "drop", "fork", "back"])
def test_only_who_runs_the_training_goes_back_in_time(served: Serving, path: str) -> None:
    technologist = Browser(served.app, "technologist1")
    assert technologist.get(TIME).status_code == 403
    assert technologist.act(f"{TIME}/{path}", label="noon", new="twin").status_code == 403
    assert "time" not in re.findall(r'href="/bench/past/(\w*)"', technologist.get("/bench/past/").text)
    assert [entry.slug for entry in served.product.house.entries()] == ["past"]


def test_an_instant_is_kept_by_itself_at_first_and_when_somebody_worked(served: Serving) -> None:
    travel, house = travel_of(served), served.product.house
    tending = Tending(travel, served.worlds, served.wall)
    tending.look()
    served.pass_time(2 * KEEP_EVERY)
    tending.look()
    first = [one.label for one in snapshots.of(house, "past")]
    assert first == ["auto-1125-1200"]
    work_a_little(served)
    tending.look()
    assert [one.label for one in snapshots.of(house, "past")] == [*first, "auto-1125-1300"]
    work_a_little(served)
    tending.look()
    assert len(snapshots.of(house, "past")) == 2
    tending.stop()


def work_a_little(served: Serving) -> None:
    assert Browser(served.app, "supervisor1").act("/bench/past/pace", pace="1").status_code == 303


def test_nobody_else_touches_a_world_that_is_run(served: Serving) -> None:
    house = served.product.house
    tending = Tending(travel_of(served), served.worlds, served.wall)
    tending.look()
    elsewhere = Travel(house, Shut(house, served.wall), served.wall, str.upper)
    with pytest.raises(Conflict) as refused:
        elsewhere.keep("past", "noon", "tests")
    assert refused.value.code == "world.runs"
    served.wall.advance(TENDED_FOR)
    assert elsewhere.keep("past", "noon", "tests").label == "noon"
    tending.look()
    tending.stop()
    assert elsewhere.keep("past", "later", "tests").label == "later"


def test_a_snapshot_is_not_taken_between_a_peers_answer_and_the_note_of_it(served: Serving) -> None:
    live = served.live
    assert not is_half_said(live)
    heard = next(item for item in reversed(live.world.inputs) if item.kind == "message")
    again_at = served.wall.now() + timedelta(minutes=1)
    unnoted = {"state": "queued", "attempts": 1, "next_try_at": again_at}
    with live.lab.database.writing() as connection:
        mine = t.outbox.c.body == heard.data
        assert connection.execute(t.outbox.update().where(mine).values(unnoted)).rowcount == 1
    assert is_half_said(live)
    served.wall.advance(timedelta(minutes=1))
    with Open(served.product, served.worlds).still("past"):
        assert not is_half_said(live)
