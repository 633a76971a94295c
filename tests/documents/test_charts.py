from dataclasses import replace
from decimal import Decimal
from xml.etree import ElementTree

import typst

from lis.documents.charts import (
    QcChart,
    QcEvent,
    QcPoint,
    QcViolation,
    describe,
    levey_jennings_svg,
    signed,
    table_rows,
)

SVG = "{http://www.w3.org/2000/svg}"
LEVELS = ("Level 1", "Level 2")


def point(column: int, level: int, z: str, excluded: bool = False) -> QcPoint:
    return QcPoint(column, LEVELS[level - 1], f"v{column}{level}", Decimal(z), excluded)


CHART = QcChart(
    title="Analyte <A> & lot",
    columns=("1", "2", "3", "4"),
    levels=LEVELS,
    points=(
        point(0, 1, "0.3"),
        point(0, 2, "-1.1"),
        point(1, 1, "2.04"),
        point(1, 2, "0.5"),
        point(2, 1, "2.4"),
        point(2, 2, "-2.25"),
        point(3, 1, "5.41"),
        point(3, 2, "0", excluded=True),
    ),
    violations=(
        QcViolation("1-2s", "warning", 1, ("Level 1",)),
        QcViolation("1-2s", "warning", 2, ("Level 1",)),
        QcViolation("R-4s", "rejection", 2, LEVELS),
        QcViolation("1-3s", "rejection", 3, ("Level 1",), "recalibrated"),
    ),
    events=(QcEvent(2, "new lot R77"),),
)


def drawn(chart: QcChart) -> ElementTree.Element:
    return ElementTree.fromstring(levey_jennings_svg(chart))


def texts(chart: QcChart) -> list[str | None]:
    return [node.text for node in drawn(chart).iter(f"{SVG}text")]


def test_description_names_every_violation_and_event() -> None:
    assert describe(CHART) == (
        "4 runs of 2 levels. 1-2s warning at run 2: Level 1 +2.04s. 1-2s warning at run 3: Level 1 +2.40s. "
        "R-4s rejection at run 3: Level 1 +2.40s, Level 2 −2.25s. "
        "1-3s rejection at run 4: Level 1 +5.41s; recalibrated. Before run 3: new lot R77."
    )


def test_description_of_a_chart_in_control_says_so() -> None:
    quiet = replace(CHART, levels=("Level 1",), points=(point(0, 1, "0"),), violations=(), events=())
    assert describe(quiet) == "4 runs of 1 level. No rule is violated."


def test_svg_is_named_by_title_and_description_of_its_own_id() -> None:
    root = ElementTree.fromstring(levey_jennings_svg(CHART, "chart-7"))
    named = {node.get("id"): node.text for node in root if node.get("id")}
    assert named == {"chart-7-title": "Analyte <A> & lot", "chart-7-desc": describe(CHART)}
    assert root.get("aria-labelledby") == "chart-7-title chart-7-desc"


def test_rules_are_printed_once_for_levels_that_broke_them_together() -> None:
    rules = [words for words in texts(CHART) if words and words[:2] in {"1-", "R-", "2-"}]
    assert rules == ["1-2s", "1-2s R-4s", "1-3s"]


def test_point_beyond_four_sd_is_at_the_edge_with_its_number() -> None:
    far = replace(CHART, points=(point(3, 1, "5.41"),), violations=())
    edge = replace(CHART, points=(point(3, 1, "4"),), violations=())
    centre = [next(drawn(chart).iter(f"{SVG}circle")).get("cy") for chart in (far, edge)]
    assert centre[0] == centre[1]
    assert [signed(Decimal("5.41")) in texts(chart) for chart in (far, edge)] == [True, False]


def test_normal_points_are_hollow_and_violations_filled_by_their_worst() -> None:
    groups = [node for node in drawn(CHART).iter(f"{SVG}g") if node.get("class") == "lj-point"]
    assert [node[1].get("fill") for node in groups] == [
        *("#fff", "#fff", "#f1c21b", "#fff"),
        *("#a2191f", "#a2191f", "#a2191f", "#fff"),
    ]
    assert [node[1].tag.removeprefix(SVG) for node in groups] == ["circle", "polygon"] * 4


def test_every_point_says_in_words_what_it_is() -> None:
    titles = [node[0].text for node in drawn(CHART).iter(f"{SVG}g")]
    assert titles[4] == "Run 3, Level 1: v21 (+2.40s), 1-2s warning, R-4s rejection"
    assert titles[7] == "Run 4, Level 2: v32 (+0.00s), excluded"


def test_excluded_point_is_not_joined() -> None:
    lines = [node.get("points") or "" for node in drawn(CHART).iter(f"{SVG}polyline")]
    assert [len(line.split()) for line in lines] == [4, 3]


def test_labels_of_neighbours_do_not_overlap() -> None:
    crowded = replace(
        CHART,
        columns=tuple(map(str, range(60))),
        points=tuple(point(column, 1, "2.1") for column in range(60)),
        violations=tuple(QcViolation("1-2s", "warning", column, ("Level 1",)) for column in range(20, 24)),
        events=(),
    )
    placed = [
        (float(node.attrib["x"]), float(node.attrib["y"]))
        for node in drawn(crowded).iter(f"{SVG}text")
        if node.text == "1-2s"
    ]
    pairs = [(a, b) for a in placed for b in placed if a < b]
    assert len(placed) == 4
    assert [
        pair for pair in pairs if abs(pair[0][0] - pair[1][0]) < 28 and abs(pair[0][1] - pair[1][1]) < 12
    ] == []


def test_table_holds_what_the_chart_shows() -> None:
    rows = table_rows(CHART)
    assert len(rows) == 8
    assert rows[5:] == [
        ("3", "Level 2", "v22", "−2.25s", "R-4s rejection", ""),
        ("4", "Level 1", "v31", "+5.41s", "1-3s rejection", "recalibrated"),
        ("4", "Level 2", "v32", "+0.00s", "excluded", ""),
    ]


def test_scale_in_units_stands_at_the_right() -> None:
    scale = ("3.5", "3.7", "3.9", "4.1", "4.3", "4.5", "4.7")
    shown = texts(replace(CHART, scale=scale))
    assert [words for words in shown if words in scale] == list(scale)


def test_empty_chart_is_drawn() -> None:
    assert describe(QcChart("Nothing yet", (), LEVELS, ())) == "0 runs of 2 levels. No rule is violated."
    assert len(list(drawn(QcChart("Nothing yet", (), LEVELS, ())).iter(f"{SVG}line"))) == 7


def test_chart_carries_no_style_or_script_and_sets_in_a_pdf() -> None:
    svg = levey_jennings_svg(CHART)
    assert ("style=" in svg, "<script" in svg) == (False, False)
    source = b'#image(bytes(sys.inputs.svg), format: "svg")'
    assert typst.compile(source, sys_inputs={"svg": svg})[:5] == b"%PDF-"
