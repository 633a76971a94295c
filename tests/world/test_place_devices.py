"""What devices need, as it is read: whole groups of kits, broken references, and packs that say nothing of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from simulators.place_devices import DevicesError, Upkeep
from simulators.place_reading import load_place
from tests.world.fake_lis import PACK, core


def test_every_test_of_the_core_pack_has_one_kit_or_is_read_in_saline() -> None:
    for code, plan in core().place.devices.items():
        tests = [test for kit in plan.upkeep.kits for test in kit.tests]
        assert len(tests) == len(set(tests)), code
        bare = {assay.test for assay in plan.menu} - set(tests)
        assert bare == ({"HIDX", "IIDX", "LIDX"} if plan.reports_indices else set()), code


def test_kits_are_shared_where_the_content_says_so() -> None:
    kits = {kit.code: kit for kit in core().place.devices["CHEM-1"].upkeep.kits}
    assert kits["ISE"].tests == ("NA", "K", "CL", "UNA")
    assert (kits["TSH"].tests, kits["TSH"].calibrator) == (("TSH",), "CAL-IA")
    assert kits["MG"].calibrator == "CAL-GC"


def changed(folder: Path, old: str, new: str) -> Path:
    """A copy of the core pack with another text in its devices.yaml."""
    shutil.copytree(PACK, folder)
    file = folder / "world" / "devices.yaml"
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")
    return folder


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("tests: [BUN]", "tests: [BUNX]", "CHEM-1 cannot do BUNX"),
        ("code: CAL-ISE", "code: CAL-OTHER", "CHEM-1 has no calibrator CAL-ISE"),
        ("100: [HCGQ]", "100: [HCGX]", "CHEM-1 cannot do HCGX"),
    ],
)
def test_broken_references_are_refused(tmp_path: Path, old: str, new: str, words: str) -> None:
    with pytest.raises(DevicesError, match=words):
        load_place(changed(tmp_path / "pack", old, new))


def test_without_the_file_devices_need_nothing(tmp_path: Path) -> None:
    shutil.copytree(PACK, tmp_path / "pack")
    (tmp_path / "pack" / "world" / "devices.yaml").unlink()
    devices = load_place(tmp_path / "pack").devices
    assert [plan.upkeep for plan in devices.values()] == [Upkeep()] * 5
