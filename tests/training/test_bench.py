"""The bench window in a browser: what is seen, what is done, who sets the pace; the laboratory beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from simulators.tubes import TubeView
from tests.training.conftest import LIGHT, Past, copied
from tests.training.serving import Browser, Serving, serving
from tests.training.waiting import until

BENCH = "/bench/past"


@pytest.fixture(scope="module")
def served(past: Past, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """The prepared laboratory, served for the tests of this module; each takes a tube of its own."""
    with serving(copied(past, tmp_path_factory.mktemp("served")), LIGHT) as found:
        yield found


@pytest.fixture(scope="module")
def processor(served: Serving) -> Browser:
    return Browser(served.app, "processor1")


def fresh(served: Serving, who: Browser) -> TubeView:
    """A tube that nobody has received, out of its bag, after waiting for one if need be: whoever waits stays there."""
    for _ in range(12):
        for tube in served.live.world.tray():
            if tube.lab_label is None and tube.priority != "":
                if tube.bag:
                    served.live.act("open_bag", {"bag_id": tube.bag}, "processor1")
                return tube
        served.pass_time(timedelta(minutes=15))
        assert who.get(f"{BENCH}/").status_code == 200
    raise AssertionError("no tube came")


def received(served: Serving, browser: Browser, tube: TubeView) -> str:
    """Scan a tube in the laboratory's window; the barcode of the label that comes out of the world's printer."""
    assert tube.collection_label is not None
    before = {label.id for label in served.live.world.printed_labels()}
    answer = browser.act("/lab/past/receive/scan", text=tube.collection_label.number)
    assert answer.status_code == 200, answer.text
    found = until(lambda: [one for one in served.live.world.printed_labels() if one.id not in before])
    return found[0].id


def test_a_tube_is_drawn_and_said_as_it_is_seen(served: Serving, processor: Browser) -> None:
    tube = fresh(served, processor)
    label = tube.collection_label
    page = processor.get(f"{BENCH}/").text
    assert label is not None
    card = page[page.index(f'id="tube-{tube.id}"') :].split("</li>")[0]
    said = re.search(r'aria-label="([^"]*)"', card)
    assert said is not None
    assert f"{tube.cap_colour} cap" in said[1]
    assert f"{label.name}, {label.mrn}" in said[1]
    assert "No laboratory label" in said[1]
    assert f'data-barcode="{label.number}"' in card


def test_nothing_of_the_truth_is_on_the_page(served: Serving, processor: Browser) -> None:
    tube = fresh(served, processor)
    truth = served.live.world.bench.tubes[tube.id]
    page = processor.get(f"{BENCH}/state").text
    numbers = [f"{value:g}" for value in truth.contents.values() if isinstance(value, float) and value % 1]
    assert numbers
    assert [number for number in numbers if number in page and len(number) > 5] == []


def test_a_label_is_affixed_and_the_collection_label_stays_readable(
    served: Serving, processor: Browser
) -> None:
    tube = fresh(served, processor)
    label = received(served, processor, tube)
    answer = processor.act(f"{BENCH}/act", act="affix", tube=tube.id, label=label)
    assert f"The label is on tube {tube.id}." in answer.text
    seen = served.live.world.look(tube.id)
    hand = processor.act(f"{BENCH}/look/{tube.id}")
    assert seen.lab_label is not None and seen.collection_label is not None
    assert f'data-barcode="{seen.lab_label.barcode}"' in hand.text
    assert hand.text.count(seen.collection_label.name) >= 2
    assert "Laboratory label: " in hand.text
    confirmed = processor.act("/lab/past/receive/scan", text=seen.lab_label.barcode)
    assert "Label confirmed." in confirmed.text


def test_looking_is_written_in_the_ledger_under_who_looked(served: Serving, processor: Browser) -> None:
    tube = fresh(served, processor)
    position = served.live.world.ledger.position
    processor.act(f"{BENCH}/look/{tube.id}")
    assert served.live.world.ledger.position == position + 1
    last = served.live.world.inputs[-1]
    assert (last.kind, last.name, last.by) == ("action", "look", "processor1")


def test_an_unchanged_bench_is_not_sent_again(processor: Browser) -> None:
    def known() -> str:
        found = re.search(r'id="seen" name="seen" value="(\w+)"', processor.get(f"{BENCH}/").text)
        assert found is not None
        return found[1]

    until(lambda: processor.get(f"{BENCH}/state?seen={known()}").status_code == 204)  # work still comes in
    assert processor.get(f"{BENCH}/state?seen=other").status_code == 200


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"act": "affix"}, 422, "Pick one label and one tube."),
        ({"act": "affix", "tube": "C9999999", "label": "none"}, 409, "There is no tube C9999999 here."),
        ({"act": "spin"}, 409, "Put tubes into the centrifuge first."),
        ({"act": "load", "analyzer": "CHEM-1"}, 422, "Pick tubes and an analyzer."),
        ({"act": "juggle"}, 422, "Nobody can do that here."),
        ({"act": "inject:x"}, 422, "Nobody can do that here."),
    ],
)
def test_what_cannot_be_done_is_said_in_words(
    processor: Browser, fields: dict[str, str], status: int, words: str
) -> None:
    answer = processor.act(f"{BENCH}/act", **fields)
    assert (answer.status_code, words in answer.text) == (status, True)


def test_controls_run_when_somebody_starts_them(served: Serving, processor: Browser) -> None:
    before = len(served.live.world.inputs)
    answer = processor.act(f"{BENCH}/act", act="run_controls:CHEM-1")
    assert "CHEM-1 runs its controls." in answer.text
    done = [item for item in served.live.world.inputs[before:] if item.kind == "action"]
    assert [(item.name, item.data, item.by) for item in done] == [
        ("run_controls", {"analyzer": "CHEM-1"}, "processor1")
    ]


def test_the_pace_is_set_by_who_runs_the_training_and_journaled(served: Serving, processor: Browser) -> None:
    assert processor.act(f"{BENCH}/pace", pace="60").status_code == 403
    assert "Pace of laboratory time" not in processor.get(f"{BENCH}/").text
    supervisor = Browser(served.app, "supervisor1")
    before = served.live.lab.now()
    assert supervisor.act(f"{BENCH}/pace", pace="60").status_code == 303
    state = served.live.lab.clock_state()
    assert (state.speed, state.paused, served.live.lab.now()) == (60, False, before)
    supervisor.act(f"{BENCH}/pace", pace="pause")
    assert served.live.lab.clock_state().paused
    assert supervisor.act(f"{BENCH}/pace", pace="7").status_code == 422
    supervisor.act(f"{BENCH}/pace", pace="1")
    assert not served.live.lab.clock_state().paused


def test_nobody_sees_the_bench_without_signing_in(served: Serving, processor: Browser) -> None:
    stranger = TestClient(served.app, follow_redirects=False)
    assert stranger.get(f"{BENCH}/").headers["location"].startswith("/sign-in")
    assert processor.get("/bench/elsewhere/").status_code == 403


def test_the_laboratorys_pages_carry_the_scanner_and_the_way_to_the_bench(processor: Browser) -> None:
    page = processor.get("/lab/past/receive").text
    [scanner] = re.findall(
        r'<script type="module" src="(/static/[0-9a-f]{16}/training/scanner.js)"></script>', page
    )
    assert processor.get(scanner).status_code == 200
    assert f'<a href="{BENCH}/">Bench</a>' in page
    assert processor.get("/static/training/scanner.js").status_code == 200


def test_the_bench_obeys_the_content_policy(processor: Browser) -> None:
    page = processor.get(f"{BENCH}/")
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert re.findall(r"\sstyle=|\son[a-z]+=|<style|<script(?! [^>]*src=)", page.text) == []
