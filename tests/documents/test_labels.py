from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import cast
from xml.etree import ElementTree

import pytest

from lis.documents.barcodes import bars, code128_modules
from lis.documents.cards import code128_svg, command_card, command_card_pdf
from lis.documents.label_layout import layout, shorten_list, truncate_name
from lis.documents.labels import (
    LabelData,
    label_pdf,
    label_svg,
    label_zpl,
    sheet_pages,
    sheet_pdf,
    single_pages,
)
from lis.documents.typesetting import typeset
from tests.documents.rasters import grey, symbols

LABEL = LabelData(
    container_id="263310001015",
    accession="263310001",
    patient_name="RIVERA, MARIA",
    mrn="T100005",
    birth_date="1968-04-12",
    sex="F",
    collected_at_text="2026-11-27 07:42 CST",
    collected_by="MKB",
    specimen="Serum",
    container_code="SST",
    container_name="Gold gel",
    tests=("BMP", "TSH"),
    priority="STAT",
    department="CHEM",
    copy_text="REPRINT",
)
NAMES = (
    "RIVERA, MARIA",
    "VON-HOHENZOLLERN-SIGMARINGEN, MAXIMILIANA-ALEXANDRA",
    "WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW",
    "ŽELEZŇÝ-ŁUKASZEWICZ, ÅSA ÑUÑEZ",
    "<script>alert('x')</script> & \"quotes\"",
    "O^XZ~JR_5E\\&, #let x = $1$ *bold* `raw`",
    "АЛЕКСАНДРОВА, НАДЕЖДА",
    "A\nB\tC\x00D",
)


def labels() -> list[LabelData]:
    """One label for each awkward name, numbered so that each can be told from the others."""
    return [
        replace(LABEL, patient_name=name, container_id=f"2633100{index:02}015", priority="STAT" * (index % 2))
        for index, name in enumerate(NAMES)
    ]


def expected(made: list[LabelData]) -> list[tuple[str, str]]:
    return [("Code128", label.container_id) for label in made]


def test_every_single_label_decodes_at_203_dpi() -> None:
    pages = typeset("label.typ", single_pages(labels()), format="png", ppi=203)
    assert [symbol for page in pages for symbol in symbols(page)] == expected(labels())


def test_single_label_is_exactly_406_by_203_dots_with_bars_on_whole_dots() -> None:
    raster = grey(typeset("label.typ", single_pages([LABEL]), format="png", ppi=203)[0])
    assert raster.shape == (203, 406)
    edges = [x for left, width in layout(LABEL).bars.rectangles() for x in range(left, left + width)]
    row = [raster[108, x] for x in range(406)]
    assert row == [0 if x in edges else 255 for x in range(406)]


def test_quiet_zones_hold_ten_modules() -> None:
    bars = layout(LABEL).bars
    last, width = bars.rectangles()[-1]
    assert (bars.module, bars.x >= 30, 406 - last - width >= 30) == (3, True, True)


@pytest.mark.parametrize("stock", ["letter", "a4"])
def test_full_sheet_decodes_at_203_dpi(stock: str) -> None:
    made = [replace(LABEL, container_id=f"2633100{index:02}015") for index in range(30)]
    (page,) = typeset("label.typ", sheet_pages(made, stock), format="png", ppi=203)
    assert symbols(page) == expected(made)


def test_sheet_skips_used_positions_and_runs_on_to_a_second_page() -> None:
    pages = cast(list[list[dict[str, int]]], sheet_pages([LABEL] * 3, "letter", start=28)["pages"])
    placed = [[(item["x"], item["y"]) for item in page] for page in pages]
    assert placed == [[(660, 1928), (1218, 1928)], [(102, 102)]]


def test_sheet_refuses_a_position_it_does_not_have() -> None:
    with pytest.raises(ValueError, match="0 to 29, not 30"):
        sheet_pages([LABEL], "letter", start=30)


def test_pdfs_are_the_same_bytes_each_time() -> None:
    for make in (label_pdf, sheet_pdf):
        first, second = make([LABEL]), make([LABEL])
        assert (first[:5], first) == (b"%PDF-", second)


def test_container_id_that_is_not_an_even_number_of_digits_is_refused() -> None:
    for container_id in ("26331000101", "26331000101X", "", "２６３３"):
        with pytest.raises(ValueError, match="even number of digits"):
            layout(replace(LABEL, container_id=container_id))


