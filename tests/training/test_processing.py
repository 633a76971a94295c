"""Work with tubes at the bench window: bags, centrifuge, aliquots, keeping; each as a form posts it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from lis.training.web.processing import display
from simulators.centrifuge import CentrifugeView
from simulators.tubes import Tube
from tests.training.conftest import LIGHT, Past, copied
from tests.training.serving import Browser, Serving, serving

BENCH = "/bench/past"
AT = datetime(2026, 11, 27, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def served(past: Past, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with serving(copied(past, tmp_path_factory.mktemp("served")), LIGHT) as found:
        yield found


@pytest.fixture
def processor(served: Serving) -> Browser:
    return Browser(served.app, "processor1")


def a_tube(served: Serving, kind: str = "SST") -> Tube:
    """A tube of this kind in its closed bag, after waiting for one if need be."""
    for _ in range(40):
        for tube in served.live.world.bench.tubes.values():
            if (tube.kind.code, tube.spot, bool(tube.bag)) == (kind, "tray", True):
                return tube
        served.pass_time(15 * MINUTE)
    raise AssertionError(f"no {kind} came")


def said(browser: Browser, act: str, **fields: object) -> str:
    """What the window says to it."""
    return browser.act(f"{BENCH}/act", act=act, **fields).text


def test_a_closed_bag_is_drawn_with_its_paper_and_its_tubes_are_not_within_reach(
    served: Serving,
) -> None:
    tube = a_tube(served)
    processor = Browser(served.app, "processor1")
    paper = tube.paper
    page = processor.get(f"{BENCH}/state").text
    assert paper is not None
    assert f"Requisition in the pocket: {paper.name}, {paper.mrn}" in page
    assert f'id="tube-{tube.id}"' not in page
    opened = said(processor, f"open_bag:{tube.bag}")
    assert f'id="tube-{tube.id}"' in opened
    assert "Requisitions on the bench: " in opened
    hand = processor.act(f"{BENCH}/look/{tube.id}").text
    assert f"<b>Requisition it came with:</b> {paper.name}" in hand


def test_a_spin_needs_balance_counts_down_and_ends_when_it_is_taken_out(
    served: Serving,
) -> None:
    tube = a_tube(served)
    processor = Browser(served.app, "processor1")  # after the waiting: who does nothing is signed out
    said(processor, f"open_bag:{tube.bag}")
    for _ in range(2):
        served.pass_time(15 * MINUTE)
        processor.get(f"{BENCH}/")
    assert "out of balance" in said(processor, "spin", tube=tube.id, program="P1")
    running = said(processor, "spin", tube=tube.id, program="P1", balanced="1")
    assert "The centrifuge runs with one tube." in running
    assert "12 min left" in running
    served.pass_time(5 * MINUTE)
    assert "7 min left" in processor.get(f"{BENCH}/state").text
    assert "lid is locked" in said(processor, "unload:C1")
    served.pass_time(8 * MINUTE)
    assert "stopped" in processor.get(f"{BENCH}/state").text
    out = said(processor, "unload:C1")
    assert "The tubes of Centrifuge 1 are in the tray." in out
    assert "Separated, what stands above is" in out

    poured = said(processor, "aliquot", tube=tube.id, ml="0,5")
    assert "0.5 mL are in the new tube A000001, which bears no label yet." in poured
    assert "Aliquot tube, clear cap" in poured
    kept = said(processor, "store", tube="A000001", place="FRIDGE", position="B2")
    assert "One tube in: Refrigerator." in kept
    assert "FRIDGE B2" in kept
    assert "Tube A000001 is in the tray." in said(processor, "retrieve:A000001")
    assert f"The stick has been round tube {tube.id}." in said(processor, "rim", tube=tube.id)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"act": "aliquot"}, "Pick the tube to pour from."),
        ({"act": "aliquot", "tube": "C1", "ml": "much"}, "Say how many mL to pour."),
        ({"act": "rim"}, "Pick the tube to go round with the stick."),
        ({"act": "store", "place": "FRIDGE"}, "Pick tubes and where to keep them."),
        ({"act": "open_bag:none"}, "There is no bag none here."),
        ({"act": "retrieve:C9"}, "Tube C9 is not kept anywhere."),
        ({"act": "spin", "tube": "C9"}, "There is no tube C9 here."),
    ],
)
def test_what_cannot_be_done_is_said_in_words(processor: Browser, fields: dict[str, str], words: str) -> None:
    answer = processor.act(f"{BENCH}/act", **fields)
    assert (answer.status_code in (409, 422), words in answer.text) == (True, True)


@pytest.mark.parametrize(
    ("ends_in", "running", "words"),
    [(None, False, "empty"), (-1, False, "stopped"), (7.2, True, "8 min left"), (0.5, True, "1 min left")],
)
def test_the_display_counts_when_it_is_read(ends_in: float | None, running: bool, words: str) -> None:
    ends_at = None if ends_in is None else AT + ends_in * MINUTE
    assert display(CentrifugeView("C1", "Centrifuge 1", 24, running, ends_at, ()), AT) == words


def test_what_was_put_away_last_is_listed_first(served: Serving, processor: Browser) -> None:
    live = served.live
    done = [tube.id for tube in live.world.bench.tubes.values() if tube.spot == "done"][:2]
    for tube, position in zip(done, ("11-24/001", "11-25/001"), strict=True):
        live.act("store", {"tube_id": tube, "place": "FRIDGE", "position": position}, "processor1")
    page = processor.get(f"{BENCH}/state").text
    assert page.index("FRIDGE 11-25/001") < page.index("FRIDGE 11-24/001")
