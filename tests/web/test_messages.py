"""Interfaces and messages on the screen: what waits, single messages with their tree, stopping, sending again."""

from __future__ import annotations

import html
import re
from contextlib import nullcontext
from datetime import timedelta

import pytest

from lis.domain.events import Verb
from lis.storage import tables as t
from lis.storage.work import Work
from lis.web.queries import messages
from lis.web.queries.searching import by_value
from tests.labs import START
from tests.web.site import Site

UNKNOWN = (
    "MSH|^~\\&|CHEM-1|LAB|LIS|LAB|20260302060500-0600||ORU^R01^ORU_R01|77|T|2.5.1\r"
    "OBR|1||999999999999|RESULTS^^L|||20260302055500-0600\r"
    "OBX|1|NM|101^Na \\T\\ more^99CHEM-1||141|mmol/L|||||F|||20260302055500-0600\r"
    "SPM|1|999999999999||SER^^HL70487|||||||P^^HL70369\r"
)


def text_of(page: str) -> str:
    """A page as its reader has it: words with single spaces."""
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", page).split()))


def held_message(
    site: Site, *, container: str = "999999999999", code: str = "101", work: Work | None = None
) -> int:
    """A stored message whose one value is held, as the inbox writes it down."""
    with nullcontext(work) if work else site.small.by_wire() as work:
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
        "No container 999999999999 is known here. container.unmatched" in page
    )
    assert f"{dead} 06:00 HIS order status ✕ given up 9 No answer" in page
    assert "Held values (1)" in page and "Held messages (0)" in page and "To be sent (1)" in page


def test_interfaces_are_listed_with_state_and_traffic(own_site: Site) -> None:
    held_message(own_site)
    dead_message(own_site)
    page = text_of(own_site.browser("lis_admin").page("/messages").text)
    chemistry = "CHEM-1 Small chemistry analyzer analyzer generic-oru 127.0.0.1 ✓ running 06:00 never"
    assert f"{chemistry} 0 0 ! 1 value" in page
    assert "HIS Small Hospital hospital — 127.0.0.1 ✓ running never never 0 ✕ 1 0" in page
    home = text_of(own_site.browser("lis_admin").page("/").text)
    assert "1 ! messages given up: their readers have not got them" in home


def test_traffic_of_an_interface_is_what_waits_and_the_last_that_went_each_way(own_site: Site) -> None:
    for state in ("held", "dead_letter", "processed"):
        with own_site.small.by_wire() as work:
            work.inbound.change(held_message(own_site, work=work), state=state)
        own_site.pass_time(timedelta(minutes=1))
    with own_site.small.by_wire() as work:
        for state in ("sent", "answered", "queued"):
            key = work.outbox.add("analyzer_work", "CHEM-1", order=1)
            work.outgoing.change(key, state=state, sent_at=None if state == "queued" else work.now)
    with own_site.small.lab.reading() as reading:
        link = messages.link(reading, "CHEM-1")
    assert (link.held, link.values, link.waiting, link.given_up) == (2, 3, 2, 0)
    assert (link.last_in, link.last_out) == (START + timedelta(minutes=2), START + timedelta(minutes=3))


def test_log_says_in_words_why_a_message_was_refused(own_site: Site) -> None:
    with own_site.small.by_wire() as work:
        refused = {"state": "refused", "reason": "message.type", "detail": "ORU^R99 is not taken here."}
        work.inbound.change(held_message(own_site, work=work), **refused)
    page = text_of(own_site.browser("technologist").page("/messages/log").text)
    assert "ORU^R99 is not taken here. message.type" in page


def test_log_names_who_sent_what_no_interface_is_known_for(own_site: Site) -> None:
    with own_site.small.by_wire() as work:
        work.inbound.change(held_message(own_site, work=work), interface="", sender="FOREIGN|ELSEWHERE")
    dead_message(own_site)
    page = own_site.browser("technologist").page("/messages/log").text
    assert "→ in FOREIGN|ELSEWHERE ORU^R01" in text_of(page)
    assert '<option value="order_status">order status</option>' in page


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
    assert "1 ! interfaces stopped or not getting through" in text_of(browser.page("/").text)
    with own_site.small.by_wire() as work:
        work.outgoing.change(first, state="answered", last_error="")
    assert "127.0.0.1 ✓ running never never 1" in text_of(browser.page("/messages").text)


def test_lis_admin_sees_no_value_in_the_lists(own_site: Site) -> None:
    held_message(own_site)
    page = own_site.browser("lis_admin").page("/messages").text
    assert ("container.unmatched" in page, "141" in page) == (True, False)


def test_interface_is_stopped_and_started_on_its_page(own_site: Site) -> None:
    browser = own_site.browser("technologist")
    assert browser.act("/interfaces/CHEM-1/stop", {"reason": "Probe crash"}).status_code == 303
    page = text_of(browser.page("/interfaces/CHEM-1").text)
    assert "! Stopped: Probe crash What it sends is kept and answered AR 207" in page
    assert "! stopped Probe crash" in text_of(browser.page("/interfaces/CHEM-1").text)
    assert browser.act("/interfaces/CHEM-1/start", {"reason": "Changed"}).status_code == 303
    assert "✓ running" in text_of(browser.page("/interfaces/CHEM-1").text)


def test_single_test_is_kept_from_an_interface(own_site: Site) -> None:
    browser = own_site.browser("lis_admin")
    browser.act("/interfaces/CHEM-1/hold", {"test": "K", "reason": "Electrode drifts"})
    assert "K Electrode drifts" in text_of(browser.page("/interfaces/CHEM-1").text)
    browser.act("/interfaces/CHEM-1/free", {"test": "K", "reason": "New electrode"})
    assert "None: everything it reports is taken." in text_of(browser.page("/interfaces/CHEM-1").text)


