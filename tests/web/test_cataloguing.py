"""The LIS admin's pages: the catalogue in force, tests, units, roles, staff, and the change of a file."""

from __future__ import annotations

import html
import re

import pytest
from httpx2 import Response

from lis.storage import catalogs
from tests.labs import PACK
from tests.web.site import LAB, Site

PAGES = ("", "/tests", "/units", "/roles", "/staff", "/files/tests.csv")
CRITICALS = "critical_values.csv"


def text_of(page: str) -> str:
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", page).split()))


def test_catalogue_says_what_is_in_force(site: Site) -> None:
    page = text_of(site.browser("lis_admin").page("/catalogue").text)
    assert "Small pack for tests pack small version 1 15 tests" in page
    assert "PRINTER-1 Label printer at accessioning printer ✓ running" in page


@pytest.mark.parametrize(
    ("typed", "codes"),
    [
        ("potassium", ["K"]),
        ("2823-3", ["K"]),
        ("coag pro", ["PT"]),
        ("mg/dl", ["CREA", "HIDX", "IIDX"]),
        ("nothing at all", []),
    ],
)
def test_tests_are_found_by_every_word_typed(site: Site, typed: str, codes: list[str]) -> None:
    answer = site.browser("lis_admin").get(
        f"{LAB}/catalogue/tests", params={"q": typed}, headers={"HX-Request": "true"}
    )
    assert re.findall(r'<th scope="row">([^<]+)</th>', answer.text) == codes
    assert f"{len(codes)} of 15 tests." in answer.text


def test_listed_test_shows_unit_code_intervals_and_criticals(site: Site) -> None:
    page = text_of(site.browser("lis_admin").page("/catalogue/tests?q=potassium").text)
    assert "K Potassium CHEM LYTES 2823-3 mmol/L 1 SST CHEM-1" in page
    assert "< 2.5 or > 6.5 (31–43800 d) ; < 2.5 or > 7.0 (0–30 d)" in page


def test_listed_test_shows_a_critical_limit_that_is_critical_itself(own_site: Site) -> None:
    before = (PACK / CRITICALS).read_text()
    header, *rows = before.splitlines()
    inclusive = [f"{row},{'Y' if row.startswith('K,31') else 'N'}" for row in rows]
    save(own_site, "\n".join([f"{header},inclusive", *inclusive, ""]))
    page = text_of(own_site.browser("lis_admin").page("/catalogue/tests?q=potassium").text)
    assert "≤ 2.5 or ≥ 6.5 (31–43800 d) ; < 2.5 or > 7.0 (0–30 d)" in page


def test_roles_table_is_the_packs(site: Site) -> None:
    page = site.browser("lis_admin").page("/catalogue/roles").text
    row = re.search(r'<th scope="row" class="mono">result.override</th>(.*?)</tr>', page)
    assert row
    assert text_of(row[1]) == "— — — ✓ may —"


def save(site: Site, content: str, *, reason: str = "Agreed with the ED") -> Response:
    browser = site.browser("lis_admin")
    version = re.search(r'name="version" value="(\d+)"', browser.page(f"/catalogue/files/{CRITICALS}").text)
    assert version
    fields = {"content": content.replace("\n", "\r\n"), "reason": reason, "version": version[1]}
    return browser.act(f"/catalogue/files/{CRITICALS}", fields)


def test_changed_file_is_a_new_version_with_its_reason(own_site: Site) -> None:
    before = (PACK / CRITICALS).read_text()
    answer = save(own_site, before.replace("2.5,6.5", "2.5,6.3"))
    assert answer.status_code == 303
    page = text_of(own_site.browser("lis_admin").page("/catalogue").text)
    assert "2 1 06:00 Agreed with the ED" in page
    assert "> 6.3" in text_of(own_site.browser("lis_admin").page("/catalogue/tests?q=potassium").text)
    with own_site.small.lab.reading() as reading:
        kept = catalogs.files_of(reading.connection, reading.head.catalog_version_id)[CRITICALS]
    assert kept == before.replace("2.5,6.5", "2.5,6.3")


def test_broken_content_comes_back_with_file_line_and_reason(own_site: Site) -> None:
    broken = (PACK / CRITICALS).read_text().replace("2.5,6.5", "2.5,much")
    answer = save(own_site, broken)
    line = 1 + broken[: broken.index("much")].count("\n")
    assert answer.status_code == 422
    assert f"{CRITICALS}:{line}: " in text_of(answer.text)
    assert "much" in answer.text.split("<textarea")[1]
    assert 'name="reason"' in answer.text
    assert "In force" in own_site.browser("lis_admin").page("/catalogue").text
    assert own_site.small.journal()[-1] != "catalog.changed"


def test_change_of_another_version_than_the_one_in_force_is_refused(own_site: Site) -> None:
    browser = own_site.browser("lis_admin")
    fields = {"content": (PACK / CRITICALS).read_text(), "reason": "x", "version": "99"}
    answer = browser.act(f"/catalogue/files/{CRITICALS}", fields)
    assert (answer.status_code, "has changed since this page was shown" in answer.text) == (409, True)


@pytest.mark.parametrize("role", ["processor", "technician", "technologist", "supervisor"])
def test_catalogue_is_the_lis_admins_alone(site: Site, role: str) -> None:
    browser = site.browser(role)
    assert [browser.page(f"/catalogue{page}").status_code for page in PAGES] == [403] * len(PAGES)
    fields = {"content": "x", "reason": "x", "version": "1"}
    assert browser.act(f"/catalogue/files/{CRITICALS}", fields).status_code == 403


def test_lis_admin_opens_every_page_but_no_chart(site: Site) -> None:
    accession = site.small.order("LYTES").accession
    browser = site.browser("lis_admin")
    assert [browser.page(f"/catalogue{page}").status_code for page in PAGES] == [200] * len(PAGES)
    assert browser.page(f"/accessions/{accession}").status_code == 403
    assert browser.page("/catalogue/files/none.csv").status_code == 404
