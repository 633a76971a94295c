"""LIS02 records into a small laboratory: results filed and held, controls, queries answered, cut messages held."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from lis.interfaces import astm_work
from lis.interfaces.inbox import ASTM, Arrival, Inbox
from lis.services import cancelling, maintaining
from lis.storage import tables as t
from lis.wire.astm import Records
from tests.interfaces.messages import records
from tests.labs import SmallLab

ACK = b"\x06"


@pytest.fixture
def inbox(small: SmallLab) -> Inbox:
    with small.work("lis_admin") as work:
        work.interfaces.change("CHEM-1", profile="generic-astm")
    return Inbox(small.lab)


@pytest.fixture
def container(small: SmallLab) -> str:
    container = small.order("LYTES").container_ids[0]
    small.receive(container)
    return container


def take(inbox: Inbox, text: str, note: str = "") -> tuple[bytes, ...]:
    return inbox.answer_many([Arrival(text.encode(), protocol=ASTM, note=note)])[0]


def kept(small: SmallLab) -> list[tuple[str, str, str, str]]:
    o = t.observation.c
    query = select(o.code_sent, o.value_sent, o.state, o.reason).order_by(o.id)
    with small.lab.reading() as reading:
        return [tuple(row) for row in reading.connection.execute(query)]


def states(small: SmallLab) -> list[tuple[str, str]]:
    with small.lab.reading() as reading:
        rows = reading.connection.execute(select(t.inbound).order_by(t.inbound.c.id))
        return [(row.state, row.reason) for row in rows]


def details(small: SmallLab) -> list[str]:
    with small.lab.reading() as reading:
        return list(reading.connection.execute(select(t.inbound.c.detail).order_by(t.inbound.c.id)).scalars())


def test_results_are_filed_and_the_doubtful_held(small: SmallLab, inbox: Inbox, container: str) -> None:
    text = records(
        container,
        "101|141|mmol/L",
        "R|2|^^^102|4.2|mmol/L||N||W",
        "R|3|^^^103|104|mmol/L||N",
        "R|4|^^^104|25|mmol/L||A||F\rC|1|I|43|I",
    )

    assert take(inbox, text) == (ACK,)
    assert kept(small) == [
        ("102", "4.2", "held", "observation.doubtful"),
        ("103", "104", "held", "status.empty"),
        ("104", "25", "held", "observation.doubtful"),
        ("101", "141", "filed", ""),
    ]


def test_a_repeat_files_nothing(small: SmallLab, inbox: Inbox, container: str) -> None:
    text = records(container, "101|141|mmol/L")

    assert [take(inbox, text), take(inbox, text)] == [(ACK,), (ACK,)]
    assert states(small) == [("processed", ""), ("duplicate", "")]
    assert len(kept(small)) == 1


def test_a_control_run_goes_to_quality_control(small: SmallLab, inbox: Inbox) -> None:
    text = records("CHEMCTL-1", "101|121|mmol/L").replace("|LIS||P|", "|LIS||Q|")

    take(inbox, text)

    with small.lab.reading() as reading:
        row = reading.connection.execute(select(t.control_observation)).one()
    assert (row.test, row.material, row.level, row.value) == ("NA", "CHEMCTL", 1, "121")


def test_a_query_is_answered_with_the_pending_tests(small: SmallLab, inbox: Inbox, container: str) -> None:
    query = f"H|\\^&|||CHEM-1|||||LIS||P\rQ|1|^{container}||ALL||||||||O\rL|1|N\r"

    [ack, answer] = take(inbox, query)

    assert ack == ACK
    found = Records.parse(answer.decode())
    [order] = found.all("O")
    assert order[3] == container
    assert [rep.split("^")[3] for rep in order.reps(5)] == ["101", "102", "103", "104", "H", "I", "L"]
    assert found.all("P")[0].comps(6) == ["Archer", "Ann"]
    [_, nothing] = take(inbox, query.replace(container, "000000000000"))
    assert [record[3] for record in Records.parse(nothing.decode()).all("L")] == ["I"]


def ask(inbox: Inbox, *ids: str, tests: str = "^^^ALL") -> list[tuple[str, list[str]]]:
    """What an analyzer is told when it asks for these ids: the containers with its codes, in order."""
    query = f"H|\\^&|||CHEM-1|||||LIS||P\rQ|1|{chr(92).join(ids)}||{tests}||||||||O\rL|1|N\r"
    _, answer = take(inbox, query)
    message = Records.parse(answer.decode())
    assert [record[3] for record in message.all("L")] == ["N" if message.all("O") else "I"]
    assert [record[2] for record in message.all("P")] == [
        str(number) for number, _ in enumerate(message.all("O"), 1)
    ]
    return [(order[3], [rep.split("^")[3] for rep in order.reps(5)]) for order in message.all("O")]


CODES = ["101", "102", "103", "104", "H", "I", "L"]


def sent_work(small: SmallLab) -> int:
    with small.lab.reading() as reading:
        return len(reading.connection.execute(select(t.analyzer_work)).all())


@pytest.mark.parametrize("asked", ["ALL", "^ALL", "all", "ALL^ALL"])
def test_a_query_for_all_is_answered_with_all_that_waits_at_that_analyzer(
    small: SmallLab, inbox: Inbox, container: str, asked: str
) -> None:
    urgent, only_expected = (
        small.order("LYTES", numbers=(number,), priority=priority).container_ids[0]
        for number, priority in (("H8", "S"), ("H9", "R"))
    )
    small.receive(urgent)
    noted, journal = sent_work(small), small.journal()

    assert ask(inbox, asked) == [(urgent, CODES), (container, CODES)]

    assert (sent_work(small), small.journal()) == (noted, journal)
    assert only_expected not in dict(ask(inbox, asked))


def test_a_query_for_all_leaves_out_what_has_come_back_or_waits_elsewhere(
    small: SmallLab, inbox: Inbox, container: str
) -> None:
    take(inbox, records(container, "101|141|mmol/L"))
    assert ask(inbox, "ALL") == [(container, CODES[1:])]
    with small.work("lis_admin") as work:
        maintaining.hold_test(work, "CHEM-1", "K", reason="Electrode drifts")
    assert ask(inbox, "ALL") == ask(inbox, f"^{container}") == [(container, CODES[2:])]
    with small.work() as work:
        cancelling.cancel_order(work, container[:9], reason="not wanted")
    assert ask(inbox, "ALL") == []


def test_an_answer_for_all_is_bounded_and_the_rest_follows(
    small: SmallLab, inbox: Inbox, container: str
) -> None:
    second = small.order("LYTES", numbers=("H8",)).container_ids[0]
    small.receive(second)

    def told(at_most: int) -> list[str]:
        with small.work() as work:
            return [row.container_id for row, _ in astm_work.outstanding(work, "CHEM-1", at_most).found]

    assert (told(1), told(2)) == ([container], [container, second])
    with small.work() as work:
        cancelling.cancel_order(work, container[:9], reason="not wanted")
    assert told(1) == [second]


def test_an_answer_that_is_not_the_whole_says_so(small: SmallLab, inbox: Inbox, container: str) -> None:
    second = small.order("LYTES", numbers=("H8",)).container_ids[0]
    small.receive(second)
    with small.work("lis_admin") as work:
        work.interfaces.change("CHEM-1", settings={"most_at_once": 1})
    query = "H|\\^&|||CHEM-1|||||LIS||P\rQ|1|ALL||^^^ALL||||||||O\rL|1|N\r"

    _, answer = take(inbox, query)

    words = "Given 1; 1 more wait: ask again, or by their ids."
    message = Records.parse(answer.decode())
    assert [record.id for record in message.records] == ["H", "C", "P", "O", "L"]
    assert [(one[3], one[4], one[5]) for one in message.all("C")] == [("L", words, "G")]
    assert details(small) == [words]
    assert ask(inbox, f"^{second}") == [(second, CODES)]


@pytest.mark.parametrize("who", ["ALL", "the container"])
@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("^^^103", ["103"]),
        ("^^^103\\^^^101", ["101", "103"]),
        ("^^^102^K^UNDILUTED", ["102"]),
        ("102", ["102"]),
        ("^^^101\\^^^ALL", CODES),
        ("", CODES),
        ("all", CODES),
    ],
)
def test_who_asks_for_some_tests_is_told_of_those(
    small: SmallLab, inbox: Inbox, container: str, who: str, asked: str, told: list[str]
) -> None:
    ids = "ALL" if who == "ALL" else f"^{container}"
    noted = sent_work(small)

    assert ask(inbox, ids, tests=asked) == [(container, told)]

    assert sent_work(small) - noted == (0 if who == "ALL" else len(told))
    assert details(small) == [""]


def test_codes_that_mean_no_test_here_are_answered_with_nothing_and_a_person_can_see_it(
    small: SmallLab, inbox: Inbox, container: str
) -> None:
    assert ask(inbox, f"^{container}", tests="^^^NEW") == []
    assert ask(inbox, f"^{container}", tests="^^^NEW\\^^^101") == [(container, ["101"])]
    assert details(small) == ["Asked for codes that mean no test here: NEW."] * 2


def test_a_container_asked_for_test_by_test_is_one_order(
    small: SmallLab, inbox: Inbox, container: str
) -> None:
    head = "H|\\^&|||CHEM-1|||||LIS||P\r"
    asked = "".join(f"Q|{n}|^{container}||^^^{code}||||||||O\r" for n, code in enumerate((103, 101), 1))

    _, answer = take(inbox, f"{head}{asked}L|1|N\r")

    [order] = Records.parse(answer.decode()).all("O")
    assert order[5] == "^^^103\\^^^101"


def test_a_list_of_ids_is_answered_id_by_id(small: SmallLab, inbox: Inbox, container: str) -> None:
    second = small.order("LYTES", numbers=("H8",)).container_ids[0]
    small.receive(second)
    told = ask(inbox, f"^{second}", "^000000000000", f"^{container}", f"^{second}")
    assert [found for found, _ in told] == [second, container]


def test_all_of_a_patient_is_not_everybody_and_nothing_is_nobody(
    small: SmallLab, inbox: Inbox, container: str
) -> None:
    assert [ask(inbox, "M1001^ALL"), ask(inbox, "^"), ask(inbox, "")] == [[], [], []]


def test_a_query_that_is_taken_back_is_not_answered(small: SmallLab, inbox: Inbox, container: str) -> None:
    query = "H|\\^&|||CHEM-1|||||LIS||P\rQ|1|ALL||^^^ALL||||||||A\rL|1|N\r"
    assert take(inbox, query) == (ACK,)


@pytest.mark.parametrize(
    ("status", "asked_for"),
    [
        ("R", "results sent before (Q-13 R)"),
        ("f", "final results (Q-13 F)"),
        ("N", "new or edited results (Q-13 N)"),
        ("D", "demographics alone (Q-13 D)"),
        ("Z", "something unknown (Q-13 Z)"),
    ],
)
def test_a_query_for_anything_but_work_is_told_so_and_given_none(
    small: SmallLab, inbox: Inbox, container: str, status: str, asked_for: str
) -> None:
    noted = sent_work(small)
    query = f"H|\\^&|||CHEM-1|||||LIS||P\rQ|1|^{container}||^^^ALL||||||||{status}\rL|1|N\r"

    _, answer = take(inbox, query)

    words = f"Asked for {asked_for}: analyzers are told of work alone here."
    message = Records.parse(answer.decode())
    assert [record.id for record in message.records] == ["H", "C", "L"]
    assert (message.all("C")[0][4], message.all("L")[0][3]) == (words, "Q")
    assert (details(small), states(small), sent_work(small)) == ([words], [("processed", "")], noted)


def test_work_is_given_beside_what_is_not(small: SmallLab, inbox: Inbox, container: str) -> None:
    asked = f"Q|1|^{container}||^^^101||||||||\rQ|2|^{container}||^^^NEW||||||||R\r"

    _, answer = take(inbox, f"H|\\^&|||CHEM-1|||||LIS||P\r{asked}L|1|N\r")

    message = Records.parse(answer.decode())
    assert [record.id for record in message.records] == ["H", "C", "P", "O", "L"]
    assert (message.all("O")[0][5], message.all("L")[0][3]) == ("^^^101", "N")
    assert details(small) == [
        "Asked for results sent before (Q-13 R): analyzers are told of work alone here."
    ]


def test_a_cut_message_is_held_whole(small: SmallLab, inbox: Inbox, container: str) -> None:
    text = records(container, "101|141|mmol/L")

    take(inbox, text.replace("L|1|N\r", ""))
    take(inbox, text, note="time_out")

    assert states(small) == [("held", "message.incomplete")] * 2
    assert kept(small) == []


@pytest.mark.parametrize("end", ["T", "R", "E"])
def test_a_message_that_was_broken_off_is_held_whole(
    small: SmallLab, inbox: Inbox, container: str, end: str
) -> None:
    take(inbox, records(container, "101|141|mmol/L").replace("L|1|N", f"L|1|{end}"))

    assert (states(small), kept(small)) == ([("held", "message.aborted")], [])


def test_an_unknown_sender_and_no_header_are_kept(small: SmallLab, inbox: Inbox) -> None:
    assert take(inbox, records("1", "101|1|mmol/L", sender="WHO")) == (ACK,)
    assert take(inbox, "R|1|^^^101|1\r") == (ACK,)

    assert states(small) == [("held", "sender.unknown"), ("dead_letter", "header.no_header")]


def test_a_result_that_lost_its_order_never_goes_to_the_patient_before(
    small: SmallLab, inbox: Inbox, container: str
) -> None:
    text = records(container, "101|141|mmol/L")
    result = "R|1|^^^102|4.2|mmol/L||N||F"

    take(inbox, text.replace("L|1|N", f"P|2||M1002\r{result}\rL|1|N"))

    assert kept(small) == [
        ("101", "141", "filed", ""),
        ("102", "4.2", "held", "container.missing"),
    ]


@pytest.mark.parametrize(
    ("at", "state"), [("CHEM-1", ("dead_letter", "header.nul")), ("141", ("held", "charset.undecodable"))]
)
def test_records_with_a_nul_are_kept_and_read_no_further(
    small: SmallLab, inbox: Inbox, container: str, at: str, state: tuple[str, str]
) -> None:
    text = records(container, "101|141|mmol/L").replace(at, f"{at}\x00")

    assert inbox.answer_many([Arrival(text.encode(), interface="CHEM-1", protocol=ASTM)])[0] == (ACK,)
    assert (states(small), kept(small)) == ([state], [])
