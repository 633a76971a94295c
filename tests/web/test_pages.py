"""Every page renders, for the roles that may see it and for no other."""

from __future__ import annotations

import pytest

from lis.domain.people import ROLES
from lis.kernel.ids import container_id
from tests.web.site import Site

VALUES = {"NA": "140", "K": "4.1", "CL": "104", "CO2": "24"}
PROCESSOR, TECHNICIAN, TECHNOLOGIST, SUPERVISOR, LIS_ADMIN = ROLES
BENCH = {PROCESSOR, TECHNICIAN, TECHNOLOGIST, SUPERVISOR}

# Page below the laboratory → who sees it. `{a}`: an accession with released results, `{c}`: its container.
SEEN_BY = {
    "/": set(ROLES),
    "/clock": set(ROLES),
    "/receive": BENCH,
    "/receive/pending": BENCH,
    "/labels/{c}": BENCH,
    "/worklist": BENCH,
    "/worklist?bench=CHEM-1": BENCH,
    "/accessions/{a}": BENCH,
    "/accessions/{a}/rows": BENCH,
    "/accessions/{a}/timeline": BENCH,
    "/accessions/{a}/report.pdf": BENCH,
    "/review": BENCH - {PROCESSOR},
    "/review?show=resulted&department=CHEM": BENCH - {PROCESSOR},
    "/review?show=verified": BENCH - {PROCESSOR},
    "/inquiry": BENCH,
    "/inquiry?q=archer": BENCH,
    "/patients/M1001": BENCH,
    "/calls": BENCH,
    "/qc": BENCH - {PROCESSOR},
    "/qc/CHEM-1/NA": BENCH - {PROCESSOR},
    "/messages": {TECHNOLOGIST, SUPERVISOR, LIS_ADMIN},
    "/messages/out/1": {TECHNOLOGIST, SUPERVISOR, LIS_ADMIN},
    "/catalogue": {LIS_ADMIN},
}


@pytest.fixture(scope="module")
def case(site: Site) -> dict[str, str]:
    """One released case, and controls on the chart."""
    site.small.controls()
    accession = site.small.released("LYTES", values=VALUES, peer="HIS")
    return {"a": accession, "c": container_id(accession, 1)}


@pytest.mark.parametrize("role", ROLES)
def test_each_role_sees_its_pages_and_no_other(site: Site, case: dict[str, str], role: str) -> None:
    browser = site.browser(role)
    answers = {path: browser.page(path.format(**case)).status_code for path in SEEN_BY}
    assert answers == {path: 200 if role in roles else 403 for path, roles in SEEN_BY.items()}


@pytest.mark.parametrize("role", ROLES)
def test_navigation_leads_only_where_the_role_may_go(site: Site, role: str) -> None:
    browser = site.browser(role)
    page = browser.page("/").text
    nav = page[page.index('<nav aria-label="Main">') : page.index("</nav>")]
    links = [part.split('"')[0].removeprefix("/lab/small") for part in nav.split('href="')[1:]]
    assert links
    assert {link: browser.page(link).status_code for link in links} == dict.fromkeys(links, 200)


def test_every_page_stays_within_its_weight(site: Site, case: dict[str, str]) -> None:
    browser = site.browser(SUPERVISOR)
    heavy = {path: len(browser.page(path.format(**case)).content) for path in SEEN_BY}
    assert {path: size for path, size in heavy.items() if size > 60_000} == {}


def test_no_page_carries_inline_code_or_style(site: Site, case: dict[str, str]) -> None:
    for role in (SUPERVISOR, LIS_ADMIN):
        for path, roles in SEEN_BY.items():
            if role in roles and not path.endswith(".pdf"):
                text = site.browser(role).page(path.format(**case)).text
                assert (path, " style=" in text, " onclick=" in text, "<script>" in text) == (
                    path,
                    False,
                    False,
                    False,
                )


def test_staff_stand_by_name_and_with_their_code_where_two_are_called_the_same(own_site: Site) -> None:
    accession = own_site.small.released("LYTES", values=VALUES)
    with own_site.small.work() as work:
        work.staff.add(code="late", name="Processor", initials="P2", role=PROCESSOR, active=True)
    browser = own_site.browser(SUPERVISOR)
    timeline = browser.page(f"/accessions/{accession}/timeline").text
    seen = {name for name in ("Technologist", "technologist", "Processor") if f">{name}</td>" in timeline}
    assert seen == {"Technologist"}
    assert ">Processor (processor)</td>" in timeline
    assert " by Processor (processor)</td>" in browser.page(f"/accessions/{accession}").text