def found(site: Site, query: str) -> list[str]:
    page = site.browser("technologist").page(f"/messages/log{query}").text
    return sorted(re.findall(r'href="/lab/small/messages/((?:in|out)/\d+)"', page))


def test_search_finds_messages_both_ways_by_what_is_known_of_them(own_site: Site) -> None:
    held, dead = f"in/{held_message(own_site)}", f"out/{dead_message(own_site)}"
    asked = {
        "": [held, dead],
        "?interface=HIS": [dead],
        "?kind=ORU%5ER01": [held],
        "?state=dead": [dead],
        "?q=77": [held],
        "?q=999999999999": [held],
        "?q=101": [held],
        "?q=none": [],
        "?text=Na+%5CT%5C+more": [held],
        "?text=MSH": [held, dead],
        "?text=Kalium": [],
        "?since=2026-03-02T05:59&until=2026-03-02T06:01": [held, dead],
        "?since=2026-03-02T06:01": [],
    }
    assert {query: found(own_site, query) for query in asked} == asked


def test_search_follows_a_patient_and_a_tube_to_their_messages(own_site: Site) -> None:
    order = own_site.small.order("LYTES", numbers=("H77",))
    with own_site.small.by_wire() as work:
        key = work.outbox.add("order_status", "HIS", accession=order.accession, order=1)
    numbers = (order.accession, order.container_ids[0], "H77", "M1001")
    assert [f"out/{key}" in found(own_site, f"?q={number}") for number in numbers] == [True] * 4


def test_technologist_sees_interfaces_but_does_not_manage_them(site: Site) -> None:
    browser = site.browser("technologist")
    page = browser.page("/interfaces/CHEM-1/codes").text
    mapped = browser.act("/interfaces/CHEM-1/codes", {"code": "X", "test": "NA", "reason": "x"})
    assert ("Another row" in page, mapped.status_code) == (False, 403)


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


def test_all_that_waits_of_an_interface_is_tried_again(own_site: Site) -> None:
    key = held_message(own_site)
    with own_site.small.by_wire() as work:
        work.inbound.change(key, state="unprocessed", ack_code="AE")
        for row in work.observations.having(inbound_id=key):
            work.observations.change(row.id, state="discarded")
    browser = own_site.browser("technologist")
    assert "1 of its messages waits: try all again" in text_of(browser.page("/interfaces/CHEM-1").text)
    own_site.browser("lis_admin").page("/interfaces/CHEM-1")
    refused = own_site.browser("lis_admin").act("/interfaces/CHEM-1/refile", {"reason": "x"})
    answer = browser.act("/interfaces/CHEM-1/refile", {"reason": " "})
    assert (refused.status_code, answer.status_code) == (403, 422)


def test_a_number_is_looked_for_without_a_look_at_the_values(site: Site) -> None:
    with site.small.lab.reading() as reading:
        asked = by_value("26061").compile(reading.connection, compile_kwargs={"literal_binds": True})
        [step] = reading.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked}").all()
    assert step.detail == "SCAN observation USING COVERING INDEX ix_observation_named"


def test_case_says_in_words_what_was_wrong_with_its_messages(own_site: Site) -> None:
    order = own_site.small.order("LYTES", numbers=("R1",))
    with own_site.small.by_wire() as work:
        refused = {"state": "refused", "reason": "order.refused", "detail": "Order R1 is closed."}
        work.inbound.change(held_message(own_site, work=work), accession=order.accession, **refused)
        work.journal.append(
            Verb.MESSAGE_REFUSED,
            "message:1",
            accession=order.accession,
            reason="order.refused",
            detail="Closed.",
        )
    page = text_of(own_site.browser("technologist").page(f"/accessions/{order.accession}/timeline").text)
    assert "from CHEM-1: ORU^R01 refused Order R1 is closed. order.refused" in page
    assert "message.refused message:1" in page and "Closed. order.refused" in page


def test_search_between_hours_that_are_none_finds_nothing_and_says_what_to_type(own_site: Site) -> None:
    held_message(own_site)
    page = own_site.browser("technologist").page("/messages/log?since=2026-03-08+02:30&until=").text
    assert "✕ 2026-03-08 02:30 never was: the clocks were put forward over it." in text_of(page)
    assert ('value="2026-03-08 02:30"' in page, "<caption>" in page, "No such message." in page) == (
        True,
        False,
        False,
    )
    page = text_of(own_site.browser("technologist").page("/messages/log?until=03/02/2026+06:00").text)
    assert "✕ 03/02/2026 06:00 may be read in two ways. Type the year first, as 2026-03-02 06:00." in page


@pytest.mark.parametrize(("minutes", "told"), [(5, ""), (6, "0:06"), (45, "0:45"), (-90, "")])
def test_people_are_told_of_a_sender_whose_clock_is_ahead(own_site: Site, minutes: int, told: str) -> None:
    key = held_message(own_site)
    with own_site.small.by_wire() as work:
        [value] = work.observations.where(t.observation.c.inbound_id == key)
        work.observations.change(value.id, observed_at=work.now + timedelta(minutes=minutes))
    browser = own_site.browser("technologist")
    said = [
        f"✓ running ! its clock is {told} h ahead" in text_of(browser.page(path).text)
        for path in ("/messages", "/interfaces/CHEM-1")
    ]
    page = text_of(browser.page(f"/messages/in/{key}").text)
    said.append(
        f"! Its values are dated up to {told} h after they came: the clock of CHEM-1 is ahead" in page
    )
    assert said == [bool(told)] * 3
    assert ("ahead" in page) == bool(told)
