"""A tube is refused, somebody is told, another one is drawn and comes: from the first scan to the last."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from playwright.sync_api import Browser, Page, expect

from lis.storage import tables as t
from tests.browser.serving import Served

PATIENCE = 60_000


def test_reject_notify_recollect_receive(served: Served, browser: Browser) -> None:
    served.site.small.order("LYTES", numbers=("BAD1",), peer="HIS", placer_group="REQ-9")
    page = served.page(browser, "processor")
    served.open(page, "/receive")
    for text in ("%SEEN-LEAKING", "%SEEN-TUBE-LAV", "BAD1"):
        scan(page, text)
    expect(page.locator("#latch")).to_contain_text(
        "K2EDTA tube instead of Serum separator tube.", timeout=PATIENCE
    )
    page.keyboard.press("Escape")
    bad = page.locator("#last [data-container]").get_attribute("data-container") or ""
    page.keyboard.press("F8")
    page.get_by_role("heading", level=1, name=f"Reject {bad}").wait_for(timeout=PATIENCE)
    page.get_by_role("combobox", name="Reason").select_option("RJ18")
    page.get_by_label("Comment").fill("Leaks, and is the wrong tube")
    page.keyboard.press("Control+Enter")

    expect(page.locator("main")).to_contain_text("Call required:", timeout=PATIENCE)
    new = page.locator("main a.mono", has_text=bad[:9]).last.inner_text()
    assert new != bad
    notify(served, page, bad)
    recollect(served, page, new)

    served.open(page, "/receive")
    scan(page, "GOOD1")
    expect(page.locator(f"#c-{new} .s-received")).to_have_count(1, timeout=PATIENCE)
    scan(page, new)
    expect(page.locator(f"#c-{new} .s-labelled")).to_have_count(1, timeout=PATIENCE)
    served.open(page, "/recollections")
    expect(page.get_by_role("row", name=new)).to_contain_text("received")
    served.open(page, f"/containers/{bad}")
    expect(page.locator("main")).to_contain_text("Called:")
    page.context.close()
    assert told_hospital(served, bad[:9]) == ["HD"]


def notify(served: Served, page: Page, tube: str) -> None:
    """The call that is due is made: nobody answers, then somebody does."""
    served.open(page, "/calls")
    call = page.locator("form", has_text="Outcome").first
    expect(page.locator("main")).to_contain_text(tube)
    call.get_by_label("Outcome").select_option("no_answer")
    call.get_by_role("button", name="Record").click()
    expect(page.locator("main ol li")).to_contain_text("no answer", timeout=PATIENCE)
    call = page.locator("form", has_text="Outcome").first
    call.get_by_label("Whom").fill("RN Ortiz")
    call.get_by_label("Their role").fill("charge nurse")
    call.get_by_label("Outcome").select_option("reached")
    call.get_by_role("button", name="Record").click()
    expect(page.locator("main")).to_contain_text("No call is open.", timeout=PATIENCE)


def recollect(served: Served, page: Page, new: str) -> None:
    """The unit says that it was drawn again, and what stands on the new label."""
    served.open(page, "/recollections")
    row = page.get_by_role("row", name=new)
    expect(row).to_contain_text("requested")
    drawn = served.site.small.clock.now() - timedelta(minutes=5)
    row.get_by_label("At").fill(f"{drawn.astimezone(ZoneInfo('America/Chicago')):%Y-%m-%d %H:%M}")
    row.get_by_label("By").fill("RN7")
    row.get_by_label("Number on the tube").fill("GOOD1")
    row.get_by_role("button").click()
    expect(page.get_by_role("row", name=new)).to_contain_text("collected", timeout=PATIENCE)


def told_hospital(served: Served, accession: str) -> list[str]:
    """The statuses (HL7 0038) that were queued for the placer."""
    with served.site.small.work() as work:
        rows = work.outgoing.where(t.outbox.c.accession == accession, t.outbox.c.kind == "order_status")
        return [row.refs["status"] for row in rows]


def scan(page: Page, text: str) -> None:
    page.keyboard.insert_text(text)
    page.keyboard.press("Enter")
