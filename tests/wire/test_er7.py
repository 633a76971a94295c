"""Reading ER7: what came is kept, what is asked for is cut and unescaped."""

import pytest
from hl7apy.parser import parse_message  # type: ignore[attr-defined, unused-ignore]

from lis.wire.er7 import NULL, Message, MessageError, Segment, split_batch

HEADER = "MSH|^~\\&|XN|LAB|LIS|HOSP|20260101120000||ORU^R01^ORU_R01|MSG1|P|2.5.1"
ORU = "\r".join(
    [
        HEADER,
        'PID|1||123^^^HOSP&1.2.3&ISO^MR~456^^^CITY||O\\T\\Hara^Jane^^^Dr||19800101|F|||""',
        "OBR|1|ORD1|260010001012|CBC^Blood count^L",
        "OBX|1|NM|718-7^Haemoglobin^LN||0.10|g/dL|12-16|L~A|||F",
        "OBX|2|ST|X^^L||<5 \\X26\\ 3||||||P",
        "ZZZ|anything",
        "",
    ]
)


def test_fields_are_kept_as_they_came() -> None:
    obx = Message.parse(ORU).all("OBX")[0]
    assert [obx.id, obx[1], obx[5], obx[8], obx[11], obx[40]] == ["OBX", "1", "0.10", "L~A", "F", ""]


def test_header_fields_count_as_the_standard_does() -> None:
    msh = Message.parse(ORU).header
    assert [msh[1], msh[2], msh.value(2), msh.value(9, 2), msh[10], msh[12]] == [
        "|", "^~\\&", "^~\\&", "R01", "MSG1", "2.5.1",
    ]  # fmt: skip


@pytest.mark.parametrize("marks", ["^~\\&", "^", "^~", ""])
def test_what_a_header_declares_is_never_cut(marks: str) -> None:
    msh = Segment(f"MSH|{marks}|A^B")
    assert [msh.value(1, 1), msh.value(2, 1), msh.value(2, 2)] == ["|", marks, marks]
    assert [msh.firsts((1, 2, 3)), msh.value(3, 2)] == [["|", marks, "A"], "B"]


def test_a_header_is_unescaped_and_repeats_like_any_other() -> None:
    msh = Segment("MSH|^~\\&|A\\T\\B^C~D|LAB")
    assert [msh.value(3, 1), msh.value(3, 1, rep=1), msh.firsts((3, 4))] == ["A&B", "D", ["A&B", "LAB"]]


@pytest.mark.parametrize("line", ["NTE|1||%s^2~3\\T\\|4", "%s", "MSH|^~\\&|%s^2~3\\T\\|4"])
def test_a_long_line_is_cut_like_a_short_one(line: str) -> None:
    long, short = (Message.parse(f"{HEADER}\r{line % text}").segments[1] for text in ("x" * 9000, "x"))
    assert str(long) == line % ("x" * 9000)
    assert [long.id, len(long.fields), long.firsts((3, 4))[1]] == [short.id, len(short.fields), short[4]]
    assert [long.value(3, 2), long.reps(3)[1:]] == [short.value(3, 2), short.reps(3)[1:]]


def test_value_cuts_and_unescapes() -> None:
    message = Message.parse(ORU)
    pid = message.all("PID")[0]
    table = {
        pid.value(3): "123^^^HOSP&1.2.3&ISO^MR",
        pid.value(3, 1): "123",
        pid.value(3, 4): "HOSP&1.2.3&ISO",
        pid.value(3, 4, 2): "1.2.3",
        pid.value(3, 1, rep=1): "456",
        pid.value(3, 1, rep=2): "",
        pid.value(5, 1): "O&Hara",
        pid.value(5, 9): "",
        pid.value(99, 1): "",
        pid.get("3.4.3"): "ISO",
        pid.get("3.4", rep=1): "CITY",
        message.all("OBX")[1].value(5): "<5 & 3",
        message.all("OBX")[0].value(8, rep=1): "A",
        message.all("OBX")[0].value(3, 3): "LN",
    }
    assert list(table) == list(table.values())


def test_null_is_not_empty() -> None:
    pid = Message.parse(ORU).all("PID")[0]
    assert (pid.value(11), pid.value(10)) == (NULL, "")


def test_lists_of_parts() -> None:
    pid = Message.parse(ORU).all("PID")[0]
    assert pid.reps(3) == ["123^^^HOSP&1.2.3&ISO^MR", "456^^^CITY"]
    assert pid.reps(10) == []
    assert pid.comps(5) == ["O&Hara", "Jane", "", "", "Dr"]
    assert pid.tree(3)[0][3] == ["HOSP", "1.2.3", "ISO"]


def test_whole_never_cuts_free_text() -> None:
    obx = Segment("OBX|1|TX|N||A & B ^ C ~ D\\.br\\E")
    assert obx.whole(5) == "A & B ^ C ~ D\\.br\\E"
    assert obx.whole(5, line_break="\n") == "A & B ^ C ~ D\nE"


