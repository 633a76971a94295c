"""Two tabs on one case: the one that slept is told what happened, and nothing is done with what it shows."""

from __future__ import annotations

from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.serving import Served

PATIENCE = 60_000


def two_tabs(served: Served, browser: Browser, number: str) -> tuple[Page, Page]:
    """A case with a low potassium in two tabs of one browser; the second hears of nothing that happens."""
    order = served.site.small.order("LYTES", numbers=(number,))
    served.site.small.receive(*order.container_ids)
    served.site.small.enter(order.accession, K="2.9")
    awake = served.page(browser, "supervisor")
    asleep = awake.context.new_page()
    for live in ("**/events", "**/rows"):
        asleep.route(live, lambda route: route.abort())
    for page in (awake, asleep):
        served.open(page, f"/accessions/{order.accession}")
    return awake, asleep


def potassium(page: Page) -> Locator:
    return page.get_by_role("row", name="Potassium")


def verify(page: Page) -> None:
    """Accept what is on hold: its haemolysis index is not in."""
    potassium(page).get_by_role("checkbox").check()
    page.get_by_label("Reason").fill("Not haemolysed by eye")
    page.keyboard.press("F10")


def retype(page: Page, value: str) -> None:
    """Type over the potassium, with the reason that takes."""
    cell = page.get_by_label("Potassium", exact=True)
    page.get_by_label("Reason").fill("Misread")
    cell.fill(value)
    cell.press("Enter")


def test_stale_tab_verifies_nothing_and_says_so(served: Served, browser: Browser) -> None:
    awake, asleep = two_tabs(served, browser, "STALE1")
    retype(awake, "4.1")
    expect(potassium(awake).locator(".flag")).to_have_count(0, timeout=PATIENCE)

    verify(asleep)
    alert = asleep.get_by_role("alert")
    expect(alert).to_contain_text("This cannot be done now.", timeout=PATIENCE)
    expect(alert).to_contain_text("The result of K has changed since this page was shown.")
    expect(alert).to_contain_text("ook at the present value, then decide again.")
    awake.reload()
    expect(potassium(awake)).to_contain_text("On hold")

    asleep.get_by_role("link", name="Show the page as it is now").click()
    expect(asleep.get_by_label("Potassium", exact=True)).to_have_value("4.1")
    verify(asleep)
    expect(potassium(asleep)).to_contain_text("✓ Verified", timeout=PATIENCE)
    awake.context.close()


def test_stale_tab_files_no_value_over_another(served: Served, browser: Browser) -> None:
    awake, asleep = two_tabs(served, browser, "STALE2")
    retype(awake, "4.1")
    expect(potassium(awake).locator(".flag")).to_have_count(0, timeout=PATIENCE)

    retype(asleep, "3.3")
    notice = asleep.get_by_role("alert")
    expect(notice).to_contain_text("This cannot be done now.", timeout=PATIENCE)
    expect(notice).to_contain_text("has changed since this page was shown.")
    awake.reload()
    expect(awake.get_by_label("Potassium", exact=True)).to_have_value("4.1")
    awake.context.close()
