"""Order entry on the screen: patient first, tests by mnemonic, tubes, placing, changing, cancelling."""

from __future__ import annotations

import html
import re
from decimal import Decimal
from typing import Any

import pytest
from httpx2 import Response

from lis.domain.inspection import Inspection
from lis.services import accessioning
from lis.storage import tables as t
from tests.web.site import LAB, Site

ANN = {"mrn": "M1001", "provider": "House, Greta", "location": "ICU", "priority": "S"}
NEW = {"mrn": "M7007", "family": "Nowak", "given": "Iga", "birth_on": "1990-02-03", "sex": "F"}


def text_of(page: str) -> str:
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", page).split()))


def place(site: Site, role: str = "technologist", **fields: Any) -> Response:
    return site.browser(role).act("/orders/new", {**ANN, "test": ["LYTES"], **fields})


def placed(site: Site, **fields: Any) -> str:
    """The accession of an order placed on the screen."""
    answer = place(site, **fields)
    assert answer.status_code == 303, text_of(answer.text)
    return answer.headers["location"].rsplit("/", 1)[1]


@pytest.fixture(scope="module")
def known(site: Site) -> Site:
    """A laboratory that knows Ann Archer."""
    site.small.order("PT", numbers=("X1",))
    return site


def test_patient_is_searched_before_one_can_be_registered(known: Site) -> None:
    browser = known.browser("processor")
    assert "register a new patient" not in browser.page("/orders/new").text
    assert 'name="family"' not in browser.page("/orders/new?new=1").text
    found = browser.page("/orders/new?q=arch").text
    assert '<a href="/lab/small/orders/new?mrn=M1001">M1001</a>' in found
    assert "register a new patient" in found
    assert 'name="family"' in browser.page("/orders/new?new=1&q=nowak").text


def test_patient_who_may_be_the_same_is_shown_while_registering(known: Site) -> None:
    browser = known.browser("processor")
    alike = browser.page("/orders/new/alike?family=ARCHER&given=Anna&birth_on=").text
    assert "! Known already: Archer, Ann , MRN M1001 , born 1980-05-17, F." in text_of(alike)
    assert text_of(browser.page("/orders/new/alike?family=Archer&given=Zoe&birth_on=1980-05-17").text)
    assert not text_of(browser.page("/orders/new/alike?family=Archer&given=Zoe&birth_on=1999-01-01").text)


@pytest.mark.parametrize(
    ("typed", "codes"),
    [("l", ["LYTES"]), ("ren", ["RENAL"]), ("na", ["NA"]), ("egfr", ["RENAL"]), ("xyz", [])],
)
def test_suggestions_follow_code_and_name(site: Site, typed: str, codes: list[str]) -> None:
    answer = site.browser("processor").page(f"/orders/new/suggestions?add={typed}").text
    assert re.findall(r"<b>([^<]+)</b>", answer) == codes


def test_choice_shows_tubes_in_order_of_draw_and_what_is_asked_twice(site: Site) -> None:
    page = site.browser("processor").page("/orders/new/choice?test=LYTES&add=coags na, hgb").text
    assert re.findall(r'name="test" value="([^"]+)" form="order"', page) == ["LYTES", "COAGS", "NA", "HGB"]
    tubes = page[page.index("Tubes in order of draw") :]
    assert re.findall(r"<td><b>(\w+)</b>", tubes) == ["LBL", "SST", "LAV"]
    assert "! NA is in LYTES and in NA: it is measured once." in text_of(page)


def test_unknown_mnemonic_is_said_and_not_added(site: Site) -> None:
    page = site.browser("processor").page("/orders/new/choice?test=LYTES&add=nope").text
    assert "Not a test of this laboratory: NOPE." in text_of(page)
    assert re.findall(r'name="test" value="([^"]+)" form', page) == ["LYTES"]


def test_dropped_test_leaves_the_choice(site: Site) -> None:
    page = site.browser("processor").page("/orders/new/choice?test=LYTES&test=HGB&drop=LYTES").text
    assert re.findall(r'name="test" value="([^"]+)" form', page) == ["HGB"]