def test_layout_has_name_top_left_and_nothing_for_what_is_empty() -> None:
    placed = layout(replace(LABEL, priority="", department="", copy_text=""))
    assert {text.name: text.text for text in placed.texts} == {
        "patient": "RIVERA, MARIA",
        "identity": "MRN T100005 · DOB 1968-04-12 · F",
        "collection": "Coll 2026-11-27 07:42 CST · MKB",
        "environment": "TRAINING",
        "container": "263310001015",
        "tests": "SST BMP, TSH",
        "foot": "Serum · Gold gel · 263310001",
    }
    top_left = min(placed.texts, key=lambda text: (text.y, text.x))
    assert top_left.name == "patient"


def test_long_name_is_cut_in_both_parts_so_that_relatives_differ() -> None:
    family = "VON-HOHENZOLLERN-SIGMARINGEN"
    assert truncate_name(f"{family}, MAXIMILIANA", 24) == "VON-HOHENZOLL…, MAXIMIL…"
    assert truncate_name(f"{family}, ANNA", 24) == "VON-HOHENZOLLERN-…, ANNA"
    assert truncate_name("LI, MAXIMILIANA-ALEXANDRA", 12) == "LI, MAXIMIL…"
    assert truncate_name("UNKNOWN-TRAUMA-TWENTY", 10) == "UNKNOWN-T…"


def test_list_of_tests_is_cut_at_whole_tests_and_counts_the_rest() -> None:
    assert shorten_list(("BMP", "TSH"), 8) == "BMP, TSH"
    assert shorten_list(("BMP", "TSH", "LIPID"), 14) == "BMP, TSH +1"
    assert shorten_list(("COMPREHENSIVE", "TSH"), 5) == "COMPREHENSIVE +1"


def test_zpl_is_the_golden_file() -> None:
    golden = Path(__file__).parent / "golden" / "label.zpl"
    awkward = replace(LABEL, patient_name="O^XZ~JR_5E\\&, ŽOFIE", department="A\\&B", priority="")
    assert label_zpl(LABEL) + label_zpl(awkward) == golden.read_text("utf-8")


def test_zpl_commands_in_data_are_data() -> None:
    for label in labels():
        assert label_zpl(label).count("^XA") == label_zpl(label).count("^XZ") == 1
        assert "~" not in label_zpl(label)


def test_svg_is_well_formed_and_says_what_the_label_says() -> None:
    for label in labels():
        root = ElementTree.fromstring(label_svg(label))
        drawn = [node.text for node in root.iter("{http://www.w3.org/2000/svg}text")]
        assert drawn == [text.text for text in layout(label).texts]
        assert "style=" not in unescape(label_svg(label))


def test_svg_draws_the_bars_of_the_layout() -> None:
    root = ElementTree.fromstring(label_svg(LABEL))
    group = next(root.iter("{http://www.w3.org/2000/svg}g"))
    drawn = [(int(node.attrib["x"]), int(node.attrib["width"])) for node in group]
    assert drawn == layout(LABEL).bars.rectangles()


def test_command_card_decodes_at_203_dpi() -> None:
    codes = ["%RCV", "%REJ-HEM", "%REJ-QNS", "%REJ-UNL", "%UNDO", "%NEXT", "%STAT"]
    rows = [(code, "Reject: <b>*not*</b> #this") for code in codes]
    for paper in ("us-letter", "a4"):
        (page,) = typeset("card.typ", command_card(rows, "Commands", paper), format="png", ppi=203)
        assert symbols(page) == [("Code128", code) for code in codes]
    assert command_card_pdf(rows)[:5] == b"%PDF-"


def test_symbol_for_a_screen_draws_the_bars_of_its_code() -> None:
    drawn = ElementTree.fromstring(code128_svg("%SCAN-YZ-0189"))
    bars_drawn = [(int(one.get("x", "")), int(one.get("width", ""))) for one in list(drawn)[1:]]
    expected_bars = [((x + 10) * 2, width * 2) for x, width in bars(code128_modules("%SCAN-YZ-0189"))]
    assert bars_drawn == expected_bars
    assert drawn.get("aria-label") == "Barcode %SCAN-YZ-0189"
