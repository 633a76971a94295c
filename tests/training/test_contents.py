"""A world goes on with the content that it was made from, whatever becomes of the folder."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from lis.kernel.clock import FixedClock
from lis.training import chronicle, contents, rewinding, snapshots
from lis.training.chronicle import WorldHead
from tests.training import pasts
from tests.training.conftest import LIGHT
from tests.training.serving import Browser, serving

WALL = FixedClock(pasts.WALL)


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A pack of somebody's own."""
    return Path(shutil.copytree(pasts.CORE, tmp_path / "pack"))


def busier(pack: Path) -> None:
    """More patients than before."""
    rhythm = pack / "world" / "world.yaml"
    text = rhythm.read_text("utf-8")
    changed = text.replace("requisitions_per_day: ", "requisitions_per_day: 1")
    assert changed != text
    rhythm.write_text(changed, "utf-8")


def head_of(folder: Path) -> WorldHead:
    house = pasts.open_house(folder)
    with house.control.reading() as connection:
        head = chronicle.head_of(connection, "past")
    house.close()
    return head


@pytest.mark.parametrize("change", [busier, shutil.rmtree], ids=["changed", "gone"])
def test_a_pack_that_is_changed_or_gone_stops_no_world(tmp_path: Path, pack: Path, change: object) -> None:
    house = pasts.open_house(tmp_path / "data")
    made = pasts.live(house, hours=0.5, pack=pack, hashed=LIGHT.hash)
    digest, content = made.world.ledger.digest, contents.digest_of(pack)
    kept = snapshots.take(house, "past", "kept", "tests", wall=WALL)
    house.close()
    assert not contents.has_changed(head_of(tmp_path / "data"))
    change(pack)  # type: ignore[operator]
    with serving(tmp_path / "data", LIGHT) as served:
        assert served.live.failure == ""
        assert served.live.world.ledger.digest == digest
        page = Browser(served.app, "supervisor1").get("/bench/past/time").text
        assert "the pack was changed since" in page
    head = head_of(tmp_path / "data")
    assert (head.content, contents.has_changed(head)) == (content, True)
    house = pasts.open_house(tmp_path / "data")
    snapshots.fork(house, kept, "then", "tests")
    assert rewinding.stand(house, "then", WALL).world.ledger.digest == digest
    house.close()


def test_equal_content_is_kept_once_and_what_lies_beside_it_does_not_count(
    tmp_path: Path, pack: Path
) -> None:
    house = pasts.open_house(tmp_path / "data")
    pasts.live(house, hours=0.02, slug="one", pack=pack)
    (pack / ".notes").write_text("not content", "utf-8")
    pasts.live(house, hours=0.02, slug="other", pack=pack)
    with house.control.reading() as connection:
        assert len({chronicle.head_of(connection, slug).content for slug in ("one", "other")}) == 1
    busier(pack)
    pasts.live(house, hours=0.02, slug="third", pack=pack)
    with house.control.reading() as connection:
        assert chronicle.head_of(connection, "third").content == contents.digest_of(pack)
        assert chronicle.head_of(connection, "third").content != chronicle.head_of(connection, "one").content
    house.close()
