"""Command barcodes: the card, and what each does with the tube scanned after it."""

from __future__ import annotations

import html
import itertools
import json

import pytest

from tests.web.site import Site

numbers = (f"C{n:04d}" for n in itertools.count(1))


def tube(site: Site, *, received: bool = True) -> str:
    order = site.small.order("LYTES", numbers=(next(numbers),))
    if received:
        site.small.receive(order.container_ids[0], label=False)
    return order.container_ids[0]


def scan(site: Site, command: str, text: str) -> dict[str, str]:
    form = {"command": command, "text": text}
    answer: dict[str, str] = site.browser("processor").act("/receive/scan", form).json()
    return answer


@pytest.mark.parametrize(
    ("command", "said", "verb"),
    [
        ("%RCV", "Label confirmed.", "work.sent"),
        ("%ID-OK", "Compared: name and MRN agree.", "identity.compared"),
        ("%STAT", "Its order is STAT.", "order.changed"),
        ("%LBL-DMG", "Its label is printed again.", "label.printed"),
    ],
)
def test_command_does_what_the_card_says(site: Site, command: str, said: str, verb: str) -> None:
    answer = scan(site, command, tube(site))
    assert (answer["attention"], said in answer["panel"]) == ("", True)
    assert site.small.journal()[-1] == verb


def test_tube_whose_identifiers_differ_is_set_aside_and_needs_attention(site: Site) -> None:
    answer = scan(site, "%ID-DIFF", tube(site))
    assert answer["attention"] == "They differ: the tube is set aside. Call the collector."
    assert "! set aside" in answer["row"]


def test_tube_is_rejected_by_scanner_before_it_was_received(site: Site) -> None:
    one = tube(site, received=False)
    answer = scan(site, "%REJ-RJ01", one)
    assert "Rejected: Unlabeled specimen. A call is due. New container " in answer["panel"]
    assert "rejected</span>" in answer["row"]


def test_reason_that_leaves_it_open_has_a_command_for_each_answer(site: Site) -> None:
    one = tube(site)
    assert "say whether a new specimen" in scan(site, "%REJ-RJ08", one)["attention"]
    assert "No new specimen." in scan(site, "%REJ-RJ08-N", one)["panel"]


def test_unknown_command_never_receives(site: Site) -> None:
    one = tube(site, received=False)
    answer = scan(site, "%REC", one)
    assert answer["attention"].startswith("%REC is no command here.")
    assert f"%REC {one}" in answer["row"]
    assert site.small.journal()[-1] == "scan.refused"


def test_page_knows_the_commands_of_the_card(site: Site) -> None:
    page = site.browser("processor").page("/receive").text
    known = json.loads(html.unescape(page.split('data-commands="', 1)[1].split('"', 1)[0]))
    assert [code for code in known if code.startswith("%REJ")] == [
        "%REJ-RJ01",
        "%REJ-RJ08-N",
        "%REJ-RJ08-Y",
        "%REJ-RJ09",
        "%REJ-RJ11-N",
        "%REJ-RJ11-Y",
        "%REJ-RJ18",
    ]
    assert known["%REJ-RJ01"] == "Reject: Unlabeled specimen"


@pytest.mark.parametrize(("paper", "status"), [("us-letter", 200), ("a4", 200), ("napkin", 422)])
def test_card_is_printed_on_either_paper(site: Site, paper: str, status: int) -> None:
    answer = site.browser("processor").page(f"/receive/commands.pdf?paper={paper}")
    assert (answer.status_code, answer.content.startswith(b"%PDF")) == (status, status == 200)
