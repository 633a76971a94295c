"""Interfaces and messages on the screen: what waits, single messages with their tree, stopping, sending again."""

from __future__ import annotations

import html
import re

import pytest

from lis.storage.journal import every
from tests.web.site import LAB, Site

UNKNOWN = (
    "MSH|^~\\&|CHEM-1|LAB|LIS|LAB|20260302060500-0600||ORU^R01^ORU_R01|77|T|2.5.1\r"
    "OBR|1||999999999999|RESULTS^^L|||20260302055500-0600\r"
    "OBX|1|NM|101^Na \\T\\ more^99CHEM-1||141|mmol/L|||||F|||20260302055500-0600\r"
    "SPM|1|999999999999||SER^^HL70487|||||||P^^HL70369\r"
)


def text_of(page: str) -> str:
    """A page as its reader has it: words with single spaces."""
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", page).split()))


def held_message(site: Site, *, container: str = "999999999999", code: str = "101") -> int:
    """A stored message whose one value is held, as the inbox writes it down."""
    with site.small.by_wire() as work:
        key = work.inbound.add(
            interface="CHEM-1",
            peer="127.0.0.1:1",
            sender="CHEM-1|LAB",
            control_id="77",
            message_type="ORU^R01",
            digest="d",
            raw=UNKNOWN.replace("999999999999", container).replace("101^", f"{code}^").encode(),
            received_at=work.now,
            recorded_at=work.recorded_at,
            state="processed",
            reason="",
            detail="",
            ack_code="AA",
            reply=b"MSH|^~\\&|LIS|LAB\rMSA|AA|77\r",
            accession="",
        )
        work.observations.add(
            inbound_id=key,
            seq=1,
            interface="CHEM-1",
            analyzer="CHEM-1",
            container_sent=container,
            patient_sent="",
            code_sent=code,
            name_sent="",
            value_sent="141",
            unit_sent="mmol/L",
            flags_sent="",
            status_sent="F",
            extra={},
            state="held",
            reason="container.unmatched",
            detail="No container 999999999999 is known here.",
            test="",
            settled_by="",
        )
    return key


def dead_message(site: Site) -> int:
    """A status to the hospital that was given up."""
    with site.small.by_wire() as work:
        key = work.outbox.add("order_status", "HIS", order=1)
        work.outgoing.change(key, state="dead", attempts=9, body=b"MSH|^~\\&|LIS\r", last_error="No answer")
    return key


def test_what_waits_is_listed_with_its_reason(own_site: Site) -> None:
    held, dead = held_message(own_site), dead_message(own_site)
    page = text_of(own_site.browser("technologist").page("/messages").text)
    assert (
        f"{held}/1 06:00 CHEM-1 999999999999 101 141 mmol/L "
        "! container.unmatched No container 999999999999 is known here." in page
    )
    assert f"{dead} 06:00 HIS order status ✕ given up 9 No answer" in page
    assert "Held values (1)" in page and "Held messages (0)" in page and "To be sent (1)" in page


def test_interfaces_are_listed_with_state_and_traffic(own_site: Site) -> None:
    held_message(own_site)
    dead_message(own_site)
    page = text_of(own_site.browser("lis_admin").page("/messages").text)
    assert (
        "CHEM-1 Small chemistry analyzer analyzer generic-oru 127.0.0.1 ✓ running 06:00 never 0 0 0" in page
    )
    assert "HIS Small Hospital hospital — 127.0.0.1 ✓ running never never 0 ✕ 1 0" in page


def test_line_that_does_not_get_through_says_why_until_it_does(own_site: Site) -> None:
    with own_site.small.by_wire() as work:
        first, _ = (
            work.outbox.add("order_status", "HIS", order=1),
            work.outbox.add("order_status", "HIS", order=2),
        )
        work.outgoing.change(first, attempts=3, last_error="Connection refused")
    browser = own_site.browser("lis_admin")
    assert "✕ does not get through Connection refused never never 2" in text_of(
        browser.page("/messages").text
    )
    assert "✕ does not get through Connection refused" in text_of(browser.page("/interfaces/HIS").text)
    with own_site.small.by_wire() as work:
        work.outgoing.change(first, state="answered", last_error="")
    assert "127.0.0.1 ✓ running never never 1" in text_of(browser.page("/messages").text)


def test_lis_admin_sees_no_value_in_the_lists(own_site: Site) -> None:
    held_message(own_site)
    page = own_site.browser("lis_admin").page("/messages").text
    assert ("container.unmatched" in page, "141" in page) == (True, False)


