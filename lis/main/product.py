"""One process that serves laboratories: web pages, a listener and a sender for each laboratory."""

from __future__ import annotations

import errno
import signal
import socket
import sys
import threading
from typing import Any

import uvicorn
from fastapi import FastAPI

from lis.interfaces.inbox import Inbox
from lis.interfaces.listener import Listener, Route
from lis.interfaces.sender import Sender
from lis.kernel.clock import Clock, WallClock
from lis.lab import Lab
from lis.main.housekeeping import house_of
from lis.main.logs import configure_logs
from lis.main.memory import set_aside_what_lasts
from lis.main.settings import Settings
from lis.main.telling import say
from lis.web.app import create_app
from lis.web.feed import Feed

STOP_SECONDS = 5
ANY_PORT = 0


class Served:
    """One laboratory being served: its inbox behind a listener, its outbox in the hands of a sender."""

    def __init__(self, lab: Lab, host: str, port: int) -> None:
        self.lab = lab
        self.inbox = Inbox(lab)
        self.sender = Sender(lab)
        self.wanted_port = self.port = port
        self._host = host

    def start(self) -> None:
        """Take up what an earlier process left unprocessed, then open the doors."""
        self.inbox.recover()
        self.listener, self.port = self._listening()
        self.sender.start()

    def _listening(self) -> tuple[Listener, int]:
        """On the port that was wanted, or on any free one when somebody else has it."""
        try:
            return self._listen_on(self.wanted_port)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            return self._listen_on(ANY_PORT)

    def _listen_on(self, port: int) -> tuple[Listener, int]:
        listener = Listener([Route(self.inbox, port)], host=self._host)
        return listener, listener.start()

    def stop(self) -> None:
        self.listener.stop()
        self.sender.stop()


class Product:
    """Everything of one process, started and stopped together. Others may add to `app` before it runs."""

    def __init__(self, settings: Settings, wall: Clock | None = None) -> None:
        self.settings = settings
        self.wall = wall or WallClock()
        self.house = house_of(settings, self.wall, exclusive=True)
        self.served: dict[str, Served] = {}

    def app(self, **additions: Any) -> FastAPI:
        """The web application; `additions` are the seams of `create_app`."""
        return create_app(
            self.house, wall=self.wall, secure_cookies=self.settings.secure_cookies, **additions
        )

    def start(self) -> None:
        """Bring the tables up to date and open every laboratory's doors, on ports from the first one up."""
        configure_logs()
        self.house.migrate_all()
        for offset, entry in enumerate(self.house.labs()):
            self.serve(entry.slug, self.settings.hl7_port + offset if self.settings.hl7_port else 0)

    def serve(self, slug: str, port: int) -> Served:
        """Open one laboratory's doors; port 0 takes any free one."""
        served = Served(Lab(self.house.lab(slug), wall=self.wall), self.settings.host, port)
        served.start()
        self.served[slug] = served
        return served

    def leave(self, slug: str) -> None:
        """Close one laboratory's doors; what is under way is finished first."""
        self.served.pop(slug).stop()

    def stop(self) -> None:
        for slug in list(self.served):
            self.leave(slug)
        self.house.close()

    def run(self, app: FastAPI | None = None) -> None:
        """Serve until the process is told to stop."""
        try:
            self.start()
            for slug, served in self.served.items():
                say(f"Laboratory {slug} listens for HL7 on {self.settings.host}:{served.port}.")
            say(f"Pages are at http://{self.settings.host}:{self.settings.port}/")
            web_server(app or self.app(), self.settings).run()
        finally:
            self.stop()


class WebServer(uvicorn.Server):
    """uvicorn raises the signal that stopped it anew: SIGTERM then leaves by the way that closes all else.

    The catalogues are built by then; the garbage collector leaves what lasts alone.
    """

    def __init__(self, config: uvicorn.Config, feed: Feed) -> None:
        super().__init__(config)
        self._feed = feed

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Open streams first: uvicorn waits for them, then cuts them off."""
        self._feed.close()
        await super().shutdown(sockets)

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        set_aside_what_lasts()
        super().run(sockets)


def web_server(app: FastAPI, settings: Settings) -> WebServer:
    """A server that ends open streams when it is told to stop."""
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=STOP_SECONDS,
    )
    return WebServer(config, app.state.feed)