def test_order_for_a_known_patient_is_placed_and_shown(known: Site) -> None:
    accession = placed(known, test=["lytes", "COAGS"], notes="Fasting since 22:00")
    page = text_of(known.browser("technologist").page(f"/orders/{accession}").text)
    assert "Archer, Ann MRN M1001" in page and "STAT" in page and "ICU House, Greta" in page
    assert "LYTES Electrolytes" in page and "COAGS PT and INR" in page
    assert f"{accession}01" in page and f"{accession}02" in page
    assert "Fasting since 22:00" in page


def test_order_by_script_is_told_where_to_go(known: Site) -> None:
    browser = known.browser("technologist")
    answer = browser.act("/orders/new", {**ANN, "test": "HGB"}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert re.fullmatch(rf"{LAB}/orders/\d{{9}}", answer.headers["HX-Redirect"])


def test_order_for_a_new_patient_registers_them(known: Site) -> None:
    accession = placed(known, **NEW)
    with known.small.work() as work:
        patient = work.patients.get(work.orders.by_accession(accession).patient_id)
    assert (patient.mrn, patient.family, patient.given, str(patient.birth_on), patient.sex) == tuple(
        NEW.values()
    )


def test_collection_time_is_the_laboratorys_own(known: Site) -> None:
    accession = placed(known, test=["LYTES", "COAGS"], collected_at="2026-03-02T05:30", collected_by="RN7")
    with known.small.work() as work:
        order = work.orders.by_accession(accession)
        drawn = [
            (row.collected_at.isoformat(), row.collected_by)
            for row in work.specimens.having(order_id=order.id)
        ]
    assert drawn == [("2026-03-02T11:30:00+00:00", "RN7")] * 2


def test_hour_at_which_the_site_spun_goes_to_the_tubes_that_are_spun(known: Site) -> None:
    accession = placed(
        known,
        test=["LYTES", "HGB"],
        collected_at="2026-03-02T05:10",
        separated_at="2026-03-02T05:40",
    )
    with known.small.work() as work:
        order = work.orders.by_accession(accession)
        spun = {
            row.type: (row.container_id, row.separated_at and row.separated_at.isoformat())
            for row in work.containers.of_order(order.id)
        }
    assert {kind: at for kind, (_, at) in spun.items()} == {"SST": "2026-03-02T11:40:00+00:00", "LAV": None}
    with known.small.lab.reading() as reading:
        event = reading.connection.execute(
            t.journal.select().where(t.journal.c.subject == f"order:{accession}")
        ).one()
    assert event.data["separated_at"] == {spun["SST"][0]: "2026-03-02T05:40:00-06:00"}
    page = text_of(known.browser("technologist").page(f"/orders/{accession}").text)
    assert page.count("; spun 05:40") == 1


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"test": []}, "The order names no test."),
        ({"test": ["NOPE"]}, "Not a test of this laboratory: NOPE."),
        ({"collected_at": "2026-03-02T07:30"}, "The collection time lies in the future."),
        ({"collected_at": "soon"}, "soon is no date and time."),
        ({"separated_at": "2026-03-02T05:30"}, "A tube is spun after it was collected: say when that was"),
        (
            {"collected_at": "2026-03-02T05:30", "separated_at": "2026-03-02T05:29"},
            "It cannot have been spun before it was collected.",
        ),
        (
            {"collected_at": "2026-03-02T05:30", "separated_at": "2026-03-02T07:30"},
            "The time of the spin lies in the future.",
        ),
        (
            {"test": ["HGB"], "collected_at": "2026-03-02T05:30", "separated_at": "2026-03-02T05:40"},
            "None of its tubes is spun.",
        ),
        ({"mrn": "M9999"}, "The patient has no name."),
        ({**NEW, "mrn": "M1001"}, "Patient M1001 is known here with another family name and birth date."),
        ({**NEW, "birth_on": "1990-13-01"}, "1990-13-01 is no date."),
    ],
)
def test_order_that_cannot_be_placed_is_refused_in_words(
    known: Site, fields: dict[str, Any], words: str
) -> None:
    before = known.small.journal()
    answer = place(known, **fields)
    assert (answer.status_code in (409, 422), words in text_of(answer.text)) == (True, True)
    assert known.small.journal() == before


def test_priority_changes_with_a_reason(known: Site) -> None:
    accession = placed(known, priority="R")
    browser = known.browser("technologist")
    fields = {"priority": "S", "notes": "", "reason": "Asked by the ward"}
    assert browser.act(f"/orders/{accession}/change", fields).status_code == 303
    assert "STAT" in browser.page(f"/orders/{accession}").text
    assert browser.act(f"/orders/{accession}/change", fields | {"reason": ""}).status_code == 422
    assert "after: priority S" in browser.page(f"/accessions/{accession}/timeline").text


