"""The `lis` command in this process, over a data folder of the test's own."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lis.kernel.clock import FixedClock
from lis.main.commands import cli
from tests.labs import make_small_folder

WALL = FixedClock(datetime(2026, 3, 2, 12, 0, tzinfo=UTC))


@dataclass(frozen=True)
class Said:
    """How a command ended and what it said."""

    status: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


Command = Callable[..., Said]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The folder of the databases; nothing is in it."""
    return tmp_path / "data"


@pytest.fixture
def lis(data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run `lis` with these arguments."""
    monkeypatch.setenv("LIS_DATA", str(data))
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: object) -> Said:
        monkeypatch.setattr("sys.argv", ["lis", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli()
        return Said(int(ended.value.code or 0), *capsys.readouterr())

    return run


@pytest.fixture(scope="session")
def _small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_small_folder(tmp_path_factory.mktemp("small"), WALL)


@pytest.fixture
def small(_small: Path, data: Path) -> Path:
    """The folder with the laboratory `small`, closed."""
    shutil.copytree(_small, data)
    return data
