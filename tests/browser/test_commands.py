"""Commands by scanner alone, and the pages of one container without a barrier."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from lis.services import rejecting
from tests.browser.serving import Served


def scan(page: Page, text: str) -> None:
    page.keyboard.insert_text(text)
    page.keyboard.press("Enter")


def test_tube_is_rejected_by_scanner_and_an_unknown_command_receives_nothing(
    served: Served, browser: Browser
) -> None:
    ordered = [served.site.small.order("LYTES", numbers=(one,)).container_ids[0] for one in ("CMD1", "CMD2")]
    page = served.page(browser, "processor")
    served.open(page, "/receive")
    scan(page, "%REJ-RJ01")
    expect(page.locator("#armed")).to_contain_text("Reject: Unlabeled specimen")
    scan(page, "CMD1")
    scan(page, "%NONE")
    scan(page, "CMD2")
    expect(page.locator("#latch li")).to_have_count(2)
    scan(page, "%ACK")
    expect(page.locator("#latch")).to_be_hidden()
    scan(page, "CMD2")
    expect(page.locator(f"#c-{ordered[0]} .s-rejected")).to_have_count(1)
    expect(page.locator(f"#c-{ordered[1]} .s-received")).to_have_count(1)
    expect(page.locator("#armed")).to_be_empty()
    assert page.evaluate("document.activeElement.id") == "scan"
    page.context.close()


def test_pages_of_a_container_have_no_barrier(served: Served, browser: Browser) -> None:
    tube, refused = (
        served.site.small.order("LYTES", numbers=(one,)).container_ids[0] for one in ("CMD3", "CMD4")
    )
    served.site.small.receive(tube, refused)
    with served.site.small.work("processor") as work:
        rejecting.reject_container(work, refused, "RJ01")
    page = served.page(browser, "supervisor")
    found: list[str] = []
    own = (f"/containers/{tube}", f"/containers/{tube}/reject", f"/containers/{refused}")
    for path in ("/receive", "/recollections", *own):
        served.open(page, path)
        broken = Axe().run(page).response["violations"]
        found += [f"{path} {one['id']}: {node['html'][:120]}" for one in broken for node in one["nodes"]]
    assert found == []
    page.context.close()
