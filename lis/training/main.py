"""`python -m lis.training.main`: the laboratory with its hospital and bench, ready to be worked in.

Opens the house, makes the demonstration if it is missing, serves the laboratory's window and the bench window.
`DATABASE_URL` puts everything into PostgreSQL; over it, further processes with `--pages-only` share the load of pages.
"""

from __future__ import annotations

import argparse
import sys
import threading
import webbrowser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from rich.console import Console

from lis.kernel.errors import Invalid, Refusal
from lis.main.product import Product, web_server
from lis.main.settings import Settings
from lis.training import demo
from lis.training.doors import Open, Tending
from lis.training.journeys import Journeys
from lis.training.running import LiveWorlds, free_or_any
from lis.training.travelling import Travel
from lis.training.web import bench, devices, travelling
from lis.web.security_sessions import Passwords

WEB = Path(__file__).parent / "web"
PATIENCE = 0.1


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until told to stop; the process's exit status."""
    options = _options(argv)
    console = Console()
    try:
        if options.pages_only:
            serve_pages(Settings().model_copy(update=_given(options)))
        else:
            serve(_settings(options), days=options.days, with_browser=options.browser, console=console)
    except Refusal as refusal:
        console.print(f"[bold red]{refusal.message}[/] {refusal.advice}", highlight=False)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="run.py", description="The laboratory with its hospital and bench.")
    parser.add_argument("--no-browser", dest="browser", action="store_false", help="do not open a browser")
    parser.add_argument("--port", type=int, help="port of the web pages (8000)")
    parser.add_argument("--data", type=Path, help="folder of the SQLite databases (data)")
    parser.add_argument("--days", type=float, default=demo.DAYS, help="days of past when it is first made")
    parser.add_argument(
        "--pages-only",
        action="store_true",
        help="web pages alone; over the same PostgreSQL, another process has the listener and the world",
    )
    return parser.parse_args(argv)


def _given(options: argparse.Namespace) -> dict[str, Any]:
    given = {"port": options.port, "data": options.data}
    return {name: value for name, value in given.items() if value is not None}


def _settings(options: argparse.Namespace) -> Settings:
    """The settings of the environment, changed by the options. An HL7 port that somebody has is not waited for."""
    found = Settings()
    return found.model_copy(update={"hl7_port": free_or_any(found.hl7_port), **_given(options)})


def serve(settings: Settings, *, days: float, with_browser: bool, console: Console) -> None:
    """The demonstration made, doors opened, pages served; everything closed again in the end."""
    product = Product(settings)
    worlds = LiveWorlds(product.house, product.wall)
    passwords = Passwords()
    tending: Tending | None = None
    try:
        demo.prepare_if_missing(
            product.house, days=days, hashed=passwords.hash, wall=product.wall, console=console
        )
        worlds.continue_clocks()
        product.start()
        worlds.start(product.served)
        app = application(product, worlds, passwords)
        tending = Tending(app.state.travel, worlds, product.wall)
        tending.start()
        server = web_server(app, settings)
        for slug, served in product.served.items():
            console.print(
                f"Laboratory {slug} listens for HL7 on {settings.host}:{served.port}.", highlight=False
            )
        announce(server, settings, with_browser=with_browser, console=console)
        server.run()
    finally:
        if tending is not None:
            tending.stop()
        worlds.stop()
        product.stop()


def serve_pages(settings: Settings) -> None:
    """The laboratory's pages alone: nothing is listened to, sent or simulated here."""
    if not settings.database_url:
        raise Invalid(
            "pages.alone",
            "Pages alone need PostgreSQL: one process serves a laboratory that is a SQLite file.",
            "Set DATABASE_URL, or leave --pages-only away.",
        )
    product = Product(settings)
    try:
        web_server(pages(product), settings).run()
    finally:
        product.stop()


def application(product: Product, worlds: LiveWorlds, passwords: Passwords | None = None) -> FastAPI:
    """The laboratory's pages with the bench window beside them."""
    passwords = passwords or Passwords()
    app = pages(product, passwords=passwords, extra_routers=[bench.router, devices.router, travelling.router])
    app.state.worlds = worlds
    app.state.travel = Travel(product.house, Open(product, worlds), product.wall, passwords.hash)
    app.state.journeys = Journeys()
    return app


def pages(product: Product, **additions: Any) -> FastAPI:
    """The laboratory's pages with the way to the bench window, which is served here or by another process."""
    return product.app(
        extra_templates=[WEB / "templates"],
        extra_static={"training": WEB / "static"},
        nav_hook=bench.nav,
        **additions,
    )


def announce(server: uvicorn.Server, settings: Settings, *, with_browser: bool, console: Console) -> None:
    """Say how to sign in, and where; the address once it answers."""
    console.print(demo.sign_ins())
    address = f"http://{settings.host}:{settings.port}/"

    def when_open() -> None:
        pause = threading.Event()
        while not server.started and not server.should_exit:
            pause.wait(PATIENCE)
        if server.started:
            console.print(f"The laboratory is open: [bold]{address}[/]   Ctrl+C closes it.", highlight=False)
            if with_browser:
                webbrowser.open(address)

    threading.Thread(target=when_open, name="announce", daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())
