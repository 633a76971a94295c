"""Edited copies: messages of their own, marked as made by hand; the original stays."""

from __future__ import annotations

import pytest

from lis.interfaces.arrivals import ASTM
from lis.interfaces.copying import BY_HAND, copy_of, make_inbound, make_outbound, text_of
from lis.interfaces.inbox import Arrival, Inbox
from lis.interfaces.sender import Sender
from lis.kernel.errors import Conflict, Invalid, NotAllowed, Refusal
from lis.storage import tables as t
from lis.wire.er7 import Message
from tests.interfaces.messages import records, results
from tests.interfaces.test_inbox import rows, tube, values
from tests.labs import SmallLab


def sent(
    small: SmallLab, inbox: Inbox, text: str, *, role: str = "lis_admin", reason: str = "unit fixed"
) -> int:
    with small.work(role) as work:
        return make_inbound(work, inbox, 1, text, reason=reason)


@pytest.fixture
def text(small: SmallLab, inbox: Inbox) -> str:
    """A message whose one value is held for its unit, as it stands in the text box."""
    inbox.receive(results(tube(small), "101|141|mg/dL").encode())
    return text_of(rows(small, t.inbound)[0].raw)


def test_an_edited_copy_is_a_message_of_its_own(small: SmallLab, inbox: Inbox, text: str) -> None:
    [original] = rows(small, t.inbound)
    key = sent(small, inbox, text.replace("mg/dL", "mmol/L"))
    before, copy = rows(small, t.inbound)
    assert before == original
    assert (copy.id, copy.control_id, copy.state, copy_of(copy), copy_of(before)) == (
        key,
        "HAND000001",
        "processed",
        1,
        None,
    )
    assert copy.raw == original.raw.replace(b"mg/dL", b"mmol/L").replace(b"|1|T|", b"|HAND000001|T|")
    assert values(small) == [("NA", "141", "F")]
    with small.lab.reading() as reading:
        event = reading.connection.execute(t.journal.select().order_by(t.journal.c.seq.desc())).first()
    assert event is not None
    assert (event.verb, event.actor, event.station, event.subject, event.reason, event.data) == (
        "message.made",
        "lis_admin",
        "BENCH-1",
        f"message:{key}",
        "unit fixed",
        {"copy_of": "message:1"},
    )


def test_a_number_of_ones_own_is_taken_once(small: SmallLab, inbox: Inbox, text: str) -> None:
    own = text.replace("|1|T|", "|MINE|T|")
    sent(small, inbox, own)
    with pytest.raises(Conflict) as used:
        sent(small, inbox, own)
    assert used.value.code == "copy.number"
    assert [row.control_id for row in rows(small, t.inbound)] == ["1", "MINE"]


def test_what_is_no_copy_is_refused(small: SmallLab, inbox: Inbox, text: str) -> None:
    cases: list[tuple[str, str, str, type[Refusal], str]] = [
        (text.replace("|1|T|", "|1|P|"), "lis_admin", "x", Conflict, "copy.processing"),
        (text.split("\n", 1)[1], "lis_admin", "x", Invalid, "copy.header"),
        ("", "lis_admin", "x", Invalid, "copy.header"),
        (f"{text}\n{text}", "lis_admin", "x", Invalid, "copy.one_message"),
        (text, "technologist", "x", NotAllowed, "act.not_allowed"),
        (text, "lis_admin", " ", Invalid, "reason.missing"),
    ]
    for said, role, reason, refusal, code in cases:
        with pytest.raises(refusal) as refused:
            sent(small, inbox, said, role=role, reason=reason)
        assert refused.value.code == code
    assert len(rows(small, t.inbound)) == 1


def test_letters_keep_the_originals_character_set(small: SmallLab, inbox: Inbox) -> None:
    latin = results(tube(small), "101|141|mg/dL").replace("|T|2.5.1", "|T|2.5.1||||||8859/1").encode()
    inbox.receive(latin)
    text = text_of(latin)
    sent(small, inbox, f"{text}\nNTE|1||Grün")
    assert rows(small, t.inbound)[1].raw.endswith(b"NTE|1||Gr\xfcn\r")
    with pytest.raises(Invalid) as other:
        sent(small, inbox, f"{text}\nNTE|1||Ω")
    assert other.value.code == "copy.charset"


def test_records_are_copied_under_their_own_number(small: SmallLab, inbox: Inbox) -> None:
    with small.by_wire() as work:
        work.interfaces.change("CHEM-1", profile="generic-astm")
    raw = records(tube(small), "101|141|mmol/L").encode()
    inbox.answer_many([Arrival(raw, interface="CHEM-1", protocol=ASTM)])
    sent(small, inbox, text_of(raw).replace("|141|", "|142|"))
    assert [row.control_id for row in rows(small, t.inbound)] == ["A1", "HAND000001"]


def outgoing(small: SmallLab, kind: str = "order_status") -> int:
    with small.by_wire() as work:
        key = work.outbox.add(kind, "HIS", accession="260610001", order=1)
        work.flush()
        work.outgoing.change(
            key, state="answered", body=b"MSH|^~\\&|LIS|LAB|HIS||||ORU^R01|OUT1|T|2.5.1\rOBX|1\r"
        )
    return key


def test_an_edited_report_is_sent_under_a_number_of_its_own(small: SmallLab) -> None:
    first = outgoing(small)
    with small.work("lis_admin") as work:
        body = work.outgoing.get(first).body
        assert body is not None
        key = make_outbound(work, first, text_of(body).replace("OBX|1", "OBX|2"), reason="shows the bug")
    told: list[bytes] = []

    def exchange(_interface: object, _kind: str, body: bytes) -> bytes:
        told.append(body)
        number = Message.parse(body.decode()).header[10]
        return f"MSH|^~\\&|HIS||LIS||||ACK|9|T|2.5.1\rMSA|AA|{number}\r".encode()

    assert Sender(small.lab, exchange).step() == 1
    assert told == [body.replace(b"OUT1", b"OUT%09d" % key).replace(b"OBX|1", b"OBX|2")]
    with small.work() as work:
        row, original = work.outgoing.get(key), work.outgoing.get(first)
    assert (row.kind, row.state, row.refs, original.body) == (BY_HAND, "answered", {"copy_of": first}, body)


def test_labels_and_what_was_never_composed_are_not_copied(small: SmallLab) -> None:
    label = outgoing(small, "label")
    with small.by_wire() as work:
        empty = work.outbox.add("order_status", "HIS", order=1)
    for key in (label, empty):
        with small.work("lis_admin") as work, pytest.raises(Conflict) as refused:
            make_outbound(work, key, "MSH|^~\\&|", reason="x")
        assert refused.value.code == "copy.not_editable"
