"""Every screen in a real browser: accessible, on one line of header, within its width, and from this server alone."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from lis.domain.requests import PatientDetails
from lis.kernel.ids import container_id
from tests.browser.serving import Served
from tests.labs import BEN

LONG = PatientDetails("M3000", "Abernathy-Montgomery", "Wilhelmina Josephine", BEN.birth_on, "F")
VALUES = {"NA": "140", "K": "4.1", "CL": "104", "CO2": "24"}
SCREENS = (
    "/",
    "/receive",
    "/worklist",
    "/review?show=on_hold",
    "/review?show=resulted",
    "/calls",
    "/qc",
    "/qc/CHEM-1/NA",
    "/inquiry?q=a",
    "/patients/M1001",
    "/messages",
    "/messages/out/1",
    "/accessions/{held}",
    "/accessions/{released}",
    "/accessions/{released}/timeline",
    "/labels/{container}",
    "/nowhere",
)


@pytest.fixture(scope="module")
def cases(served: Served) -> dict[str, str]:
    """Something of everything on every screen."""
    small = served.site.small
    small.controls()
    released = small.released("LYTES", values=VALUES, numbers=("R1",), peer="HIS", collected=100)
    held = small.order("LYTES", numbers=("R2",), priority="S", location="ER-3", provider="Dr Hale")
    small.receive(*held.container_ids)
    small.enter(held.accession, NA="131", K="6.9", CL="104", CO2="19")
    small.released("LYTES", values={"K": "7.1"}, numbers=("R3",), patient=LONG)
    small.order("COAGS", numbers=("X1",), patient=BEN, priority="S", collected=95)
    small.order("LYTES", numbers=("X2",), patient=LONG)
    old = small.order("LYTES", numbers=("X3",), collected=600)
    small.receive(*old.container_ids, label=False)
    return {"released": released, "held": held.accession, "container": container_id(released, 1)}


def violations(page: Page) -> list[str]:
    found: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return [f"{one['id']}: {node['html'][:120]}" for one in found for node in one["nodes"]]


def misfits(page: Page, width: int) -> list[str]:
    """What does not fit: a page to be moved sideways, at full width a header of more than one line."""
    wide = page.evaluate("document.documentElement.scrollWidth") > width
    tall = width >= 1280 and page.evaluate("document.querySelector('.bar')?.offsetHeight ?? 40") != 40
    return ["wider than the window"] * wide + ["the header has more than one line"] * tall


@pytest.mark.parametrize("width", [1280, 640])
def test_screens_are_accessible_and_fit(
    served: Served, browser: Browser, cases: dict[str, str], width: int
) -> None:
    wrong: dict[str, Any] = {}
    for role, screens in {"supervisor": SCREENS, "lis_admin": ("/", "/catalogue")}.items():
        page = served.page(browser, role, width)
        page.on("pageerror", lambda error: wrong.setdefault("script", []).append(str(error)))
        for screen in screens:
            served.open(page, screen.format(**cases))
            found = violations(page)
            found += misfits(page, width)
            if found:
                wrong[f"{role} {screen}"] = found
        page.context.close()
    assert wrong == {}


def test_sign_in_and_card_of_keys_are_accessible(served: Served, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(served.url)
    assert violations(page) == []
    page.close()
    page = served.page(browser, "processor")
    page.keyboard.press("F1")
    assert page.get_by_role("heading", name="Keys").is_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("F9")
    assert page.evaluate("document.activeElement.id") == "scan"
    page.context.close()


def test_no_page_asked_another_server(served: Served, browser: Browser) -> None:
    page = served.page(browser, "supervisor")
    for path in ("/receive", "/review"):
        served.open(page, path)
    assert [url for url in served.asked if not url.startswith((served.url, "data:"))] == []
    assert any(url.endswith(".woff2") for url in served.asked)
    page.context.close()
