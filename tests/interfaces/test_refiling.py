"""Held messages are tried again as whole: by the same rules, from their own bytes, nothing twice."""

from __future__ import annotations

from typing import Any

import pytest

from lis.interfaces.arrivals import ASTM
from lis.interfaces.inbox import Arrival, Inbox
from lis.interfaces.refiling import refile_message, refile_values, refile_waiting
from lis.kernel.errors import Conflict, Invalid, NotAllowed
from lis.services import mapping
from lis.storage import tables as t
from tests.interfaces.messages import control, msa, records, results
from tests.interfaces.test_inbox import LYTES, held, rows, tube, values
from tests.labs import SmallLab, actor


def refile(
    small: SmallLab, inbox: Inbox, key: int = 1, *, role: str = "technologist", reason: str = "done"
) -> Any:
    with small.work(role) as work:
        return refile_message(work, inbox, key, reason=reason)


def events(small: SmallLab, verb: str) -> list[tuple[str, str, dict[str, Any]]]:
    with small.lab.reading() as reading:
        found = reading.connection.execute(t.journal.select().order_by(t.journal.c.seq))
        return [(row.actor, row.reason, row.data) for row in found if row.verb == verb]


def test_a_tube_received_late_lets_the_whole_message_in(small: SmallLab, inbox: Inbox) -> None:
    late = small.order("LYTES").container_ids[0]
    reply = inbox.receive(results(late, *LYTES).encode())
    assert [why for _, why in held(small)] == ["container.not_received"] * 4
    assert set(refile(small, inbox).values()) == {"container.not_received"}
    small.receive(late)
    assert set(refile(small, inbox, reason="received now").values()) == {"filed"}
    assert values(small) == [("NA", "141", "F"), ("K", "4.2", "F"), ("CL", "104", "F"), ("CO2", "25", "F")]
    [message] = rows(small, t.inbound)
    assert (message.reply, message.accession) == (reply, "260610001")
    assert {(row.state, row.settled_by) for row in rows(small, t.observation)} == {("filed", "technologist")}
    assert [data["state"] for _, _, data in events(small, "message.refiled")] == ["processed"] * 2
    assert [(who, why) for who, why, _ in events(small, "observation.linked")] == [
        ("technologist", "received now")
    ] * 4


def test_a_message_is_filed_once_however_often_it_is_tried(small: SmallLab, inbox: Inbox) -> None:
    late = small.order("LYTES").container_ids[0]
    text = results(late, *LYTES).encode()
    inbox.receive(text)
    small.receive(late)
    refile(small, inbox)
    with pytest.raises(Conflict) as twice:
        refile(small, inbox)
    inbox.receive(text)
    inbox.receive(text.replace(b"|1|T|", b"|2|T|"))
    assert twice.value.code == "message.settled"
    assert len(values(small)) == 4
    assert [row.state for row in rows(small, t.inbound)] == ["processed", "duplicate", "processed"]
    assert {row.state for row in rows(small, t.observation) if row.inbound_id == 3} == {"repeated"}


def test_only_what_is_held_is_tried_again(small: SmallLab, inbox: Inbox) -> None:
    inbox.receive(results(tube(small), "101|141|mmol/L", "Kx|4.2|mmol/L", "Clx|104|mmol/L").encode())
    with small.work("lis_admin") as work:
        mapping.map_code(work, "CHEM-1", "Kx", "K", reason="new channel")
    assert sorted(refile(small, inbox).values()) == ["code.unmapped", "filed"]
    assert values(small) == [("NA", "141", "F"), ("K", "4.2", "F")]
    assert held(small) == [("Clx", "code.unmapped")]


def test_a_doubt_is_not_lost_by_trying_again(small: SmallLab, inbox: Inbox) -> None:
    inbox.receive(results(tube(small), "OBX|1|NM|101^^99CHEM-1|||mmol/L|||||F").encode())
    with small.work() as work:
        assert refile_values(work, [1], reason="look") == {1: "observation.doubtful"}
    assert values(small) == []


