"""QC on the screen: the gate of each test, and its chart."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from lis.domain.observations import ReportedControl, ReportedObservation
from lis.services import cataloguing, controlling
from lis.storage import catalogs
from tests.documents.pdftext import pages_text
from tests.web.site import Site

LOTS = {1: "C2401", 2: "C2402"}


def run_controls(
    site: Site, test: str, run: str, *values: str, analyzer: str = "CHEM-1", hours: int = 1
) -> None:
    """One run of controls, its levels in order, so many hours ago."""
    at = site.small.clock.now() - timedelta(hours=hours)
    with site.small.by_wire() as work:
        for level, value in enumerate(values, 1):
            control = ReportedControl("CHEMCTL", LOTS[level], level, run)
            observation = ReportedObservation(level, test, "", "", "NM", value, "mmol/L", (), "F", at)
            controlling.record_control(
                work, analyzer=analyzer, test=test, control=control, observation=observation, inbound_id=None
            )


def row_of(page: str, test: str) -> str:
    """A test's row of the gate as text."""
    found = re.search(rf'<tr[^>]*>\s*<th scope="row"><a href="[^"]*/{test}">.*?</tr>', page, re.S)
    assert found, f"no row of {test}"
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split())


def test_gate_says_in_control_out_of_control_and_not_known(own_site: Site) -> None:
    run_controls(own_site, "NA", "R1", "121.2", "150")
    run_controls(own_site, "K", "R1", "3.0", "6.4")
    page = own_site.browser("technologist").page("/qc").text
    assert row_of(page, "NA") == (
        "NA Sodium ✓ In control 121.2 mmol/L +1.00 SD 05:00 150 mmol/L +0.00 SD 05:00 Controls within ±3 SD."
    )
    assert row_of(page, "K") == (
        "K Potassium ✕ Out of control 3.0 mmol/L +0.00 SD 05:00 6.4 mmol/L ✕ +4.00 SD 05:00 "
        "Control 6.4 at level 2 of CHEMCTL: beyond 6.0 ± 3 × 0.10."
    )
    assert row_of(page, "CL") == ("CL Chloride ! Not known none none No control run within 24 hours.")
    assert "! 4 of 5 not in control" in page
    assert re.findall(r"/qc/CHEM-1/(\w+)\"", page)[-1] == "NA"  # the only one in control stands last
    assert '<a href="#gate-CHEM-1">CHEM-1 ! 4</a>' in page


def test_gate_says_of_a_coded_control_whether_its_code_was_expected(own_site: Site) -> None:
    expects(own_site, "HCGS", "NEG", "POS")
    run_controls(own_site, "HCGS", "R1", "NEG", "INV")
    page = own_site.browser("technologist").page("/qc").text
    assert "NEG mmol/L as expected 05:00 INV mmol/L ✕ expected POS 05:00" in row_of(page, "HCGS")


def expects(site: Site, test: str, *codes: str) -> None:
    """A coded test that is measured on CHEM-1, with a code that each level of its control is to give."""
    targets = "".join(
        f"CHEM-1,{test},CHEMCTL,{LOTS[level]},{level},,,,2027-12-31,test data,{code}\n"
        for level, code in enumerate(codes, 1)
    )
    with site.small.work("lis_admin") as work:
        files = catalogs.files_of(work.connection, 1)
        head, *rows = files["control_targets.csv"].splitlines()
        told = "\n".join((f"{head},expected", *(f"{row}," for row in rows), targets))
        menu = files["analyzers.yaml"].replace(
            "- {test: NA,", f'- {{test: {test}, code: "{test}"}}\n      - {{test: NA,'
        )
        cataloguing.change_file(work, "control_targets.csv", told, reason="test")
        cataloguing.change_file(work, "analyzers.yaml", menu, reason="test")


def test_gate_leaves_out_what_needs_no_control(site: Site) -> None:
    page = site.browser("technologist").page("/qc").text
    assert ("/qc/CHEM-1/HIDX" in page, "/qc/CHEM-1/NA" in page) == (False, True)