def test_message_shows_control_characters_tree_and_answer(own_site: Site) -> None:
    key = held_message(own_site)
    page = own_site.browser("technologist").page(f"/messages/in/{key}").text
    assert "OBX|1|NM|101^Na \\T\\ more^99CHEM-1||141|mmol/L|||||F|||20260302055500-0600&lt;CR&gt;" in page
    assert '<td class="mono">OBX-3.2</td><td>Na &amp; more</td>' in page
    assert '<td class="mono">OBX-5</td><td>141</td>' in page
    assert '<td class="mono">MSH-2</td><td>^~\\&amp;</td>' in page
    assert '<td class="mono">MSA-1</td><td>AA</td>' in page
    assert "! held No container 999999999999 is known here." in text_of(page)


def test_viewing_a_message_is_written_once_per_opening_by_a_person(own_site: Site) -> None:
    key = held_message(own_site)
    browser = own_site.browser("technologist")
    for headers in ({}, {"X-Live": "1"}, {"HX-Request": "true"}):
        assert browser.get(f"{LAB}/messages/in/{key}", headers=headers).status_code == 200
    with own_site.small.lab.reading() as reading:
        seen = [row.subject for row in every(reading.connection) if row.verb == "message.viewed"]
    assert seen == [f"message:{key}"]


def test_given_up_message_is_sent_again_with_a_reason(own_site: Site) -> None:
    key = dead_message(own_site)
    browser = own_site.browser("lis_admin")
    assert "Send again" in browser.page(f"/messages/out/{key}").text
    answer = browser.act(f"/messages/out/{key}/resend", {"reason": "The hospital was down"})
    assert answer.headers["location"] == f"{LAB}/messages/out/{key}"
    page = browser.page(f"/messages/out/{key}").text
    assert ("Send again" in page, "queued" in text_of(page)) == (False, True)


def test_interface_is_stopped_and_started_on_its_page(own_site: Site) -> None:
    browser = own_site.browser("lis_admin")
    assert browser.act("/interfaces/CHEM-1/stop", {"reason": "Probe crash"}).status_code == 303
    assert "! stopped Probe crash" in text_of(browser.page("/interfaces/CHEM-1").text)
    assert browser.act("/interfaces/CHEM-1/start", {"reason": "Changed"}).status_code == 303
    assert "✓ running" in text_of(browser.page("/interfaces/CHEM-1").text)


def test_single_test_is_kept_from_an_interface(own_site: Site) -> None:
    browser = own_site.browser("lis_admin")
    browser.act("/interfaces/CHEM-1/hold", {"test": "K", "reason": "Electrode drifts"})
    assert "K Electrode drifts" in text_of(browser.page("/interfaces/CHEM-1").text)
    browser.act("/interfaces/CHEM-1/free", {"test": "K", "reason": "New electrode"})
    assert "None: everything it reports is taken." in text_of(browser.page("/interfaces/CHEM-1").text)


def test_log_finds_messages_both_ways_by_interface_and_number(own_site: Site) -> None:
    held, dead = held_message(own_site), dead_message(own_site)
    browser = own_site.browser("technologist")

    def listed(query: str) -> list[str]:
        return re.findall(
            r'href="/lab/small/messages/((?:in|out)/\d+)"', browser.page(f"/messages/log{query}").text
        )

    assert sorted(listed("")) == [f"in/{held}", f"out/{dead}"]
    assert listed("?interface=HIS") == [f"out/{dead}"]
    assert listed("?q=77") == [f"in/{held}"]
    assert listed("?q=none") == []


def test_technologist_sees_interfaces_but_does_not_manage_them(site: Site) -> None:
    browser = site.browser("technologist")
    page = browser.page("/interfaces/CHEM-1").text
    assert ("Stop it" in page, browser.act("/interfaces/CHEM-1/stop", {"reason": "x"}).status_code) == (
        False,
        403,
    )


@pytest.mark.parametrize(
    ("role", "status"),
    [("processor", 403), ("technician", 403), ("technologist", 200), ("supervisor", 200), ("lis_admin", 200)],
)
def test_messages_are_seen_by_those_whose_role_carries_it(site: Site, role: str, status: int) -> None:
    browser = site.browser(role)
    paths = ("/messages", "/messages/log", "/interfaces/HIS")
    assert [browser.page(path).status_code for path in paths] == [status] * 3


def test_unknown_message_and_interface_are_not_found(site: Site) -> None:
    browser = site.browser("lis_admin")
    paths = ("/messages/in/999", "/messages/out/999", "/interfaces/NOPE")
    assert [browser.page(path).status_code for path in paths] == [404] * 3
