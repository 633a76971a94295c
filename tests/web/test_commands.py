"""Command barcodes: the card, and what each does with the tube scanned after it."""

from __future__ import annotations

import html
import itertools
import json
from datetime import timedelta

import pytest

from lis.documents.cards import command_card
from lis.documents.typesetting import typeset
from lis.kernel.clock import local
from lis.services import arriving
from lis.services.finding import known_container
from lis.web import commands
from tests.documents.rasters import symbols
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


def test_what_is_seen_is_stated_before_the_scan_and_the_rules_decide(site: Site) -> None:
    one = tube(site, received=False)
    answer = scan(site, "%SEEN-EXP %SEEN-FILL-50", one)
    assert answer["attention"] == "Set aside. The container is past its date."
    assert "Seen: past its date, filled to 2.5 mL" in answer["panel"]
    assert site.small.journal()[-2:] == ["specimen.inspected", "specimen.set_aside"]


@pytest.mark.parametrize("written", ["{:%H:%M}", "{:%H%M}"])
def test_an_hour_at_which_it_was_spun_is_the_last_time_the_clock_showed_it(site: Site, written: str) -> None:
    order = site.small.order("LYTES", numbers=(next(numbers),), collected=210)
    with site.small.work("processor") as work:
        at = (work.now - timedelta(minutes=110)).replace(second=0, microsecond=0)
        hour = written.format(local(at, work.zone))
    answer = scan(site, f"%SEEN-SPUN-{hour}", order.container_ids[0])
    assert (answer["attention"], "✓ received" in answer["row"]) == ("", True)
    with site.small.work("processor") as work:
        assert known_container(work, order.container_ids[0]).separated_at == at


def test_what_is_seen_is_stated_after_the_scan(site: Site) -> None:
    one = tube(site)
    answer = scan(site, "%SEEN-TUBE-LAV", one)
    assert "K2EDTA tube instead of Serum separator tube." in answer["attention"]
    assert 'reject?reason=RJ18"' in answer["panel"]


def test_what_is_seen_and_harmless_stops_nothing(site: Site) -> None:
    answer = scan(site, "%SEEN-VOL-4.5 %SEEN-CLEAR", tube(site, received=False))
    assert (answer["attention"], "✓ received" in answer["row"]) == ("", True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("%SEEN-EXP %ID-OK", "%SEEN-EXP and %ID-OK do not go together."),
        ("%REJ-RJ01 %STAT", "%REJ-RJ01 and %STAT do not go together."),
        ("%TEST-LYTES", "Tests were named without a reason for refusing them."),
        ("%LOST", "Tests were named without a reason for refusing them."),
        ("%REJ-RJ01 %LOST", "No test of this tube is kept back."),
        ("%REJ-RJ01 %TEST-COAGS", "None of these tests is measured from this container."),
        ("%SEEN-ODD", "%SEEN-ODD is no command here."),
        ("%SEEN-VOL-much", "much is no number."),
        ("%SEEN-SPUN-noon", "noon is no hour."),
        ("%SEEN-SPUN-25:00", "25:00 is no hour."),
        ("%SEEN-TEMP-HOT", "HOT is none of 37C, RT, 4C, -20C."),
    ],
)
def test_what_makes_no_sense_does_nothing(site: Site, words: str, said: str) -> None:
    one = tube(site, received=False)
    before = len(site.small.journal())
    assert said in scan(site, words, one)["attention"]
    assert site.small.journal()[before:] == ["scan.refused"]


def test_single_tests_are_rejected_by_scanner_alone(site: Site) -> None:
    order = site.small.order("LYTES", "RENAL", numbers=(next(numbers),))
    site.small.receive(order.container_ids[0])
    answer = scan(site, "%REJ-RJ08-Y %TEST-RENAL", order.container_ids[0])
    assert "Rejected CREA" in answer["panel"] and "A call is due. New container" in answer["panel"]
    assert "✓ labelled" in answer["row"]  # the other tests go on
    calls = site.browser("processor").page("/calls").text
    assert order.container_ids[0] in calls


def test_kept_back_tests_are_rejected_with_one_word(site: Site) -> None:
    order = site.small.order("LYTES", "RENAL", numbers=(next(numbers),))
    one = order.container_ids[0]
    site.small.receive(one, label=False)
    with site.small.work("processor") as work:
        row = work.containers.by_container_id(one)
        assert row is not None
        arriving.keep_back(work, row, ("CREA", "EGFR"))
    page = site.browser("supervisor").page(f"/containers/{one}").text
    assert "Not sent to any analyzer until somebody decides: CREA, EGFR" in page
    assert (
        'value="CREA" checked' in site.browser("processor").page(f"/containers/{one}/reject?kept_back=1").text
    )
    answer = scan(site, "%REJ-RJ08-N %LOST", one)
    assert "Rejected CREA" in answer["panel"] and "kept back" not in answer["row"]


