"""Aliquots of two patients at one bench: the labels of one of them are open at a time, and a mix-up is refused."""

from __future__ import annotations

from datetime import timedelta

from playwright.sync_api import Browser, Page, expect

from tests.browser.serving import Served
from tests.labs import BEN

PATIENCE = 60_000


def test_one_patients_labels_are_open_at_a_time(served: Served, browser: Browser) -> None:
    """Clot, spin, measure, pour; the second patient's aliquot waits until the first one's label is on its tube."""
    ann = served.site.small.order("LYTES", numbers=("POUR1",)).container_ids[0]
    ben = served.site.small.order("LYTES", numbers=("POUR2",), patient=BEN).container_ids[0]
    served.site.small.receive(ann, ben)
    page = served.page(browser, "processor")
    for tube in (ann, ben):
        spin(served, page, tube)
        measure(page, "4")

    served.open(page, f"/containers/{ann}")
    first = pour(page, "0.5", "K")
    expect(page.locator("main")).to_contain_text(f"poured from {ann}")
    expect(page.locator(".strip").first).to_contain_text("Archer, Ann")

    served.open(page, f"/containers/{ben}")
    press_pour(page, "0.5", "K")
    expect(page.locator("body")).to_contain_text(
        f"The label of {first}, another patient's, is not yet confirmed.", timeout=PATIENCE
    )
    expect(page.locator("body")).to_contain_text("one patient's labels at a time")

    served.open(page, "/receive")
    scan(page, first)
    expect(page.locator(f"#c-{first} .s-labelled")).to_have_count(1, timeout=PATIENCE)
    served.open(page, f"/containers/{ben}")
    second = pour(page, "0.5", "K")
    expect(page.locator(".strip").first).to_contain_text("Baker, Ben")
    served.open(page, f"/containers/{ben}")
    ledger = page.get_by_role("table", name="Every booking of volume")
    assert ledger.locator("tbody tr").last.locator("td").all_inner_texts()[2:] == ["aliquot", "4", "3.5"]
    assert second[:9] == ben[:9]
    page.context.close()


def spin(served: Served, page: Page, tube: str) -> None:
    """Half an hour to clot from the draw, ten minutes in the centrifuge; timers are as of now."""
    served.open(page, f"/containers/{tube}")
    if page.get_by_text("The clot is not complete").count():
        served.site.pass_time(timedelta(minutes=30))
        page.reload()
    page.get_by_role("button", name="Into the centrifuge").click()
    expect(page.locator("main")).to_contain_text("min to spin", timeout=PATIENCE)
    served.site.pass_time(timedelta(minutes=10))
    page.reload()
    expect(page.locator("main")).to_contain_text("✓ time is up")
    page.get_by_role("button", name="Out of the centrifuge").click()
    expect(page.locator("main")).to_contain_text("Spun, out at", timeout=PATIENCE)


def measure(page: Page, millilitres: str) -> None:
    page.get_by_label("Measured volume, mL").fill(millilitres)
    page.get_by_role("button", name="Record the volume").click()
    expect(page.locator("main")).to_contain_text(f"{millilitres} mL", timeout=PATIENCE)


def press_pour(page: Page, millilitres: str, test: str) -> None:
    page.get_by_label("Aliquot, mL").fill(millilitres)
    page.get_by_label(test, exact=True).check()
    page.get_by_role("button", name="Pour and print its label").click()


def pour(page: Page, millilitres: str, test: str) -> str:
    """The child's number, as its own page says it."""
    before = page.get_by_role("heading", level=1).inner_text()
    press_pour(page, millilitres, test)
    expect(page.get_by_role("heading", level=1)).not_to_have_text(before, timeout=PATIENCE)
    return page.get_by_role("heading", level=1).inner_text().removeprefix("Container ")


def scan(page: Page, text: str) -> None:
    page.keyboard.insert_text(text)
    page.keyboard.press("Enter")
