"""One tube from the ward's order to the ward's report, in the two windows in which people work: laboratory and bench.

Everything is real: the hospital, the analyzers and the printer speak over their ports, lab time runs at the pace that
is set at the bench. Which order comes first is the world's business; the test follows whatever it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from lis.training import chronicle
from tests.browser.living import LAB, SLUG, Living

PATIENCE = 90_000
FAST, SLOW = "×60", "×4"
HAS_WORK = re.compile(r"\b[1-9]\d* tests ordered|asks for each tube")
WAY = (
    "order.placed",
    "specimen.received",
    "label.printed",
    "label.confirmed",
    "work.sent",
    "work.answered",
    "result.filed",
    "result.verified",
    "result.released",
    "report.sent",
)
MESSAGES = (
    "from HIS: OML^O21 processed",
    "to …: label sent",
    "from …: QBP^Q11 processed",
    "to …: analyzer_work answered",
    "from …: OUL^R22 processed",
    "to HIS: result_report answered",
)


@dataclass
class Desk:
    """A person with both windows open in one browser."""

    context: BrowserContext
    receiving: Page
    bench: Page

    def pace(self, speed: str) -> None:
        self.bench.get_by_role("button", name=speed, exact=True).click()
        expect(self.bench.get_by_role("button", name=speed, exact=True)).to_have_attribute(
            "aria-pressed", "true"
        )

    def tubes(self) -> list[str]:
        return self.bench.locator("#tray [data-tube]").evaluate_all("all => all.map(one => one.dataset.tube)")

    def tube(self, tube: str) -> Locator:
        return self.bench.locator(f"#tube-{tube}")

    def seen(self, tube: str) -> str:
        """What the drawing of a tube says."""
        return self.tube(tube).locator("svg").get_attribute("aria-label") or ""

    def scan(self, tube: str) -> None:
        """Hold the scanner to the tube."""
        self.tube(tube).get_by_role("checkbox").focus()
        self.bench.keyboard.press("F9")
        expect(self.bench.locator("#said")).to_contain_text("Scanned ", timeout=PATIENCE)

    def wait_for_the_clot(self, tube: str) -> None:
        """Tilt it; where the blood still runs, do something else until it has set."""
        self.tube(tube).get_by_role("checkbox").focus()
        self.bench.keyboard.press("F8")
        hand = self.bench.locator("#hand")
        expect(hand.locator("svg")).to_have_count(1, timeout=PATIENCE)
        runs = "still runs" in hand.inner_text()
        self.bench.keyboard.press("Escape")
        if runs:
            has_set = self.tube(tube).locator("svg[aria-label*='has set']")
            expect(has_set).to_have_count(1, timeout=PATIENCE)

    def act(self, button: str, said: str) -> None:
        self.bench.get_by_role("button", name=button, exact=True).click()
        expect(self.bench.locator("#said")).to_contain_text(said, timeout=PATIENCE)


def open_desk(living: Living, browser: Browser) -> Desk:
    context = living.context(browser, "supervisor1")
    receiving = context.pages[0]
    receiving.goto(f"{living.url}{LAB}/receive")
    bench = living.open(context, f"/bench/{SLUG}/")
    expect(bench.locator("#tray")).to_be_visible(timeout=PATIENCE)
    return Desk(context, receiving, bench)


def test_tube_from_order_to_report(living: Living, browser: Browser) -> None:
    desk = open_desk(living, browser)
    tube = arrival(desk)
    container = receive(desk, tube)
    run(desk, tube, container)
    accession = container[:9]
    reviewing = living.context(browser, "technologist1")
    page = reviewing.pages[0]
    review(living, page, accession)
    release(page)
    placer = history(page, container)
    assert placer in reports_at_the_ward(living)
    paper = page.request.get(f"{living.url}{LAB}/accessions/{accession}/report.pdf")
    assert paper.headers["content-type"] == "application/pdf"
    assert paper.body().startswith(b"%PDF-")
    assert [url for url in living.asked if not url.startswith((living.url, "data:", "blob:"))] == []
    reviewing.close()
    desk.context.close()


def arrival(desk: Desk) -> str:
    """An order comes, and some minutes later its tube lies in the tray; the laboratory knows the number on it."""
    before, bags = desk.tubes(), desk.bench.locator("#bags li")
    known = [bag.get_attribute("id") for bag in bags.all()]
    desk.pace(FAST)
    expect(bags).not_to_have_count(len(known), timeout=PATIENCE)
    desk.pace(SLOW)
    (bag,) = [bag for bag in bags.all() if bag.get_attribute("id") not in known][:1]
    assert "Requisition in the pocket: " in (bag.locator("svg").get_attribute("aria-label") or "")
    bag.get_by_role("button", name="Open bag").click()
    expect(desk.bench.locator("#said")).to_contain_text("is open", timeout=PATIENCE)
    tube = next(one for one in desk.tubes() if one not in before)
    number = desk.tube(tube).get_attribute("data-barcode")
    assert number
    expect(desk.receiving.locator("#pending")).to_contain_text(number, timeout=PATIENCE)
    return tube


def receive(desk: Desk, tube: str) -> str:
    """Scan, take the label from the printer, stick it on the tube, scan again; the container's number."""
    collected = re.search(r"Collection label: (?P<name>[^,]+, [^,]+), ", desk.seen(tube))
    assert collected
    assert "No laboratory label" in desk.seen(tube)
    desk.scan(tube)
    row = desk.receiving.locator("#scans tr").first
    expect(row).to_contain_text("received", timeout=PATIENCE)
    expect(row).to_contain_text(collected["name"])
    container = row.locator("td a").first.inner_text()
    label = desk.bench.locator("#labels li", has_text=container)
    expect(label).to_have_count(1, timeout=PATIENCE)

    label.get_by_role("radio").check()
    desk.tube(tube).get_by_role("checkbox").check()
    desk.act("Affix the label to the tube", f"The label is on tube {tube}")
    expect(label).to_have_count(0, timeout=PATIENCE)
    expect(desk.tube(tube)).to_have_attribute("data-barcode", container)
    collection, laboratory = desk.seen(tube).split("Laboratory label: ")
    assert collected["name"] in collection
    assert collected["name"] in laboratory

    desk.scan(tube)
    expect(desk.receiving.locator(f"#c-{container}")).to_contain_text("✓ labelled", timeout=PATIENCE)
    return container


