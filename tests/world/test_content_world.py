"""The world's reading of the content pack: what is refused, and that new content needs rows only."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from simulators.content import ContentError, load_content
from simulators.patients import Course
from simulators.physiology import Physiology
from tests.world.bodies import MORNING, PACK, ZONE, core, person, physiology

READ = ("tests", "value_sets", "reference_intervals", "formulas", "constants", "abo_patterns")


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A copy of what the world reads, to be changed."""
    shutil.copytree(PACK / "world", tmp_path / "world")
    for name in READ:
        shutil.copy(PACK / f"{name}.csv", tmp_path)
    return tmp_path


def change(path: Path, edit: Callable[[str], str]) -> None:
    path.write_text(edit(path.read_text(encoding="utf-8")), encoding="utf-8")


def row_like(path: Path, model: str, **changes: str) -> None:
    """Add a row to a table: a copy of the first row whose first column is `model`, with some columns changed."""
    lines = path.read_text(encoding="utf-8").splitlines()
    header = lines[0].split(",")
    cells = dict(
        zip(header, next(line for line in lines if line.startswith(f"{model},")).split(","), strict=False)
    )
    path.write_text(
        "\n".join([*lines, ",".join((cells | changes)[name] for name in header), ""]), encoding="utf-8"
    )


def test_pack_has_106_profiles_and_all_their_parts() -> None:
    assert len(core().profiles) == 106
    assert len(core().errors) == 72
    assert len(core().blood_groups) == 8
    assert core().fluids["NS"]["na_mmol_l"] == 154


def test_new_quantity_is_rows_only_and_shifts_no_other(pack: Path) -> None:
    row_like(pack / "tests.csv", "AMY", code="NEWQ")
    row_like(pack / "reference_intervals.csv", "AMY", analyte="NEWQ", low="100", high="200")
    widened = Physiology(load_content(pack), physiology().dice, ZONE)
    one = person(3)
    before, after = dict(physiology().at(one, MORNING)), dict(widened.at(one, MORNING))
    assert 60 < float(after.pop("NEWQ")) < 330
    assert after == before


def test_new_profile_is_rows_only(pack: Path) -> None:
    profile = "- {id: new_illness, name: New, effects: [{analyte: NA, op: set, lo: 120, hi: 122}]}\n"
    change(pack / "world" / "disease_profiles.yaml", lambda text: text + profile)
    bodies = Physiology(load_content(pack), physiology().dice, ZONE)
    sick = person(4).with_course(Course("new_illness", MORNING.replace(year=2025)))
    assert 118 < float(bodies.at(sick, MORNING)["NA"]) < 124


@pytest.mark.parametrize(
    ("file", "wrong", "right"),
    [
        (
            "disease_profiles.yaml",
            "analyte: SYNCRY, op: cat, probs: {MSU: 1.0}",
            "analyte: SYNCRY, op: cat, probs: {GOLD: 1.0}",
        ),
        ("treatments.yaml", "analyte: BUN,", "analyte: NOSUCH,"),
        ("case_mix.yaml", "id: metformin", "id: moonshine"),
        ("case_mix.yaml", "    profiles: {neonatal", "    profiles: {no_such_illness: 1, neonatal"),
        ("generation_order.yaml", "{STRAW: 0.35", "{PURPLE: 0.35"),
        ("courses.yaml", "  itp:", "  no_such_illness:"),
    ],
)
def test_name_that_does_not_exist_is_refused(pack: Path, file: str, wrong: str, right: str) -> None:
    change(pack / "world" / file, lambda text: text.replace(wrong, right, 1))
    with pytest.raises(ContentError):
        load_content(pack)


def test_rule_that_reads_a_quantity_too_early_is_refused(pack: Path) -> None:
    change(
        pack / "world" / "generation_order.yaml",
        lambda text: text.replace("    - {set: PCO2, to: PCO2}\n", "", 1).replace("PCO2_BASE", "PCO2"),
    )
    with pytest.raises(ValueError, match="PCO2 is read before its first rule"):
        Physiology(load_content(pack), physiology().dice, ZONE)
