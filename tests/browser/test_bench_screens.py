"""Every page of the bench window in a real browser: accessible, within its width, worked by keyboard alone.

The list of pages is held against the bench window's own addresses: a page that is not looked at here fails.
"""

from __future__ import annotations

from playwright.sync_api import Browser, BrowserContext, Page, expect

from lis.training.web import bench, devices, phone, travelling
from tests.browser.living import SLUG, Living
from tests.browser.test_screens import UNFOLD, misfits, violations

PATIENCE = 90_000
MOST_RINGS = 20
BENCH = "/bench/{slug}"
ROUTERS = (bench.router, phone.router, devices.router, travelling.router)
PAGES: dict[str, str] = {
    "/": "/",
    "/analyzers/{code}": "/analyzers/CHEM-1",
    "/time": "/time",
    "/time/back": "/time/back?at=2026-11-27T06:00",
}
# What is fetched into a page.
PARTS = {"/state", "/phone", "/analyzers/{code}/state", "/time/state"}


def test_every_address_is_looked_at_or_is_no_page() -> None:
    routes = [
        route for router in ROUTERS for route in router.routes if "GET" in getattr(route, "methods", ())
    ]
    own = {route.path.removeprefix(BENCH) for route in routes}  # type: ignore[attr-defined]
    assert own == set(PAGES) | PARTS


def test_pages_are_accessible_and_fit(living: Living, browser: Browser) -> None:
    wrong: dict[str, list[str]] = {}
    context = living.context(browser, "supervisor1")
    page = at_the_bench(living, context)
    page.on("pageerror", lambda error: wrong.setdefault("script", []).append(str(error)))
    for width in (1280, 640):
        page.set_viewport_size({"width": width, "height": 720})
        for path in PAGES.values():
            page.goto(f"{living.url}/bench/{SLUG}{path}")
            page.evaluate(UNFOLD)
            found = violations(page) + misfits(page, width)
            if found:
                wrong[f"{width} {path}"] = found
    context.close()
    assert wrong == {}


def test_refusal_is_seen_from_the_foot_of_the_page_and_goes_when_something_succeeds(
    living: Living, browser: Browser
) -> None:
    context = living.context(browser, "supervisor1")
    page = at_the_bench(living, context)
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    page.get_by_role("button", name="Throw the label away").press("Enter")
    alert = page.get_by_role("alert").filter(has_text="Pick the label to throw away.")
    expect(alert).to_be_in_viewport(timeout=PATIENCE)
    page.get_by_role("button", name="Run controls on UA-1").press("Enter")
    expect(page.locator("#said")).to_have_text("UA-1 runs its controls.", timeout=PATIENCE)
    expect(page.locator("#said")).to_be_in_viewport()
    expect(alert).to_have_count(0)
    context.close()


def test_refusal_is_acknowledged_with_escape(living: Living, browser: Browser) -> None:
    context = living.context(browser, "supervisor1")
    page = at_the_bench(living, context)
    page.get_by_role("button", name="Throw the label away").press("Enter")
    alert = page.get_by_role("alert").filter(has_text="Pick the label to throw away.")
    expect(alert).to_have_count(1, timeout=PATIENCE)
    page.keyboard.press("Escape")
    expect(alert).to_have_count(0)
    context.close()


def test_who_has_rung_somebody_speaks_next(living: Living, browser: Browser) -> None:
    context = living.context(browser, "supervisor1")
    page = at_the_bench(living, context)
    calls = page.locator("#phone-state section")
    for number in range(1, MOST_RINGS):
        page.get_by_label("About").press("Enter")
        expect(calls).to_have_count(number, timeout=PATIENCE)
        if page.get_by_role("button", name="Hang up").count():
            break  # somebody has answered
    say = page.get_by_label("Say", exact=True).first
    expect(say).to_be_focused(timeout=PATIENCE)
    expect(say).to_be_in_viewport()
    expect(page.locator("#phone-seen")).to_have_count(1)
    page.get_by_role("button", name="Hang up").first.press("Enter")
    expect(page.get_by_role("button", name="Hang up")).to_have_count(0, timeout=PATIENCE)
    context.close()


def test_keyboard_stays_where_it_was_when_the_bench_is_drawn_anew(living: Living, browser: Browser) -> None:
    context = living.context(browser, "supervisor1")
    page = at_the_bench(living, context)
    controls = page.get_by_role("button", name="Run controls on COAG-1")
    for _ in range(2):  # once drawn anew by what was done, once by what changed since
        controls.press("Enter")
        expect(page.locator("#said")).to_have_text("COAG-1 runs its controls.", timeout=PATIENCE)
        expect(controls).to_be_focused(timeout=PATIENCE)
    context.close()


def at_the_bench(living: Living, context: BrowserContext) -> Page:
    """The window with everything on it; the world takes a while to be set up."""
    page = living.open(context, f"/bench/{SLUG}/")
    expect(page.locator("#tray")).to_be_visible(timeout=PATIENCE)
    return page
