"""The product: pages and HL7 from one process, doors that are taken, a clean end."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.request import urlopen

import pytest
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from sqlalchemy import func, select

from lis.main.product import Product, web_server
from lis.main.settings import Settings
from lis.storage import tables as t
from lis.storage.house import House
from lis.web.feed import Feed
from tests.harness import ROOT
from tests.interfaces.messages import msa, results
from tests.interfaces.test_listener import Peer, wrap
from tests.main.conftest import WALL, Command

PATIENCE = 60


def send(port: int, number: str) -> tuple[str, str]:
    """A result for a tube that nobody ordered; its answer."""
    with closing(Peer(port)) as peer:
        peer.send(wrap(results("1", "101|141|mmol/L", control=number).encode()))
        return msa(peer.reply())


def stored(data: Path) -> int:
    house = House.open(data=data, url=None, wall=WALL)
    try:
        with house.lab("small").reading() as connection:
            return int(connection.execute(select(func.count()).select_from(t.inbound)).scalar_one())
    finally:
        house.close()


@pytest.fixture
def product(small: Path) -> Iterator[Product]:
    product = Product(Settings(data=small, hl7_port=0), WALL)
    yield product
    product.stop()


def test_every_laboratory_has_a_door_of_its_own(product: Product) -> None:
    product.house.fork("small", "other", "tests")
    product.start()

    ports = {slug: served.port for slug, served in product.served.items()}

    assert len(set(ports.values())) == 2
    assert [send(port, slug) for slug, port in ports.items()] == [("AA", "other"), ("AA", "small")]


def test_a_taken_door_gives_way_to_a_free_one(product: Product) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        served = product.serve("small", taken)

    assert served.wanted_port == taken
    assert served.port != taken
    assert send(served.port, "1") == ("AA", "1")


def test_nobody_else_touches_what_is_being_served(product: Product, lis: Command) -> None:
    product.start()

    said = lis("lab", "reset", "small", "small")

    assert said.status == 1
    assert "is already being served by another process." in said.err


def test_it_stops_and_starts_again(product: Product, small: Path) -> None:
    product.start()
    port = product.served["small"].port
    assert send(port, "1") == ("AA", "1")

    product.stop()

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))
    again = Product(Settings(data=small, hl7_port=0), WALL)
    again.start()
    assert send(again.served["small"].port, "1") == ("AA", "1")
    again.stop()
    assert stored(small) == 2  # the second is known as a repeat


@pytest.mark.alone
def test_served_from_the_command_line_until_it_is_told_to_stop(small: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "LIS_DATA": str(small), "COLUMNS": "200"}
    command = [sys.executable, "-m", "lis.main", "serve", "--port", str(port), "--hl7-port", "0"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        listens, pages = process.stdout.readline(), process.stdout.readline()
        door = re.fullmatch(r"Laboratory small listens for HL7 on 127\.0\.0\.1:(\d+)\.\n", listens)
        assert door
        assert pages == f"Pages are at http://127.0.0.1:{port}/\n"
        assert send(int(door[1]), "1") == ("AA", "1")
        assert "<html" in page(port)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
    finally:
        process.kill()
        process.wait()
    assert stored(small) == 1


def test_open_streams_end_before_the_server_stops(product: Product) -> None:
    product.start()
    app, lab = FastAPI(), product.served["small"].lab
    app.state.feed = feed = Feed()
    app.add_route("/stream", lambda _: StreamingResponse(feed.stream(lab)))
    server = web_server(app, product.settings.model_copy(update={"port": 0}))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        thread.join(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    with urlopen(f"http://127.0.0.1:{port}/stream", timeout=PATIENCE) as stream:
        assert stream.readline() == b"retry: 2000\n"
        server.should_exit = True
        assert stream.read() == b"event: ready\ndata: \n\n"  # one that is cut off has no end
    thread.join(PATIENCE)


def page(port: int) -> str:
    """`GET /` followed to where it leads, asked again until the door is open."""
    for _ in range(PATIENCE * 1000):
        try:
            with urlopen(f"http://127.0.0.1:{port}/", timeout=PATIENCE) as answer:
                return str(answer.read(), "utf-8")
        except OSError as error:
            refused = error
    raise refused
