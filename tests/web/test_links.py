"""From a row to what can be said about it: occurrence reports, the order, the container, its refusal."""

from __future__ import annotations

import html
import re

import pytest

from tests.web.site import LAB, Site

HREF = re.compile(r'href="([^"]+)"')
VALUES = {"NA": "140", "K": "4.0", "CL": "104", "CO2": "25"}


@pytest.fixture(scope="module")
def case(site: Site) -> tuple[str, str]:
    """An accession with values on it, and its tube."""
    order = site.small.order("LYTES", numbers=("L0001",))
    site.small.receive(*order.container_ids)
    site.small.enter(order.accession, **VALUES)
    return order.accession, order.container_ids[0]


def links(site: Site, path: str) -> set[str]:
    page = site.browser("technologist").page(path).text
    return {html.unescape(found).removeprefix(LAB) for found in HREF.findall(page)}


@pytest.mark.parametrize(
    ("page", "subject"),
    [
        ("/accessions/{a}", "order:{a}"),
        ("/accessions/{a}", "result:{a}/K"),
        ("/accessions/{a}/timeline", "order:{a}"),
        ("/patients/M1001", "order:{a}"),
        ("/review?show=on_hold", "order:{a}"),
        ("/containers/{c}", "container:{c}"),
    ],
)
def test_row_opens_an_occurrence_report_about_itself(
    site: Site, case: tuple[str, str], page: str, subject: str
) -> None:
    accession, tube = case
    about = subject.format(a=accession, c=tube)
    wanted = f"/occurrences/new?subject={about}&accession={accession}"
    assert wanted in links(site, page.format(a=accession, c=tube))
    assert f'value="{about}"' in site.browser("technologist").page(wanted).text
    report = {"subject": about, "accession": accession, "category": "other", "what": "Seen on the page."}
    assert site.browser("technologist").act("/occurrences", report).status_code == 303


def test_accession_leads_to_its_order_its_tube_and_the_refusal(site: Site, case: tuple[str, str]) -> None:
    accession, tube = case
    wanted = {f"/orders/{accession}", f"/containers/{tube}", f"/containers/{tube}/reject"}
    assert wanted <= links(site, f"/accessions/{accession}")


def test_scanned_tube_leads_to_its_refusal_and_to_a_report(site: Site, case: tuple[str, str]) -> None:
    accession, tube = case
    page = site.browser("processor").act("/receive/scan", {"text": f"{tube}", "command": "%ID-OK"}).json()
    found = {html.unescape(one).removeprefix(LAB) for one in HREF.findall(page["panel"])}
    assert found == {
        f"/containers/{tube}",
        f"/containers/{tube}/reject",
        f"/occurrences/new?subject=container:{tube}&accession={accession}",
    }
