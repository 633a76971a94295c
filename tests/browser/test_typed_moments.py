"""Fields for day and hour: the same in a browser of any language, filled in by typing or by a key."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.serving import Served


@pytest.mark.parametrize("language", ["en-US", "de-DE"])
def test_hours_are_typed_year_first_or_filled_in_by_a_key(
    served: Served, browser: Browser, language: str
) -> None:
    page = served.page(browser, "technologist", locale=language)
    served.open(page, "/messages/log")
    since, until = page.get_by_label("From"), page.get_by_label("To", exact=True)
    since.focus()
    page.keyboard.press("n")
    expect(since).to_have_value("2026-03-02 06:00")
    page.keyboard.press("Tab")
    page.keyboard.type("03/02/2026 02:05 PM")
    page.keyboard.press("Enter")
    expect(page.locator(".failure")).to_contain_text("may be read in two ways")
    assert (since.input_value(), until.input_value()) == ("2026-03-02 06:00", "03/02/2026 02:05 PM")
    until.fill("0605")
    page.keyboard.press("Enter")
    expect(page.get_by_text("No such message.")).to_be_visible()
    page.context.close()


def test_birth_date_is_typed_and_looked_up_at_once(served: Served, browser: Browser) -> None:
    served.site.small.order("LYTES", numbers=("TYPED1",))
    page = served.page(browser, "technologist")
    served.open(page, "/orders/new?new=1&q=Archer")
    page.get_by_label("Family name").fill("Archer")
    page.get_by_label("Birth date").fill("19800517")
    page.keyboard.press("Tab")
    expect(page.locator("#alike")).to_contain_text("Archer, Ann")
    page.context.close()
