"""One message in a glass box: raw, tree, mapping, results, answer; tried again, copied, resent; hl7apy beside it."""

from __future__ import annotations

import html
from datetime import timedelta

import pytest

from lis.interfaces.inbox import Inbox
from lis.services import mapping
from lis.storage import tables as t
from lis.storage.journal import every
from tests.interfaces.messages import PID, order, results
from tests.web.site import LAB, Site
from tests.web.test_messages import dead_message, held_message, text_of


def taken(site: Site, text: str) -> int:
    """A message through the real inbox."""
    Inbox(site.small.lab).receive(text.encode())
    with site.small.work() as work:
        return int(work.inbound.where(t.inbound.c.raw == text.encode())[-1].id)


def tube(site: Site) -> str:
    placed = site.small.order("LYTES", numbers=("T1",))
    site.small.receive(*placed.container_ids)
    return placed.container_ids[0]


def journal(site: Site, verb: str) -> list[str]:
    with site.small.lab.reading() as reading:
        return [row.subject for row in every(reading.connection) if row.verb == verb]


def test_message_shows_control_characters_tree_and_answer(own_site: Site) -> None:
    key = held_message(own_site)
    page = own_site.browser("technologist").page(f"/messages/in/{key}").text
    assert "OBX|1|NM|101^Na \\T\\ more^99CHEM-1||141|mmol/L|||||F|||20260302055500-0600&lt;CR&gt;" in page
    assert '<td class="mono">OBX-3.2</td><td>Observation identifier: text</td><td>Na &amp; more</td>' in page
    assert '<td class="mono">OBX-5</td><td>Observation value</td><td>141</td>' in page
    assert '<td class="mono">MSH-2</td><td>Encoding characters</td><td>^~\\&amp;</td>' in page
    assert "AA accepted: processed, or kept for a person 77" in text_of(page)
    assert "! held settle value 1 No container 999999999999 is known here." in text_of(page)


def test_every_value_is_followed_from_its_field_to_the_chart(own_site: Site) -> None:
    container = tube(own_site)
    key = taken(own_site, results(container, "101|131.04|mmol/L", "102|4|mg/dL", "XX|1|g"))
    page = text_of(own_site.browser("technologist").page(f"/messages/in/{key}").text)
    assert f"1 {container} 101 NA by menu 131.04 mmol/L none F final 131 mmol/L ▼ L" in page
    assert f"2 {container} 102 K by menu 4 mg/dL ! mismatch none F final — ! held settle value 2" in page
    assert f"3 {container} XX — no row of a map 1 g none F final — ! held settle value 3" in page
    assert f"container {container} SPM-2" in page


def test_a_batch_that_is_too_short_is_shown_settled_and_stays_what_it_is(own_site: Site) -> None:
    sent = f"BHS|^~\\&|CHEM-1\r{results('1', '101|141|mmol/L')}BTS|2\r"
    Inbox(own_site.small.lab).receive(sent.encode())
    browser = own_site.browser("technologist")

    page = browser.page("/messages/in/1")

    assert page.status_code == 200
    assert "! BTS-1 says 2 messages, 1 came. batch.count" in text_of(page.text)
    assert "Held messages (1)" in text_of(browser.page("/messages").text)


def test_viewing_a_message_is_written_once_per_opening_by_a_person(own_site: Site) -> None:
    key = held_message(own_site)
    browser = own_site.browser("technologist")
    for headers in ({}, {"X-Live": "1"}, {"HX-Request": "true"}):
        assert browser.get(f"{LAB}/messages/in/{key}", headers=headers).status_code == 200
    assert journal(own_site, "message.viewed") == [f"message:{key}"]


def test_given_up_message_is_sent_again_with_a_reason(own_site: Site) -> None:
    key = dead_message(own_site)
    browser = own_site.browser("technologist")
    assert "Send again" in browser.page(f"/messages/out/{key}").text
    answer = browser.act(f"/messages/out/{key}/resend", {"reason": "The hospital was down"})
    assert answer.headers["location"] == f"{LAB}/messages/out/{key}"
    page = browser.page(f"/messages/out/{key}").text
    assert ("Send again" in page, "queued" in text_of(page)) == (False, True)


def test_pairs_repeats_and_copies_stand_beside_a_message(own_site: Site) -> None:
    text = order("LYTES")
    first = taken(own_site, text)
    again = taken(own_site, text)
    other = taken(own_site, text.replace("ICU", "CCU"))
    page = text_of(own_site.browser("technologist").page(f"/messages/in/{first}").text)
    assert f"in {again} the same bytes again" in page
    assert f"in {other} the same number, other content" in page
    assert "AA accepted: processed, or kept for a person 1 P1 OK" in page
    assert "LYTES OBR-4 Electrolytes" in page


