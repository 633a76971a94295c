"""Pictures of tubes and bags, and the same in words: what is seen, never what it means."""

from __future__ import annotations

from datetime import UTC, date, datetime
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest

from lis.training.web import bags, drawing
from simulators.bags import BagView, Paper
from simulators.place import TubeKind
from simulators.tubes import SIGNS, TubeView

AT = datetime(2026, 11, 27, 12, 5, tzinfo=UTC)
ZONE = ZoneInfo("America/Chicago")
SST = TubeKind(
    "SST", "Serum separator tube", "gold", "Clot activator + gel", "SER", 5.0, 3, 30, 10, 1200, True
)
PAPER = Paper(
    "R0000007", "Rivera, Ana", "T100005", date(1950, 4, 5), "F", "ED", "S", ("Basic <metabolic>",), "JMR", AT
)
# Words that would give the answer away: what a sign is called, what was done, what follows from it.
TOLD = (
    "fibrin",
    "haemol",
    "hemol",
    "icter",
    "lipaem",
    "lipem",
    "clotted",
    "fault",
    "wrong",
    "swap",
    "mismatch",
)


@pytest.mark.parametrize(
    ("priority", "said"), [("S", "STAT"), ("A", "ASAP"), ("T", "timed"), ("R", "routine")]
)
def test_requisition_says_how_urgent_it_is(priority: str, said: str) -> None:
    paper = Paper(**{name: getattr(PAPER, name) for name in Paper.__slots__} | {"priority": priority})
    assert bags.paper_lines(paper, ZONE)[2] == f"ED  {said}  R0000007"


def tube(**changes: object) -> TubeView:
    """A separated gold-top tube."""
    values: dict[str, object] = {
        "id": "C1",
        "container": "SST",
        "cap_colour": "gold",
        "fill_share": 1.0,
        "priority": "R",
        "ward": "ED",
        "collection_label": None,
        "lab_label": None,
        "is_separated": True,
        "serum_look": "straw",
        "is_cold": False,
        "spot": "tray",
        "station": "",
        "arrived_at": AT,
        "above_share": 0.5,
    }
    return TubeView(**(values | changes))  # type: ignore[arg-type]


def bag(**changes: object) -> BagView:
    """A closed bag of two tubes."""
    values: dict[str, object] = {
        "id": "R0000007",
        "ward": "ED",
        "arrived_at": AT,
        "papers": (PAPER,),
        "tubes": ("C1", "C2"),
        "caps": ("gold", "lavender"),
        "is_open": False,
        "is_wet": False,
    }
    return BagView(**(values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("sign", sorted(set(drawing.MARKS)))
def test_a_sign_that_can_be_drawn_changes_the_picture(sign: str) -> None:
    plain, marked = (
        drawing.drawing(tube(signs=signs, remarks=tuple(SIGNS[one].words for one in signs)), SST, ZONE)
        for signs in ((), (sign,))
    )
    count = [len(list(ElementTree.fromstring(each).iter())) for each in (plain, marked)]
    assert count[1] > count[0]
    assert SIGNS[sign].words in marked


def test_words_name_no_cause() -> None:
    signs = tuple(sorted(SIGNS))
    words = drawing.spoken(tube(signs=signs, remarks=tuple(SIGNS[one].words for one in signs)), SST, ZONE)
    words += bags.spoken(bag(is_wet=True), ZONE)
    assert [word for word in TOLD if word in words.lower()] == []


def test_what_was_poured_off_leaves_less_above_the_cells() -> None:
    full, poured = (drawing._layers(tube(above_share=share), SST) for share in (0.55, 0.2))
    assert [layer.colour for layer in full] == ["cells", "gel", drawing.serum_colour("straw")]
    assert (full[-1].share, poured[-1].share) == (0.55, 0.2)
    assert sum(layer.share for layer in poured) == pytest.approx(1.0)


def test_an_aliquot_is_a_small_bare_tube() -> None:
    words = drawing.spoken(tube(poured_from="C0", cap_colour="clear", fill_share=0.25), SST, ZONE)
    assert words.startswith("Aliquot tube, clear cap, filled to 25% of the line. What is in it is straw.")
    assert "No collection label. No laboratory label." in words


def test_a_bag_says_its_caps_and_all_that_the_requisition_says() -> None:
    assert bags.spoken(bag(), ZONE) == (
        "Closed transport bag with 2 tubes: gold, lavender. Requisition in the pocket: Rivera, Ana, "
        "T100005  1950-04-05  F, ED  STAT  R0000007, Drawn 11-27 06:05 by JMR, Basic <metabolic>."
    )
    drawn = ElementTree.fromstring(bags.bag_svg(bag(), ZONE))
    assert drawn.get("aria-label") == " ".join(bags.spoken(bag(), ZONE).split())
    assert "Basic <metabolic>" in ["".join(node.itertext()) for node in drawn.iter()]


def test_a_wet_bag_without_paper_looks_and_reads_so() -> None:
    wet = bag(is_wet=True, papers=())
    assert bags.spoken(wet, ZONE).endswith("It is wet inside. No requisition in the pocket.")
    shapes = [len(list(ElementTree.fromstring(bags.bag_svg(one, ZONE)).iter("{http://www.w3.org/2000/svg}ellipse")))
              for one in (bag(), wet)]  # fmt: skip
    assert shapes == [0, 3]


def test_a_long_requisition_and_a_full_bag_say_what_is_not_drawn() -> None:
    paper = Paper(**{name: getattr(PAPER, name) for name in Paper.__slots__} | {"orders": tuple("ABCDEFGH")})
    svg = bags.bag_svg(bag(papers=(paper, PAPER), caps=("gold",) * 9), ZONE)
    texts = ["".join(node.itertext()) for node in ElementTree.fromstring(svg).iter()]
    assert {"and 4 more", "and 2 more", "1 more behind it"} <= set(texts)
