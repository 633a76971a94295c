"""Receiving as a bench does it: the scanner alone, no click, nothing lost, and errors that nobody can miss."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Dialog, Page, expect

from lis.services import accessioning
from tests.browser.serving import Served

PATIENCE = 90_000
FARTHEST = 60  # stops of the Tab key
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


def test_page_is_not_left_while_a_scan_needs_attention(served: Served, browser: Browser) -> None:
    with receiving(served, browser) as page:
        scan(page, "NOTHING-1")
        latch = page.get_by_role("alert", name="Scans that need attention")
        expect(latch).to_contain_text("Nothing is known under NOTHING-1.", timeout=PATIENCE)
        asked: list[str] = []

        def stay(dialog: Dialog) -> None:
            asked.append(dialog.type)
            dialog.dismiss()

        page.on("dialog", stay)
        page.evaluate("setTimeout(() => location.assign('/'), 0)")
        page.wait_for_timeout(300)
        assert asked == ["beforeunload"]
        scan(page, "%ACK")
        expect(latch).to_be_hidden()


def test_what_arrives_is_seen_without_a_reload(served: Served, browser: Browser) -> None:
    page = served.page(browser, "processor")
    served.open(page, "/receive")
    expect(page.locator("#link")).to_have_attribute("data-state", "live")
    served.site.small.order("LYTES", numbers=("LIVE-1",), priority="S")
    expect(page.locator("#pending")).to_contain_text("LIVE-1", timeout=5_000)
    with served.site.small.work("processor") as work:
        accessioning.scan(work, "LIVE-1")
    expect(page.locator("#pending")).not_to_contain_text("LIVE-1", timeout=5_000)
    page.context.close()


def test_what_is_seen_is_stated_by_scanner_before_the_tube_and_by_keys_after_it(
    served: Served, browser: Browser
) -> None:
    ordered = tubes(served, "SEEN", 3)
    before, after, next_ = ordered
    with receiving(served, browser) as page:
        for text in ("%SEEN-EXP", "%SEEN-FILL-90", before):
            scan(page, text)
        latch = page.get_by_role("alert", name="Scans that need attention")
        expect(latch).to_contain_text("The container is past its date.", timeout=PATIENCE)
        expect(page.locator("#last")).to_contain_text("Seen: past its date, filled to 4.5 mL")
        scan(page, "%ACK")

        scan(page, after)
        expect(page.locator(f"#c-{ordered[after]} .s-received")).to_have_count(1, timeout=PATIENCE)
        page.keyboard.press("F2")
        expect(page.get_by_label("Kind of tube")).to_be_focused()
        page.keyboard.type("LAV")
        for _ in range(FARTHEST):
            if page.evaluate("document.activeElement.innerText ?? ''") == "On the tube shown":
                break
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(latch).to_contain_text("K2EDTA tube instead of Serum separator tube.", timeout=PATIENCE)
        expect(page.locator(f"#c-{ordered[after]} .s-set_aside")).to_have_count(1)
        scan(page, "%ACK")

        scan(page, next_)
        expect(page.locator(f"#c-{ordered[next_]} .s-received")).to_have_count(1, timeout=PATIENCE)


def test_receipt_is_taken_back_and_what_waits_is_shown_by_scanner(served: Served, browser: Browser) -> None:
    ordered = tubes(served, "UNDO", 2)
    first, second = ordered
    late = served.site.small.order("LYTES", numbers=("LATE1",), collected=600).container_ids[0]
    with receiving(served, browser) as page:
        for text in (first, second, "%UNDO"):
            scan(page, text)
        expect(page.locator("#last")).to_contain_text("Taken back: it is awaited again.", timeout=PATIENCE)
        expect(page.locator(f"#c-{ordered[first]} .s-received")).to_have_count(1)
        expect(page.locator(f"#c-{ordered[second]} .s-expected")).to_have_count(1)
        expect(page.locator("#pending")).to_contain_text(second, timeout=PATIENCE)
        shown: set[str] = set()
        for _ in range(8):
            panel = page.locator("#last [data-container]")
            was = panel.get_attribute("data-container")
            scan(page, "%NEXT")
            expect(panel).not_to_have_attribute("data-container", was or "", timeout=PATIENCE)
            shown.add(panel.get_attribute("data-container") or "")
            if late in shown:
                break
        assert late in shown
        expect(page.locator("#scans tr.sending")).to_have_count(0)


def test_some_tests_are_rejected_by_scanner_alone(served: Served, browser: Browser) -> None:
    order = served.site.small.order("LYTES", "RENAL", numbers=("PART1",))
    with receiving(served, browser) as page:
        for text in ("PART1", order.container_ids[0], "%REJ-RJ08-N", "%TEST-RENAL", order.container_ids[0]):
            scan(page, text)
        expect(page.locator("#last")).to_contain_text("Rejected CREA", timeout=PATIENCE)
        expect(page.locator(f"#c-{order.container_ids[0]} .s-labelled")).to_have_count(1)


def test_scan_before_the_script_has_come_is_taken(served: Served, browser: Browser) -> None:
    ((number, container),) = tubes(served, "EARLY", 1).items()
    page = served.page(browser, "processor")
    page.route("**/scan.js", lambda route: route.abort())
    served.open(page, "/receive")
    page.locator("#scan").focus()
    scan(page, number)
    expect(page.locator(f"#c-{container} .s-received")).to_have_count(1, timeout=PATIENCE)
    page.locator("#scan").focus()
    scan(page, "NOBODY-4")
    expect(page.locator("body")).to_contain_text("Nothing is known under NOBODY-4.", timeout=PATIENCE)
    page.context.close()


@pytest.mark.parametrize(
    ("typed", "ending", "said"),
    [
        ("260610001017", ("Enter",), ["✓ Read as printed: 260610001017", "✓ Ends with Enter."]),
        ("260610001017", ("Enter", "Enter"), ["! Ends with Enter twice (CR and LF)"]),
        ("260610001017", ("Tab",), ["! Ends with Tab"]),
        ("260610001017", (), ["! No Enter at the end"]),
        ("]C1260610001017", ("Enter",), ["! There is something before it: the symbology code ]C1."]),
        ("%SCAN-ZY-0189", ("Enter",), ["! Y and Z change places"]),
        ("%scan-yz-0189", ("Enter",), ["! Capitals are not right"]),
        ("%SCAN-YZ-)!*(", ("Enter",), ["! Digits come as other characters"]),
    ],
)
def test_scanner_page_says_what_is_wrong(
    served: Served, browser: Browser, typed: str, ending: tuple[str, ...], said: list[str]
) -> None:
    page = served.page(browser, "processor")
    served.open(page, "/receive/scanner")
    page.locator("#try").focus()
    page.keyboard.type(typed)
    for key in ending:
        page.keyboard.press(key)
    for words in said:
        expect(page.locator("#verdict")).to_contain_text(words)
    expect(page.locator("#keystrokes tr")).to_have_count(len(typed) + len(ending))
    expect(page.locator("#try")).to_have_value("")
    page.context.close()
