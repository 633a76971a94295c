"""Names in world.yaml that no table of the pack has are refused when the world is read, in words."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from simulators.place_reading import PlaceError
from simulators.world_content import load_world
from tests.world.fake_lis import PACK


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("population: ICU", "population: MOON", "world.yaml: no population MOON"),
        ("treatment: insulin_infusion", "treatment: leeches", "world.yaml: no treatment leeches"),
        ("given: vancomycin, due", "given: garlic, due", "world.yaml: no treatment garlic"),
        ("given: hemodialysis", "given: prayer", "world.yaml: no treatment or profile prayer"),
        ("label_askew: 0.02", "label_eaten: 0.02", "world.yaml: no fault label_eaten"),
    ],
)
def test_an_unknown_name_is_said(tmp_path: Path, old: str, new: str, words: str) -> None:
    pack = tmp_path / "pack"
    shutil.copytree(PACK, pack)
    file = pack / "world" / "world.yaml"
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(PlaceError, match=words):
        load_world(pack)


def test_a_bench_of_an_earlier_pack_says_nothing_of_how_tubes_are_kept(tmp_path: Path) -> None:
    """Worlds go on with the content that they were made from."""
    pack = tmp_path / "pack"
    shutil.copytree(PACK, pack)
    file = pack / "world" / "bench.yaml"
    before, keeping, _ = file.read_text("utf-8").partition("keeping:")
    assert keeping
    file.write_text(before, "utf-8")
    assert load_world(pack).bench.keeping == {}
