"""`run.py test`: format, lint, types, import contract, then the tests; one table at the end.

    python3 run.py test [--long] [GROUP ...] [pytest args]

GROUP is format, lint, types, contract or a folder of tests/. A path runs just that with pytest.
Tests run in parallel; those marked browser or alone run after the others, one at a time. What failed is run once more,
alone: how many pass only then is said in the table, a test that fails twice fails the run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = [name for name in ("lis", "simulators", "seed") if (ROOT / name / "__init__.py").exists()]
CHECKS = {
    "format": ["-m", "ruff", "format", "--check", "."],
    "lint": ["-m", "ruff", "check", "."],
    "types": ["-m", "mypy", *PACKAGES],
    "contract": [
        "-c",
        "from importlinter.cli import lint_imports_command; lint_imports_command(['--no-logo'])",
    ],
}
IN_PARALLEL = "not browser and not alone"
ONE_AT_A_TIME = "browser or alone"
MOST_RETRIES = 50
NOTHING_TO_RUN = 5
FINE = (0, 1, NOTHING_TO_RUN)


@dataclass
class Row:
    """One line of the table."""

    group: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0
    again: int = 0
    reasons: Counter[str] = field(default_factory=Counter)


@dataclass
class Wanted:
    """What the command line asks for."""

    checks: list[str]
    paths: list[str]
    arguments: list[str]
    parallel: bool


def main(argv: list[str]) -> int:
    """Run what is wanted, print the table, and say by the exit code whether all is well."""
    os.chdir(ROOT)
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    if "--long" in argv:
        os.environ["LIS_LONG"] = "1"
    wanted = read([argument for argument in argv if argument != "--long"])
    rows = [run_check(name) for name in wanted.checks]
    if wanted.paths:
        rows += run_tests(wanted)
    return report(rows)


def read(argv: list[str]) -> Wanted:
    """Group names and paths choose what runs; the rest is pytest's. Nothing chosen means everything."""
    folders = sorted({path.parent.relative_to(ROOT / "tests").parts[0] for path in test_files()})
    checks = [name for name in CHECKS if name in argv]
    groups = [f"tests/{name}" for name in folders if name in argv]
    targets = [word for word in argv if "/" in word and Path(word.partition("::")[0]).exists()]
    arguments = [word for word in argv if word not in (*CHECKS, *folders, *targets)]
    if not (checks or groups or targets):
        checks, groups = list(CHECKS), ["tests"]
    return Wanted(checks, groups + targets, arguments, parallel=not targets)


def test_files() -> list[Path]:
    return [path for path in (ROOT / "tests").glob("*/**/test_*.py") if "data" not in path.parts]


# --- running ---


def run_check(name: str) -> Row:
    """One of the checks that read the source; its own output says what is wrong."""
    heading(name)
    began = time.perf_counter()
    code = python(*CHECKS[name])
    return Row(name, int(code == 0), int(code != 0), seconds=time.perf_counter() - began)


def run_tests(wanted: Wanted) -> list[Row]:
    """All tests: in parallel, then one at a time, then once more what failed."""
    if not wanted.parallel:
        heading("tests")
        return fold(*pytest([*wanted.paths, *wanted.arguments]))
    heading("tests in parallel")
    workers = ["-n", str(os.cpu_count() or 1), "--dist", "loadfile"]
    found, broken = pytest([*wanted.paths, *workers, "-m", IN_PARALLEL, *wanted.arguments])
    heading("tests one at a time")
    serial, serial_broken = pytest([*wanted.paths, "-n0", "-m", ONE_AT_A_TIME, *wanted.arguments])
    found |= serial
    failed = [test for test, row in found.items() if row["outcome"] == "failed" and "::" in test]
    if 0 < len(failed) <= MOST_RETRIES:
        heading(f"once more, alone: {len(failed)} that failed")
        again, _ = pytest([*failed, "-n0"])
        for test in failed:
            if again.get(test, {}).get("outcome") == "passed":
                found[test] |= {"outcome": "passed", "again": True}
    return fold(found, broken or serial_broken)


def pytest(arguments: list[str]) -> tuple[dict[str, dict], bool]:
    """Run pytest; what happened to each test, and whether pytest itself broke down."""
    with tempfile.TemporaryDirectory() as folder:
        record = Path(folder) / "record.json"
        os.environ["LIS_TEST_RECORD"] = str(record)
        options = ["-q", "--continue-on-collection-errors", "-p", "tests.recording"]
        code = python("-m", "pytest", *options, *arguments)
        rows = json.loads(record.read_text()) if record.exists() else {}
    return rows, code not in FINE


def fold(found: dict[str, dict], broken: bool) -> list[Row]:
    """One row per folder of tests/."""
    rows: dict[str, Row] = {}
    for test, happened in sorted(found.items()):
        group = test.split("/")[1] if test.startswith("tests/") else "tests"
        row = rows.setdefault(group, Row(group))
        setattr(row, happened["outcome"], getattr(row, happened["outcome"]) + 1)
        row.seconds += happened["seconds"]
        row.again += happened.get("again", False)
        if happened["outcome"] == "skipped":
            row.reasons[happened["reason"]] += 1
    if broken or not found:
        rows["pytest"] = Row("pytest broke down" if broken else "no test found", failed=1)
    return list(rows.values())


def python(*arguments: str) -> int:
    sys.stdout.flush()
    return subprocess.run([sys.executable, *arguments], check=False, stdin=subprocess.DEVNULL).returncode


# --- telling ---


def heading(text: str) -> None:
    print(f"\n── {text} ".ljust(80, "─"), flush=True)


def report(rows: list[Row]) -> int:
    """The table, the reasons for skips, and a closing line."""
    heading("result")
    print(f"{'group':<20}{'passed':>8}{'failed':>8}{'skipped':>9}{'seconds':>9}")
    for row in rows:
        note = f"   {row.again} passed only when run once more, alone" if row.again else ""
        print(f"{row.group:<20}{row.passed:>8}{row.failed:>8}{row.skipped:>9}{row.seconds:>9.1f}{note}")
    for reason, times in sum((row.reasons for row in rows), Counter()).most_common():
        print(f"skipped {times}: {reason}")
    passed, failed, skipped = (
        sum(getattr(row, name) for row in rows) for name in ("passed", "failed", "skipped")
    )
    print(f"\n{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