def test_a_map_that_changed_since_is_said_beside_the_value(own_site: Site) -> None:
    with own_site.small.work("lis_admin") as work:
        mapping.map_code(work, "CHEM-1", "Nax", "NA", reason="New channel")
    own_site.pass_time(timedelta(minutes=1))
    key = taken(own_site, results(tube(own_site), "Nax|141|mmol/L"))
    own_site.pass_time(timedelta(minutes=1))
    browser = own_site.browser("technologist")
    page = text_of(browser.page(f"/messages/in/{key}").text)
    assert "Nax NA by own map, version 1 when it came 141" in page
    with own_site.small.work("lis_admin") as work:
        mapping.close_code(work, "CHEM-1", "Nax", reason="The channel was changed")
    page = text_of(browser.page(f"/messages/in/{key}").text)
    assert "Nax NA closed in its map, version 1 when it came, now nothing 141" in page


def test_an_answer_that_came_by_itself_leads_to_what_was_sent(own_site: Site) -> None:
    with own_site.small.by_wire() as work:
        out = work.outbox.add("order_status", "HIS", order=1)
        work.flush()
        work.outgoing.change(out, state="dead", control_id="OUT7", body=b"MSH|^~\\&|LIS\r")
    late = "MSH|^~\\&|HIS|SMALLHOSP|LIS|LAB|20260302060500||ACK^R01|9|T|2.5.1\rMSA|AA|OUT7\r"
    key = taken(own_site, late)
    browser = own_site.browser("technologist")
    assert f"out {out} it answers this" in text_of(browser.page(f"/messages/in/{key}").text)
    assert f"in {key} an answer that came by itself" in text_of(browser.page(f"/messages/out/{out}").text)


def test_all_that_is_held_is_looked_at_and_then_tried_again(own_site: Site) -> None:
    late = own_site.small.order("LYTES", numbers=("T1",))
    key = taken(own_site, results(late.container_ids[0], "101|141|mmol/L", "102|4.1|mmol/L"))
    own_site.small.receive(*late.container_ids)
    browser = own_site.browser("technologist")
    seen = text_of(browser.page(f"/messages/in/{key}/preview").text)
    assert "Would be processed" in seen and "141 mmol/L" in seen and "result.filed" in seen
    assert "2 of its values wait for a person" in text_of(browser.page(f"/messages/in/{key}").text)
    answer = browser.act(f"/messages/in/{key}/refile", {"reason": "Received now"})
    assert answer.headers["location"] == f"{LAB}/messages/in/{key}"
    page = text_of(browser.page(f"/messages/in/{key}").text)
    assert ("wait for a person" in page, "message.refiled Received now" in page) == (False, True)


def test_all_that_is_held_is_discarded_with_a_reason(own_site: Site) -> None:
    key = held_message(own_site)
    browser = own_site.browser("technologist")
    assert browser.act(f"/messages/in/{key}/discard", {"reason": ""}).status_code == 422
    assert browser.act(f"/messages/in/{key}/discard", {"reason": "Water"}).status_code == 303
    assert "Held values (0)" in text_of(browser.page("/messages").text)
    assert "message.discarded Water" in text_of(browser.page(f"/messages/in/{key}").text)


def test_an_edited_copy_is_looked_at_and_sent_by_the_lis_admin(own_site: Site) -> None:
    container = tube(own_site)
    key = taken(own_site, results(container, "101|141|mg/dL"))
    browser, technologist = own_site.browser("lis_admin"), own_site.browser("technologist")
    page = browser.page(f"/messages/in/{key}/copy").text
    assert html.escape("OBX|1|NM|101^^99CHEM-1||141|mg/dL") in page
    fixed = html.unescape(page.split("required>")[1].split("</textarea>")[0]).replace("mg/dL", "mmol/L")
    before = own_site.small.journal()
    seen = text_of(browser.act(f"/messages/in/{key}/copy/preview", {"text": fixed}).text)
    assert "Would be processed" in seen and "under control id HAND000001" in seen
    assert "By the definitions of HL7 2.5.1 and ORU_R01: nothing is amiss." in seen
    assert "Measured against the standard" not in page
    wrong = browser.act(f"/messages/in/{key}/copy/preview", {"text": fixed.replace("|T|", "|P|")}).text
    assert 'data-code="copy.processing"' in wrong
    assert own_site.small.journal() == before
    technologist.page("/")
    assert technologist.act(f"/messages/in/{key}/copy", {"text": fixed, "reason": "x"}).status_code == 403
    answer = browser.act(f"/messages/in/{key}/copy", {"text": fixed, "reason": "Shows the unit"})
    copy = int(answer.headers["location"].rsplit("/", 1)[1])
    assert f"Made by hand: an edited copy of in {key}" in text_of(browser.page(f"/messages/in/{copy}").text)
    assert f"in {copy} a copy edited by hand" in text_of(browser.page(f"/messages/in/{key}").text)
    assert "NA by menu 141 mmol/L none F final 141 mmol/L" in text_of(
        technologist.page(f"/messages/in/{copy}").text
    )


