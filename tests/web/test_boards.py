"""Boards: what is pending and how long it still has; how long what went out has taken."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest

from lis.services import resulting
from tests.web.site import LAB, Site

VALUES = {"NA": "140", "K": "4.1", "CL": "104", "CO2": "24"}


def text_of(page: str) -> str:
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", page).split()))


def rows_of(page: str) -> list[str]:
    """The body rows of the board's table as text."""
    body = page[page.index("<tbody>") : page.index("</tbody>")] if "<tbody>" in page else ""
    return [text_of(row) for row in re.findall(r"<tr.*?</tr>", body, re.S)]


def board(site: Site, path: str = "/boards/pending", role: str = "technologist") -> str:
    """The board alone, as the page fetches it anew."""
    return site.browser(role).get(f"{LAB}{path}", headers={"HX-Request": "true", "X-Live": "1"}).text


def received(site: Site, *codes: str, number: str, priority: str = "R") -> str:
    order = site.small.order(*codes, numbers=(number,), priority=priority, location="ICU")
    site.small.receive(*order.container_ids)
    return order.accession


def test_pending_tests_count_down_from_receipt_by_priority(own_site: Site) -> None:
    received(own_site, "LYTES", number="B1")
    received(own_site, "LYTES", number="B2", priority="S")
    own_site.small.order("LYTES", numbers=("B3",))
    own_site.pass_time(timedelta(minutes=34))
    page = board(own_site)
    assert rows_of(page) == [
        "260610002 STAT Archer, Ann M1001 ICU LYTES Electrolytes in process 06:00 06:45 ! 11 min left",
        "260610001 Archer, Ann M1001 ICU LYTES Electrolytes in process 06:00 07:30 56 min left",
    ]
    assert (
        "1 STAT pending 1 others pending "
        "1 ! due soon: 25 % of the promised time or less is left 0 ▲ overdue" in text_of(page)
    )


def test_overdue_tests_come_first_and_say_by_how_much(own_site: Site) -> None:
    received(own_site, "LYTES", number="B1")
    own_site.pass_time(timedelta(minutes=60))
    received(own_site, "LYTES", number="B2", priority="S")
    own_site.pass_time(timedelta(minutes=30, seconds=30))
    page = board(own_site)
    assert rows_of(page)[0].split(" 06:00 ")[-1] == "07:30 ▲ 1 min over"
    assert "1 ▲ overdue" in text_of(page)


def test_test_without_a_promise_stands_last(own_site: Site) -> None:
    received(own_site, "HGB", number="B1")
    received(own_site, "LYTES", number="B2")
    rows = rows_of(board(own_site))
    assert [row.split(" ICU ")[1].split()[0] for row in rows] == ["LYTES", "HGB"]
    assert rows[-1].endswith("— nothing promised")


def test_stage_is_the_step_furthest_behind(own_site: Site) -> None:
    accession = received(own_site, "NA", number="B1")

    def stage() -> str:
        return rows_of(board(own_site))[0].split("Sodium ")[1].split(" 06:00 ")[0]

    own_site.small.controls()
    seen = [stage()]
    own_site.small.enter(accession, NA="140")
    seen.append(stage())
    own_site.small.verify(accession, "NA")
    seen.append(stage())
    assert seen == ["in process", "on hold ! 1", "to release"]


def test_department_narrows_the_board(own_site: Site) -> None:
    received(own_site, "LYTES", number="B1")
    order = own_site.small.order("COAGS", numbers=("B2",))
    own_site.small.receive(*order.container_ids)
    assert len(rows_of(board(own_site))) == 2
    assert [row.split()[0] for row in rows_of(board(own_site, "/boards/pending?department=COAG"))] == [
        order.accession
    ]


