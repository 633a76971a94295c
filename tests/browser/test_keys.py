"""Keys pressed early: before a page's other scripts have come, and right after a part of it was drawn anew."""

from __future__ import annotations

from playwright.sync_api import Browser, Route, expect

from tests.browser.serving import Served
from tests.web.site import LAB

PATIENCE = 60_000
PRESS_AT_ONCE = """document.body.addEventListener("htmx:afterSwap", () => setTimeout(() => {
  document.querySelector("#choice [aria-label='Take COAGS away']").click();
}), { once: true })"""


def test_key_pressed_before_the_other_scripts_have_come_is_kept(served: Served, browser: Browser) -> None:
    order = served.site.small.order("LYTES", numbers=("EARLY1",))
    served.site.small.receive(*order.container_ids)
    page = served.page(browser, "technologist")
    late: list[Route] = []
    page.route(lambda url: ".js" in url and "keys" not in url, lambda route: late.append(route))
    page.goto(f"{served.url}{LAB}/containers/{order.container_ids[0]}", wait_until="commit")
    expect(page.get_by_role("link", name="Reject F8")).to_be_visible(timeout=PATIENCE)
    page.keyboard.press("F9")
    expect(page.locator("#scan")).to_be_focused()
    page.keyboard.press("F8")
    page.wait_for_url("**/reject", wait_until="commit", timeout=PATIENCE)
    assert late
    page.context.close()


def test_what_was_just_drawn_answers_at_once(served: Served, browser: Browser) -> None:
    page = served.page(browser, "technologist")
    served.open(page, "/orders/new?new=1&q=Archer")
    page.evaluate(PRESS_AT_ONCE)
    page.get_by_label("Tests by mnemonic, then Enter").fill("LYTES COAGS")
    page.keyboard.press("Enter")
    expect(page.locator("#choice caption").first).to_have_text("Ordered: 1", timeout=PATIENCE)
    page.context.close()


def test_a_scan_has_its_place_before_the_page_was_first_drawn(served: Served, browser: Browser) -> None:
    page = served.page(browser, "processor")
    page.add_init_script(
        "addEventListener('DOMContentLoaded', () => { window.begins = document.activeElement.id })"
    )
    found = []
    for _ in range(10):
        served.open(page, "/receive")
        found.append(page.evaluate("window.begins"))
    assert found == ["scan"] * 10
    page.context.close()
