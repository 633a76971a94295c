from dataclasses import replace
from xml.etree import ElementTree

import pytest

from lis.documents.drawings import (
    CAPS,
    ContainerView,
    Layer,
    StuckLabel,
    cap_colour,
    container_svg,
    serum_colour,
)
from lis.documents.marks import COLOURS

SVG = "{http://www.w3.org/2000/svg}"
VIEW = ContainerView(
    alt_text="Gold cap; filled to the line; two layers & gel",
    cap_colour="gold",
    fill=1.0,
    layers=(Layer("clot", 0.4), Layer("gel", 0.1), Layer("#ecd98a", 0.5)),
    labels=(StuckLabel(("RIVERA, <MARIA>", "T100005")), StuckLabel(("263310001015",), tilt=40, barcode=True)),
    draw_volume_text="5 mL",
)


def drawn(view: ContainerView) -> ElementTree.Element:
    return ElementTree.fromstring(container_svg(view))


def surfaces(view: ContainerView) -> list[tuple[str | None, float]]:
    """Colour and height of every layer's surface, from the top down."""
    paths = [node for node in drawn(view) if node.tag == f"{SVG}path" and node.get("fill") != "none"]
    return [(node.get("fill"), float((node.get("d") or "").split(" ")[0].split(",")[1])) for node in paths]


def test_layers_stand_on_each_other_below_the_fill_line() -> None:
    line = next(float(node.attrib["y1"]) for node in drawn(VIEW) if node.tag == f"{SVG}line")
    (serum, top), (gel, upper), (clot, lower) = surfaces(VIEW)
    assert (serum, gel, clot) == ("#ecd98a", COLOURS["gel"], COLOURS["clot"])
    assert top == pytest.approx(line, abs=0.1)
    assert (upper - top) == pytest.approx(5 * (lower - upper), abs=0.3)


def test_half_filled_container_stands_half_as_high_and_an_empty_one_has_no_contents() -> None:
    full, half = (
        surfaces(replace(VIEW, fill=fill, layers=(Layer("blood", 1),)))[0][1] for fill in (1.0, 0.5)
    )
    bottom = 204
    assert bottom - half == pytest.approx((bottom - full) / 2, abs=0.1)
    assert surfaces(replace(VIEW, fill=0.0)) == []


def test_labels_are_readable_as_written_and_the_name_is_escaped() -> None:
    words = [node.text for node in drawn(VIEW).iter(f"{SVG}text")]
    assert words == ["5 mL", "RIVERA, <MARIA>", "T100005", "263310001015"]


def test_crooked_label_is_crooked_on_the_container_and_readable_beside_it() -> None:
    turns = [node.get("transform", "").split(" ")[0] for node in drawn(VIEW) if node.get("transform")]
    assert turns == ["rotate(0", "rotate(0", "rotate(40", "rotate(8"]


def test_drawing_is_named_by_the_words_for_it() -> None:
    assert drawn(VIEW).get("aria-label") == VIEW.alt_text


def test_marks_add_what_is_seen_and_every_shape_is_drawn() -> None:
    plain = len(list(drawn(VIEW).iter()))
    for mark, added in {"clot": 1, "bubbles": 3, "leak": 3, "crack": 1, "frost": 1}.items():
        assert len(list(drawn(replace(VIEW, marks=(mark,))).iter())) == plain + added  # type: ignore[arg-type]
    for shape in ("tube", "micro", "bottle", "cup", "syringe"):
        assert drawn(replace(VIEW, shape=shape)).tag == f"{SVG}svg"  # type: ignore[arg-type]


def test_cap_words_find_their_longest_colour() -> None:
    words = (
        "light blue",
        "green (Na)",
        "light green",
        "orange cap cup",
        "lavender (micro)",
        "no such colour",
    )
    names = ("light blue", "green", "light green", "orange", "lavender", "white")
    assert [cap_colour(word) for word in words] == [CAPS[name] for name in names]


def test_serum_is_straw_unless_something_is_seen() -> None:
    assert serum_colour("straw") == serum_colour("") == COLOURS["serum"]
    seen = {
        serum_colour(look) for look in ("pink", "red", "amber", "brown", "cloudy", "milky", "pink, cloudy")
    }
    assert len(seen - {COLOURS["serum"]}) == 7
