"""From the command to the sign-in page: the first start, which makes the demonstration, and later ones.

Installing the packages is not part of it; `run.py` does that once.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from http.client import HTTPConnection
from pathlib import Path
from threading import Event

from benchmarks.common import SQLITE, Figures, data_folder, parser, postgresql, read, run, show
from lis.kernel.clock import monotonic
from lis.training.demo import DAYS

ROOT = Path(__file__).resolve().parent.parent
COLUMNS = ("first_s", "later_s", "stop_s")
LOOK_SECONDS = 0.02


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print."""
    made = parser(__doc__.splitlines()[0], rounds=1, seconds=300.0)
    made.add_argument("--days", type=float, default=DAYS, help=f"days of past of the demonstration ({DAYS})")
    options = read(made, argv)
    days = 0.02 if options.quick else options.more.days
    longest = max(options.seconds, 120.0)
    figures = Figures(f"Start of the product, {days:g} days of past", COLUMNS)
    for _ in range(options.rounds):
        if SQLITE in options.databases:
            figures.add(SQLITE, **starts(None, days, longest))
        with postgresql(figures) as url:
            if url is not None and set(options.databases) != {SQLITE}:
                figures.add("postgresql", **starts(url, days, longest))
    show(figures, options=options)
    return 0


def starts(url: str | None, days: float, longest: float) -> dict[str, float]:
    """The product started on nothing, stopped, and started again."""
    with data_folder() as folder:
        first, stop = start(folder, url, days, longest)
        later, _ = start(folder, url, days, longest)
    return {"first_s": first, "later_s": later, "stop_s": stop}


def start(folder: Path, url: str | None, days: float, longest: float) -> tuple[float, float]:
    """Seconds until the sign-in page came, and until the process was gone again."""
    port = free_port()
    command = [sys.executable, "-m", "lis.training.main", "--no-browser", "--port", str(port)]
    command += ["--data", str(folder), "--days", str(days)]
    began = monotonic()
    process = subprocess.Popen(
        command, cwd=ROOT, env=_environment(url), stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL
    )
    try:
        _wait_for_page(process, port, began + longest)
        shown = monotonic()
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        return shown - began, monotonic() - shown
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def _environment(url: str | None) -> dict[str, str]:
    clean = {
        name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "LIS_DATABASE_URL")
    }
    return clean | {"LIS_HL7_PORT": "0"} | ({"DATABASE_URL": url} if url else {})


def _wait_for_page(process: subprocess.Popen[bytes], port: int, deadline: float) -> None:
    pause = Event()
    while not _answers(port):
        if process.poll() is not None:
            raise RuntimeError(f"the product ended with status {process.returncode}")
        if monotonic() > deadline:
            raise TimeoutError("the sign-in page did not come")
        pause.wait(LOOK_SECONDS)


def _answers(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/sign-in")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def free_port() -> int:
    """A port that nobody has."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


if __name__ == "__main__":
    run(main)
