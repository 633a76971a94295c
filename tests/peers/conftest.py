"""A small laboratory between clients and servers of others, on loopback; the npm packages are installed for it once."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from lis.interfaces.inbox import Inbox
from lis.interfaces.listener import Listener, Route
from lis.kernel.clock import FixedClock
from lis.storage.house import House
from tests.labs import START, SmallLab, open_small_lab

HERE = Path(__file__).parent
INSTALL_SECONDS = 300
OLDEST_NODE = 20


@pytest.fixture
def small(tmp_path: Path) -> Iterator[SmallLab]:
    house = House.open(data=tmp_path / "data", url=None, wall=FixedClock(START))
    yield open_small_lab(house)
    house.close()


@pytest.fixture
def port(small: SmallLab) -> Iterator[int]:
    """Where the laboratory listens."""
    listener = Listener([Route(Inbox(small.lab))])
    yield listener.start()
    listener.stop()


@pytest.fixture(scope="session")
def node() -> dict[str, str]:
    """The environment in which node finds the packages of package.json."""
    if os.environ.get("LIS_PEERS") != "1":
        pytest.skip("peers: npm packages of others are tried with LIS_PEERS=1 only")
    if not shutil.which("npm") or _node_version() < OLDEST_NODE:
        pytest.skip(f"peers: no npm with node {OLDEST_NODE} or newer here")
    return {**os.environ, "NODE_PATH": str(_installed() / "node_modules")}


def _node_version() -> int:
    """The first number of `node --version`; 0 where there is none."""
    if not shutil.which("node"):
        return 0
    said = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    return int(said.removeprefix("v").partition(".")[0])


def _installed() -> Path:
    """The packages in a folder of the user's cache, one for each state of package.json."""
    wanted = (HERE / "package.json").read_bytes()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "lis-peers" / hashlib.sha256(wanted).hexdigest()[:16]
    done = folder / "installed"
    if not done.exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_bytes(wanted)
        options = ["--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund"]
        command = ["npm", "install", "--prefix", str(folder), *options]
        run = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False
        )
        if run.returncode:
            pytest.skip(
                f"peers: npm could not install them ({(run.stderr.splitlines() or ['no reason given'])[0]})"
            )
        done.touch()
    return folder