def test_an_edited_copy_of_a_sent_message_is_queued(own_site: Site) -> None:
    key = dead_message(own_site)
    browser = own_site.browser("lis_admin")
    browser.page(f"/messages/out/{key}/copy")
    said = {"text": "MSH|^~\\&|LIS\r\nNTE|1||a copy", "reason": "Shows the bug"}
    answer = browser.act(f"/messages/out/{key}/copy", said)
    page = text_of(browser.page(answer.headers["location"].removeprefix(LAB)).text)
    assert f"Made by hand: an edited copy of out {key}" in page
    assert "NTE|1||a copy<CR>" in page


def test_hl7apy_stands_beside_a_message_when_asked(own_site: Site) -> None:
    key = taken(own_site, results(tube(own_site), "101|141|mmol/L").replace("SPM|", "ZLB|1|own\rSPM|"))
    browser = own_site.browser("technologist")
    assert f"/messages/in/{key}/advice" in browser.page(f"/messages/in/{key}").text
    part = browser.get(f"{LAB}/messages/in/{key}/advice", headers={"HX-Request": "true"}).text
    assert ("<html" in part, "ZLB 1 0 ! 1 dropped by hl7apy" in text_of(part)) == (False, True)
    assert "hl7apy reads it as ORU_R01" in text_of(browser.page(f"/messages/in/{key}/advice").text)


def test_a_message_stands_held_against_the_standard_at_once(own_site: Site) -> None:
    sent = results(tube(own_site), "101|141|mmol/L", "102|<4|mmol/L", "103|>9|mmol/L", pid=PID)
    key = taken(own_site, sent.replace("SPM|", "ZLB|1|own\rSPM|"))
    page = text_of(own_site.browser("technologist").page(f"/messages/in/{key}").text)
    assert (
        "By the definitions of HL7 2.5.1 and ORU_R01: 2 breaches, 1 note. Nothing was refused or left out for it."
        in page
    )
    assert "! breach OBX-5 OBX-5 (observation value) '<4' is no number (NM). 5 " in page
    assert (
        "note ZLB ZLB is the sender's own segment: not of the standard, kept, its fields not checked. 7 "
        in page
    )


def test_a_message_that_goes_out_is_held_against_it_too_and_records_are_not(own_site: Site) -> None:
    browser = own_site.browser("technologist")
    page = text_of(browser.page(f"/messages/out/{dead_message(own_site)}").text)
    assert "! There are definitions of 2.1 to 2.8.2; the message names no version in MSH-12." in page
    assert "Measured against the standard" in page
    key = taken(own_site, "H|\\^&|||COAG-1\rL|1|N\r")
    assert "Measured against" not in browser.page(f"/messages/in/{key}").text


@pytest.mark.parametrize(
    ("role", "seen", "tried"),
    [("technician", 403, 403), ("technologist", 200, 200), ("supervisor", 200, 200), ("lis_admin", 200, 403)],
)
def test_messages_are_opened_by_those_whose_role_carries_it(
    site: Site, role: str, seen: int, tried: int
) -> None:
    key = held_message(site)
    browser = site.browser(role)
    paths = ("", "/copy", "/advice")
    assert [browser.page(f"/messages/in/{key}{path}").status_code for path in paths] == [seen] * 3
    assert browser.page(f"/messages/in/{key}/preview").status_code == tried


def test_unknown_messages_are_not_found(site: Site) -> None:
    browser = site.browser("technologist")
    paths = [f"/messages/{way}/999{more}" for way in ("in", "out") for more in ("", "/copy", "/advice")]
    assert [browser.page(path).status_code for path in paths] == [404] * 6


def test_lis_admin_sees_no_value_beside_the_message(own_site: Site) -> None:
    page = own_site.browser("lis_admin").page(f"/messages/in/{held_message(own_site)}").text
    assert ("container.unmatched" in page or "No container" in page, ">141 mmol" in page) == (True, False)
