"""Messages into a small laboratory: what is filed, held, refused, and answered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import Row, Table, select

from lis.interfaces.inbox import Arrival, Inbox
from lis.services import accessioning, rejecting
from lis.storage import tables as t
from tests.interfaces import messages
from tests.interfaces.messages import PID, errors, joined, msa, msh, order, results, segment
from tests.labs import BEN, SmallLab

LYTES = ("101|141|mmol/L", "102|4.2|mmol/L", "103|104|mmol/L", "104|25|mmol/L")


def rows(small: SmallLab, table: Table) -> Sequence[Row[Any]]:
    with small.lab.reading() as reading:
        key = next(iter(table.primary_key.columns))
        return reading.connection.execute(select(table).order_by(key)).all()


def tube(small: SmallLab, *codes: str, **more: Any) -> str:
    """A received container with these tests ordered on it."""
    placed = small.order(*(codes or ("LYTES",)), **more)
    small.receive(placed.container_ids[0])
    return placed.container_ids[0]


def values(small: SmallLab) -> list[tuple[str, str, str]]:
    """Test, comparator with value, status of every version, oldest first."""
    names = {row.id: row.test for row in rows(small, t.result)}
    found = rows(small, t.result_version)
    return [
        (names[row.result_id], row.comparator + row.value, row.status)
        for row in found
        if row.source == "analyzer"
    ]


def held(small: SmallLab) -> list[tuple[str, str]]:
    return [(row.code_sent, row.reason) for row in rows(small, t.observation) if row.state == "held"]


def test_an_order_is_placed_and_answered_line_by_line(small: SmallLab, inbox: Inbox) -> None:
    reply = inbox.receive(order("LYTES", "RENAL").encode())

    assert segment(reply, "MSH").value(9) == "ORL^O22^ORL_O22"
    assert msa(reply) == ("AA", "1")
    [placed] = rows(small, t.lab_order)
    answered = [(orc[1], orc.value(2, 1), orc.value(3, 1)) for orc in messages.read(reply).all("ORC")]
    assert answered == [
        ("OK", "P1", f"{placed.accession}-LYTES"),
        ("OK", "P2", f"{placed.accession}-RENAL"),
    ]
    assert (placed.priority, placed.provider, placed.location) == ("S", "House, Greta", "ICU 12 1")
    [container] = rows(small, t.container)
    assert container.collection_number == "H0001"
    [raw] = rows(small, t.inbound)
    assert (raw.raw, raw.state, raw.interface, raw.accession, raw.ack_code) == (
        order("LYTES", "RENAL").encode(),
        "processed",
        "HIS",
        placed.accession,
        "AA",
    )


def test_a_test_nobody_offers_is_refused_alone(small: SmallLab, inbox: Inbox) -> None:
    reply = inbox.receive(order("LYTES", "NOSUCH").encode())

    assert msa(reply) == ("AA", "1")
    assert [orc[1] for orc in messages.read(reply).all("ORC")] == ["OK", "UA"]
    assert errors(reply) == ["103"]
    assert [row.code for row in rows(small, t.ordered_test)] == ["LYTES"]


def test_an_order_for_another_person_of_the_same_number_is_refused(small: SmallLab, inbox: Inbox) -> None:
    inbox.receive(order("LYTES").encode())

    other = PID.replace("Archer^Ann", "Baker^Ben")
    reply = inbox.receive(order("LYTES", control="2", pid=other, placer="Q").encode())

    assert msa(reply) == ("AE", "2")
    assert errors(reply) == ["204"]
    assert len(rows(small, t.lab_order)) == 1
    assert [row.state for row in rows(small, t.inbound)] == ["processed", "refused"]


def test_an_order_number_that_is_known_is_refused(small: SmallLab, inbox: Inbox) -> None:
    inbox.receive(order("LYTES").encode())

    reply = inbox.receive(order("LYTES", control="2").encode().replace(b"ICU", b"CCU"))

    assert (msa(reply), errors(reply)) == (("AE", "2"), ["205"])


def test_a_cancelled_line_ends_its_test(small: SmallLab, inbox: Inbox) -> None:
    inbox.receive(order("LYTES").encode())

    reply = inbox.receive(order("LYTES", control="2").replace("ORC|NW", "ORC|CA").encode())

    assert [orc[1] for orc in messages.read(reply).all("ORC")] == ["CR"]
    assert [row.state for row in rows(small, t.ordered_test)] == ["cancelled"]
    again = inbox.receive(order("LYTES", control="3").replace("ORC|NW", "ORC|CA").encode())
    assert (msa(again)[0], [orc[1] for orc in messages.read(again).all("ORC")]) == ("AE", ["UC"])


def test_a_changed_line_brings_the_new_specimen_of_a_rejected_one(small: SmallLab, inbox: Inbox) -> None:
    inbox.receive(order("LYTES").encode())
    [first] = rows(small, t.container)
    old = first.container_id
    small.receive(old)
    with small.work("technologist") as work:
        new = rejecting.reject_container(work, old, "RJ08", recollect=True).replacement
    drawn = order("LYTES", tube="H0002").replace("ORC|NW", "ORC|XO")
    wrong = inbox.receive(drawn.replace("|1|T|", "|4|T|").replace("SER^^", "UR^^").encode())
    reply = inbox.receive(drawn.replace("|1|T|", "|2|T|").encode())
    again = inbox.receive(drawn.replace("|1|T|", "|3|T|").encode())

    assert [orc[1] for orc in messages.read(wrong).all("ORC")] == ["UX"]
    assert [[orc[1] for orc in messages.read(one).all("ORC")] for one in (reply, again)] == [["XR"], ["XR"]]
    [loop] = rows(small, t.recollection)
    container = next(row for row in rows(small, t.container) if row.container_id == new)
    assert (loop.state, container.collection_number) == ("collected", "H0002")
    with small.work("processor") as work:
        assert accessioning.scan(work, "H0002").container_id == new


def test_a_changed_line_without_anything_awaited_is_refused(small: SmallLab, inbox: Inbox) -> None:
    inbox.receive(order("LYTES").encode())

    reply = inbox.receive(order("LYTES", control="2").replace("ORC|NW", "ORC|XO").encode())

    assert (msa(reply)[0], [orc[1] for orc in messages.read(reply).all("ORC")]) == ("AE", ["UX"])


def test_html_in_a_name_is_kept_as_text(small: SmallLab, inbox: Inbox) -> None:
    name = "<b>O'Neil</b>^A\\T\\B"

    inbox.receive(order("LYTES", pid=PID.replace("Archer^Ann", name)).encode())

    [patient] = rows(small, t.patient)
    assert (patient.family, patient.given) == ("<b>O'Neil</b>", "A&B")


def test_results_of_a_received_tube_are_filed(small: SmallLab, inbox: Inbox) -> None:
    reply = inbox.receive(results(tube(small), *LYTES).encode())

    assert msa(reply) == ("AA", "1")
    assert segment(reply, "MSH").value(9) == "ACK^R01^ACK"
    assert values(small) == [("NA", "141", "F"), ("K", "4.2", "F"), ("CL", "104", "F"), ("CO2", "25", "F")]
    assert held(small) == []


def test_comparators_are_kept_in_every_form(small: SmallLab, inbox: Inbox) -> None:
    container = tube(small, "LYTES", "RENAL")

    inbox.receive(
        results(
            container,
            "101|>200|mmol/L",
            "OBX|2|SN|102^^99CHEM-1||<^1.0|mmol/L|||||F",
            "OBX|3|ST|105^^99CHEM-1||< 0.10|mg/dL|||||F",
        ).encode()
    )

    assert values(small) == [("NA", ">200", "F"), ("K", "<1.0", "F"), ("CREA", "<0.10", "F")]


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("101|141|mg/dL", "unit.mismatch"),
        ("999|141|mmol/L", "code.unmapped"),
        ("105|1.0|mg/dL", "test.not_ordered"),
        ("OBX|1|NM|101^^99CHEM-1||141|mmol/L", "status.empty"),
        ("OBX|1|NM|101^^99CHEM-1|||mmol/L|||||F", "observation.doubtful"),
        ("OBX|1|NM|101^^99CHEM-1||141|mmol/L|||||C", "status.no_earlier"),
    ],
)
def test_what_does_not_fit_is_held(small: SmallLab, inbox: Inbox, code: str, reason: str) -> None:
    reply = inbox.receive(results(tube(small), code).encode())

    assert msa(reply) == ("AA", "1")
    assert [why for _, why in held(small)] == [reason]
    assert values(small) == []


def test_an_unknown_and_an_unreceived_container_are_held(small: SmallLab, inbox: Inbox) -> None:
    expected = small.order("LYTES").container_ids[0]

    inbox.receive(results("999999999999", "101|141|mmol/L").encode())
    inbox.receive(results(expected, "101|141|mmol/L", control="2").encode())

    assert held(small) == [("101", "container.unmatched"), ("101", "container.not_received")]


def test_two_patients_in_one_message_go_to_their_own_charts(small: SmallLab, inbox: Inbox) -> None:
    one, other = tube(small), tube(small, patient=BEN, numbers=["H0009"])
    first = results(one, "101|141|mmol/L", pid="PID|||M1001")
    second = results(other, "101|137|mmol/L", pid="PID|||M1002").split("\r", 1)[1]

    reply = inbox.receive((first + second).encode())

    assert msa(reply) == ("AA", "1")
    charts = {row.id: row.patient_id for row in rows(small, t.result)}
    found = [(charts[v.result_id], v.value) for v in rows(small, t.result_version) if v.source == "analyzer"]
    assert found == [(1, "141"), (2, "137")]


def test_another_patients_number_holds_the_results(small: SmallLab, inbox: Inbox) -> None:
    inbox.receive(results(tube(small), "101|141|mmol/L", pid="PID|||M1002").encode())

    assert held(small) == [("101", "patient.mismatch")]


def test_a_repeated_message_gets_the_same_reply_and_files_nothing(small: SmallLab, inbox: Inbox) -> None:
    raw = results(tube(small), *LYTES).encode()
    first = inbox.receive(raw)

    assert inbox.receive(raw.replace(b"20260302060500", b"20260302060700")) == first
    assert [(row.state, row.duplicate_of) for row in rows(small, t.inbound)] == [
        ("processed", None),
        ("duplicate", 1),
    ]
    assert len(rows(small, t.observation)) == 4


def test_the_same_number_with_other_content_is_no_repeat(small: SmallLab, inbox: Inbox) -> None:
    container = tube(small)
    inbox.receive(results(container, "101|141|mmol/L").encode())

    inbox.receive(results(container, "102|4.2|mmol/L").encode())

    assert values(small) == [("NA", "141", "F"), ("K", "4.2", "F")]


def test_a_refused_message_is_taken_anew(small: SmallLab, inbox: Inbox) -> None:
    raw = order("NOSUCH").encode()

    assert [msa(inbox.receive(raw))[0] for _ in range(2)] == ["AE", "AE"]
    assert [row.state for row in rows(small, t.inbound)] == ["refused", "refused"]


def test_a_correction_is_a_new_version(small: SmallLab, inbox: Inbox) -> None:
    container = tube(small)
    inbox.receive(results(container, "101|141|mmol/L").encode())

    corrected = results(container, "OBX|1|NM|101^^99CHEM-1||131|mmol/L|||||C", control="2")
    inbox.receive(corrected.encode())

    assert values(small) == [("NA", "141", "F"), ("NA", "131", "C")]


def test_controls_go_to_quality_control_only(small: SmallLab, inbox: Inbox) -> None:
    inbox.receive(messages.control("CHEMCTL-1", "C2401", "101|121|mmol/L", "102|3.0|mmol/L").encode())

    found = [
        (row.test, row.material, row.lot, row.level, row.value) for row in rows(small, t.control_observation)
    ]
    assert found == [("NA", "CHEMCTL", "C2401", 1, "121"), ("K", "CHEMCTL", "C2401", 1, "3.0")]
    assert rows(small, t.result_version) == []


def test_a_control_mark_beside_a_patient_is_held(small: SmallLab, inbox: Inbox) -> None:
    raw = messages.control("CHEMCTL-1", "C2401", "101|121|mmol/L").replace("OBR|1", f"{PID}\rOBR|1")

    inbox.receive(raw.encode())

    assert held(small) == [("101", "qc.doubtful_mark")]
    assert rows(small, t.control_observation) == []


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_other_line_ends_are_taken(small: SmallLab, inbox: Inbox, end: str) -> None:
    raw = results(tube(small), *LYTES).replace("\r", end)

    assert msa(inbox.receive(raw.encode())) == ("AA", "1")
    assert len(values(small)) == 4


def test_bytes_in_the_wrong_character_set_are_refused_and_kept(small: SmallLab, inbox: Inbox) -> None:
    raw = results(tube(small), "101|141|mmol/L", pid="PID|||M1001||Müller").encode("latin-1")

    reply = inbox.receive(raw)

    assert (msa(reply), errors(reply)) == (("AE", "1"), ["102"])
    [kept] = rows(small, t.inbound)
    assert (kept.raw, kept.state, kept.reason) == (raw, "refused", "charset.undecodable")
    assert rows(small, t.observation) == []


def test_latin_1_is_read_when_it_is_declared(small: SmallLab, inbox: Inbox) -> None:
    raw = order("LYTES", pid=PID.replace("Archer", "Müller")).replace("|2.5.1\r", "|2.5.1||||||8859/1\r")

    reply = inbox.receive(raw.encode("latin-1"))

    assert rows(small, t.patient)[0].family == "Müller"
    assert reply is not None
    assert "Müller".encode("latin-1") in reply


@pytest.mark.parametrize(
    ("raw", "code", "error"),
    [
        (joined(msh("ADT^A40^ADT_A39"), PID), "AR", "201"),
        (joined(msh("MFN^M01"), "MFI|"), "AR", "200"),
        (joined(msh("OML^O21^OML_O21", version="3.0"), PID), "AR", "203"),
        (joined(msh("OML^O21^OML_O21").replace("|T|", "|P|"), PID), "AR", "202"),
        (joined(msh("OML^O21^OML_O21")), "AE", "100"),
        (joined(msh("OML^O21^OML_O21"), PID), "AE", "100"),
        (joined(msh("OML^O21^OML_O21"), PID, PID, "ORC|NW|1"), "AE", "198"),
        (joined(msh("OML^O21^OML_O21"), "ORC|NW|1"), "AE", "101"),
        (joined(msh("OML^O21^OML_O21").replace("^~\\&", "^~"), PID), "AR", "102"),
    ],
)
def test_what_is_not_acceptable_is_refused_by_code(inbox: Inbox, raw: str, code: str, error: str) -> None:
    reply = inbox.receive(raw.encode())

    assert (msa(reply), errors(reply)) == ((code, "1"), [error])


def test_an_analyzer_may_not_order(inbox: Inbox) -> None:
    reply = inbox.receive(order("LYTES").replace("|HIS|SMALLHOSP|", "|CHEM-1|LAB|").encode())

    assert (msa(reply), errors(reply)) == (("AR", "1"), ["200"])


def test_an_unknown_sender_is_held_or_refused_by_policy(small: SmallLab) -> None:
    raw = results("1", "101|1|mmol/L", app="STRANGER").encode()

    assert msa(Inbox(small.lab).receive(raw)) == ("AA", "1")
    reply = Inbox(small.lab, unknown_sender="refuse").receive(raw.replace(b"|1|T|", b"|2|T|"))

    assert (msa(reply), errors(reply)) == (("AR", "2"), ["103"])
    found = [(row.state, row.reason) for row in rows(small, t.inbound)]
    assert found == [("held", "sender.unknown"), ("refused", "sender.unknown")]
    assert rows(small, t.observation) == []


def test_what_has_no_header_is_a_dead_letter_without_reply(small: SmallLab, inbox: Inbox) -> None:
    assert inbox.receive(b"PID|1||M1001\r") is None
    assert [(row.state, row.raw) for row in rows(small, t.inbound)] == [("dead_letter", b"PID|1||M1001\r")]


def test_an_acknowledgement_is_never_acknowledged(small: SmallLab, inbox: Inbox) -> None:
    assert inbox.receive(joined(msh("ACK^R01^ACK"), "MSA|AA|77").encode()) is None
    assert [row.reason for row in rows(small, t.inbound)] == ["reply.unasked"]


@pytest.mark.parametrize(
    ("accept", "application", "codes"),
    [
        ("", "", ["AA"]),
        ("NE", "AL", ["AA"]),
        ("AL", "NE", ["CA"]),
        ("AL", "AL", ["CA", "AA"]),
        ("ER", "AL", ["AA"]),
        ("NE", "NE", ["AA"]),
    ],
)
def test_enhanced_mode_gives_what_is_asked_for(
    small: SmallLab, inbox: Inbox, accept: str, application: str, codes: list[str]
) -> None:
    raw = results(tube(small), *LYTES).replace("|2.5.1\r", f"|2.5.1|||{accept}|{application}\r")

    [replies] = inbox.answer_many([Arrival(raw.encode())])

    assert [msa(reply)[0] for reply in replies] == codes
    assert len({segment(reply, "MSH")[10] for reply in replies}) == len(codes)
    [again] = inbox.answer_many([Arrival(raw.encode())])
    assert again == replies


def test_enhanced_mode_refuses_a_type_at_the_accept_level(inbox: Inbox) -> None:
    raw = joined(msh("MFN^M01", more="|||AL|AL"), "MFI|")

    [replies] = inbox.answer_many([Arrival(raw.encode())])

    assert [msa(reply) for reply in replies] == [("CR", "1")]


def test_an_old_version_is_answered_in_its_own_form(inbox: Inbox) -> None:
    reply = inbox.receive(joined(msh("MFN^M01", version="2.3.1"), "MFI|").encode())

    assert segment(reply, "MSH").value(9) == "ACK^M01"
    assert segment(reply, "MSH")[12] == "2.3.1"
    assert segment(reply, "MSA").value(6, 1) == "200"
    assert segment(reply, "ERR").value(1, 4, 1) == "200"


def test_own_delimiters_come_back_with_the_number_byte_for_byte(inbox: Inbox) -> None:
    raw = b"MSH@~&#\\@HIS@SMALLHOSP@LIS@LAB@20260302@@MFN~M01@A|1^x~y@T@2.5.1\rMFI@1\r"

    reply = inbox.receive(raw)

    assert reply is not None
    assert b"\rMSA@AR@A|1^x~y\r" in reply


def test_a_patient_update_changes_demographics_and_visit(small: SmallLab, inbox: Inbox) -> None:
    inbox.receive(order("LYTES").encode())
    visit = "PV1|1|I|CCU^2^1||||||||||||||||V77"

    reply = inbox.receive(
        joined(msh("ADT^A08^ADT_A01", "2"), PID.replace("Archer", "Bowman"), visit).encode()
    )

    assert msa(reply) == ("AA", "2")
    assert rows(small, t.patient)[0].family == "Bowman"
    assert rows(small, t.visit)[0].location == "CCU 2 1"


@pytest.mark.parametrize("trigger", ["A02", "A08"])
def test_a_move_changes_the_visit_and_leaves_the_order_where_it_was_written(
    small: SmallLab, inbox: Inbox, trigger: str
) -> None:
    inbox.receive(order("LYTES").encode())
    visit = "PV1|1|I|4W^7^1|||ICU^12|||||||||||||V77"

    reply = inbox.receive(joined(msh(f"ADT^{trigger}^ADT_{trigger}", "2"), PID, visit).encode())

    assert msa(reply) == ("AA", "2")
    assert [row.location for row in rows(small, t.visit)] == ["4W 7 1"]
    assert [row.location for row in rows(small, t.lab_order)] == ["ICU 12 1"]


def test_a_stopped_interface_refuses_for_now(small: SmallLab, inbox: Inbox) -> None:
    with small.work("lis_admin") as work:
        work.interfaces.change("CHEM-1", enabled=False, stopped_reason="maintenance")

    reply = inbox.receive(results("1", "101|141|mmol/L").encode())

    assert (msa(reply), errors(reply)) == (("AR", "1"), ["207"])


def test_each_message_of_a_batch_is_answered(small: SmallLab, inbox: Inbox) -> None:
    container = tube(small)
    one, two = results(container, "101|141|mmol/L"), results(container, "102|4.2|mmol/L", control="2")

    [replies] = inbox.answer_many([Arrival(f"FHS|^~\\&\rBHS|^~\\&\r{one}{two}BTS|2\rFTS|1\r".encode())])

    assert [msa(reply) for reply in replies] == [("AA", "1"), ("AA", "2")]
    assert [value for _, value, _ in values(small)] == ["141", "4.2"]


def test_a_message_that_breaks_the_program_takes_no_other_with_it(
    small: SmallLab, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    container = tube(small)
    with small.work("lis_admin") as work:
        work.interfaces.change("CHEM-1", settings={"code_map": {"777": "NOT_IN_THE_CATALOGUE"}})
        work.results.change(work.results.where()[0].id, test="NOT_IN_THE_CATALOGUE")
    raws = [
        results(container, "102|4.2|mmol/L").encode(),
        results(container, "777|1|mmol/L", control="2").encode(),
        results(container, "103|104|mmol/L", control="3").encode(),
    ]

    replies = inbox.receive_many([Arrival(raw) for raw in raws])

    assert [msa(reply)[0] for reply in replies] == ["AA", "AE", "AA"]
    assert errors(replies[1]) == ["207"]
    found = [(row.state, row.reason) for row in rows(small, t.inbound)]
    assert found == [("processed", ""), ("unprocessed", "message.failed"), ("processed", "")]
    assert [test for test, _, _ in values(small)] == ["K", "CL"]


def test_what_was_left_unprocessed_is_tried_again(small: SmallLab, inbox: Inbox) -> None:
    container = tube(small)
    with small.work("lis_admin") as work:
        settings = {"code_map": {"777": "NOT_IN_THE_CATALOGUE"}}
        work.interfaces.change("CHEM-1", settings=settings)
        row = work.results.where()[0]
        work.results.change(row.id, test="NOT_IN_THE_CATALOGUE")
    raw = results(container, "777|141|mmol/L").encode()
    inbox.receive(raw)
    with small.work("lis_admin") as work:
        work.interfaces.change("CHEM-1", settings={"code_map": {"777": "NA"}})
        work.results.change(row.id, test="NA")

    assert inbox.recover() == 1
    assert values(small) == [("NA", "141", "F")]
    assert msa(inbox.receive(raw)) == ("AA", "1")
    assert [row.state for row in rows(small, t.inbound)] == ["processed", "duplicate"]
