"""A prepared laboratory being served in this process: product, live world, application; the wall is a fixed clock."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from httpx2 import Response
from starlette.testclient import TestClient

from lis.kernel.clock import FixedClock
from lis.main.product import Product
from lis.main.settings import Settings
from lis.training.main import application
from lis.training.people import STAFF
from lis.training.running import LiveWorld, LiveWorlds
from lis.web.security_sessions import Passwords
from tests.training import pasts
from tests.training.waiting import until

ORIGIN = "http://testserver"
TOKEN = re.compile(r'name="csrf" content="([^"]+)"')
STOPPED_FOR = timedelta(days=3)


class Browser(TestClient):
    """Somebody of the staff, signed in."""

    def __init__(self, app: FastAPI, code: str) -> None:
        super().__init__(app, base_url=ORIGIN, follow_redirects=False, headers={"Origin": ORIGIN})
        member = next(member for member in STAFF if member.code == code)
        secret = {"username": code, "password": member.password, "station": "BENCH-1"}
        assert self.post("/sign-in", data=secret).status_code == 303
        found = TOKEN.search(self.get("/lab/past/").text)
        assert found
        self.token = found[1]

    def act(self, path: str, **fields: Any) -> Response:
        """Post a form as a page's script does."""
        return self.post(path, data={"csrf": self.token} | fields, headers={"HX-Request": "true"})


@dataclass
class Serving:
    """What is being served."""

    product: Product
    worlds: LiveWorlds
    app: FastAPI
    wall: FixedClock

    @property
    def live(self) -> LiveWorld:
        return self.worlds.get("past")

    def pass_time(self, by: timedelta) -> None:
        """Wall and lab time go on, and the world with them."""
        self.wall.advance(by)
        until(lambda: self.live.world.now >= self.live.lab.now())


@contextmanager
def serving(
    folder: Path, passwords: Passwords, wall: FixedClock | None = None, url: str | None = None
) -> Iterator[Serving]:
    """Serve the laboratory of a folder, or of a PostgreSQL database, some days after it was prepared."""
    wall = wall or FixedClock(pasts.WALL + STOPPED_FOR)
    settings = Settings(data=folder, hl7_port=0).model_copy(update={"database_url": url})
    product = Product(settings, wall)
    worlds = LiveWorlds(product.house, wall)
    worlds.continue_clocks()
    product.start()
    worlds.start(product.served)
    try:
        until(lambda: worlds.get("past").is_ready or worlds.get("past").failure)
        yield Serving(product, worlds, application(product, worlds, passwords), wall)
    finally:
        worlds.stop()
        product.stop()
