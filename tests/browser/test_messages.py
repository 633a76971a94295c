"""Messages in a real browser: the glass box, copies, the code map, held values and a stopped interface."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from lis.interfaces.inbox import Inbox
from lis.services import maintaining
from tests.browser.serving import Served
from tests.browser.test_screens import misfits, violations
from tests.interfaces.messages import PID, control, order, results

CODES = "/interfaces/CHEM-1/codes"
SCREENS = (
    "/messages",
    "/messages/log?q=101",
    "/messages/in/1",
    "/messages/in/2",
    "/messages/in/3",
    "/messages/in/4",
    "/messages/in/2/preview",
    "/messages/in/2/copy",
    "/messages/in/2/advice",
    "/messages/out/1",
    "/held/3",
    CODES,
    "/interfaces/CHEM-1",
    "/interfaces/COAG-1",
)
SEEN: Path | None = None
"""A folder for pictures, for whoever wants to look; none are taken otherwise."""


@pytest.fixture(scope="module")
def stocked(served: Served) -> Served:
    """An order, a message filed in part, one of an unknown tube, a control without code, a stopped interface."""
    small = served.site.small
    inbox = Inbox(small.lab)
    placed = small.order("LYTES", numbers=("R1",), peer="HIS")
    small.receive(*placed.container_ids)
    inbox.receive(order("LYTES", placer="Q").encode())
    sent = results(
        placed.container_ids[0], "101|131.04|mmol/L", "102|4.1|mg/dL", "Nax|141|mmol/L", pid=PID, control="2"
    )
    inbox.receive(sent.replace("SPM|", "ZLB|1|own\rSPM|").encode())
    inbox.receive(control("QC-1", "L1", "Kx|4.0|mmol/L", control_id="3").encode())
    inbox.receive(results("999999999999", "101|141|mmol/L", control="4", app="NOBODY").encode())
    with small.work() as work:
        maintaining.stop_interface(work, "COAG-1", reason="The reagent probe crashed into a rack")
        maintaining.hold_test(work, "CHEM-1", "CL", reason="Unit changed over night")
    return served


def look(page: Page, name: str) -> None:
    if SEEN is not None:
        page.screenshot(path=SEEN / f"{name}.png", full_page=True)


@pytest.mark.parametrize("width", [1280, 640])
@pytest.mark.parametrize("role", ["supervisor", "lis_admin"])
def test_screens_are_accessible_and_fit(stocked: Served, browser: Browser, role: str, width: int) -> None:
    wrong: dict[str, list[str]] = {}
    page = stocked.page(browser, role, width)
    page.on("pageerror", lambda error: wrong.setdefault("script", []).append(str(error)))
    for screen in SCREENS:
        stocked.open(page, screen)
        for summary in page.locator("main details > summary").all():
            summary.click()
        look(page, f"{role}-{width}{re.sub('[/?=]', '-', screen)}")
        found = violations(page) + misfits(page, width)
        if found:
            wrong[screen] = found
    page.context.close()
    assert wrong == {}


def test_hl7apy_is_asked_from_the_page_and_says_what_it_drops(stocked: Served, browser: Browser) -> None:
    page = stocked.page(browser, "technologist")
    stocked.open(page, "/messages/in/2")
    expect(page.get_by_role("row", name="note ZLB ZLB is the sender's own segment")).to_be_visible()
    page.get_by_role("link", name="Ask hl7apy for its tree and checks").click()
    told = page.locator("#advice").get_by_role("row", name="ZLB")
    expect(told).to_contain_text("! 1 dropped by hl7apy", timeout=20000)
    assert page.url.endswith("/messages/in/2")
    assert violations(page) == []
    look(page, "advice")
    page.context.close()


def test_a_copy_is_edited_looked_at_and_sent(stocked: Served, browser: Browser) -> None:
    page = stocked.page(browser, "lis_admin")
    stocked.open(page, "/messages/in/2")
    page.get_by_role("link", name="Edit a copy").click()
    box = page.get_by_label("One segment or record on each line")
    box.fill(box.input_value().replace("4.1|mg/dL", "4.1|mmol/L"))
    page.get_by_role("button", name="Show what would become of it").click()
    expect(page.get_by_role("row", name="102")).to_contain_text("filed")
    assert violations(page) == []
    look(page, "copy-seen")
    page.get_by_label("Send it, because").fill("Shows that the unit was the reason")
    page.get_by_role("button", name="Send the copy").click()
    expect(page.get_by_text("Made by hand: an edited copy of")).to_be_visible()
    expect(page.get_by_role("row", name="102")).to_contain_text("filed")
    page.context.close()


def test_a_code_is_mapped_after_a_look_and_its_values_filed(stocked: Served, browser: Browser) -> None:
    admin = stocked.page(browser, "lis_admin")
    stocked.open(admin, CODES)
    admin.get_by_role("link", name="map Nax").click()
    admin.get_by_label("Means").fill("CO2")
    admin.get_by_role("button", name="Show what it would change").click()
    expect(admin.get_by_role("heading", name=re.compile("would have become"))).to_be_visible()
    assert violations(admin) + misfits(admin, 1280) == []
    look(admin, "codes-seen")
    admin.get_by_label("Because").first.fill("The channel was renamed")
    admin.get_by_role("button", name="Map", exact=True).click()
    expect(admin.get_by_text("map version 1")).to_be_visible()
    admin.context.close()
    page = stocked.page(browser, "technologist")
    stocked.open(page, CODES)
    page.get_by_role("row", name="Try Nax again").get_by_label("Because").fill("Mapped now")
    page.get_by_role("button", name="Try Nax again").click()
    expect(page.get_by_role("button", name="Try Nax again")).to_have_count(0)
    look(page, "codes-after")
    page.context.close()


def test_a_stopped_interface_says_so_and_is_started_with_a_reason(stocked: Served, browser: Browser) -> None:
    page = stocked.page(browser, "technologist")
    stocked.open(page, "/messages")
    expect(page.get_by_role("row", name="COAG-1").first).to_contain_text(
        "! stopped The reagent probe crashed into a rack"
    )
    stocked.open(page, "/interfaces/COAG-1")
    expect(page.get_by_text("! Stopped: The reagent probe crashed into a rack")).to_be_visible()
    page.get_by_label("What was done").fill("Probe changed, 10 controls in range")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_text("✓ running")).to_be_visible()
    page.context.close()
