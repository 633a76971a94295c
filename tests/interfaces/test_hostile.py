"""Odd and hostile messages from one sender: each has its answer, and nothing reaches a chart by a guess."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from sqlalchemy import select

from lis.interfaces.inbox import Arrival, Inbox
from lis.storage import tables as t
from tests.interfaces.messages import PID, control, errors, joined, msa, msh, results, segment
from tests.labs import BEN, SmallLab

NA = "OBX|1|NM|101^^99CHEM-1||141|mmol/L|||||F"


@pytest.fixture
def inbox(small: SmallLab) -> Inbox:
    with small.work("lis_admin") as work:
        work.interfaces.change("CHEM-1", profile="generic-oru")
    return Inbox(small.lab)


@pytest.fixture
def tube(small: SmallLab) -> str:
    """Ann's tube, in the laboratory."""
    container = small.order("LYTES").container_ids[0]
    small.receive(container)
    return container


@pytest.fixture
def bens(small: SmallLab) -> str:
    """Another patient's tube, with the same tests."""
    container = small.order("LYTES", patient=BEN, numbers=["H0009"]).container_ids[0]
    small.receive(container)
    return container


def kept(small: SmallLab) -> list[tuple[str, str, str]]:
    """Value as it came, state and reason of every observation."""
    o = t.observation.c
    with small.lab.reading() as reading:
        rows = reading.connection.execute(select(o.value_sent, o.state, o.reason).order_by(o.id))
        return [tuple(row) for row in rows]


def filed(small: SmallLab) -> dict[str, str]:
    """Test → comparator and value of what an analyzer has on a chart."""
    r, v = t.result.c, t.result_version.c
    query = select(r.test, v.comparator, v.value).join(t.result, r.id == v.result_id)
    with small.lab.reading() as reading:
        rows = reading.connection.execute(query.where(v.source == "analyzer")).all()
    return {row.test: row.comparator + row.value for row in rows}


def inbound(small: SmallLab) -> list[tuple[str, str]]:
    with small.lab.reading() as reading:
        rows = reading.connection.execute(select(t.inbound).order_by(t.inbound.c.id))
        return [(row.state, row.reason) for row in rows]


@dataclass(frozen=True)
class Odd:
    """One OBX-2 and OBX-5 for sodium, and what stands on the chart then: the value, never made to fit."""

    kind: str
    value: str
    charted: str


@pytest.mark.parametrize(
    "odd",
    [
        Odd("SN", "<^100", "<100"),
        Odd("SN", "=^141", "141"),
        Odd("SN", ">=^141", ">=141"),
        Odd("NM", "<100", "<100"),
        Odd("CE", "141^one hundred", "141"),
        Odd("CWE", "^^^^^^^^141", "141"),
        Odd("TX", "141", "141"),
        Odd("ST", "14\\X0D\\1", "14\n1"),
        Odd("NM", "14\\X31\\", "141"),
        Odd("ST", "14\\X00\\1", "14\\X00\\1"),
        Odd("NM", "1,41", "1,41"),
        Odd("NM", "1.41E2", "141"),
        Odd("NM", "141~142", "141~142"),
        Odd("NM", "NaN", "NaN"),
        Odd("NM", "1e999999999", "1e999999999"),
        Odd("NM", "１４１", "１４１"),
        Odd("ST", "<script>alert(1)</script>", "<script>alert(1)</script>"),
    ],
    ids=lambda odd: f"{odd.kind} {odd.value}",
)
def test_a_value_is_charted_as_it_was_meant_and_waits_for_a_person(
    small: SmallLab, inbox: Inbox, tube: str, odd: Odd
) -> None:
    obx = f"OBX|1|{odd.kind}|101^^99CHEM-1||{odd.value}|mmol/L|||||F"

    assert msa(inbox.receive(results(tube, obx).encode())) == ("AA", "1")
    assert filed(small) == {"NA": odd.charted}
    with small.lab.reading() as reading:
        states = reading.connection.execute(select(t.result.c.state).where(t.result.c.test == "NA")).all()
    assert [row.state for row in states] == ["on_hold"]