def run(desk: Desk, tube: str, container: str) -> None:
    """The analyzer has its work, or asks for it; the tube is spun when it must be, and loaded."""
    analyzer = analyzer_for(desk, container)
    device = desk.bench.get_by_role("article", name=analyzer)
    expect(device).to_contain_text(HAS_WORK, timeout=PATIENCE)
    desk.pace(FAST)
    if "Not separated" in desk.seen(tube):
        desk.wait_for_the_clot(tube)
        desk.tube(tube).get_by_role("checkbox").check()
        desk.bench.get_by_label("tube of water opposite").check()
        desk.act("Spin", "The centrifuge runs with one tube")
        expect(desk.tube(tube)).to_have_count(0, timeout=PATIENCE)
        take_out = desk.bench.get_by_role("button", name="Take the tubes out of")
        expect(take_out).to_have_count(1, timeout=PATIENCE)
        take_out.click()
        expect(desk.tube(tube)).to_have_count(1, timeout=PATIENCE)
        assert "Separated" in desk.seen(tube)
    desk.tube(tube).get_by_role("checkbox").check()
    desk.bench.get_by_label("Load on").select_option(analyzer)
    desk.act("Load", f"One tube on {analyzer}")
    rack = desk.bench.locator("#rack")
    expect(rack).to_contain_text(container, timeout=PATIENCE)
    desk.pace(SLOW)


def analyzer_for(desk: Desk, container: str) -> str:
    """The analyzer whose load list names the container."""
    page = desk.context.new_page()
    page.goto(desk.receiving.url.replace("/receive", "/worklist"))
    page.get_by_role("link", name=container).wait_for()
    codes = desk.bench.get_by_label("Load on").locator("option").all_inner_texts()
    table = page.locator("table", has_text=container).first
    heading = table.locator("xpath=preceding::h2[1]").inner_text()
    page.close()
    return next(code for code in codes if code in heading)


def review(living: Living, page: Page, accession: str) -> None:
    """Flags stand beside the values; F10 verifies what passed, and with a reason what was on hold."""
    page.goto(f"{living.url}{LAB}/accessions/{accession}")
    rows = page.locator("#rows tr")
    expect(page.locator("#rows").get_by_text("Pending")).to_have_count(0, timeout=PATIENCE)
    assert rows.locator(".flag").count() > 0
    number = rows.count()
    held = page.locator("#rows tr", has_text="On hold").get_by_role("checkbox")
    if held.count():
        for box in held.all():
            box.check()
        page.get_by_label("Reason").fill("Repeated by hand; agrees")
    page.keyboard.press("F10")
    expect(rows.locator(".s-verified")).to_have_count(number, timeout=PATIENCE)


def release(page: Page) -> None:
    """Ctrl+Enter sends the results out."""
    rows = page.locator("#rows tr")
    number = rows.count()
    page.keyboard.press("Control+Enter")
    expect(rows.locator(".s-released")).to_have_count(number, timeout=PATIENCE)


def history(page: Page, container: str) -> str:
    """The whole way is on the timeline, and the messages both ways; the ward's number of the order."""
    page.get_by_role("link", name="Timeline and messages").click()
    page.get_by_role("heading", name="Messages").wait_for()
    for _ in range(60):
        if page.locator("summary", has_text="to HIS: result_report answered").count():
            break
        page.reload()
    verbs = page.locator("table.list tbody td:nth-child(2)").all_inner_texts()
    assert [verb for verb in dict.fromkeys(verbs) if verb in WAY] == list(WAY)
    traffic = [re.sub(r"^\S+ \S+ ", "", line) for line in page.locator("summary").all_inner_texts()]
    kinds = [re.sub(r"(?<= )(?!HIS)\S+(?=: )", "…", line) for line in traffic if line[:3] in ("fro", "to ")]
    assert [kind for kind in kinds if "order_status" not in kind] == list(MESSAGES)
    order, *_others, sent = page.locator("details", has_text="MSH|").all()
    assert container in (sent.text_content() or "")
    assert "MSA|AA|" in (sent.text_content() or "")
    placer = re.search(r"ORC\|NW\|([^^]+)", order.text_content() or "")
    assert placer
    return placer[1]


def reports_at_the_ward(living: Living) -> set[str]:
    """The orders of which the ward has a report, by the world's own ledger."""
    with living.product.house.control.reading() as connection:
        return {
            entry.subject
            for entry in chronicle.entries_of(connection, SLUG)
            if entry.kind == "report.received"
        }
