"""An application over the small laboratory, with an account per role, for tests."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from fastapi import FastAPI
from httpx2 import Response
from starlette.testclient import TestClient

from lis.domain.people import ROLES
from lis.kernel.clock import FixedClock
from lis.storage import control
from lis.storage.house import House
from lis.web.app import create_app
from lis.web.security_sessions import Passwords
from tests.labs import START, SmallLab, actor, open_small_lab

ORIGIN = "http://testserver"
LAB = "/lab/small"
LIGHT = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
TOKEN = re.compile(r'name="csrf" value="([^"]+)"|name="csrf" content="([^"]+)"')


class Browser(TestClient):
    """A client that keeps cookies and sends what a browser sends: the origin, and the page's token."""

    def __init__(self, app: FastAPI) -> None:
        super().__init__(app, base_url=ORIGIN, follow_redirects=False, raise_server_exceptions=False)
        self.token = ""

    def page(self, path: str, **more: Any) -> Response:
        """Fetch a page of the laboratory and remember its token."""
        answer = self.get(LAB + path, **more)
        found = TOKEN.search(answer.text)
        if found:
            self.token = found[1] or found[2]
        return answer

    def act(self, path: str, fields: dict[str, Any] | None = None, **more: Any) -> Response:
        """Post a form of a page."""
        headers = {"Origin": ORIGIN} | more.pop("headers", {})
        return self.post(LAB + path, data={"csrf": self.token} | (fields or {}), headers=headers, **more)


@dataclass
class Site:
    """The application, its laboratory and its wall clock."""

    app: FastAPI
    small: SmallLab
    wall: FixedClock
    browsers: dict[str, Browser] = field(default_factory=dict)

    def browser(self, role: str) -> Browser:
        """A browser in which the role's member of staff is signed in; the same one each time."""
        if role not in self.browsers:
            self.browsers[role] = self.sign_in(role)
        return self.browsers[role]

    def sign_in(self, role: str) -> Browser:
        """A browser of its own, signed in."""
        browser = Browser(self.app)
        secret = {"username": role, "password": f"{role}-secret", "station": "BENCH-1"}
        answer = browser.post("/sign-in", data=secret, headers={"Origin": ORIGIN})
        assert answer.status_code == 303, answer.text
        browser.page("/")
        return browser

    def pass_time(self, by: timedelta) -> None:
        """Wall and laboratory go on together."""
        self.wall.advance(by)
        self.small.clock.advance(by)

    def close(self) -> None:
        for browser in self.browsers.values():
            browser.close()
        self.small.house.close()


def open_site(folder: Path) -> Site:
    """A house with the small laboratory and one account per role: user name the role, password `<role>-secret`."""
    wall = FixedClock(START)
    house = House.open(data=folder, url=None, wall=wall)
    small = open_small_lab(house)
    with house.control.writing() as connection:
        for role in ROLES:
            account = control.create_account(
                connection,
                username=role,
                name=actor(role).name,
                password_hash=LIGHT.hash(f"{role}-secret"),
                card=f"CARD-{role}",
                pin_hash=LIGHT.hash("2468"),
                at=wall.now(),
                actor="tests",
            )
            control.set_membership(connection, account, "small", role, at=wall.now(), actor="tests")
    app = create_app(house, wall=wall, clocks={"small": small.clock}, passwords=LIGHT)
    return Site(app, small, wall)
