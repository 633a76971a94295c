"""Work by keyboard and scanner: receiving in order, errors that stay, a panel typed and verified, pages that live."""

from __future__ import annotations

from playwright.sync_api import Browser, Dialog, Page, expect

from lis.services import accessioning
from tests.browser.serving import Served

SCANS = 25


def scan(page: Page, text: str) -> None:
    """What a scanner does: digits at once, then Enter."""
    page.keyboard.insert_text(text)
    page.keyboard.press("Enter")


def test_no_scan_is_lost_or_changes_places_while_the_server_lags(served: Served, browser: Browser) -> None:
    numbers = [f"Q{n:03d}" for n in range(SCANS)]
    orders = {number: served.site.small.order("LYTES", numbers=(number,)) for number in numbers}
    page = served.page(browser, "processor")
    served.open(page, "/receive")
    served.lag.seconds = 0.1
    try:
        for number in numbers:
            scan(page, number)
        assert page.locator("#scan").input_value() == ""
        expect(page.locator("#scans tr .s-received")).to_have_count(SCANS, timeout=30_000)
    finally:
        served.lag.seconds = 0.0
    shown = page.locator("#scans tr td:first-child a").all_inner_texts()
    assert shown == [orders[number].container_ids[0] for number in reversed(numbers)]
    assert page.evaluate("document.activeElement.id") == "scan"
    page.context.close()


def test_refused_scan_stays_until_acknowledged_and_stops_no_other(served: Served, browser: Browser) -> None:
    served.site.small.order("LYTES", numbers=("L100",))
    page = served.page(browser, "processor")
    served.open(page, "/receive")
    for text in ("NOTHING-1", "L100", "NOTHING-2"):
        scan(page, text)
    latch = page.get_by_role("alert", name="Scans that need attention")
    expect(latch).to_contain_text("2 scans need attention")
    expect(latch).to_contain_text("Nothing is known under NOTHING-1.")
    expect(page.locator("#scans tr .s-received").first).to_be_visible()

    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.evaluate("setTimeout(() => location.assign('/'), 0)")
    page.wait_for_timeout(300)
    assert asked == ["beforeunload"]

    page.keyboard.press("Escape")
    expect(latch).to_be_hidden()
    assert page.evaluate("document.activeElement.id") == "scan"
    page.context.close()


def test_panel_is_typed_with_digits_and_enter_and_verified_with_one_key(
    served: Served, browser: Browser
) -> None:
    order = served.site.small.order("LYTES", numbers=("G1",))
    served.site.small.receive(*order.container_ids)
    page = served.page(browser, "supervisor")
    served.open(page, f"/accessions/{order.accession}")
    for value in ("140", "2.9", "104", "24", "5", "1", "10"):
        scan(page, value)
    row = page.get_by_role("row", name="Potassium")
    expect(row.locator(".flag")).to_have_text("▼ L")
    gap = page.get_by_role("row", name="Anion gap")
    expect(gap).to_contain_text("Passed")
    page.keyboard.press("F10")
    expect(page.locator("tbody .s-verified")).to_have_count(7)
    expect(row).to_contain_text("On hold")
    page.context.close()


def test_typing_over_a_value_asks_for_the_reason_and_goes_on(served: Served, browser: Browser) -> None:
    order = served.site.small.order("LYTES", numbers=("G2",))
    served.site.small.receive(*order.container_ids)
    page = served.page(browser, "technologist")
    served.open(page, f"/accessions/{order.accession}")
    cell = page.get_by_label("Potassium", exact=True)
    cell.fill("4.1")
    cell.press("Enter")
    expect(page.get_by_role("row", name="Potassium").locator(".badge").first).to_be_visible()
    cell.fill("4.4")
    cell.press("Enter")
    expect(page.locator("#notice")).to_contain_text("takes a reason")
    expect(page.locator("#reason")).to_be_focused()
    scan(page, "Misread")
    expect(page.locator("#notice")).to_be_empty()
    page.reload()
    expect(page.get_by_label("Potassium", exact=True)).to_have_value("4.4")
    page.context.close()


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


def test_rerun_by_key_is_of_this_row_and_asks_for_its_reason(served: Served, browser: Browser) -> None:
    order = served.site.small.order("LYTES", numbers=("G3",))
    served.site.small.receive(*order.container_ids)
    served.site.small.enter(order.accession, NA="140", K="4.1")
    page = served.page(browser, "technologist")
    served.open(page, f"/accessions/{order.accession}")
    page.get_by_label("Potassium", exact=True).focus()
    page.keyboard.press("F4")
    expect(page.locator("#reason")).to_be_focused()
    expect(page.locator("#notice")).to_contain_text("needs a reason")
    page.keyboard.insert_text("Short sip")
    page.keyboard.press("F4")
    expect(page.get_by_role("row", name="Potassium")).to_contain_text("Rerun asked")
    expect(page.get_by_role("row", name="Sodium")).not_to_contain_text("Rerun asked")
    page.context.close()
