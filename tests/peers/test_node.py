"""Clients and servers from npm, each with our listener and our sender at the other end."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.labs import SmallLab
from tests.peers.talk import ANSWERS, CONVERSATION, WAIT, free_port, said, send_work, stored

HERE = Path(__file__).parent
CLIENTS = ("node-hl7-client", "simple-hl7", "@medplum/hl7")
SERVERS = ("node-hl7-server", "simple-hl7", "@medplum/hl7")


@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_gets_every_answer_and_each_message_is_stored_as_it_was_sent(
    client: str, node: dict[str, str], small: SmallLab, port: int
) -> None:
    run = subprocess.run(
        ["node", str(HERE / "clients.js"), client],
        input=json.dumps({"port": port, "messages": CONVERSATION}),
        env=node,
        capture_output=True,
        text=True,
        timeout=3 * WAIT,
        check=False,
    )

    assert (run.returncode, run.stderr) == (0, "")
    assert json.loads(run.stdout) == ANSWERS
    assert stored(small) == said()


@contextmanager
def serving(server: str, port: int, node: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """A server of others that listens; it ends when its input does."""
    command = ["node", str(HERE / "servers.js"), server, str(port)]
    with subprocess.Popen(
        command, env=node, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin and process.stdout
        try:
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.stdin.close()
            process.wait(WAIT)


@pytest.mark.parametrize("server", SERVERS)
def test_a_server_takes_every_message_once_and_its_answers_are_understood(
    server: str, node: dict[str, str], small: SmallLab
) -> None:
    port = free_port()
    with serving(server, port, node) as process:
        rows = send_work(small, port)
        assert process.stdin and process.stdout
        process.stdin.close()
        took = process.stdout.read().split()

    assert [(row.state, row.answer_code, row.attempts) for row in rows] == [("answered", "AA", 1)] * 3
    if (
        server == "node-hl7-server"
    ):  # it hands on the earlier messages of a connection again, and answers them again
        took = list(dict.fromkeys(took))
    assert took == [row.control_id for row in rows]