HELD = {
    "PID twice before one OBR": lambda a, b: results(a, NA, pid="PID|||M1001\rPID|||M1002"),
    "SAC says one tube, OBR-3 another": lambda a, b: results(b, NA).replace("SPM|1|", f"SAC|||{a}\rSPM|1|"),
    "SPM twice after one OBR": lambda a, b: results(a, NA).replace(f"OBR|1||{a}", "OBR|1||") + f"SPM|2|{b}\r",
    "SAC twice under one SPM": lambda a, b: joined(
        msh("OUL^R22^OUL_R22", "1", "CHEM-1"), "SPM|1", f"SAC|||{a}", f"SAC|||{b}", "OBR|1|||101", NA
    ),
    "SPM between OBR and OBX says another tube": lambda a, b: joined(
        msh("OUL^R22^OUL_R22", "1", "CHEM-1"), f"OBR|1||{a}|101", f"SPM|1|{b}", NA
    ),
    "a unit in other letters": lambda a, b: results(a, NA.replace("mmol/L", "MMOL/L")),
    "cut in the middle of an OBX": lambda a, b: results(a, NA)[: results(a, NA).index("|||||F")],
    "masked": lambda a, b: results(a, NA.replace("141", "***.*")),
    "dashes": lambda a, b: results(a, NA.replace("141", "-----")),
    "marked as control, and a patient's tube": lambda a, b: control(a, "C2401", NA),
    "no order on record, says the sender": lambda a, b: results(a, NA).replace(
        "-0600\rOBX", f"-0600{'|' * 18}Y\rOBX", 1
    ),
    "two segments glued": lambda a, b: results(
        a, NA.replace("|||||F", "|||||OBX|2|NM|102||4.2|mmol/L|||||F")
    ),
    "a line break in a field": lambda a, b: results(a, NA.replace("141", "14\r1")),
    "a pool (SPM-11 L)": lambda a, b: results(a, NA).replace("|P^^HL70369", "|L^^HL70369"),
    "withdrawn, and never sent": lambda a, b: results(a, NA[:-1] + "W"),
    "deleted, and never sent": lambda a, b: results(a, NA[:-1] + "D"),
    "corrected, and never sent": lambda a, b: results(a, NA[:-1] + "C"),
    "final, and empty": lambda a, b: results(a, NA.replace("141", "")),
    "no status": lambda a, b: results(a, NA[:-1]),
    "point of care, no order": lambda a, b: results("", NA).replace("ORU^R01^ORU_R01", "ORU^R30^ORU_R30"),
}


@pytest.mark.parametrize("case", HELD)
def test_what_cannot_be_told_apart_is_held(
    small: SmallLab, inbox: Inbox, tube: str, bens: str, case: str
) -> None:
    assert msa(inbox.receive(HELD[case](tube, bens).encode())) == ("AA", "1")
    assert {state for _, state, _ in kept(small)} == {"held"}
    assert filed(small) == {}


def test_each_specimen_that_leads_its_order_is_its_own_tube(
    small: SmallLab, inbox: Inbox, tube: str, bens: str
) -> None:
    """Though SPM follows in ORU^R01 by the standard."""
    raw = joined(
        msh("ORU^R01^ORU_R01", "1", "CHEM-1"),
        *(f"SPM|1|{tube}", "OBR|1", NA, f"SPM|2|{bens}", "OBR|2", NA.replace("141", "137")),
    )

    inbox.receive(raw.encode())

    v, r, o, p = t.result_version.c, t.result.c, t.lab_order.c, t.patient.c
    charts = (
        select(p.mrn, v.value)
        .join(t.result, r.id == v.result_id)
        .join(t.lab_order, o.id == r.order_id)
        .join(t.patient, p.id == o.patient_id)
        .order_by(v.id)
    )
    with small.lab.reading() as reading:
        assert reading.connection.execute(charts).all() == [("M1001", "141"), ("M1002", "137")]