def test_gate_after_a_day_is_not_known(own_site: Site) -> None:
    run_controls(own_site, "NA", "R1", "120", "150", hours=25)
    page = own_site.browser("technologist").page("/qc").text
    assert row_of(page, "NA") == "NA Sodium ! Not known none none No control run within 24 hours."


def test_gate_sees_a_control_dated_ahead(own_site: Site) -> None:
    """As results do: an older good run does not stand in for it."""
    run_controls(own_site, "NA", "R1", "120", "150")
    run_controls(own_site, "NA", "R2", "120", "150", hours=-2)
    page = own_site.browser("technologist").page("/qc").text
    assert "! Not known" in row_of(page, "NA")
    assert row_of(page, "NA").endswith("The newest control run is dated in the future.")


def test_gate_fragment_has_no_page_around_it(site: Site) -> None:
    answer = site.browser("technologist").get("/lab/small/qc", headers={"HX-Request": "true"})
    assert (answer.status_code, "<html" in answer.text, "/qc/CHEM-1/NA" in answer.text) == (200, False, True)


def test_chart_shows_each_level_in_its_shape_and_the_violation_in_words(own_site: Site) -> None:
    for hours, values in ((50, ("120", "150")), (26, ("119", "151")), (2, ("120.6", "155"))):
        run_controls(own_site, "NA", f"R{hours}", *values, hours=hours)
    page = own_site.browser("technologist").page("/qc/CHEM-1/NA").text
    assert page.count('class="lj-point"') == 6
    points = re.findall(r'<g class="lj-point">.*?</g>', page) or re.findall(
        r"<g[^>]*lj-point[^>]*>.*?</g>", page
    )
    assert [("circle" in one, "polygon" in one) for one in points] == [(True, False), (False, True)] * 3
    assert "1-3s rejection at run 03-02 04:00: Level 2 +3.33s." in page
    assert "<td>Level 1</td><td>119</td><td>−0.83s</td>" in page
    assert "<td>150 mmol/L</td><td>1.5</td><td>147.0 – 153.0</td><td>145.5 – 154.5</td>" in page


def test_chart_without_values_says_so(site: Site) -> None:
    page = site.browser("technologist").page("/qc/COAG-1/PT").text
    assert "No control value with a target was stored" in page


def test_chart_of_something_not_controlled_is_not_found(site: Site) -> None:
    assert site.browser("technologist").page("/qc/CHEM-1/HGB").status_code == 404


@pytest.mark.parametrize(
    ("role", "status"),
    [("processor", 403), ("technician", 200), ("technologist", 200), ("supervisor", 200), ("lis_admin", 403)],
)
def test_qc_is_seen_by_those_whose_role_carries_it(site: Site, role: str, status: int) -> None:
    browser = site.browser(role)
    assert (browser.page("/qc").status_code, browser.page("/qc/CHEM-1/NA").status_code) == (status, status)


def test_review_of_an_analyzer_is_paper_with_charts_occurrences_and_a_line_to_sign(own_site: Site) -> None:
    browser = own_site.browser("technologist")
    empty = browser.page("/qc/CHEM-1/review.pdf")
    assert (empty.status_code, "No control of CHEM-1 has been measured yet." in empty.text) == (409, True)
    run_controls(own_site, "NA", "R1", "120.6", "155")
    told = {
        "subject": "control:CHEM-1/NA",
        "category": "quality_control",
        "what": "High.",
        "action": "Recalibrated.",
    }
    assert browser.act("/occurrences", told).status_code == 303
    paper = browser.page("/qc/CHEM-1/review.pdf")
    words = " ".join(pages_text(paper.content))
    assert paper.headers["content-type"] == "application/pdf"
    assert "CHEM-1, the last 30 runs of each test Sodium — CHEM-1" in words
    assert "1-3s rejection at run 03-02 05:00: Level 2 +3.33s." in words
    assert "control:CHEM-1/NA: High. Recalibrated. Reviewed by:" in words
    assert browser.page("/qc/NONE/review.pdf").status_code == 404
    assert '<a href="/lab/small/qc/CHEM-1/review.pdf">' in browser.page("/qc").text
