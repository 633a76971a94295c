"""Calls on the screen: the list, attempts, and how a call ends."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import timedelta

import pytest

from lis.domain.requests import VisitDetails
from lis.services import registering, resulting
from tests.web.site import LAB, Site

REACHED = {"outcome": "reached", "whom": "Nurse Reed", "whom_role": "RN", "said": "K 7.2"}


def text_of(page: str) -> str:
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", page).split()))


@pytest.fixture
def called(own_site: Site) -> Site:
    """A laboratory in which a critical potassium was released: its call is due."""
    own_site.small.released("LYTES", values={"K": "7.2"}, location="ICU", provider_phone="555-0199")
    return own_site


def test_open_call_is_listed_with_its_age_in_lab_time(called: Site) -> None:
    called.pass_time(timedelta(minutes=25))
    page = text_of(called.browser("technologist").page("/calls").text)
    assert (
        "Open (1) ! Critical Potassium 7.2 mmol/L 260610001 Archer, Ann MRN M1001 Born 1980-05-17 ICU 555-0199"
        in page
    )
    assert "open for 0:25 h" in page


def test_call_without_read_back_is_refused_in_words_and_stays_open(called: Site) -> None:
    browser = called.browser("technologist")
    answer = browser.act("/calls/1/attempts", REACHED, headers={"HX-Request": "true"})
    assert (answer.status_code, "the call closes only with its read-back" in answer.text) == (422, True)
    assert "Open (1)" in browser.page("/calls").text


def test_read_back_of_another_value_is_refused_in_words(called: Site) -> None:
    browser = called.browser("technologist")
    answer = browser.act(
        "/calls/1/attempts", REACHED | {"read_back": "K 2.7"}, headers={"HX-Request": "true"}
    )
    assert (answer.status_code, "The read-back does not say 7.2." in answer.text) == (422, True)
    assert "Open (1)" in browser.page("/calls").text


def test_call_with_read_back_closes_and_shows_in_the_history(called: Site) -> None:
    browser = called.browser("technologist")
    missed = {"outcome": "no_answer", "comment": "Rang out"}
    assert browser.act("/calls/1/attempts", missed).headers["location"] == f"{LAB}/calls"
    assert "Technologist: no answer Rang out" in text_of(browser.page("/calls").text)
    called.pass_time(timedelta(minutes=7))
    browser.act("/calls/1/attempts", REACHED | {"read_back": "Archer, K 7.2"})
    page = text_of(browser.page("/calls").text)
    assert "Open (0)" in page
    assert (
        "7 min critical Potassium 7.2 mmol/L 260610001 Archer, Ann Nurse Reed, RN ✓ Archer, K 7.2 Technologist 2"
        in page
    )


def test_call_whose_value_was_replaced_was_told_to_nobody(called: Site) -> None:
    browser, small = called.browser("technologist"), called.small
    browser.act("/calls/1/attempts", {"outcome": "no_answer", "whom": "Ward", "whom_role": "clerk"})
    with small.work() as work:
        resulting.correct_result(work, "260610001", "K", "4.2", reason="Wrong tube.")
    small.verify("260610001", "K")
    small.release("260610001", "K")
    page = text_of(browser.page("/calls").text)
    assert "Open (1) Corrected Potassium 4.2 mmol/L, corrected" in page
    assert "critical Potassium 7.2 mmol/L 260610001 Archer, Ann Nobody: the value was replaced 1" in page


def test_earlier_refusal_is_taken_from_the_page_once_a_call_is_recorded(called: Site) -> None:
    """What a person recorded clears the notice; what the page fetches by itself leaves it."""
    browser = called.browser("technologist")
    fetch = {"HX-Request": "true"}
    cleared = [
        'id="notice"' in browser.get(f"{LAB}/calls", headers=headers).text
        for headers in (fetch, fetch | {"X-Live": "1"})
    ]
    assert cleared == [True, False]


def test_text_of_a_call_is_never_markup(called: Site) -> None:
    browser = called.browser("technologist")
    browser.act("/calls/1/attempts", REACHED | {"whom": "<b>x</b>", "read_back": "K 7.2"})
    page = browser.page("/calls").text
    assert ("<b>x</b>" in page, "&lt;b&gt;x&lt;/b&gt;" in page) == (False, True)


@pytest.mark.parametrize(
    ("role", "status"),
    [("processor", 200), ("technician", 200), ("technologist", 200), ("supervisor", 200), ("lis_admin", 403)],
)
def test_calls_are_seen_by_those_whose_role_carries_it(site: Site, role: str, status: int) -> None:
    assert site.browser(role).page("/calls").status_code == status


def test_a_patient_who_has_moved_is_called_where_they_are_now(own_site: Site) -> None:
    stay = VisitDetails("V7", location="ICU")
    own_site.small.released("LYTES", values={"K": "7.2"}, location="ICU", visit=stay)
    with own_site.small.work("lis_admin") as work:
        patient = work.patients.by_mrn("M1001")
        assert patient is not None
        registering.update_visit(work, patient.id, replace(stay, location="4W 7 1"))
    browser = own_site.browser("technologist")

    assert "ICU now 4W 7 1" in text_of(browser.page("/calls").text)
    assert "ICU now 4W 7 1" in text_of(browser.page("/accessions/260610001").text)
