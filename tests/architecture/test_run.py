"""run.py: what it reads, what it refuses, and that a second start has nothing to do."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

import run
from tests.harness import ROOT


def options(folder: Path, offline: Path | None = None) -> run.Options:
    return run.Options(folder / "venv", offline, force_pip=True, rest=[])


def test_options_before_the_command_are_ours_and_after_it_the_commands(tmp_path: Path) -> None:
    read = run.read_options(["--offline", str(tmp_path), f"--venv={tmp_path}/e", "--pip", "lis", "--pip"])
    assert read == run.Options(tmp_path / "e", tmp_path, True, ["lis", "--pip"])


def test_commands_become_modules_and_anything_else_is_the_product() -> None:
    assert run.command_line(["lis", "pack", "check"]) == ["-m", "lis.main", "pack", "check"]
    assert run.command_line([]) == ["-m", "lis.training.main"]
    assert run.command_line(["--port", "8123"]) == ["-m", "lis.training.main", "--port", "8123"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["tset"], "There is no command 'tset'"),
        (["--offline"], "--offline needs a folder"),
        (["--offline", "no/such/folder"], "there is no folder"),
    ],
)
def test_a_mistyped_command_line_is_answered_in_words(arguments: list[str], message: str) -> None:
    answer = subprocess.run(
        [sys.executable, ROOT / "run.py", "--venv", "no/such/venv", *arguments],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (answer.returncode, message in answer.stderr) == (2, True)
    assert "Traceback" not in answer.stderr


def test_an_old_python_is_told_what_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    with pytest.raises(run.Stop, match=r"Python 3\.11 or newer is needed; this is 3\.9\.2"):
        run.check_python()


def test_a_second_start_installs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = tmp_path / "run.txt"
    lock.write_text("one==1")
    python = run.python_in(tmp_path / "venv")
    python.parent.mkdir(parents=True)
    python.touch()
    installed: list[str] = []
    monkeypatch.setattr(run, "install", lambda _options, lock: installed.append(lock.read_text()))
    run.prepare(options(tmp_path), lock)
    run.prepare(options(tmp_path), lock)
    lock.write_text("one==2")
    run.prepare(options(tmp_path), lock)
    assert installed == ["one==1", "one==2"]
    assert (tmp_path / "venv" / "installed-run").read_text() == hashlib.sha256(b"one==2").hexdigest()


def test_a_python_without_ensurepip_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ensurepip.py").write_text("raise ImportError('left out by the distribution')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(run.Stop, match="apt install python3-venv"):
        run.make_venv(options(tmp_path, offline=tmp_path), [])
