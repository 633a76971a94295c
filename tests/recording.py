"""A pytest plugin that writes what happened to every test as JSON, for tests/runner.py."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

SEVERITY = {"passed": 0, "skipped": 1, "failed": 2}


class Recorder:
    """Collects one row per test: its worst outcome, why it was skipped, the seconds of all its phases."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self.rows: dict[str, dict[str, object]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.add(report.nodeid, report.outcome, report.longrepr, report.duration)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.outcome != "passed":
            self.add(report.nodeid, report.outcome, report.longrepr, 0.0)

    def add(self, nodeid: str, outcome: str, longrepr: object, seconds: float) -> None:
        row = self.rows.setdefault(nodeid, {"outcome": "passed", "reason": "", "seconds": 0.0})
        row["seconds"] += seconds
        if SEVERITY[outcome] > SEVERITY[row["outcome"]]:
            row["outcome"] = outcome
        if outcome == "skipped" and isinstance(longrepr, tuple):
            row["reason"] = longrepr[2].removeprefix("Skipped: ")

    def pytest_sessionfinish(self) -> None:
        self.target.write_text(json.dumps(self.rows))


def pytest_configure(config: pytest.Config) -> None:
    target = os.environ.get("LIS_TEST_RECORD")
    if target and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Recorder(Path(target)), "lis-recorder")
