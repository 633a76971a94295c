#!/usr/bin/env python3
"""Run the training laboratory, its commands or its tests. Needs Python 3.11 or newer and nothing else.

    python3 run.py [--no-browser] [--port N] [--data DIR]    the laboratory with its hospital and bench
    python3 run.py lis ...                                   the lis command (lab, pack, db, serve, doctor)
    python3 run.py simulate ...                              the simulated world alone
    python3 run.py test [--long] [GROUP ...] [pytest args]   format, lint, types, contract and tests
    python3 run.py wheelhouse DIR [--test]                   collect the packages for a machine without network

Before the command:
    --offline DIR   install from a wheelhouse, touching no network
    --venv DIR      where the environment lives (default .venv beside this file, or LIS_VENV)
    --pip           install with pip even where uv is found

The first start makes a virtual environment and installs the packages that requirements/*.txt name, each checked
against its hash. Later starts find the lock unchanged and go straight on.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent
OLDEST_PYTHON = (3, 11)
PRODUCT = ("-m", "lis.training.main")
MODULES = {"lis": "lis.main", "simulate": "simulators.simulate", "test": "tests.runner"}
NO_ENSUREPIP = """This Python cannot make virtual environments: its ensurepip module is missing.
Do one of these and run the same command again:
  Debian or Ubuntu   sudo apt install python3-venv
  any system         install uv (https://docs.astral.sh/uv)
  no network         put a pip wheel (pip-*.whl) into the folder given with --offline"""


class Stop(Exception):
    """Something the person at the keyboard has to put right; the text says what."""


@dataclass
class Options:
    """What stood before the command, and the command itself."""

    venv: Path
    offline: Path | None
    force_pip: bool
    rest: list[str]


def main(argv: list[str]) -> int:
    """Make the environment ready, then become the command."""
    try:
        check_python()
        options = read_options(argv)
        if options.rest[:1] in (["-h"], ["--help"], ["help"]):
            print(__doc__)
            return 0
        if options.rest[:1] == ["wheelhouse"]:
            return build_wheelhouse(options.rest[1:])
        arguments = command_line(options.rest)
        lock = "dev" if options.rest[:1] == ["test"] else "run"
        prepare(options, ROOT / "requirements" / f"{lock}.txt")
        return become(options.venv, arguments)
    except Stop as stop:
        print(f"\n{stop}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def check_python() -> None:
    if sys.version_info < OLDEST_PYTHON:
        have, need = (".".join(map(str, version)) for version in (sys.version_info[:3], OLDEST_PYTHON))
        raise Stop(f"Python {need} or newer is needed; this is {have}. Perhaps python3.12 run.py?")


def read_options(argv: list[str]) -> Options:
    """The options before the command; from the first other word on everything belongs to the command."""
    options = Options(Path(os.environ.get("LIS_VENV") or ROOT / ".venv"), None, False, list(argv))
    while options.rest and options.rest[0].partition("=")[0] in ("--offline", "--venv", "--pip"):
        name, equals, value = options.rest.pop(0).partition("=")
        if name == "--pip":
            options.force_pip = True
            continue
        if not equals and not options.rest:
            raise Stop(f"{name} needs a folder after it.")
        folder = Path(value if equals else options.rest.pop(0)).expanduser().resolve()
        if name == "--venv":
            options.venv = folder
        elif not folder.is_dir():
            raise Stop(f"--offline: there is no folder {folder}.")
        else:
            options.offline = folder
    options.venv = options.venv.absolute()
    return options


def command_line(rest: list[str]) -> list[str]:
    """Arguments for the environment's Python. Whatever is no command of ours is an option of the product."""
    if rest and rest[0] in MODULES:
        return ["-m", MODULES[rest[0]], *rest[1:]]
    if rest and not rest[0].startswith("-"):
        raise Stop(f"There is no command {rest[0]!r}. See: python3 run.py --help")
    return [*PRODUCT, *rest]


def become(venv: Path, arguments: list[str]) -> int:
    """Hand over to the environment's Python, so that Ctrl-C and signals reach it directly."""
    # Compiled modules are kept even where the shell forbids it: without them every start reads all sources anew.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | {
        "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))),
        "PYTHONUTF8": "1",
    }
    command = [str(python_in(venv)), *arguments]
    sys.stdout.flush()
    if os.name == "posix":
        os.execve(command[0], command, environment)
    return subprocess.run(command, env=environment, check=False).returncode


