"""The result grid by keyboard: a panel typed and verified, a value typed over, a rerun asked for."""

from __future__ import annotations

from playwright.sync_api import Browser, Page, expect

from tests.browser.serving import Served

VALUES = {"NA": "140", "K": "4.1", "CL": "104", "CO2": "24"}


def put(page: Page, text: str) -> None:
    """A value and Enter."""
    page.keyboard.insert_text(text)
    page.keyboard.press("Enter")


def test_panel_is_typed_with_digits_and_enter_and_verified_with_one_key(
    served: Served, browser: Browser
) -> None:
    served.site.small.controls()
    order = served.site.small.order("LYTES", numbers=("G1",))
    served.site.small.receive(*order.container_ids)
    page = served.page(browser, "supervisor")
    served.open(page, f"/accessions/{order.accession}")
    for value in ("140", "2.9", "104", "24", "5", "1", "10"):
        put(page, value)
    row = page.get_by_role("row", name="Potassium")
    expect(row.locator(".flag")).to_have_text("▼ L")
    gap = page.get_by_role("row", name="Anion gap")
    expect(gap).to_contain_text("Passed")
    expect(page.locator("table.grid caption")).to_have_text("8 results, 0 critical, 1 on hold")
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
    put(page, "Misread")
    expect(page.locator("#notice")).to_be_empty()
    page.reload()
    expect(page.get_by_label("Potassium", exact=True)).to_have_value("4.4")
    page.context.close()


def test_corrected_value_is_seen_where_the_keyboard_is(served: Served, browser: Browser) -> None:
    accession = served.site.small.released("LYTES", values=VALUES, numbers=("G5",))
    page = served.page(browser, "technologist", height=300)
    served.open(page, f"/accessions/{accession}")
    page.get_by_text("Correct a released value").press("Enter")
    form = page.locator("form[action$='/correct']")
    form.get_by_label("Test").select_option("NA")
    form.get_by_label("Right value").fill("141")
    form.get_by_label("What was wrong").fill("Misread")
    page.keyboard.press("Enter")
    cell = page.get_by_label("Sodium", exact=True)
    expect(cell).to_be_focused()
    expect(cell).to_be_in_viewport()
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


def test_typed_values_say_what_they_were_measured_on(served: Served, browser: Browser) -> None:
    order = served.site.small.order("COAGS", numbers=("G4",))
    served.site.small.receive(*order.container_ids)
    page = served.page(browser, "technologist")
    served.open(page, f"/accessions/{order.accession}")
    values = {"Prothrombin time": "12.0", "International normalized ratio": "1.0"}
    for name, value in values.items():
        page.get_by_label(name, exact=True).fill(value)
        page.get_by_label(name, exact=True).press("Enter")
    rows = page.locator("#rows")
    expect(rows).to_contain_text(
        "QC: No control run within 24 hours."
    )  # on the analyzer that they are sent to
    expect(rows.get_by_text("Passed")).to_have_count(0)
    page.get_by_label("Typed values were measured").select_option("by_hand")
    page.get_by_label("Reason").fill("Tilt tube method")
    for name, value in values.items():
        page.get_by_label(name, exact=True).fill(f"{value}1")
        page.get_by_label(name, exact=True).press("Enter")
    expect(rows.get_by_text("Passed")).to_have_count(2)
    page.context.close()
