"""Occurrence reports and hand-offs on the screen."""

from __future__ import annotations

import html
import re

import pytest

from tests.web.site import LAB, Site

REPORT = {
    "subject": "interface:CHEM-1",
    "category": "interface",
    "what": "Results stopped at 05:40",
    "action": "Restarted the line",
}


def text_of(page: str) -> str:
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", page).split()))


def reported(site: Site, role: str = "processor", **fields: str) -> str:
    """The path of a new report."""
    answer = site.browser(role).act("/occurrences", REPORT | fields)
    assert answer.status_code == 303, text_of(answer.text)
    return answer.headers["location"].removeprefix(LAB)


def test_report_is_opened_from_a_screen_with_its_subject(site: Site) -> None:
    page = site.browser("processor").page("/occurrences/new?subject=order:260610001&accession=260610001").text
    assert 'name="subject" class="mono" value="order:260610001"' in page
    assert 'name="accession" class="mono" value="260610001"' in page


def test_report_is_followed_and_closed_by_a_supervisor(own_site: Site) -> None:
    path = reported(own_site)
    technologist, supervisor = own_site.browser("technologist"), own_site.browser("supervisor")
    assert technologist.act(f"{path}/notes", {"text": "Cable was loose"}).status_code == 303
    assert "Close it" not in technologist.page(path).text
    assert technologist.act(f"{path}/close", {"conclusion": "x"}).status_code == 403
    listed = text_of(supervisor.page("/occurrences").text)
    assert "Open (1)" in listed
    assert "Processor interface interface:CHEM-1 Results stopped at 05:40 Restarted the line 1" in listed
    assert supervisor.act(f"{path}/close", {"conclusion": "Cable replaced"}).status_code == 303
    page = text_of(supervisor.page(path).text)
    assert "✓ closed" in page and "Technologist: Cable was loose" in page
    assert "Conclusion Cable replaced — Supervisor" in page
    assert "Open (0)" in text_of(supervisor.page("/occurrences").text)


def test_report_leads_to_what_it_is_about(site: Site) -> None:
    shown = {
        "interface:CHEM-1": "/interfaces/CHEM-1",
        "result:260610001/K": "/accessions/260610001",
        "container:260610001017": "/labels/260610001017",
        "control:CHEM-1/NA": "/qc/CHEM-1/NA",
    }
    for subject, path in shown.items():
        page = site.browser("processor").page(reported(site, subject=subject)).text
        assert f'<a class="mono" href="{LAB}{path}">{subject}</a>' in page
    page = site.browser("processor").page(reported(site, subject="the fridge")).text
    assert '<span class="mono">the fridge</span>' in page


def test_report_without_words_is_refused(site: Site) -> None:
    answer = site.browser("processor").act("/occurrences", REPORT | {"what": ""})
    assert (answer.status_code, "Say what happened." in answer.text) == (422, True)


def test_text_of_a_report_is_never_markup(site: Site) -> None:
    page = site.browser("processor").page(reported(site, what="<script>x</script>")).text
    assert ("<script>x" in page, "&lt;script&gt;x" in page) == (False, True)


def test_handoff_keeps_its_counts_as_they_were(own_site: Site) -> None:
    own_site.small.order("LYTES", numbers=("Q1",))
    browser = own_site.browser("technician")
    assert "1 expected" in text_of(browser.page("/handoffs").text)
    fields = {"to": "Night shift", "text": "Electrode changed at 05:00"}
    assert browser.act("/handoffs", fields).headers["location"] == f"{LAB}/handoffs"
    own_site.small.order("LYTES", numbers=("Q2",))
    page = text_of(browser.page("/handoffs").text)
    assert "2 expected" in page
    assert "Technician to Night shift Electrode changed at 05:00 expected 1" in page


def test_handoff_to_nobody_is_refused(site: Site) -> None:
    assert site.browser("technician").act("/handoffs", {"to": "", "text": "x"}).status_code == 422


@pytest.mark.parametrize(
    ("role", "occurrences", "handoffs"),
    [
        ("processor", 200, 200),
        ("technician", 200, 200),
        ("technologist", 200, 200),
        ("supervisor", 200, 200),
        ("lis_admin", 200, 403),
    ],
)
def test_reports_are_open_to_all_and_handoffs_to_the_bench(
    site: Site, role: str, occurrences: int, handoffs: int
) -> None:
    browser = site.browser(role)
    answers = [browser.page(path).status_code for path in ("/occurrences", "/occurrences/new", "/handoffs")]
    assert answers == [occurrences, occurrences, handoffs]
