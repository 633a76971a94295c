"""The hashed requirement files are the lock: they carry what pyproject.toml asks for."""

from __future__ import annotations

import re
import tomllib

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.harness import ROOT

PIN = re.compile(r"^([A-Za-z0-9_.-]+)==([^ ;\\]+)(?: ; ([^\\]+))? \\$")


def locked(name: str) -> dict[str, str]:
    """Package → version. Every entry must be pinned and hashed."""
    pins: dict[str, str] = {}
    for entry in re.split(r"\n(?=\S)", (ROOT / "requirements" / name).read_text("utf-8").strip()):
        first, *hashes = entry.splitlines()
        match = PIN.match(first)
        assert match, f"{name}: not pinned and hashed: {first}"
        assert all(re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}(?: \\)?", line) for line in hashes)
        pins[canonicalize_name(match[1])] = match[2]
    return pins


def unmet(asked: list[str], pins: dict[str, str]) -> list[str]:
    requirements = map(Requirement, asked)
    return [str(r) for r in requirements if pins.get(canonicalize_name(r.name), "") not in r.specifier]


def test_the_locks_meet_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    runtime, development = locked("run.txt"), locked("dev.txt")
    assert unmet(project["project"]["dependencies"], runtime) == []
    assert unmet(project["dependency-groups"]["dev"], development) == []
    assert {name: pin for name, pin in runtime.items() if development.get(name) != pin} == {}
