"""The small laboratory behind a real socket, with a lag that a test may set, and pages of it that are signed in."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn
from playwright.sync_api import Browser, Page
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.web.site import LAB, Site, open_site


class Lag:
    """Holds every posted request back for a while, as a slow network does."""

    def __init__(self, app: ASGIApp) -> None:
        self.app, self.seconds = app, 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.seconds and scope["type"] == "http" and scope["method"] == "POST":
            await asyncio.sleep(self.seconds)
        await self.app(scope, receive, send)


@dataclass
class Served:
    """A running laboratory. `asked` are the addresses that pages fetched."""

    site: Site
    lag: Lag
    url: str
    asked: list[str] = field(default_factory=list)

    def page(
        self, browser: Browser, role: str, width: int = 1280, height: int = 720, locale: str = "en-US"
    ) -> Page:
        """A page of a browser of its own in which the role's member of staff is signed in."""
        page = browser.new_context(viewport={"width": width, "height": height}, locale=locale).new_page()
        page.on("request", lambda request: self.asked.append(request.url))
        page.goto(self.url)
        page.get_by_label("User name").fill(role)
        page.get_by_label("Password").fill(f"{role}-secret")
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url(f"{self.url}{LAB}/")
        return page

    def open(self, page: Page, path: str) -> None:
        page.goto(self.url + LAB + path)


@contextmanager
def serve(folder: Path) -> Iterator[Served]:
    """Serve a small laboratory on a free port until the block ends."""
    site = open_site(folder)
    lag = Lag(site.app)
    config = uvicorn.Config(lag, host="127.0.0.1", port=0, log_level="warning", timeout_graceful_shutdown=2)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        thread.join(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield Served(site, lag, f"http://127.0.0.1:{port}")
    finally:
        site.app.state.feed.close()
        server.should_exit = True
        thread.join(10)
        site.close()