# --- the environment ---


def python_in(venv: Path) -> Path:
    return venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def prepare(options: Options, lock: Path) -> None:
    """Install what the lock names unless its stamp says that this was done."""
    stamp = options.venv / f"installed-{lock.stem}"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    if python_in(options.venv).exists() and stamp.exists() and stamp.read_text() == digest:
        return
    print("Preparing the environment. This happens once, and again when the packages change.", flush=True)
    install(options, lock)
    stamp.write_text(digest)


def install(options: Options, lock: Path) -> None:
    """With uv where it is found; with pip where it is not, or where uv did not get through."""
    uv = None if options.force_pip else shutil.which("uv")
    if uv and install_with_uv(uv, options, lock):
        return
    if uv:
        print("uv did not get through; trying pip.", flush=True)
    install_with_pip(options, lock)


def install_with_uv(uv: str, options: Options, lock: Path) -> bool:
    python = python_in(options.venv)
    if not python.exists() and not succeeds(
        [uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(options.venv)]
    ):
        return False
    return succeeds([uv, "pip", "install", "--python", str(python), *install_arguments(options, lock)])


def install_with_pip(options: Options, lock: Path) -> None:
    python = python_in(options.venv)
    pip = [str(python), "-m", "pip"]
    if not (python.exists() and succeeds([*pip, "--version"], quiet=True)):
        pip = make_venv(options, pip)
    if not succeeds([*pip, "install", "--disable-pip-version-check", *install_arguments(options, lock)]):
        raise Stop(
            "The packages could not be installed; the reason stands above.\n"
            "Without network: make a wheelhouse on a machine that has it (python3 run.py wheelhouse DIR),\n"
            "copy the folder here and run: python3 run.py --offline DIR"
        )


def make_venv(options: Options, pip: list[str]) -> list[str]:
    """A new environment; returns the pip to use in it, which is a wheel's where Python came without ensurepip."""
    arguments = [sys.executable, "-m", "venv", "--clear", str(options.venv)]
    if has_ensurepip():
        run_or_stop(arguments, "The virtual environment could not be made; the reason stands above.")
        return pip
    wheels = sorted(options.offline.glob("pip-*.whl")) if options.offline else []
    if not wheels:
        raise Stop(NO_ENSUREPIP)
    run_or_stop([*arguments, "--without-pip"], "The virtual environment could not be made.")
    return [str(python_in(options.venv)), str(wheels[-1] / "pip")]


def has_ensurepip() -> bool:
    return succeeds([sys.executable, "-c", "import ensurepip"], quiet=True)


def install_arguments(options: Options, lock: Path) -> list[str]:
    """What uv and pip both understand: every package by hash, as a wheel, from the wheelhouse if one is given."""
    source = ["--no-index", "--find-links", str(options.offline)] if options.offline else []
    return ["--quiet", "--require-hashes", "--only-binary", ":all:", *source, "-r", str(lock)]


def build_wheelhouse(arguments: list[str]) -> int:
    """Download every package for machines of this kind (same system, same Python), and pip itself."""
    lock = ROOT / "requirements" / ("dev.txt" if "--test" in arguments else "run.txt")
    folders = [argument for argument in arguments if argument != "--test"]
    if len(folders) != 1:
        raise Stop("Say one folder: python3 run.py wheelhouse DIR [--test]")
    pip = [sys.executable, "-m", "pip"]
    download = [*pip, "download", "--quiet", "--only-binary", ":all:", "-d", folders[0]]
    run_or_stop([*download, "--require-hashes", "-r", str(lock)], "The packages could not be downloaded.")
    run_or_stop([*download, "pip"], "pip itself could not be downloaded.")
    print(f"Done. On the other machine: python3 run.py --offline {folders[0]}")
    return 0


def run_or_stop(command: list[str], message: str) -> None:
    if not succeeds(command):
        raise Stop(message)


def succeeds(command: list[str], quiet: bool = False) -> bool:
    sink = subprocess.DEVNULL if quiet else None
    return subprocess.run(command, stdout=sink, stderr=sink, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
