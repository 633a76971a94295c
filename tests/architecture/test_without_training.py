"""The LIS lives without its classroom: its floors pass with lis/training, simulators and seed deleted."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.sources import project_files, relative

FLOORS = ("kernel", "wire", "domain", "documents", "storage", "services", "interfaces", "web")
DELETED = ("lis/training/", "simulators/", "seed/")
LEFT_OUT = (*DELETED, "tests/world/", "tests/training/", "tests/browser/", "tests/contracts/", "docs/")

# An environment into which the project is installed could still find what the copy lacks.
BLOCK = """
import sys

class Deleted:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("simulators", "seed") or name.startswith("lis.training"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Deleted())
"""


@pytest.fixture
def lis_alone(tmp_path: Path) -> Path:
    """A copy of the project without the classroom, the world and the seed."""
    for file in project_files():
        if not relative(file).startswith(LEFT_OUT):
            target = tmp_path / relative(file)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(file, target)
    (tmp_path / "sitecustomize.py").write_text(BLOCK)
    return tmp_path


def python(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment |= {"PYTHONPATH": str(folder), "LIS_TEST_RECORD": "", "LIS_LONG": ""}
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.alone
def test_the_floors_of_the_lis_pass_without_training_simulators_and_seed(lis_alone: Path) -> None:
    for gone in ("simulators", "seed", "lis.training"):
        assert "ModuleNotFoundError" in python(lis_alone, "-c", f"import {gone}").stderr
    floors = [f"tests/{floor}" for floor in FLOORS if (lis_alone / "tests" / floor).is_dir()]
    workers = ["-n", str(os.cpu_count() or 1), "--dist", "loadfile"]
    chosen = ["-m", "not postgresql and not alone"]
    run = python(lis_alone, "-m", "pytest", "-q", "-p", "no:cacheprovider", *workers, *chosen, *floors)
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