def test_kept_back_tests_are_done_by_whoever_may(site: Site) -> None:
    one = tube(site)
    with site.small.work("processor") as work:
        row = work.containers.by_container_id(one)
        assert row is not None
        arriving.keep_back(work, row, ("K",))
    path = f"/receive/{one}/kept-back"
    assert site.browser("processor").act(path, {"reason": "enough"}).status_code == 403
    assert site.browser("supervisor").act(path, {"reason": "enough"}).status_code == 303
    assert "Kept back" not in site.browser("supervisor").page(f"/containers/{one}").text


def test_last_receipt_is_taken_back(site: Site) -> None:
    one = tube(site, received=False)
    scan(site, "", one)
    answer = scan(site, "%UNDO", "")
    assert (answer["attention"], "Taken back" in answer["panel"], "expected" in answer["row"]) == (
        "",
        True,
        True,
    )
    assert "nothing that could be taken back" in scan(site, "%UNDO", "")["attention"]


def test_next_goes_through_what_waits(own_site: Site) -> None:
    late = own_site.small.order("LYTES", numbers=("N1",), collected=600).container_ids[0]
    stat = own_site.small.order("LYTES", numbers=("N2",), priority="S").container_ids[0]
    own_site.small.order("LYTES", numbers=("N3",))
    assert "No tube is set aside" not in scan(own_site, "%NEXT", "")["attention"]
    seen, shown = [], ""
    for _ in range(3):
        panel = scan(own_site, "%NEXT", shown)["panel"]
        shown = panel.split('data-container="', 1)[1].split('"', 1)[0]
        seen.append(shown)
    assert seen == [stat, late, stat]
    aside = own_site.small.order("LYTES", numbers=("N4",)).container_ids[0]
    scan(own_site, "%ASIDE", aside)
    assert f'data-container="{aside}"' in scan(own_site, "%NEXT", "")["panel"]


def test_next_says_when_nothing_waits(own_site: Site) -> None:
    assert "No tube is set aside, late or STAT." in scan(own_site, "%NEXT", "")["attention"]


def test_scan_before_the_script_came_is_taken_and_answered_with_a_page(site: Site) -> None:
    one = tube(site, received=False)
    browser = site.browser("processor")
    native = {"headers": {"Accept": "text/html,*/*"}}
    assert 'name="csrf"' in browser.page("/receive").text.split('id="scanning"', 1)[1].split("</form>", 1)[0]
    done = browser.act("/receive/scan", {"text": one}, **native)
    assert (done.status_code, done.headers["Location"]) == (303, "/lab/small/receive")
    refused = browser.act("/receive/scan", {"text": "NOBODY"}, **native)
    assert (refused.status_code, "Nothing is known under NOBODY." in refused.text) == (404, True)
    assert site.small.journal()[-1] == "scan.refused"


def test_requisition_is_no_tube_but_names_its_tubes(site: Site) -> None:
    number = next(numbers)
    site.small.order("LYTES", numbers=(number,), placer_group="REQ-77")
    said = scan(site, "", "REQ-77")["attention"]
    assert "REQ-77 is no tube" in said and f"Scan the tubes themselves: {number} (SST, expected)." in said
    assert "Requisition REQ-77" in scan(site, "", number)["panel"]


@pytest.mark.parametrize(("department", "status"), [("CHEM", 200), ("NOWHERE", 404)])
def test_card_of_tests_is_printed_by_bench(site: Site, department: str, status: int) -> None:
    answer = site.browser("processor").page(f"/receive/tests.pdf?department={department}")
    assert (answer.status_code, answer.content.startswith(b"%PDF")) == (status, status == 200)


def test_scanner_page_shows_what_is_to_be_scanned(site: Site) -> None:
    page = site.browser("processor").page("/receive/scanner").text
    assert 'data-example="260610001017"' in page and 'aria-label="Barcode 260610001017"' in page
    assert "tests.pdf?department=CHEM" in page


def test_every_command_of_the_cards_decodes_at_203_dpi(site: Site) -> None:
    with site.small.lab.reading() as reading:
        offered = [*commands.offered(reading.catalog), *commands.tests_offered(reading.catalog, "CHEM")]
    rows = [(one.code, one.meaning) for one in offered]
    pages = typeset("card.typ", command_card(rows, "Commands", "a4"), format="png", ppi=203)
    read = [text for page in pages for _, text in symbols(page)]
    assert sorted(read) == sorted(code for code, _ in rows)