def test_turn_around_counts_from_receipt_to_release(own_site: Site) -> None:
    for minutes, number in ((30, "B1"), (60, "B2"), (100, "B3")):
        accession = received(own_site, "NA", number=number)
        own_site.pass_time(timedelta(minutes=minutes, seconds=20))
        own_site.small.enter(accession, NA="140")
        own_site.small.verify(accession, "NA")
        own_site.small.release(accession, "NA")
    page = own_site.browser("supervisor").page("/boards/turn-around").text
    assert rows_of(page) == ["NA Sodium others 3 90 60 100 100 ▲ 66 % 1 late none"]


def turn_around(site: Site) -> str:
    """The board for somebody who signs in now."""
    return site.sign_in("supervisor").page("/boards/turn-around").text


def test_turn_around_warns_before_it_is_late(own_site: Site) -> None:
    """Promised are 90 minutes; a quarter of them, 22.5, is the pack's share."""
    expected = []
    for minutes, said in ((67, "✓ 100 % none"), (68, "! 100 % 1 close none"), (90, "! 100 % 2 close none")):
        accession = received(own_site, "NA", number=f"B{minutes}")
        own_site.pass_time(timedelta(minutes=minutes, seconds=20))
        own_site.small.enter(accession, NA="140")
        own_site.small.verify(accession, "NA")
        own_site.small.release(accession, "NA")
        page = turn_around(own_site)
        expected.append(rows_of(page)[0].endswith(said))
    assert expected == [True, True, True]


def test_turn_around_says_how_those_stand_that_are_here_now(own_site: Site) -> None:
    for number, minutes in (("B1", 60), ("B2", 31), ("B3", 0)):
        received(own_site, "NA", number=number)
        own_site.pass_time(timedelta(minutes=minutes))
    received(own_site, "NA", number="B4", priority="S")
    assert rows_of(turn_around(own_site)) == [
        "NA Sodium others 0 90 — — — — 3 ▲ 1 overdue",
        "NA Sodium STAT 0 45 — — — — 1",
    ]
    own_site.pass_time(timedelta(minutes=40))
    assert rows_of(turn_around(own_site)) == [
        "NA Sodium others 0 90 — — — — 3 ▲ 1 overdue ! 1 due soon",
        "NA Sodium STAT 0 45 — — — — 1 ! 1 due soon",
    ]


def test_corrected_result_is_left_out_of_turn_around(own_site: Site) -> None:
    accession = own_site.small.released("NA", values={"NA": "140"}, numbers=("B1",))
    page = own_site.browser("supervisor").page("/boards/turn-around").text
    assert rows_of(page) == ["NA Sodium others 1 90 0 0 0 ✓ 100 % none"]
    own_site.small.clock.advance(timedelta(hours=2))
    with own_site.small.work("supervisor") as work:
        resulting.correct_result(work, accession, "NA", "142", reason="Mistyped")
    own_site.small.verify(accession, "NA")
    own_site.small.release(accession, "NA")
    page = own_site.browser("supervisor").page("/boards/turn-around").text
    assert "Nothing was completed in the last 24 hours, and nothing is pending." in page


def test_wall_names_no_patient(own_site: Site) -> None:
    received(own_site, "LYTES", number="B1", priority="S")
    own_site.pass_time(timedelta(minutes=50))
    page = own_site.browser("technologist").page("/boards/wall").text
    assert ("Archer" in page, "M1001" in page) == (False, False)
    assert "260610001 STAT LYTES ICU in process 06:45 ▲ 5 min over" in text_of(page)


def test_board_that_fetches_itself_keeps_nobody_signed_in(site: Site) -> None:
    for path in ("/boards/pending", "/boards/wall"):
        page = site.browser("technologist").page(path).text
        assert """hx-headers='{"X-Live": "1"}'""" in page


@pytest.mark.parametrize(
    ("role", "status"),
    [("processor", 200), ("technician", 200), ("technologist", 200), ("supervisor", 200), ("lis_admin", 403)],
)
def test_boards_are_seen_by_those_who_see_patients(site: Site, role: str, status: int) -> None:
    browser = site.browser(role)
    pages = ("/boards/pending", "/boards/turn-around", "/boards/wall")
    assert [browser.page(page).status_code for page in pages] == [status] * 3
