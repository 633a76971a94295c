"""Going back in time in a real browser: an instant is kept, the laboratory put back to it and forked, by keyboard."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.living import Living, live
from tests.browser.test_screens import misfits, violations

PATIENCE = 90_000


@pytest.fixture(scope="module")
def own_living(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Living]:
    """A product of its own: others would find themselves in another hour."""
    with live(tmp_path_factory.mktemp("travelled")) as running:
        yield running


def looked_at(page: Page) -> list[str]:
    """What is wrong with a page at both widths."""
    found = violations(page) + misfits(page, 1280)
    page.set_viewport_size({"width": 640, "height": 720})
    found += violations(page) + misfits(page, 640)
    page.set_viewport_size({"width": 1280, "height": 720})
    return found


def test_an_instant_is_kept_and_gone_back_to(own_living: Living, browser: Browser) -> None:
    context = own_living.context(browser, "supervisor1")
    bench = own_living.open(context, "/bench/busy/")
    expect(bench.locator("#tray")).to_be_visible(timeout=PATIENCE)
    bench.get_by_role("link", name="Snapshots, and back in time").press("Enter")
    page = bench
    page.get_by_label("Name", exact=True).fill("before-the-shift")
    page.keyboard.press("Enter")
    link = page.get_by_role("link", name="Put this laboratory back to before-the-shift")
    expect(link).to_be_visible()
    assert looked_at(page) == []
    link.press("Enter")
    expect(page.get_by_role("heading", name="Put the laboratory back?")).to_be_visible()
    assert looked_at(page) == []
    page.get_by_role("button", name="Put it back").press("Enter")
    expect(page.get_by_text("The laboratory is put back. What it was is kept as before.")).to_be_visible(
        timeout=PATIENCE
    )
    page.get_by_label("Short name of a laboratory made from before-the-shift").fill("twin")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Laboratory twin is made.")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("link", name="twin").press("Enter")
    page.wait_for_url(f"{own_living.url}/lab/twin/")
    context.close()
