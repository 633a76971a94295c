"""Reading and writing ASTM records, and captured transfers."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lis.wire.astm import (
    FrameError,
    Link,
    NeedCommit,
    Record,
    Records,
    Send,
    build_records,
    checksum,
    records_from_text,
    split_messages,
)
from lis.wire.er7 import MessageError, Seg, comps, decode, lines_of, reps

MESSAGE = (
    "H|\\^&|||XN-1000^00-17\r"
    "P|1\r"
    "O|1|2^1^  260010001012^B||^^^WBC\\^^^RBC\r"
    "R|1|^^^WBC^1|9.81|10*3/uL||N||F||tech&S&one\r"
    "C|1|I|43^A&F&B &R& &X41& &Zx& R&D|I\r"
    "L|1|N\r"
)


def test_fields_count_from_the_record_type() -> None:
    message = Records.parse(MESSAGE)
    order, result, comment = message.all("O")[0], message.all("R")[0], message.all("C")[0]
    assert [message.header[2], message.header.value(5, 2)] == ["\\^&", "00-17"]
    assert [order[1], order.value(3, 3), order.value(3, 4)] == ["O", "  260010001012", "B"]
    assert [order.value(5, 4), order.value(5, 4, rep=1), order.reps(5)] == [
        "WBC",
        "RBC",
        ["^^^WBC", "^^^RBC"],
    ]
    assert [result[4], result[9], result.value(11), result[40]] == ["9.81", "F", "tech^one", ""]
    assert comment.comps(4) == ["43", "A|B \\ A &Zx& R&D"]
    assert (str(message), message.complete, message.well_declared) == (MESSAGE, True, True)


@pytest.mark.parametrize(
    ("header", "sample", "well_declared"),
    [
        ("H|@^\\|", "a^b@c", True),  # Cepheid
        ("H|\\\\^&|", "a^b\\c", False),  # adapters that double the backslash
        ("H|", "a^b\\c", False),
        ("h~\\^&~", "a^b\\c", True),
    ],
)
def test_delimiters_come_from_the_header(header: str, sample: str, well_declared: bool) -> None:
    message = Records.parse(f"{header}\nR{header[1]}{sample}\n")
    result = message.all("R")[0]
    assert [result.value(2, 1), result.value(2, 2), result.value(2, rep=1)] == ["a", "b", "c"]
    assert message.well_declared is well_declared


def test_lines_that_are_no_records_are_kept() -> None:
    message = Records.parse("H|\\^&\n# note\nr|1\nfree text\n")
    assert [(record.id, str(record)) for record in message.records[1:]] == [
        ("", "# note"),
        ("R", "r|1"),
        ("", "free text"),
    ]
    assert message.complete is False


@pytest.mark.parametrize(
    ("text", "reason"),
    [("", "empty"), ("P|1", "no_header"), ("Hello", "no_field_separator"), ("H^", "no_component_separator")],
)
def test_unusable_header_is_refused(text: str, reason: str) -> None:
    with pytest.raises(MessageError) as refused:
        Records.parse(text)
    assert refused.value.reason == reason


def test_transfer_is_cut_before_each_header() -> None:
    transfer = split_messages("\ufeff# note\nH|\\^&\nHello\nL|1\n\nH|@^\\\nL|1\n")
    assert transfer.messages == ["H|\\^&\rHello\rL|1\r", "H|@^\\\rL|1\r"]
    assert transfer.strays == ["# note"]


def test_build_writes_what_is_meant() -> None:
    text = build_records(
        [
            Seg("H", {5: "LIS"}),
            Seg(
                "O", {2: "1", 3: "26^1", 5: reps(comps("", "", "", "WBC"), comps("", "", "", "RBC")), 12: "A"}
            ),
            Seg("L", {2: "1", 3: "N"}),
        ]
    )
    assert text == "H|\\^&|||LIS\rO|1|26&S&1||^^^WBC\\^^^RBC|||||||A\rL|1|N\r"


values = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("|^\\&FSREXZ"), max_size=8)


@settings(max_examples=50, deadline=None)
@given(st.lists(values, min_size=1, max_size=4))
def test_values_written_are_values_read(parts: list[str]) -> None:
    message = Records.parse(build_records([Seg("H", {}), Seg("C", {4: comps(*parts)})]))
    assert [message.records[1].value(4, place) for place in range(1, len(parts) + 1)] == parts


def test_line_breaks_are_written_as_characters() -> None:
    comment = Record(build_records([Seg("C", {4: "a\nb"})]).rstrip("\r"))
    assert (comment[4], comment.whole(4, line_break="\n")) == ("a&X0A&b", "a\nb")


def frame(number: int, text: bytes) -> bytes:
    body = b"%d" % number + text + b"\x03"
    return b"\x02" + body + checksum(body)


def test_captured_transfer_is_read_without_its_frames() -> None:
    head, result, end = frame(1, b"H|\\^&\r"), frame(2, b"R|1"), frame(2, b"L|1\r")
    capture = b"\x05\x06" + head + b"\r\n\x06" + result + b"\r\n" + result + b"\r\n" + end
    assert records_from_text(capture) == b"H|\\^&\rR|1\rL|1\r"
    assert records_from_text(b"H|\\^&\nL|1\n") == b"H|\\^&\nL|1\n"


@pytest.mark.parametrize(
    ("capture", "reason"),
    [(b"\x021L|1\r\x0300\r\n", "checksum"), (b"\x021L|1\r", "truncated"), (b"\x021L|1\r\x03", "truncated")],
)
def test_capture_that_cannot_be_trusted_is_refused(capture: bytes, reason: str) -> None:
    with pytest.raises(FrameError) as refused:
        records_from_text(capture)
    assert refused.value.reason == reason


corpus = pytest.mark.skipif(
    not os.environ.get("LIS_CORPUS"), reason="LIS_CORPUS names no folder of third-party messages"
)


def astm_files() -> list[Path]:
    return sorted(Path(os.environ["LIS_CORPUS"]).glob("*.astm"))


@corpus
def test_every_corpus_file_is_read() -> None:
    for path in astm_files():
        text, charset = decode(records_from_text(path.read_bytes()), "8859/1")
        transfer = split_messages(text)
        messages = [Records.parse(message, charset) for message in transfer.messages]
        assert messages, path.name
        assert all(message.complete for message in messages), path.name
        read = "".join(map(str, messages)).split("\r")
        assert sorted(filter(None, read + transfer.strays)) == sorted(lines_of(text.lstrip("\ufeff"))), (
            path.name
        )


@corpus
def test_every_framed_corpus_file_comes_over_a_line() -> None:
    for path in astm_files():
        capture = path.read_bytes()
        if b"\x02" in capture:
            events = Link(sequential=False).feed(b"\x05" + capture + b"\r", 0)
            assert events[-1] == NeedCommit(records_from_text(capture)), path.name
            assert set(events[:-1]) == {Send(b"\x06")}, path.name