REFUSED = {
    "version 2.9": (results("1", NA).replace("|2.5.1\r", "|2.9\r"), "AR", "203"),
    "no version": (results("1", NA).replace("|2.5.1\r", "|\r"), "AR", "203"),
    "no processing id": (results("1", NA).replace("|T|2.5.1", "||2.5.1"), "AR", "202"),
    "no event": (results("1", NA).replace("ORU^R01^ORU_R01", "ORU"), "AR", "201"),
    "goes on in another message": (results("1", NA) + "DSC|PART2|F\r", "AE", "199"),
    "the rest of another": (results("1", NA).replace("|2.5.1\r", "|2.5.1||PART2\r"), "AE", "199"),
    "a character set of its own": (results("1", NA).replace("|2.5.1\r", "|2.5.1||||||EBCDIC\r"), "AE", "103"),
    "NUL in a value": (results("1", NA.replace("141", "14\x001")), "AE", "102"),
    "nothing but MSH": (joined(msh("ORU^R01", "1", "CHEM-1")), "AE", "100"),
    "a merge": (joined(msh("ADT^A40^ADT_A39"), "EVN|A40", PID, "MRG|M1002"), "AR", "201"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_must_be_refused_is_refused_by_its_code(small: SmallLab, inbox: Inbox, case: str) -> None:
    raw, code, error = REFUSED[case]

    reply = inbox.receive(raw.encode())

    assert (msa(reply), errors(reply)) == ((code, "1"), [error])
    assert kept(small) == []


@pytest.mark.parametrize(
    "raw",
    [
        results("1", NA, control=""),
        results("1", NA, control="A\x00B"),
        results("1", NA)[4:],
        "\x00" + results("1", NA),
        results("1", NA).encode("utf-16-le").decode("latin-1"),
        "",
    ],
    ids=["no number", "NUL in the number", "half a header", "NUL before it", "UTF-16", "empty"],
)
def test_what_has_no_honest_answer_is_kept_without_one(small: SmallLab, inbox: Inbox, raw: str) -> None:
    assert inbox.receive(raw.encode("latin-1")) is None
    assert [state for state, _ in inbound(small)] == ["dead_letter"]


def test_a_blank_continuation_pointer_continues_nothing(small: SmallLab, inbox: Inbox, tube: str) -> None:
    assert msa(inbox.receive((results(tube, NA) + "DSC|\r").encode())) == ("AA", "1")
    assert filed(small) == {"NA": "141"}


@pytest.mark.parametrize("kind", ["DT", "TM", "TS", "DTM", "NM"])
def test_digits_of_a_date_or_time_are_no_number(small: SmallLab, inbox: Inbox, tube: str, kind: str) -> None:
    said = f"OBX|1|{kind}|101^^99CHEM-1||120|mmol/L|||||F"
    assert msa(inbox.receive(results(tube, said, control="1").encode()))[0] == "AA"
    assert msa(inbox.receive(control("CHEMCTL-1", "C2401", said, control_id="2").encode()))[0] == "AA"

    with small.lab.reading() as reading:
        kept = reading.connection.execute(select(t.observation.c.state, t.observation.c.reason)).all()
        values = reading.connection.execute(select(t.result_version.c.value)).scalars().all()
        controls = reading.connection.execute(select(t.control_observation.c.value)).scalars().all()
    if kind == "NM":
        assert ([tuple(row) for row in kept], values, controls) == (
            [("filed", ""), ("control", "")],
            ["120"],
            ["120"],
        )
    else:
        assert ([tuple(row) for row in kept], values, controls) == ([("held", "value.type")] * 2, [], [])


def test_another_container_of_the_same_order_is_no_contradiction(small: SmallLab, inbox: Inbox) -> None:
    placed = small.order("LYTES", "HGB")
    small.receive(*placed.container_ids)
    one, other = placed.container_ids[:2]

    inbox.receive(
        results(one, NA)
        .replace("SPM|1|", f"SAC|||{one}\rSPM|1|")
        .replace(f"OBR|1||{one}", f"OBR|1||{other}")
        .encode()
    )

    assert filed(small) == {"NA": "141"}


@pytest.mark.parametrize("event", ["R30", "R31", "R32"])
def test_point_of_care_is_acknowledged_with_its_own_event(inbox: Inbox, event: str) -> None:
    raw = results("", NA).replace("ORU^R01^ORU_R01", f"ORU^{event}^ORU_R30")

    assert segment(inbox.receive(raw.encode()), "MSH")[9] == "ACK^R33^ACK"


def test_five_thousand_observations_are_one_message(small: SmallLab, inbox: Inbox, tube: str) -> None:
    raw = results(tube, *[f"{101 + number}|{number}|mmol/L" for number in range(5000)])

    assert msa(inbox.receive(raw.encode())) == ("AA", "1")
    assert len(kept(small)) == 5000


def test_repetitions_without_number_hold_nobody_up(small: SmallLab, inbox: Inbox, tube: str) -> None:
    """Read one by one from the start they would take minutes."""
    many = 50_000
    pid = "PID|1||" + "~".join(["X^^^H^PI"] * many) + "~M1001^^^H^MR"
    flags = "~".join(["A"] * (many - 1) + ["QCF"])

    reply = inbox.receive(results(tube, NA.replace("|||||F", f"||{flags}|||F"), pid=pid).encode())

    assert (msa(reply), filed(small)) == (("AA", "1"), {"NA": "141"})
    with small.lab.reading() as reading:
        [flags_sent] = reading.connection.execute(select(t.observation.c.flags_sent)).scalars()
    assert flags_sent == flags


def test_letters_of_another_script_are_read_by_their_character_set(
    small: SmallLab, inbox: Inbox, tube: str
) -> None:
    text = results(tube, "OBX|1|ST|101^钠^99CHEM-1||141|mmol/L|||||F")
    raw = text.replace("|2.5.1\r", "|2.5.1||||||GB 18030-2000\r").encode("gb18030")

    assert msa(inbox.receive(raw)) == ("AA", "1")
    with small.lab.reading() as reading:
        assert reading.connection.execute(select(t.observation.c.name_sent)).scalars().all() == ["钠"]


def test_one_message_with_a_nul_takes_no_other_with_it(small: SmallLab, inbox: Inbox, tube: str) -> None:
    raws = [results("1", NA, control="\x00"), results(tube, NA, control="2")]

    replies = inbox.receive_many([Arrival(raw.encode()) for raw in raws])

    assert replies[0] is None
    assert msa(replies[1]) == ("AA", "2")
