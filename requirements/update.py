"""Resolve pyproject.toml anew and write the hashed locks run.txt and dev.txt. Needs uv and a package index.

    python3 requirements/update.py [--upgrade]

Every package must be had as a wheel on the systems below, since the installation builds nothing. uv.lock stays out
of the repository: it names the index it was made with, the requirement files do not.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKS = {"run.txt": ["--no-dev"], "dev.txt": []}
SYSTEMS = {
    "Linux x86-64": r"(many|musl)linux.*x86_64",
    "Linux arm64": r"(many|musl)linux.*aarch64",
    "Windows x64": r"win_amd64",
    "macOS arm64": r"macosx.*(arm64|universal2)",
}
PYTHONS = (11, 12, 13, 14)


def main(argv: list[str]) -> int:
    uv("lock", *(["--upgrade"] if "--upgrade" in argv else []))
    for name, options in LOCKS.items():
        export(name, options)
    gaps = [gap for package in packages() for gap in missing_wheels(package)]
    print("\n".join(gaps) or "Every package has a wheel on every system.")
    return 1 if gaps else 0


def export(name: str, options: list[str]) -> None:
    """One requirement file; refuses to write a host name into it."""
    plain = ["--format", "requirements-txt", "--no-emit-project", "--no-header", "--no-annotate"]
    text = uv("export", "--frozen", "--quiet", *plain, *options)
    if "://" in text:
        raise SystemExit(f"{name} would name a host.")
    (ROOT / "requirements" / name).write_text(text, encoding="utf-8", newline="\n")


def packages() -> list[dict]:
    """What uv locked, without the project itself."""
    locked = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))["package"]
    return [package for package in locked if "registry" in package["source"]]


def missing_wheels(package: dict) -> list[str]:
    """The systems and Pythons on which a package would have to be compiled."""
    wheels = [wheel["url"].rpartition("/")[2] for wheel in package.get("wheels", [])]
    if any(wheel.endswith("-none-any.whl") for wheel in wheels):
        return []
    return [
        f"{package['name']} {package['version']}: no wheel for {system}, Python 3.{python}"
        for system, pattern in SYSTEMS.items()
        for python in PYTHONS
        if not any(re.search(pattern, wheel) and fits(wheel, python) for wheel in wheels)
    ]


def fits(wheel: str, python: int) -> bool:
    """Whether a wheel's tags admit CPython 3.`python`."""
    abi3 = re.search(r"-cp3(\d+)-abi3-", wheel)
    return (
        f"-cp3{python}-cp3{python}-" in wheel
        or "-py3-none-" in wheel
        or bool(abi3 and int(abi3[1]) <= python)
    )


def uv(*arguments: str) -> str:
    return subprocess.run(["uv", *arguments], check=True, cwd=ROOT, stdout=subprocess.PIPE, text=True).stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
