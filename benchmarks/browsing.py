"""People at the receiving screen, as their browsers talk: signed in, one scan after the other, in closed loop."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlencode

from benchmarks.load import Load
from lis.kernel.clock import monotonic

LIMIT = 1 << 22
TOKEN = re.compile(r'name="csrf" (?:value|content)="([^"]+)"')


@dataclass
class Answer:
    """What the server said."""

    status: int
    cookies: list[str]
    body: bytes


@dataclass
class Browser:
    """One person's connection, kept open, with their cookies and the page's token."""

    port: int
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    cookies: dict[str, str] = field(default_factory=dict)
    token: str = ""

    @classmethod
    async def open(cls, port: int) -> Self:
        return cls(port, *await asyncio.open_connection("127.0.0.1", port, limit=LIMIT))

    async def reconnect(self) -> None:
        """Another connection for the same person: a server hangs up on one that is silent for some seconds."""
        self.writer.close()
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port, limit=LIMIT)

    async def sign_in(self, username: str, password: str, page: str) -> None:
        """Sign in and open a page, whose token later posts carry."""
        fields = {"username": username, "password": password, "station": f"ST-{username}"}
        answer = await self.post("/sign-in", fields)
        if answer.status != 303:
            raise RuntimeError(f"{username} could not sign in: {answer.status}")
        found = TOKEN.search((await self._ask("GET", page, b"")).body.decode())
        if found is None:
            raise RuntimeError(f"{page} has no token")
        self.token = found[1]

    async def post(self, path: str, fields: dict[str, str]) -> Answer:
        return await self._ask("POST", path, urlencode({"csrf": self.token, **fields}).encode())

    async def _ask(self, method: str, path: str, body: bytes) -> Answer:
        origin = f"http://127.0.0.1:{self.port}"
        lines = [
            f"{method} {path} HTTP/1.1",
            f"Host: 127.0.0.1:{self.port}",
            f"Origin: {origin}",
            f"Cookie: {'; '.join(self.cookies.values())}",
            "Content-Type: application/x-www-form-urlencoded",
            f"Content-Length: {len(body)}",
        ]
        self.writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        answer = await self._answer()
        for cookie in answer.cookies:
            self.cookies[cookie.partition("=")[0]] = cookie
        return answer

    async def _answer(self) -> Answer:
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        named = [line.partition(": ")[::2] for line in head[1:] if line]
        length = next((int(value) for name, value in named if name.lower() == "content-length"), None)
        body = await self._chunks() if length is None else await self.reader.readexactly(length)
        cookies = [value.split(";")[0] for name, value in named if name.lower() == "set-cookie"]
        return Answer(int(head[0].split()[1]), cookies, body)

    async def _chunks(self) -> bytes:
        """A body without a length, sent in chunks."""
        body = b""
        while size := int((await self.reader.readline()).strip() or b"0", 16):
            body += (await self.reader.readexactly(size + 2))[:-2]
        await self.reader.readline()
        return body


def scan_all(
    port: int,
    lab: str,
    users: Sequence[str],
    password: str,
    tubes: Sequence[str],
    seconds: float,
    pause: float = 0.0,
) -> Load:
    """Every user scans one tube after the other until there are none left or the time is up.

    With a pause they do not all begin at once: the first scans are spread over it.
    """
    return asyncio.run(_scan_all(port, f"/lab/{lab}/receive", users, password, tubes, seconds, pause))


async def _scan_all(
    port: int,
    page: str,
    users: Sequence[str],
    password: str,
    tubes: Sequence[str],
    seconds: float,
    pause: float,
) -> Load:
    browsers = [await Browser.open(port) for _ in users]
    for browser, user in zip(browsers, users, strict=True):
        await browser.sign_in(user, password, page)
    for browser in browsers:
        await browser.reconnect()
    load = Load()
    waiting = iter(tubes)
    began = monotonic()
    spread = [pause * place / len(browsers) for place in range(len(browsers))]
    await asyncio.gather(
        *(
            _scan(one, page, waiting, began + seconds, load, first, pause)
            for one, first in zip(browsers, spread, strict=True)
        )
    )
    load.seconds = monotonic() - began
    for browser in browsers:
        browser.writer.close()
    return load


async def _scan(
    browser: Browser,
    page: str,
    waiting: Iterator[str],
    deadline: float,
    load: Load,
    first: float,
    pause: float,
) -> None:
    await asyncio.sleep(first)
    for tube in waiting:
        sent_at = monotonic()
        answer = await browser.post(f"{page}/scan", {"text": tube})
        now = monotonic()
        load.latencies.append(now - sent_at)
        if answer.status == 200 and json.loads(answer.body)["attention"] == "":
            load.accepted += 1
        else:
            load.refused += 1
        if now + pause > deadline:
            return
        await asyncio.sleep(pause)
