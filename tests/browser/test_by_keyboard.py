"""A case from sign-in to release by keyboard alone: no pointer is touched."""

from __future__ import annotations

from playwright.sync_api import Browser, Page, expect

from tests.browser.serving import Served
from tests.web.site import LAB

PATIENCE = 60_000
FARTHEST = 80  # stops of the Tab key
CLICKS = "addEventListener('pointerdown', () => { localStorage.clicks = 1; }, true);"
VALUES = ("140", "4.2", "104", "24", "5", "1", "10")


def test_sign_in_receive_review_verify_and_release(served: Served, browser: Browser) -> None:
    served.site.small.controls()  # what is typed goes through the gate of the analyzer it was measured on
    order = served.site.small.order("LYTES", numbers=("KEYS1",))
    page = browser.new_context().new_page()
    page.add_init_script(CLICKS)
    page.goto(served.url)
    type_and(page, "technologist", "Tab")
    type_and(page, "technologist-secret", "Enter")
    page.wait_for_url(f"{served.url}{LAB}/")

    arrive(page, "My work now")
    follow(page, "Receive", "Receive specimens")
    type_and(page, "KEYS1", "Enter")
    expect(page.locator("#scans .s-received")).to_have_count(1, timeout=PATIENCE)
    type_and(page, order.container_ids[0], "Enter")
    expect(page.locator("#scans .s-labelled")).to_have_count(1, timeout=PATIENCE)

    follow(page, "Home", "My work now")
    page.keyboard.press("F9")
    type_and(page, order.accession, "Enter")
    arrive(page, "Results — LYTES")
    for value in VALUES:
        type_and(page, value, "Enter")
    expect(page.get_by_role("row", name="Anion gap")).to_contain_text("12", timeout=PATIENCE)

    follow(page, "Review", "Review and verify")
    follow(page, "Ready to verify (8)", "Review and verify")
    follow(page, order.accession, "Results — LYTES")
    page.keyboard.press("F10")
    expect(page.locator("#rows .s-verified")).to_have_count(8, timeout=PATIENCE)
    arrive(page, "Results — LYTES")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#rows .s-released")).to_have_count(8, timeout=PATIENCE)
    assert page.evaluate("localStorage.clicks ?? 0") == 0
    page.context.close()


def type_and(page: Page, text: str, key: str) -> None:
    page.keyboard.insert_text(text)
    page.keyboard.press(key)


def arrive(page: Page, heading: str) -> None:
    """The page is there, and its scripts listen to keys."""
    expect(page.get_by_role("heading", level=1)).to_have_text(heading, timeout=PATIENCE)
    expect(page.locator("#link")).to_have_attribute("data-state", "live", timeout=PATIENCE)


def follow(page: Page, name: str, heading: str) -> None:
    """Tab to a link, press Enter, arrive at the page with that heading."""
    for _ in range(FARTHEST):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.innerText ?? ''") == name:
            address = page.locator(":focus").get_attribute("href")
            page.keyboard.press("Enter")
            page.wait_for_url(f"**{address}")
            arrive(page, heading)
            return
    raise AssertionError(f"{name} is not reached by {FARTHEST} stops of the Tab key")