def test_test_and_order_are_cancelled_with_a_reason(known: Site) -> None:
    accession = placed(known, test=["LYTES", "COAGS"])
    browser = known.browser("supervisor")
    assert browser.act(f"/orders/{accession}/tests/COAGS/cancel", {"reason": "Not needed"}).status_code == 303
    page = text_of(browser.page(f"/orders/{accession}").text)
    assert "COAGS PT and INR Cancelled Not needed" in page
    assert browser.act(f"/orders/{accession}/cancel", {"reason": "Patient left"}).status_code == 303
    with known.small.work() as work:
        order = work.orders.by_accession(accession)
        states = {row.state for row in work.ordered_tests.where(t.ordered_test.c.order_id == order.id)}
    assert (order.state, states) == ("cancelled", {"cancelled"})
    assert "Cancel the whole order" not in browser.page(f"/orders/{accession}").text


def test_test_is_added_to_a_tube_that_is_here(known: Site) -> None:
    order = known.small.order("RENAL", numbers=("A1",))
    with known.small.work("processor") as work:
        accessioning.scan(work, order.container_ids[0], seen=Inspection(volume_ml=Decimal(4)))
    known.small.receive(*order.container_ids, label=False)
    browser = known.browser("processor")
    fields = {"code": "lytes", "reason": "Asked by the ward"}
    assert browser.act(f"/orders/{order.accession}/tests", fields).status_code == 303
    page = text_of(browser.page(f"/orders/{order.accession}").text)
    assert "LYTES added Electrolytes in the lab Asked by the ward" in page


def test_test_that_cannot_be_added_is_refused_in_words(known: Site) -> None:
    order = known.small.order("COAGS", numbers=("A2",))
    browser = known.browser("technologist")
    fields = {"code": "LYTES", "reason": "Asked by the ward"}
    answers = {
        "No container of this accession is here.": fields,
        "Not a test of this laboratory: NOPE.": fields | {"code": "nope"},
        "COAGS is ordered on": fields | {"code": "coags"},
        "An add-on needs a reason.": fields | {"reason": ""},
    }
    for words, form in answers.items():
        assert words in browser.act(f"/orders/{order.accession}/tests", form).text


def test_cancelling_is_refused_to_roles_that_do_not_carry_it(known: Site) -> None:
    accession = placed(known)
    browser = known.browser("processor")
    assert "Cancel the whole order" not in browser.page(f"/orders/{accession}").text
    assert browser.act(f"/orders/{accession}/cancel", {"reason": "x"}).status_code == 403


@pytest.mark.parametrize("role", ["processor", "technician", "technologist", "supervisor"])
def test_order_entry_is_open_to_every_bench_role(site: Site, role: str) -> None:
    assert site.browser(role).page("/orders/new").status_code == 200


def test_order_entry_is_closed_to_the_lis_admin(site: Site) -> None:
    accession = site.small.order("HGB", numbers=("Z1",)).accession
    browser = site.browser("lis_admin")
    pages = ("/orders/new", "/orders/new/choice", "/orders/new/suggestions", f"/orders/{accession}")
    assert [browser.page(page).status_code for page in pages] == [403] * 4
    assert browser.act("/orders/new", {**ANN, "test": "HGB"}).status_code == 403


def test_requisition_is_kept_and_its_labels_are_a_click_away(site: Site) -> None:
    browser = site.browser("technologist")
    answer = browser.act("/orders/new", ANN | {"test": ["LYTES"], "requisition": "REQ-2026-7"})
    accession = answer.headers["Location"].rsplit("/", 1)[1]
    page = browser.page(f"/orders/{accession}").text
    assert "Requisition REQ-2026-7" in page
    assert "Labels, single" not in page
    with site.small.work() as work:
        order = work.orders.by_accession(accession)
        tube = work.containers.of_order(order.id)[0].container_id
    with site.small.work("processor") as work:
        row = work.containers.by_container_id(tube)
        assert row is not None
        work.specimens.change(row.specimen_id, collected_at=work.now)
    site.small.receive(tube)
    assert f"/labels/{tube}" in browser.page(f"/orders/{accession}").text
