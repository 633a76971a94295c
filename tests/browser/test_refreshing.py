"""A part of a page that is fetched anew: the keyboard and what was unfolded stay."""

from __future__ import annotations

from playwright.sync_api import Browser, expect

from tests.browser.serving import Served
from tests.web.test_messages import held_message

PATIENCE = 60_000


def test_keyboard_and_unfolded_parts_outlast_a_refresh(served: Served, browser: Browser) -> None:
    with served.site.small.by_wire() as work:
        work.inbound.change(held_message(served.site, work=work), state="refused", reason="message.type")
    page = served.page(browser, "technologist")
    served.open(page, "/messages")
    page.get_by_text("Refused lately (1)").click()
    link = page.get_by_role("link", name="HIS", exact=True)
    link.focus()
    held_message(served.site)
    page.evaluate("document.body.dispatchEvent(new CustomEvent('live:messages', { bubbles: true }))")
    expect(page.get_by_role("heading", name="Held values (2)")).to_be_visible(timeout=PATIENCE)
    expect(link).to_be_focused()
    expect(page.get_by_role("columnheader", name="Answer")).to_be_visible()
    page.context.close()


def test_head_takes_two_lines_at_twice_the_size(served: Served, browser: Browser) -> None:
    page = served.page(browser, "technologist", width=640, height=360)
    served.open(page, "/review")
    assert page.locator("header").bounding_box()["height"] <= 90  # type: ignore[index]
    for name in ("More", "Technologist · Technologist"):
        page.locator("summary", has_text=name).click()
        box = page.locator(".bar details[open] > div").bounding_box()
        assert box is not None
        assert 0 <= box["x"] <= box["x"] + box["width"] <= 640
        page.locator("summary", has_text=name).click()
    page.context.close()
