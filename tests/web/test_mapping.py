"""The code map of an interface on the screen: rows, versions, what came, what another row would change."""

from __future__ import annotations

from lis.interfaces.inbox import Inbox
from tests.interfaces.messages import results
from tests.web.site import LAB, Site
from tests.web.test_messages import text_of

CODES = "/interfaces/CHEM-1/codes"
ROW = {"code": "Nax", "test": "na", "reason": "New channel"}


def measured(site: Site, *obx: str, control: str = "1") -> str:
    placed = site.small.order("LYTES", numbers=(f"T{control}",))
    site.small.receive(*placed.container_ids)
    Inbox(site.small.lab).receive(results(placed.container_ids[0], *obx, control=control).encode())
    return placed.accession


def page_of(site: Site, role: str = "lis_admin") -> str:
    return text_of(site.browser(role).page(CODES).text)


def test_menu_rows_show_test_loinc_and_units(own_site: Site) -> None:
    with own_site.small.work() as work:
        item = next(one for one in work.catalog.analyzers["CHEM-1"].menu if one.test == "NA")
        test = work.catalog.tests["NA"]
    assert f"{item.code} NA {test.name} {test.loinc} {item.unit} {test.unit} menu" in page_of(own_site)


def test_codes_that_mean_nothing_are_counted(own_site: Site) -> None:
    measured(own_site, "Nax|141|mmol/L", "Kx|4|mmol/L")
    measured(own_site, "Nax|142|mmol/L", control="2")
    page = page_of(own_site)
    assert "Codes that mean nothing here (2)" in page
    assert "Nax mmol/L 2 2 in 2 map Nax Kx mmol/L 1 1 in 1 map Kx" in page


def test_a_row_is_looked_at_before_it_is_saved(own_site: Site) -> None:
    measured(own_site, "Nax|141|mmol/L", "Kx|4|mmol/L")
    measured(own_site, "Nax|142|mg/dL", control="2")
    browser = own_site.browser("lis_admin")
    browser.page(CODES)
    before = own_site.small.journal()
    seen = text_of(browser.act(f"{CODES}/preview", ROW).text)
    assert "What the last 2 messages with Nax would have become" in seen
    assert "in 1 /1 Nax mmol/L ! held filed NA" in seen
    assert "in 2 /1 Nax mg/dL ! held ! held Sent in mg/dL; NA is reported in mmol/L." in seen
    assert own_site.small.journal() == before
    unknown = browser.act(f"{CODES}/preview", ROW | {"test": "NOPE"}).text
    assert 'data-code="map.test"' in unknown


def test_a_row_is_added_replaced_and_closed_and_its_versions_stay(own_site: Site) -> None:
    browser = own_site.browser("lis_admin")
    browser.page(CODES)
    assert browser.act(CODES, ROW).headers["location"] == f"{LAB}{CODES}"
    browser.act(CODES, ROW | {"test": "K", "reason": "Wrong channel"})
    browser.act(f"{CODES}/close", {"code": "Nax", "reason": "Not in use"})
    page = page_of(own_site)
    assert "map version 3" in page
    assert "Nax nothing own map, version 3 2026-03-02 06:00:00 Lis Admin Not in use" in page
    assert (
        "3 Nax nothing: closed 2026-03-02 06:00:00 Lis Admin Not in use in force "
        "2 Nax K 2026-03-02 06:00:00 Lis Admin Wrong channel 2026-03-02 06:00:00 Lis Admin "
        "1 Nax NA 2026-03-02 06:00:00 Lis Admin New channel 2026-03-02 06:00:00 Lis Admin"
    ) in page


def test_what_waited_for_a_row_is_filed_by_a_technologist(own_site: Site) -> None:
    accession = measured(own_site, "Nax|141|mmol/L")
    browser, technologist = own_site.browser("lis_admin"), own_site.browser("technologist")
    browser.page(CODES)
    browser.act(CODES, ROW)
    assert "Nax 1 a technologist's task" in page_of(own_site)
    assert "Try Nax again" in page_of(own_site, "technologist")
    said = {"code": "Nax", "reason": "Mapped by the LIS admin"}
    assert technologist.act(f"{CODES}/refile", said).headers["location"] == f"{LAB}{CODES}"
    assert "141" in technologist.page(f"/accessions/{accession}").text
    assert "Try Nax again" not in page_of(own_site, "technologist")


def test_units_are_shown_as_they_came(own_site: Site) -> None:
    measured(own_site, "101|141|mmol/L")
    assert "NA mmol/L mmol/L mmol/L matched 1 0" in page_of(own_site)


def test_a_spelling_nobody_knows_is_mapped_and_its_values_filed(own_site: Site) -> None:
    accession = measured(own_site, "101|141|millimol")
    assert "NA millimol not known mmol/L ! unknown: held 1 1" in page_of(own_site)
    browser, technologist = own_site.browser("lis_admin"), own_site.browser("technologist")
    said = {"sent": "millimol", "unit": "mmol/L", "reason": "Old firmware"}
    assert browser.act(f"{CODES}/unit", said).headers["location"] == f"{LAB}{CODES}"
    page = page_of(own_site, "technologist")
    assert "NA millimol mmol/L by own map mmol/L matched 1 1" in page
    assert "1 unit millimol mmol/L 2026-03-02 06:00:00 Lis Admin Old firmware in force" in page
    technologist.act(f"{CODES}/refile", {"unit": "millimol", "reason": "Spelling mapped"})
    assert "141" in technologist.page(f"/accessions/{accession}").text
    assert "Try millimol again" not in page_of(own_site, "technologist")


def test_the_map_is_changed_by_those_whose_role_carries_it(own_site: Site) -> None:
    browser = own_site.browser("technologist")
    assert "Another row" not in text_of(browser.page(CODES).text)
    paths = ("", "/preview", "/close", "/unit")
    row = ROW | {"sent": "millimol", "unit": "mmol/L"}
    assert [browser.act(f"{CODES}{path}", row).status_code for path in paths] == [403] * 4
    assert own_site.browser("technician").page(CODES).status_code == 403
    assert browser.page("/interfaces/NOPE/codes").status_code == 404
