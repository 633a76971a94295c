"""Work goes to the analyzer that measures a test, once; stopped ones and held tests get none."""

from __future__ import annotations

import pytest

from lis.services import cancelling, cataloguing, verifying, working
from lis.storage import catalogs
from lis.storage import tables as t
from tests.services.bench import Bench


def test_work_is_sent_once_and_answers_are_kept(small: Bench) -> None:
    placed = small.order("COAGS")
    small.receive(*placed.container_ids)
    pk = small.row(t.container).id
    with small.by_wire() as work:
        working.answer_work(work, pk, "COAG-1", {"PT": "accepted", "INR": "unable"}, "reagent out")
        working.send_work(work, work.containers.get(pk), work.orders.get(1))
    rows = [(row.test, row.state, row.answer) for row in small.rows(t.analyzer_work)]
    assert rows == [
        ("PT", "accepted", "reagent out"),
        ("INR", "unable", "reagent out"),
        ("INR", "sent", ""),
    ]


def test_analyzer_that_was_unable_takes_the_work_when_it_is_sent_again(small: Bench) -> None:
    placed = small.order("COAGS")
    small.receive(*placed.container_ids)
    pk = small.row(t.container).id
    for said in ({"PT": "accepted", "INR": "unable"}, {"PT": "accepted", "INR": "accepted"}):
        with small.by_wire() as work:
            working.answer_work(work, pk, "COAG-1", said, "")
    assert [(row.test, row.state) for row in small.rows(t.analyzer_work)] == [
        ("PT", "accepted"),
        ("INR", "accepted"),
    ]


@pytest.mark.parametrize(
    ("change", "sent"),
    [({"enabled": False}, []), ({"held_tests": {"INR": "lot in doubt"}}, ["PT"])],
)
def test_a_stopped_analyzer_and_a_held_test_get_no_work(
    small: Bench, change: dict[str, object], sent: list[str]
) -> None:
    with small.by_wire() as work:
        work.interfaces.change("COAG-1", **change)
    placed = small.order("COAGS")
    small.receive(*placed.container_ids)
    assert [row.test for row in small.rows(t.analyzer_work)] == sent
    with small.by_wire() as work:
        row = work.containers.by_container_id(placed.container_ids[0])
        assert row is not None
        asked = working.work_for(work, "COAG-1", row)
    assert asked == (("PT",) if "held_tests" in change else ("PT", "INR"))
    small.measure(placed.container_ids[0], {"INR": "1.0"}, device="COAG-1")
    held = small.rows(t.observation, state="held")
    assert [row.reason for row in held] == (["test.held"] if "held_tests" in change else [])


def test_an_analyzer_that_asks_gets_what_waits_on_its_menu_of_a_received_tube(small: Bench) -> None:
    placed = small.order("LYTES", "COAGS")
    for tube, device in zip(placed.container_ids, ("COAG-1", "CHEM-1"), strict=True):
        with small.by_wire() as work:
            row = work.containers.by_container_id(tube)
            assert row is not None
            assert working.work_for(work, device, row) == ()
    small.receive(*placed.container_ids)
    small.measure(placed.container_ids[0], {"PT": "12.0"}, device="COAG-1")
    with small.by_wire() as work:
        row = work.containers.by_container_id(placed.container_ids[0])
        assert row is not None
        assert working.work_for(work, "COAG-1", row) == ("INR",)
        assert working.work_for(work, "CHEM-1", row) == ()


def test_what_is_asked_for_is_not_sent_before(small: Bench) -> None:
    """Nothing goes out when the tube is labelled, nor to measure again: it waits until the analyzer asks."""
    with small.work("lis_admin") as work:
        files = catalogs.files_of(work.connection, work.catalog_version_id or 0)
        asking = files["analyzers.yaml"].replace("code: COAG-1", "code: COAG-1\n    asks_for_work: true")
        cataloguing.change_file(work, "analyzers.yaml", asking, reason="test")
    placed = small.order("LYTES", "COAGS")
    small.receive(*placed.container_ids)
    assert {row.analyzer for row in small.rows(t.analyzer_work)} == {"CHEM-1"}

    (tube,) = (row for row in small.rows(t.container) if row.container_id == placed.container_ids[0])
    for _ in range(2):
        with small.by_wire() as work:
            assert working.offer_work(work, "COAG-1", work.containers.get(tube.id)) == ("PT", "INR")
        small.measure(tube.container_id, {"PT": "12.0", "INR": "1.0"}, device="COAG-1")
        with small.work("technologist") as work:
            for test in ("PT", "INR"):
                verifying.request_rerun(work, placed.accession, test, reason="fibrin")
    sent = [row for row in small.rows(t.outbox) if row.peer == "COAG-1"]
    assert [row.refs["tests"] for row in sent] == [["PT", "INR"], ["PT", "INR"]]


def test_what_is_cancelled_is_taken_back_step_by_step(small: Bench) -> None:
    placed = small.order("LYTES", "RENAL")
    small.receive(*placed.container_ids)
    asked = small.rows(t.outbox, kind="analyzer_work")[0]
    with small.work() as work:
        cancelling.cancel_test(work, placed.accession, "RENAL", reason="not wanted")
    told = small.rows(t.outbox, kind="analyzer_work")[-1]
    places = [[asked.id, asked.refs["tests"].index(test) + 1] for test in told.refs["tests"]]
    assert (told.peer, set(told.refs["tests"]) >= {"CREA"}, told.refs["cancels"]) == ("CHEM-1", True, places)
    assert "K" not in told.refs["tests"]
    assert "work.cancelled" in small.journal()


def test_work_handed_out_on_a_query_has_no_message_to_take_back(small: Bench) -> None:
    placed = small.order("COAGS")
    small.receive(*placed.container_ids, label=False)
    with small.by_wire() as work:
        row = work.containers.by_container_id(placed.container_ids[0])
        assert row is not None
        assert working.hand_out_work(work, "COAG-1", row) == ("PT", "INR")
    with small.work() as work:
        cancelling.cancel_order(work, placed.accession, reason="not wanted")
    assert small.rows(t.outbox, kind="analyzer_work") == []
    assert {row.state for row in small.rows(t.analyzer_work)} == {"cancelled"}
