"""Forms in a real browser: what is refused stays on the page, what is pressed twice is done once, focus comes back."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from lis.storage import tables as t
from tests.browser.serving import Served
from tests.browser.test_by_keyboard import type_and

PATIENCE = 60_000


@pytest.fixture
def tube(served: Served, request: pytest.FixtureRequest) -> str:
    """A labelled tube of a new case."""
    number = f"P{abs(hash(request.node.name)) % 10**6}"
    order = served.site.small.order("LYTES", numbers=(number,))
    served.site.small.receive(*order.container_ids)
    return order.container_ids[0]


def test_refusal_leaves_the_page_and_what_was_typed(served: Served, browser: Browser, tube: str) -> None:
    page = served.page(browser, "technologist")
    served.open(page, f"/containers/{tube}")
    page.get_by_label("Aliquot, mL").fill("0")
    page.get_by_label("Set aside, because").fill("whose is it?")
    page.get_by_role("button", name="Pour and print its label").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("It is not spun yet.", timeout=PATIENCE)
    expect(page.get_by_role("alert")).to_be_in_viewport()
    expect(page.get_by_label("Aliquot, mL")).to_have_value("0")
    expect(page.get_by_label("Set aside, because")).to_have_value("whose is it?")
    page.context.close()


def test_pressed_twice_is_done_once_and_the_keyboard_is_where_it_was(
    served: Served, browser: Browser, tube: str
) -> None:
    page = served.page(browser, "technologist")
    served.open(page, f"/containers/{tube}")
    served.lag.seconds = 0.4
    page.get_by_label("Print again, because").focus()
    type_and(page, "smudged", "Enter")
    page.keyboard.press("Enter")
    expect(page.get_by_role("row", name="smudged")).to_have_count(1, timeout=PATIENCE)
    served.lag.seconds = 0.0
    expect(page.get_by_label("Print again, because")).to_be_focused(timeout=PATIENCE)
    expect(page.get_by_label("Print again, because")).to_be_in_viewport()
    page.reload()
    expect(page.get_by_role("row", name="smudged")).to_have_count(1)
    page.context.close()


def test_who_was_signed_out_meanwhile_is_told_and_keeps_what_was_typed(
    served: Served, browser: Browser, tube: str
) -> None:
    page = served.page(browser, "technologist")
    served.open(page, f"/containers/{tube}")
    page.get_by_label("Set aside, because").fill("whose is it?")
    page.context.clear_cookies()
    page.get_by_label("Set aside, because").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text(
        "You are signed out; nothing was done.", timeout=PATIENCE
    )
    expect(page.get_by_role("alert").get_by_role("link", name="Sign in again")).to_be_visible()
    expect(page.get_by_label("Set aside, because")).to_have_value("whose is it?")
    page.context.close()


def test_nothing_ticked_is_said_where_one_is_and_the_key_works_again(
    served: Served, browser: Browser, tube: str
) -> None:
    served.site.small.enter(tube[:9], K="2.9")
    page = served.page(browser, "supervisor")
    served.open(page, f"/accessions/{tube[:9]}")
    page.keyboard.press("F10")
    expect(page.get_by_role("alert")).to_contain_text("No result was ticked.", timeout=PATIENCE)
    page.get_by_role("row", name="Potassium").get_by_role("checkbox").check()
    page.keyboard.press("F10")
    expect(page.locator("#notice .failure")).to_contain_text("This needs a reason.", timeout=PATIENCE)
    expect(page.get_by_label("Reason")).to_be_focused()
    page.keyboard.insert_text("Not haemolysed by eye")
    page.keyboard.press("F10")
    expect(page.get_by_role("row", name="Potassium")).to_contain_text("✓ Verified", timeout=PATIENCE)
    page.context.close()


def test_critical_value_leads_by_keyboard_from_release_to_its_read_back(
    served: Served, browser: Browser, tube: str
) -> None:
    served.site.small.enter(tube[:9], K="6.8")
    served.site.small.verify(tube[:9], "K")
    page = served.page(browser, "technologist")
    served.open(page, f"/accessions/{tube[:9]}")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("link", name="Record the call")).to_be_focused(timeout=PATIENCE)
    page.keyboard.press("Enter")
    expect(page.get_by_label("Outcome").first).to_be_focused(timeout=PATIENCE)
    call = page.get_by_role("region", name="Potassium 6.8").last
    call.get_by_label("Outcome").select_option("no_answer")
    call.get_by_role("button", name="Record").press("Enter")
    expect(call.get_by_role("listitem")).to_have_count(1, timeout=PATIENCE)
    expect(call.get_by_role("button", name="Record")).to_be_focused()
    for label, text in (("Whom", "B. Ward"), ("Their role", "RN"), ("Read back", "Potassium 6.8")):
        call.get_by_label(label).fill(text)
    call.get_by_role("button", name="Record").press("Enter")
    expect(page.locator(":focus")).not_to_have_count(0, timeout=PATIENCE)
    expect(page.get_by_role("row", name=tube[:9])).to_contain_text("✓ Potassium 6.8", timeout=PATIENCE)
    with served.site.small.lab.reading() as reading:
        assert [row.state for row in reading.connection.execute(t.call.select())] == ["closed"]
    page.context.close()
