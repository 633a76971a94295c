"""Looking up, and what looking leaves behind."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import date

import pytest

from lis.domain.requests import PatientDetails
from lis.kernel.ids import container_id
from lis.services import cancelling, notifying, rejecting
from lis.storage.journal import every
from lis.web import printing
from tests.labs import BEN
from tests.web.site import Site

VALUES = {"NA": "140", "K": "4.1", "CL": "104", "CO2": "24"}
EVIL = PatientDetails("M6666", "<b>Bold</b>", "<script>alert(1)</script>", BEN.birth_on, "M")


@pytest.fixture(scope="module")
def released(site: Site) -> str:
    values = {"NA": "140", "K": "4.1", "CL": "104", "CO2": "24"}
    held = site.small.order("LYTES", patient=EVIL, numbers=("E0",))
    site.small.receive(*held.container_ids)
    site.small.enter(held.accession, K="7.2")
    return site.small.released(
        "LYTES", values=values, peer="HIS", patient=EVIL, numbers=("E1",), provider="Dr <i>"
    )


def text_of(page: str) -> str:
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", page).split()))


def viewed(site: Site) -> list[tuple[str, str, str]]:
    with site.small.lab.reading() as reading:
        return [
            (row.verb, row.subject, row.actor)
            for row in every(reading.connection)
            if row.verb.endswith(".viewed") or row.verb == "report.printed"
        ]


@pytest.mark.parametrize(
    "path",
    [
        "/accessions/{a}",
        "/accessions/{a}/timeline",
        "/patients/M6666",
        "/inquiry?q=%3Cb%3E",
        "/labels/{c}",
        "/review?show=on_hold",
    ],
)
def test_markup_in_a_name_is_shown_as_it_is_written(site: Site, released: str, path: str) -> None:
    text = site.browser("supervisor").page(path.format(a=released, c=container_id(released, 1))).text
    assert "&lt;b&gt;Bold&lt;/b&gt;" in text
    assert "<b>Bold</b>" not in text
    assert "<script>alert" not in text


def test_markup_in_a_name_stays_text_at_the_scan_box_and_on_the_label(site: Site) -> None:
    order = site.small.order("LYTES", numbers=("E2",), patient=EVIL)
    answer = site.browser("processor").act("/receive/scan", {"text": "E2"}).json()
    label = site.browser("processor").page(f"/labels/{order.container_ids[0]}").text
    for text in (answer["row"], answer["panel"], label):
        assert "<script>" not in text
    assert "&lt;b&gt;Bold" in answer["row"]


def test_patients_are_found_by_number_and_by_the_beginning_of_names(site: Site) -> None:
    site.small.order("LYTES", numbers=("E3",))
    site.small.order("LYTES", numbers=("E4",), patient=BEN)
    browser = site.browser("processor")
    pages = {
        text: browser.page("/inquiry", params={"q": text}).text
        for text in ("M1001", "arch", "archer, a", "ARCHER, B", "%")
    }
    assert {text: "Archer, Ann" in page for text, page in pages.items()} == {
        "M1001": True,
        "arch": True,
        "archer, a": True,
        "ARCHER, B": False,
        "%": False,
    }


def test_opening_is_written_once_and_what_the_page_fetches_is_not(site: Site, released: str) -> None:
    browser = site.browser("technologist")
    before = len(viewed(site))
    browser.page("/patients/M6666")
    browser.page(f"/accessions/{released}/timeline")
    browser.page(f"/accessions/{released}/timeline", headers={"X-Live": "1"})
    browser.page("/messages/out/1")
    browser.page(f"/accessions/{released}/report.pdf")
    assert viewed(site)[before:] == [
        ("chart.viewed", "patient:M6666", "technologist"),
        ("history.viewed", f"order:{released}", "technologist"),
        ("message.viewed", "outbox:1", "technologist"),
        ("report.printed", f"order:{released}", "technologist"),
    ]


def test_refused_viewing_leaves_no_trace_of_having_seen(site: Site, released: str) -> None:
    before = len(viewed(site))
    assert site.browser("lis_admin").page("/patients/M6666").status_code == 403
    assert len(viewed(site)) == before


def test_report_is_a_pdf_of_what_was_released(site: Site, released: str) -> None:
    answer = site.browser("processor").page(f"/accessions/{released}/report.pdf")
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")


def test_report_of_nothing_released_is_refused_in_words(site: Site) -> None:
    order = site.small.order("LYTES", numbers=("E5",))
    answer = site.browser("processor").page(f"/accessions/{order.accession}/report.pdf")
    assert (answer.status_code, "Nothing of this case was released yet." in answer.text) == (409, True)


def test_timeline_tells_the_whole_story(site: Site, released: str) -> None:
    text = site.browser("processor").page(f"/accessions/{released}/timeline").text
    story = ["order.placed", "specimen.received", "label.printed", "label.confirmed", "result.entered"]
    story += ["result.verified", "result.released", "report.sent"]
    places = [text.find(f"<td>{verb}</td>") for verb in story]
    assert -1 not in places
    assert places == sorted(places)


@pytest.mark.parametrize(
    "path", ["/accessions/999999999", "/patients/NOBODY", "/labels/260610001017x", "/messages/in/9999"]
)
def test_what_does_not_exist_is_not_found_in_words(site: Site, path: str) -> None:
    answer = site.browser("supervisor").page(path)
    assert (answer.status_code, "<h1>Not found</h1>" in answer.text) == (404, True)


def test_numbers_of_the_day_say_what_became_of_each(own_site: Site) -> None:
    small = own_site.small
    first = small.order("LYTES", numbers=("N1",))
    second = small.order("LYTES", "COAGS", numbers=("N2", "N3"))
    small.receive(*first.container_ids)
    with small.work("processor") as work:
        new = rejecting.reject_container(work, first.container_ids[0], "RJ01").replacement
    with small.work("supervisor") as work:
        cancelling.cancel_order(work, second.accession, reason="Asked for twice.")
    with small.work("processor") as work:
        work.count("accession/2026-03-02")  # given, and whatever asked for it did not come to be
    third = small.order("LYTES", numbers=("N4",))
    page = text_of(own_site.browser("processor").page("/numbers").text)
    assert "4 given, 260610001 to 260610004; 3 with a case, 1 without." in page
    assert f"{first.container_ids[0]} rejected {new} in place of {first.container_ids[0]}" in page
    assert "Asked for twice." in page
    assert "260610003 ! given and not used" in page
    assert third.accession in page
    other = own_site.browser("processor").page("/numbers?day=2026-03-01").text
    assert "No number was given on this day." in other
    assert own_site.browser("processor").page("/numbers?day=soon").status_code == 422


def test_report_says_that_the_hour_of_collection_is_not_known(site: Site) -> None:
    values = {"NA": "140", "K": "4.1", "CL": "104", "CO2": "24"}
    accession = site.small.released("LYTES", values=values, numbers=("E90",))
    with site.small.work() as work:
        row = work.containers.by_container_id(container_id(accession, 1))
        assert row is not None
        work.specimens.change(row.specimen_id, collected_at=None)
    with site.small.lab.reading() as reading:
        report = printing.report_of(reading, accession)
    assert report.order.collected_at == "not known"
    assert [group.specimen.endswith("collected not known") for group in report.groups] == [True]


def test_released_result_without_a_value_says_so_on_chart_grid_and_report(site: Site) -> None:
    child = PatientDetails("M1009", "Cole", "Cid", date(2020, 5, 17), "M")  # the formula is for adults
    values = {"CREA": "0.4"}
    accession = site.small.released("RENAL", values=values, numbers=("E91",), patient=child)
    site.small.verify(accession, "EGFR")
    site.small.release(accession, "EGFR")
    browser = site.browser("technologist")
    assert browser.page(f"/accessions/{accession}").text.count('<b class="value">No result</b>') == 1
    assert browser.page("/patients/M1009").text.count("<b>No result</b>") == 1
    with site.small.lab.reading() as reading:
        [group] = printing.report_of(reading, accession).groups
    assert [(row.test, row.result, row.status) for row in group.rows if "eGFR" in row.test] == [
        ("eGFR", "No result", "")
    ]
    assert browser.page(f"/accessions/{accession}/report.pdf").content.startswith(b"%PDF")


def test_report_names_who_verified_it_and_says_when_a_critical_value_was_told(site: Site) -> None:
    accession = site.small.released("LYTES", values=VALUES, numbers=("E92",))
    with site.small.work() as work:
        order = work.orders.by_accession(accession)
        call = notifying.open_call(
            work, notifying.CLARIFY, what="Which drug?", accession=accession, order_id=order.id
        )
        notifying.record_call(work, call, whom="C. Ward", whom_role="RN", outcome=notifying.REACHED)
    with site.small.lab.reading() as reading:
        report = printing.report_of(reading, accession)
    assert report.verified_by == ("Supervisor (supervisor)",)
    at = printing.moment(site.small.clock.now(), "America/Chicago")
    assert report.critical_calls == (f"Which drug?: told to C. Ward (RN), {at}",)


def test_name_is_read_on_the_screen_as_on_its_label_whatever_would_turn_it_round(site: Site) -> None:
    turned = replace(BEN, mrn="M7777", family="\u202eEvil\u202c", given="\u2067Ida\u2069")
    order = site.small.order("LYTES", numbers=("E93",), patient=turned)
    browser = site.browser("processor")
    pages = [f"/accessions/{order.accession}", "/patients/M7777", "/inquiry?q=M7777", "/receive"]
    assert ["Evil, Ida" in browser.page(path).text for path in pages] == [True] * 4


def test_timeline_says_the_reason_of_a_refusal_in_words(own_site: Site) -> None:
    order = own_site.small.order("LYTES", numbers=("E94",))
    own_site.small.receive(*order.container_ids)
    with own_site.small.work("technologist") as work:
        rejecting.reject_container(work, order.container_ids[0], "RJ01")
        reason = work.catalog.rejection_reasons["RJ01"].reason
    browser = own_site.browser("technologist")
    for path in (f"/accessions/{order.accession}/timeline", f"/containers/{order.container_ids[0]}"):
        assert f"{reason} RJ01 " in text_of(browser.page(path).text)
