"""Signals for live pages."""

from __future__ import annotations

import anyio

from lis.domain.events import Verb
from lis.storage.journal import every
from lis.web.feed import TOPICS, Feed, Signal, event_text, signals
from tests.web.site import Site


def test_events_of_one_case_and_topic_are_one_signal(own_site: Site) -> None:
    own_site.small.released("COAGS", values={"PT": "12.0"}, numbers=("S1",))
    with own_site.small.lab.reading() as reading:
        found = signals(list(every(reading.connection)))
    accession = "260610001"
    assert [(signal.topic, signal.subject) for signal in found] == [
        ("specimens", accession),
        ("results", accession),
    ]


# What no page shows while it stays open: content and staff, looking, and signatures beside the act that they are for.
SILENT = {
    "catalog",
    "staff",
    "patient",
    "visit",
    "scan",
    "chart",
    "history",
    "countersigned",
}


def test_every_verb_has_a_topic_or_is_silent() -> None:
    words = {verb.partition(".")[0] for verb in Verb}
    assert (words - set(TOPICS), set(TOPICS) - words) == (SILENT, set())


def test_signal_is_written_as_a_server_sent_event() -> None:
    assert event_text(Signal(7, "calls", "260610001")) == "id: 7\nevent: calls\ndata: 260610001\n\n"


def test_stream_tells_what_happens_after_it_began_and_ends_when_closed(own_site: Site) -> None:
    feed, lab = Feed(), own_site.small.lab
    heard: list[str] = []

    async def listen() -> None:
        async for text in feed.stream(lab):
            heard.append(text)
            if "event: specimens" in text:
                feed.close()

    async def run() -> None:
        with anyio.fail_after(20):
            async with anyio.create_task_group() as group:
                group.start_soon(listen)
                while not heard or lab.slug not in feed.followed():
                    await anyio.sleep(0.01)
                await anyio.to_thread.run_sync(lambda: own_site.small.order("LYTES", numbers=("S9",)))

    anyio.run(run)
    assert heard[0].startswith("retry: ")
    assert [text.split("\n")[1:3] for text in heard[1:]] == [["event: specimens", "data: 260610001"]]


def test_a_laboratory_that_is_put_back_is_shown_anew(own_site: Site) -> None:
    feed, lab, house = Feed(), own_site.small.lab, own_site.small.house
    snapshot = house.snapshot(lab.slug, "kept", "admin")
    own_site.small.order("LYTES", numbers=("S9",))
    heard: list[str] = []

    async def listen() -> None:
        async for text in feed.stream(lab):
            heard.append(text)
            if len(heard) > len(set(TOPICS.values())):
                feed.close()

    async def run() -> None:
        with anyio.fail_after(20):
            async with anyio.create_task_group() as group:
                group.start_soon(listen)
                while not heard or lab.slug not in feed.followed():
                    await anyio.sleep(0.01)
                await anyio.to_thread.run_sync(lambda: house.reset(lab.slug, snapshot, "admin"))

    anyio.run(run)
    assert [text.split("\n")[1] for text in heard[1:]] == [
        f"event: {topic}" for topic in sorted(set(TOPICS.values()))
    ]


def test_stream_is_for_members_of_the_laboratory_alone(site: Site) -> None:
    from tests.web.site import Browser

    with Browser(site.app) as stranger:
        answer = stranger.page("/events", headers={"Accept": "text/event-stream"})
    assert answer.status_code == 401
