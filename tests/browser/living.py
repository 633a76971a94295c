"""The whole product with its hospital and bench: real ports, a real database, a past of some hours, and its windows."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from playwright.sync_api import Browser, BrowserContext, Page

from lis.main.product import Product, web_server
from lis.main.settings import Settings
from lis.training import preparing
from lis.training.demo import PACK
from lis.training.main import application
from lis.training.people import STAFF
from lis.training.running import LiveWorlds
from tests.web.site import LIGHT

SLUG = "busy"
LAB = f"/lab/{SLUG}"
# Early on a working day, when the wards draw blood: controls have run, and the next order is minutes away.
END = datetime(2026, 11, 27, 7, 1, tzinfo=ZoneInfo("America/Chicago"))
PAST = timedelta(minutes=100)
SEED = "b5"  # a quiet tray, and an order for one tube that needs the centrifuge, every test of which gives a number
SECRETS = {member.code: member.password for member in STAFF}


@dataclass
class Living:
    """A running product. `asked` are the addresses that pages fetched."""

    product: Product
    url: str
    asked: list[str] = field(default_factory=list)

    def context(self, browser: Browser, username: str) -> BrowserContext:
        """A browser of its own, in which a member of staff is signed in; its windows share the hand scanner."""
        context = browser.new_context(viewport={"width": 1280, "height": 720}, accept_downloads=True)
        context.on("request", lambda request: self.asked.append(request.url))
        page = context.new_page()
        page.goto(self.url)
        page.get_by_label("User name").fill(username)
        page.get_by_label("Password").fill(SECRETS[username])
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url(f"{self.url}{LAB}/")
        return context

    def open(self, context: BrowserContext, path: str) -> Page:
        """One more window of that browser, on a page of the laboratory or, from the root, anywhere."""
        page = context.new_page()
        page.goto(self.url + path)
        return page


@contextmanager
def live(folder: Path) -> Iterator[Living]:
    """Prepare a laboratory and serve it on free ports until the block ends."""
    product = Product(Settings(data=folder, database_url=None, port=0, hl7_port=0))
    worlds = LiveWorlds(product.house, product.wall)
    try:
        preparing.prepare(product.house, SLUG, preparing.Past(PACK, SEED, END - PAST, END), hashed=LIGHT.hash)
        worlds.continue_clocks()
        product.start()
        worlds.start(product.served)
        with _answering(product, worlds) as url:
            yield Living(product, url)
    finally:
        worlds.stop()
        product.stop()


@contextmanager
def _answering(product: Product, worlds: LiveWorlds) -> Iterator[str]:
    app = application(product, worlds, LIGHT)
    server = web_server(app, product.settings)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        thread.join(0.02)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        app.state.feed.close()
        server.should_exit = True
        thread.join(10)
