"""The source files that the architecture tests read."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.harness import ROOT

PACKAGES = ("lis", "simulators", "seed")


@cache
def project_files() -> tuple[Path, ...]:
    """Every file that is or would be committed; in a copy without git, every file but caches and environments."""
    listing = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listing.returncode == 0:
        files = [ROOT / line for line in listing.stdout.splitlines()]
    else:
        files = [file for file in ROOT.rglob("*") if not any(part.startswith(".") for part in file.parts)]
    return tuple(sorted(file for file in files if file.is_file()))


def relative(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def in_packages(*suffixes: str) -> list[Path]:
    """Files of lis, simulators and seed."""
    return [
        file
        for file in project_files()
        if relative(file).split("/")[0] in PACKAGES and file.suffix in suffixes
    ]


@cache
def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"), str(file))


def texts() -> Iterator[tuple[Path, str]]:
    """Every text file of the project."""
    for file in project_files():
        try:
            yield file, file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