def test_text_comes_back() -> None:
    assert str(Message.parse(ORU)) == ORU


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r\r", "\r \r"])
def test_any_line_end_and_blank_segments(end: str) -> None:
    assert str(Message.parse("\ufeff\r\n" + ORU.replace("\r", end))) == ORU


def test_lines_that_are_no_segments_keep_their_place() -> None:
    message = Message.parse(HEADER + "\rNTE|1||first line\rsecond line|RE\rOBX|1\rH|\\^&\r# note\r")
    assert [(segment.id, str(segment)) for segment in message.segments[1:]] == [
        ("NTE", "NTE|1||first line"),
        ("", "second line|RE"),
        ("OBX", "OBX|1"),
        ("", "H|\\^&"),
        ("", "# note"),
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("OBX|1|NM|A||1|||||FOBX|2|NM|B||2|||||F", "OBX"),
        ("OBR|1|A|B|C^D^LOBX|1|NM|A||1", "OBX"),
        ("OBX|1|NM|A||1||||||F", ""),
        ("ERR||PID^1^5|101|E", ""),
    ],
)
def test_glued_segments_are_suspected(line: str, expected: str) -> None:
    assert Segment(line).glued() == expected


DELIMITERS = [
    # MSH-1 and MSH-2, then the sample it must cut into a, b and repetition c; and whether it is well declared
    ("|^~\\&|", "a^b~c", True),
    ("|^~\\&#|", "a^b~c", True),
    ("@~&#\\@", "a~b&c", True),
    ("|^~|", "a^b~c", False),
    ("||", "a^b~c", False),
    ("|^~\\\\&|", "a^b~c", False),
    ("|LAB-1|", "a^b~c", False),
    ("^~|\\&^", "a~b|c", True),
]


@pytest.mark.parametrize(("start", "sample", "well_declared"), DELIMITERS)
def test_delimiters_come_from_the_message(start: str, sample: str, well_declared: bool) -> None:
    message = Message.parse(f"MSH{start}\rPID{start[0]}1{start[0]}{sample}\r")
    pid = message.segments[1]
    assert [pid.value(2, 1), pid.value(2, 2), pid.value(2, rep=1)] == ["a", "b", "c"]
    assert message.well_declared is well_declared


def test_a_delimiter_that_is_taken_is_not_available() -> None:
    message = Message.parse("MSH^~|^A\rPID^1^x~y\r")
    assert (message.delimiters.field, message.delimiters.component) == ("^", "~")
    assert message.segments[1].value(2, 2) == "y"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        (" \r\n", "empty"),
        ("PID|1\r", "no_header"),
        ("MSH", "no_field_separator"),
        ("MSHA|x", "no_field_separator"),
        ("MSH\rPID|1", "no_field_separator"),
        ("MSH^^A", "no_component_separator"),
    ],
)
def test_unusable_header_is_refused(text: str, reason: str) -> None:
    with pytest.raises(MessageError) as refused:
        Message.parse(text)
    assert refused.value.reason == reason


def test_batch_is_cut_before_each_header() -> None:
    text = "note\nFHS|^~\\&\nBHS|^~\\&\nMSH|^~\\&|A\nPID|1\nMSH|^~\\&|B\nBTS|2\nFTS|1\n"
    batch = split_batch(text)
    assert batch.messages == ["MSH|^~\\&|A\rPID|1\r", "MSH|^~\\&|B\r"]
    assert batch.envelope == ["FHS|^~\\&", "BHS|^~\\&", "BTS|2", "FTS|1"]
    assert batch.strays == ["note"]


# Messages in which hl7apy is known to be right: CR ends, no blank at a segment's end, no X.. escapes.
ORACLE = [
    ORU.replace("ZZZ|anything\r", "").replace("\\X26\\ ", ""),
    HEADER.replace("ORU^R01^ORU_R01", "OML^O21^OML_O21")
    + "\rPID|1||7^^^H||Doe^Jane\rORC|NW|P1^H||||||||||9^Ng^Ann\rOBR|1|P1^H||1554-5^Glucose^LN|||20260101\r",
]


@pytest.mark.parametrize("text", ORACLE)
def test_every_field_agrees_with_hl7apy(text: str) -> None:
    ours = Message.parse(text)
    theirs = parse_message(text, find_groups=False, force_validation=False)
    assert [segment.id for segment in ours.segments] == [child.name for child in theirs.children]
    for segment, child in zip(ours.segments[1:], list(theirs.children)[1:], strict=True):
        for number in range(1, len(segment.fields)):
            mine = segment.reps(number)
            fields = getattr(child, f"{segment.id}_{number}".lower())
            assert [field.to_er7() for field in fields] == mine
            for index, field in enumerate(fields):
                for component in field.children:
                    # a field without components has one child, named by its type alone
                    place = int(component.name.partition("_")[2] or 1) - 1
                    assert "&".join(segment.tree(number)[index][place]) == component.to_er7()