def test_a_message_of_a_sender_made_known_later_is_processed_and_not_answered_anew(
    small: SmallLab, inbox: Inbox
) -> None:
    container = tube(small)
    reply = inbox.receive(results(container, *LYTES, app="NEWCHEM").encode())
    assert set(refile(small, inbox)) == set()
    assert [row.state for row in rows(small, t.inbound)] == ["held"]
    with small.by_wire() as work:
        row = work.interfaces.find("CHEM-1")
        assert row is not None
        work.interfaces.change("CHEM-1", settings=row.settings | {"application": "NEWCHEM"})
    assert set(refile(small, inbox, reason="sender entered").values()) == {"filed"}
    [message] = rows(small, t.inbound)
    assert (message.state, message.interface, message.reply) == ("processed", "CHEM-1", reply)
    again = inbox.receive(results(container, *LYTES, app="NEWCHEM").encode())
    assert (msa(again), len(values(small))) == (("AA", "1"), 4)


def test_what_was_accepted_once_is_not_refused_afterwards(small: SmallLab, inbox: Inbox) -> None:
    inbox.receive(results(tube(small), *LYTES, app="NEWCHEM").replace("|T|2.5.1", "|X|2.5.1").encode())
    with small.by_wire() as work:
        work.interfaces.change("CHEM-1", settings={"application": "NEWCHEM"})
    with pytest.raises(Conflict) as refused:
        refile(small, inbox)
    assert (refused.value.code, str(refused.value)) == (
        "message.refused",
        "It would be refused: The processing id X is not taken here. Discard it, or edit a copy.",
    )
    assert [row.state for row in rows(small, t.inbound)] == ["held"]


def test_records_of_a_link_are_tried_again_too(small: SmallLab, inbox: Inbox) -> None:
    late = small.order("LYTES").container_ids[0]
    with small.by_wire() as work:
        work.interfaces.change("CHEM-1", profile="generic-astm")
    inbox.answer_many([Arrival(records(late, "101|141|mmol/L").encode(), interface="CHEM-1", protocol=ASTM)])
    small.receive(late)
    assert (refile(small, inbox), values(small)) == ({1: "filed"}, [("NA", "141", "F")])


def test_a_controls_values_go_to_quality_control_when_their_code_is_known(
    small: SmallLab, inbox: Inbox
) -> None:
    inbox.receive(control("QC-1", "L1", "Nax|140|mmol/L").encode())
    assert held(small) == [("Nax", "qc.unmapped")]
    with small.work("lis_admin") as work:
        mapping.map_code(work, "CHEM-1", "Nax", "NA", reason="new channel")
    assert refile(small, inbox) == {1: "control"}
    [filed] = rows(small, t.control_observation)
    assert (filed.test, filed.material, filed.lot, filed.level, filed.value) == ("NA", "QC", "L1", 1, "140")


def test_nothing_is_tried_while_the_interface_is_stopped(small: SmallLab, inbox: Inbox) -> None:
    inbox.receive(results("999999999999", *LYTES).encode())
    with small.by_wire() as work:
        work.interfaces.change("CHEM-1", enabled=False, stopped_reason="Probe crash")
    with pytest.raises(Conflict) as stopped:
        refile(small, inbox)
    assert (stopped.value.code, str(stopped.value)) == (
        "interface.stopped",
        "The interface CHEM-1 is stopped: Probe crash Start it first.",
    )


def test_trying_again_takes_the_act_and_a_reason(small: SmallLab, inbox: Inbox) -> None:
    inbox.receive(results("999999999999", *LYTES).encode())
    with pytest.raises(NotAllowed):
        refile(small, inbox, role="lis_admin")
    with pytest.raises(Invalid):
        refile(small, inbox, reason=" ")


def test_a_closed_code_means_nothing_whatever_the_menu_or_a_loinc_says(small: SmallLab, inbox: Inbox) -> None:
    container = tube(small)
    with small.work("lis_admin") as work:
        loinc = work.catalog.tests["NA"].loinc
        mapping.close_code(work, "CHEM-1", "101", reason="The channel was changed")
    both = f"OBX|1|NM|101^Na^99CHEM-1^{loinc}^Sodium^LN||141|mmol/L|||||F"
    inbox.receive(results(container, both).encode())
    assert held(small) == [("101", "code.unmapped")]


