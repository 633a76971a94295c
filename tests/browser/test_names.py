"""A patient whose name is HTML: it came over the wire, and is read as letters wherever the name is shown."""

from __future__ import annotations

import socket
from datetime import timedelta

from playwright.sync_api import Browser, Page, expect

from lis.wire import mllp
from tests.browser.living import LAB, SLUG, Living
from tests.documents.pdftext import pages_text

PATIENCE = 90_000
MRN, NUMBER = "90909090", "HTML001"
FAMILY, GIVEN = "<i>Ng</i>", "<img src=x>"
NAME = f"{FAMILY}, {GIVEN}"


def test_html_in_a_name_is_letters_on_every_screen(living: Living, browser: Browser) -> None:
    assert "MSA|AA|" in send(living, order(living))
    context = living.context(browser, "supervisor1")
    page = context.pages[0]
    wrong: list[str] = []

    def look(path: str) -> None:
        page.goto(f"{living.url}{LAB}{path}")
        wrong.extend(f"{path}: {what}" for what in misread(page))

    look("/receive")
    container = receive(page)
    wrong.extend(f"the tube scanned last: {what}" for what in misread(page))
    accession = container[:9]
    for path in (f"/labels/{container}", "/worklist", f"/accessions/{accession}", f"/orders/{accession}"):
        look(path)
    critical_potassium(page, f"{living.url}{LAB}/accessions/{accession}")
    wrong.extend(f"the grid: {what}" for what in misread(page))
    look("/review?show=on_hold")
    verify_and_release(page, f"{living.url}{LAB}/accessions/{accession}")
    for path in (
        "/calls",
        "/inquiry?q=%3Ci",
        f"/patients/{MRN}",
        f"/accessions/{accession}/timeline",
        "/orders/new?q=%3Ci",
        f"/orders/new?mrn={MRN}",
    ):
        look(path)
    page.goto(f"{living.url}/bench/{SLUG}/")
    label = page.locator("#labels li", has_text=container)
    expect(label).to_contain_text(NAME, timeout=PATIENCE)
    wrong.extend(f"the bench: {what}" for what in misread(page))
    assert wrong == []

    paper = page.request.get(f"{living.url}{LAB}/accessions/{accession}/report.pdf").body()
    assert NAME in " ".join(pages_text(paper))
    text = page.request.get(f"{living.url}{LAB}/labels/{container}").text()
    assert "&lt;i&gt;Ng&lt;/i&gt;" in text[text.index("<svg") : text.index("</svg>")]
    context.close()


def misread(page: Page) -> list[str]:
    """What is wrong with the name on this page: not there as letters, or there as elements."""
    made = page.locator("i, img[src=x]").count()
    is_shown = NAME in page.locator("body").inner_text()
    return [] if is_shown and not made else [f"shown {is_shown}, {made} elements made"]


def order(living: Living) -> bytes:
    """The ward's order for a tube that was drawn ten minutes ago."""
    now = living.product.served[SLUG].lab.now()
    drawn = f"{now - timedelta(minutes=10):%Y%m%d%H%M%S}+0000"
    segments = (
        f"MSH|^~\\&|HIS|NORTHFIELD|LIS|LAB|{now:%Y%m%d%H%M%S}+0000||OML^O21^OML_O21|HTML1|T|2.5.1||||||UNICODE UTF-8",
        f"PID|1||{MRN}^^^NORTHFIELD^MR||{FAMILY}^{GIVEN}||19700101|F",
        "ORC|NW|HTML-1^NORTHFIELD",
        "TQ1|1||||||||R^Routine^HL70485",
        f"OBR|1|HTML-1^NORTHFIELD||BMP^Basic metabolic panel^L|||{drawn}|||C1^NN",
        f"SPM|1|{NUMBER}&NORTHFIELD||SER^^HL70487|||||||P^^HL70369||||||{drawn}||||||||||SST^^L",
        f"SAC|||{NUMBER}^NORTHFIELD",
    )
    return "".join(f"{segment}\r" for segment in segments).encode()


def send(living: Living, message: bytes) -> str:
    """The laboratory's answer to a message on its HL7 port."""
    with socket.create_connection(("127.0.0.1", living.product.served[SLUG].port), timeout=60) as line:
        line.sendall(mllp.wrap(message))
        answer = b""
        while not answer.endswith(b"\x1c\r"):
            answer += line.recv(65536)
    return answer.decode()


def receive(page: Page) -> str:
    """Scanned in and, by its label, once more; the container's number."""
    row = page.locator("#scans tr").first
    page.locator("#scan").fill(NUMBER)
    page.keyboard.press("Enter")
    expect(row).to_contain_text("received", timeout=PATIENCE)
    container = row.locator("td a").first.inner_text()
    page.locator("#scan").fill(container)
    page.keyboard.press("Enter")
    expect(row).to_contain_text("labelled", timeout=PATIENCE)
    return container


def critical_potassium(page: Page, address: str) -> None:
    """A value is typed that somebody must be called about."""
    page.goto(address)
    page.get_by_label("Potassium", exact=True).fill("7.4")
    page.keyboard.press("Enter")
    expect(page.get_by_role("row", name="Potassium")).to_contain_text("▲▲ HH", timeout=PATIENCE)


def verify_and_release(page: Page, address: str) -> None:
    page.goto(address)
    row = page.get_by_role("row", name="Potassium")
    row.get_by_role("checkbox").check()
    page.get_by_label("Reason").fill("Repeated, not haemolysed")
    page.keyboard.press("F10")
    expect(row).to_contain_text("✓ Verified", timeout=PATIENCE)
    page.keyboard.press("Control+Enter")
    expect(row).to_contain_text("✓ Released", timeout=PATIENCE)
