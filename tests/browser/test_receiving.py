"""Receiving as a bench does it: the scanner alone, no click, nothing lost, and errors that nobody can miss."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, expect

from tests.browser.serving import Served

PATIENCE = 90_000
SCANS, TUBES, LABELLED = 25, 60, 5
KEY_MS, PAUSE_MS, LAG_SECONDS = 5, 250, 0.4

# What happened to the pointer, and how often a tone began: a page that is only scanned at has no clicks.
LISTEN = """
window.clicks = 0;
window.tones = 0;
for (const type of ["pointerdown", "mousedown", "touchstart"]) {
  window.addEventListener(type, () => { window.clicks += 1; }, true);
}
const begin = AudioScheduledSourceNode.prototype.start;
AudioScheduledSourceNode.prototype.start = function (...when) {
  window.tones += 1;
  return begin.apply(this, when);
};
"""


@contextmanager
def receiving(served: Served, browser: Browser) -> Iterator[Page]:
    """The page on which a processor receives; nothing is touched but the scanner."""
    page = served.page(browser, "processor")
    page.add_init_script(LISTEN)
    served.open(page, "/receive")
    yield page
    assert page.evaluate("window.clicks") == 0
    assert page.evaluate("document.activeElement.id") == "scan"
    page.context.close()


def scan(page: Page, text: str, *, key_ms: int | None = None) -> None:
    """What a scanner does: the whole number at once, or key after key, then Enter."""
    if key_ms is None:
        page.keyboard.insert_text(text)
    else:
        page.keyboard.type(text, delay=key_ms)
    page.keyboard.press("Enter")


def tubes(served: Served, prefix: str, number: int) -> dict[str, str]:
    """Ordered tubes: the number that the ward wrote on each → its container."""
    numbers = [f"{prefix}{n:03d}" for n in range(number)]
    return {one: served.site.small.order("LYTES", numbers=(one,)).container_ids[0] for one in numbers}


def received(page: Page) -> list[str]:
    """The containers in the list, the one scanned first first."""
    return page.locator("#scans tr:not(.refused) td:first-child a").all_inner_texts()[::-1]


def test_no_scan_is_lost_under_lag(served: Served, browser: Browser) -> None:
    ordered = tubes(served, "LAG", SCANS)
    with receiving(served, browser) as page:
        served.lag.seconds = LAG_SECONDS
        try:
            for number in ordered:
                scan(page, number, key_ms=KEY_MS)
                page.wait_for_timeout(PAUSE_MS)
            expect(page.locator("#scans .s-received")).to_have_count(SCANS, timeout=PATIENCE)
        finally:
            served.lag.seconds = 0.0
        assert received(page) == list(ordered.values())
        expect(page.locator("#waiting")).to_be_empty()


def test_sixty_tubes_by_scanner_alone(served: Served, browser: Browser) -> None:
    """Scanned in, the first ones scanned again by their labels; three scans find nothing and stop no other."""
    ordered = tubes(served, "TRAY", TUBES)
    wrong = {5: "NOBODY-1", 20: "NOBODY-2", 59: "NOBODY-3"}
    with receiving(served, browser) as page:
        before = len(received(page))
        for index, number in enumerate(ordered):
            scan(page, number)
            if index in wrong:
                scan(page, wrong[index])
        expect(page.locator("#waiting")).to_be_empty(timeout=PATIENCE)
        assert received(page)[before:] == list(ordered.values())

        latch = page.get_by_role("alert", name="Scans that need attention")
        expect(latch.get_by_role("heading")).to_have_text("✕ 3 scans need attention — Esc acknowledges")
        assert [one.split(" ")[0] for one in latch.get_by_role("listitem").all_inner_texts()] == list(
            wrong.values()
        )
        expect(page.locator("#scans tr.refused")).to_have_count(3)
        assert page.evaluate("window.tones") == 3
        page.keyboard.press("Escape")
        expect(latch).to_be_hidden()

        first = list(ordered.values())[:LABELLED]
        for container in first:
            scan(page, container)
        expect(page.locator("#scans .s-labelled")).to_have_count(LABELLED, timeout=PATIENCE)
        assert received(page)[-LABELLED:] == first
        expect(page.locator("#pending")).not_to_contain_text("TRAY")