def stop(small: SmallLab, reason: str) -> None:
    with small.by_wire() as work:
        work.interfaces.change("CHEM-1", enabled=not reason, stopped_reason=reason)


def test_what_a_link_sent_while_its_interface_was_stopped_is_kept_and_tried_again_at_once(
    small: SmallLab, inbox: Inbox
) -> None:
    container = tube(small)
    with small.by_wire() as work:
        work.interfaces.change("CHEM-1", profile="generic-astm")
    stop(small, "Probe crash")
    for number, item in (("A1", "101|141|mmol/L"), ("A2", "102|4.1|mmol/L")):
        raw = records(container, item, number=number).encode()
        inbox.answer_many([Arrival(raw, interface="CHEM-1", protocol=ASTM)])
    assert [(row.state, row.reason, row.ack_code) for row in rows(small, t.inbound)] == [
        ("held", "interface.stopped", "AA")
    ] * 2
    stop(small, "")
    states = refile_waiting(small.lab, inbox, actor("technologist"), "CHEM-1", reason="Probe changed")
    assert states == {1: "processed", 2: "processed"}
    assert values(small) == [("NA", "141", "F"), ("K", "4.1", "F")]


def test_what_was_sent_over_hl7_meanwhile_is_kept_refused_and_taken_when_it_comes_again(
    small: SmallLab, inbox: Inbox
) -> None:
    raw = results(tube(small), "101|141|mmol/L").encode()
    stop(small, "Probe crash")
    refused = inbox.receive(raw)
    with pytest.raises(Conflict):
        refile(small, inbox)
    stop(small, "")
    assert (msa(refused), msa(inbox.receive(raw))) == (("AR", "1"), ("AA", "1"))
    assert [row.state for row in rows(small, t.inbound)] == ["refused", "processed"]


def test_one_that_would_be_refused_keeps_no_other_from_being_tried(small: SmallLab, inbox: Inbox) -> None:
    container = tube(small)
    for control_id, code in (("1", "X"), ("2", "T")):
        text = results(container, "101|141|mmol/L", control=control_id, app="NEWCHEM")
        inbox.receive(text.replace("|T|2.5.1", f"|{code}|2.5.1").encode())
    with small.by_wire() as work:
        work.interfaces.change("CHEM-1", settings={"application": "NEWCHEM"})
        for key in (1, 2):
            work.inbound.change(key, interface="CHEM-1")
    states = refile_waiting(small.lab, inbox, actor("technologist"), "CHEM-1", reason="sender entered")
    assert states == {2: "processed"}
    assert [row.state for row in rows(small, t.inbound)] == ["held", "processed"]


def test_a_units_own_spelling_files_what_waited_and_what_comes(small: SmallLab, inbox: Inbox) -> None:
    container = tube(small)
    inbox.receive(results(container, "101|141|millimol", "102|4|mg/dL").encode())
    assert held(small) == [("101", "unit.mismatch"), ("102", "unit.mismatch")]
    with small.work("lis_admin") as work:
        mapping.map_unit(work, "CHEM-1", "millimol", "mmol/L", reason="old firmware")
    assert refile(small, inbox) == {1: "filed", 2: "unit.mismatch"}
    inbox.receive(results(container, "103|104|millimol", control="2").encode())
    inbox.receive(control("CHEMCTL-1", "C2401", "101|120|millimol", control_id="3").encode())
    assert values(small) == [("NA", "141", "F"), ("CL", "104", "F")]
    [version, _] = rows(small, t.result_version)[-2:]
    [filed] = rows(small, t.control_observation)
    kept = [row.unit_sent for row in rows(small, t.observation)]
    assert (version.unit, version.sent_unit, filed.unit) == ("mmol/L", "mmol/L", "mmol/L")
    assert kept == ["millimol", "mg/dL", "millimol", "millimol"]
