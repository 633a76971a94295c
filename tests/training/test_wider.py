"""What rows of a pack and one file add: a new test on a new analyzer lives from order to report, no code changed."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import select

import simulators.analyzers
from lis.storage import tables as t
from lis.storage.packs import check_pack
from lis.training import chronicle
from tests.training import pasts

TEST, ORDER, DEVICE = "XMARK", "XMARKO", "MARK-1"
ANALYZER_FILE = '''
"""A reader of one marker: takes what it is given, and says so in its log when it begins."""

from simulators.analyzers.base import Analyzer


class MarkerReader(Analyzer):
    kind = "marker_reader"


DEVICE = MarkerReader
'''
ROWS = {
    "tests.csv": {
        "code": TEST,
        "name": "Marker X",
        "department": "CHEM",
        "section": "MIN",
        "loinc": "",
        "ucum": "mg/dL",
        "decimals": "1",
        "specimen_hl70487": "SER",
        "container": "SST",
        "result_type": "NM",
        "amr_low": "0.2",
        "amr_high": "10",
        "cv_pct": "2.2",
        "distribution": "normal",
        "stability_rt_h": "48",
        "method": "none",
        "orderable": "N",
    },
    "reference_intervals.csv": {
        "analyte": TEST,
        "sex": "A",
        "age_low_days": "0",
        "age_high_days": "43800",
        "low": "1.7",
        "high": "2.4",
        "unit": "mg/dL",
    },
    "autoverification.csv": {
        "analyte": TEST,
        "min_age_days": "0",
        "av_low": "1.0",
        "av_high": "4.0",
        "delta_required": "N",
        "unit": "mg/dL",
    },
    "orderables.csv": {
        "panel_code": ORDER,
        "name": "Marker X",
        "department": "CHEM",
        "specimen_hl70487": "SER",
        "container": "SST",
        "min_volume_ml": "0.5",
        "tat_stat_min": "45",
        "tat_routine_min": "120",
        "n_analytes": "1",
    },
    "panels.csv": {"panel_code": ORDER, "seq": "1", "analyte_code": TEST, "required": "Y"},
}
CONTROLS = [
    {"lot": "MARK1-2601", "level": "1", "mean": "1.5", "sd": "0.05"},
    {"lot": "MARK2-2601", "level": "2", "mean": "3.6", "sd": "0.08"},
]
CONTROL = {
    "analyzer": DEVICE,
    "test": TEST,
    "material": "MARK",
    "unit": "mg/dL",
    "expires_on": "2028-12-31",
}
REQUEST = {"orders": [ORDER], "I": 1, "E": 1, "O": 1}
TRAITS = {
    "code": DEVICE,
    "kind": "marker_reader",
    "tubes_per_hour": 60,
    "process_minutes": 4,
    "warm_up_minutes": 5,
    "controls_at": ["05:30"],
    "rack_size": 5,
    "scatter": 0.5,
    "bias_sd": 0.1,
    "dead_volume_ml": 0.1,
    "sip_ul": 10,
}
LINE = {
    "code": DEVICE,
    "name": "Marker reader",
    "model": "Reader 1",
    "department": "CHEM",
    "profile": "generic-oru",
    "host": "127.0.0.1",
    "port": 2690,
    "reports_indices": False,
    "requires_qc": True,
    "menu": [{"test": TEST, "code": "MX", "unit": "mg/dL"}],
}


def append(file: Path, *rows: dict[str, str]) -> None:
    """Add rows to a table; what they do not say stays empty, and every number has its source."""
    with file.open(encoding="utf-8", newline="") as table:
        names = next(csv.reader(table))
    with file.open("a", encoding="utf-8", newline="") as table:
        writer = csv.DictWriter(table, names, lineterminator="\n")
        for row in rows:
            writer.writerow(
                {name: row.get(name, "made for a test" if name == "source" else "") for name in names}
            )


def widened(folder: Path) -> Path:
    """A copy of the core pack with the new test, its order, its analyzer and its controls."""
    shutil.copytree(pasts.CORE, folder)
    for name, row in ROWS.items():
        append(folder / name, row)
    append(folder / "control_targets.csv", *(CONTROL | level for level in CONTROLS))
    with changed(folder / "analyzers.yaml") as lines:
        lines["analyzers"].append(LINE)
    with changed(folder / "world" / "world.yaml") as place:
        place["analyzers"].append(TRAITS)
        place["requests"] = [REQUEST]
        place["hospital"]["requisitions_per_day"] = 60
    return folder


@contextmanager
def changed(file: Path) -> Iterator[dict[str, Any]]:
    """A YAML file's content, written back in the end."""
    content = yaml.safe_load(file.read_text("utf-8"))
    yield content
    file.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), "utf-8")


def problems(pack: Path) -> set[str]:
    """What is wrong with a pack, wherever in its files."""
    return {f"{problem.file}: {problem.reason}" for problem in check_pack(pack) if not problem.note}


@pytest.fixture
def analyzer_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One more file beside those of the other analyzers."""
    folder = tmp_path / "analyzers"
    folder.mkdir()
    (folder / "marker_reader.py").write_text(ANALYZER_FILE, "utf-8")
    monkeypatch.setattr(simulators.analyzers, "__path__", [*simulators.analyzers.__path__, str(folder)])


def test_a_new_test_on_a_new_analyzer_lives_from_order_to_report(tmp_path: Path, analyzer_file: None) -> None:
    pack = widened(tmp_path / "pack")
    assert problems(pack) - problems(pasts.CORE) == set()
    house = pasts.open_house(tmp_path / "data")
    made = pasts.live(house, pack=pack, hours=2)
    r, v = t.result, t.result_version
    with made.lab.database.reading() as connection:
        query = select(r.c.state, v.c.analyzer, v.c.number, v.c.interval_text, v.c.unit)
        rows = connection.execute(query.join(v, v.c.result_id == r.c.id).where(r.c.test == TEST)).all()
    with house.control.reading() as connection:
        entries = list(chronicle.entries_of(connection, "past"))
    house.close()
    released = [row for row in rows if row.state == "released"]
    assert released
    assert {(row.analyzer, row.unit) for row in released} == {(DEVICE, "mg/dL")}
    assert all(1 < row.number < 4 for row in released)
    assert TEST in {
        value["code"]
        for entry in entries
        if entry.kind == "report.received"
        for value in entry.data["report"]["values"]
    }
