"""`lis inbox`: files of messages in, one JSON object per file out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lis.wire.mllp import wrap
from tests.interfaces.messages import control, joined, msh, order, records, results
from tests.labs import PACK
from tests.main.conftest import Command

Told = dict[str, Any]
Feed = Callable[..., list[Told]]

PRELOAD = """
orders:
  - patient: {id: M1001, family: Archer, given: Ann, birth_date: 1980-05-17, sex: F}
    placer: P1
    container: "260610001010"
    tests: [{code: "101", unit: mmol/L}, {code: XYZ}]
    received: true
"""


@pytest.fixture
def preload(tmp_path: Path) -> Path:
    file = tmp_path / "orders.yaml"
    file.write_text(PRELOAD)
    return file


@pytest.fixture
def feed(lis: Command) -> Feed:
    """Feed files; what JSON tells of each."""

    def run(*arguments: object) -> list[Told]:
        said = lis("inbox", *arguments, "--json", "--pack", PACK)
        assert (said.status, said.err) == (0, "")
        return [json.loads(line) for line in said.lines]

    return run


@pytest.fixture
def message(tmp_path: Path) -> Callable[[str, str | bytes], Path]:
    """A file of this name with a message in it."""

    def write(name: str, content: str | bytes) -> Path:
        file = tmp_path / name
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    return write


Write = Callable[[str, str | bytes], Path]
TUBE = "260610001010"


def test_each_file_is_one_object_with_the_agreed_keys(feed: Feed, message: Write, preload: Path) -> None:
    sent = results(TUBE, "101|141|mmol/L", "XYZ|<5|", "NEW|1|mmol/L", control="C7", pid=PATIENT)

    assert feed(message("one.hl7", sent), "--preload", preload) == [
        {
            "file": "one.hl7",
            "replies": [{"msa1": "AA", "msa2": "C7", "errors": []}],
            "filed": [
                {
                    "patient": "M1001",
                    "container": TUBE,
                    "test": "101",
                    "value": "141",
                    "unit": "mmol/L",
                    "status": "F",
                },
                {
                    "patient": "M1001",
                    "container": TUBE,
                    "test": "XYZ",
                    "value": "<5",
                    "unit": "",
                    "status": "F",
                },
            ],
            "held": [{"reason": "code.unmapped", "what": "NEW 1 mmol/L"}],
            "qc": [],
            "dead_letter": False,
        }
    ]


PATIENT = "PID|1||M1001^^^SMALLHOSP^MR||Archer^Ann||19800517|F"


def test_every_file_meets_a_fresh_laboratory(feed: Feed, message: Write, preload: Path) -> None:
    sent = results(TUBE, "101|141|mmol/L", control="C1", pid=PATIENT)
    raw, framed = message("a.hl7", sent), message("b.bin", wrap(sent.encode()))
    told = feed(raw, framed, "--preload", preload)

    assert [one["file"] for one in told] == ["a.hl7", "b.bin"]
    assert told[0] | {"file": ""} == told[1] | {"file": ""}
    assert [one["value"] for one in told[0]["filed"]] == ["141"]


def test_several_frames_of_one_file_are_answered_in_order(feed: Feed, message: Write) -> None:
    frames = b"".join(wrap(results("1", "101|1|mmol/L", control=f"C{n}").encode()) for n in range(3))

    [told] = feed(message("three.bin", b"\r\nnoise" + frames))

    assert [reply["msa2"] for reply in told["replies"]] == ["C0", "C1", "C2"]
    assert len(told["held"]) == 3


def test_records_are_acknowledged_as_a_link_does(feed: Feed, message: Write, preload: Path) -> None:
    [told] = feed(message("one.astm", records(TUBE, "101|141|mmol/L")), "--preload", preload)

    assert told["replies"] == [{"msa1": "ACK", "msa2": "", "errors": []}]
    assert [(one["test"], one["value"]) for one in told["filed"]] == [("101", "141")]


def test_a_control_run_reaches_quality_control(feed: Feed, message: Write) -> None:
    [told] = feed(message("qc.hl7", control("CHEMCTL-1", "C2401", "101|120|mmol/L")))

    assert [(one["material"], one["lot"], one["value"]) for one in told["qc"]] == [
        ("CHEMCTL", "C2401", "120")
    ]
    assert (told["filed"], told["held"]) == ([], [])


def test_what_is_no_message_is_a_dead_letter(feed: Feed, message: Write) -> None:
    [told] = feed(message("no.hl7", "PID|1||M1\r"))

    assert (told["replies"], told["dead_letter"]) == ([], True)


def test_orders_are_refused_unless_they_are_wanted(feed: Feed, message: Write) -> None:
    file = message("order.hl7", order("LYTES", control="O1"))

    [without], [taken] = feed(file), feed(file, "--orders")

    assert without["replies"] == [{"msa1": "AR", "msa2": "O1", "errors": ["200"]}]
    assert taken["replies"] == [{"msa1": "AA", "msa2": "O1", "errors": []}]


def test_versions_and_processing_ids_of_the_generic_profile(feed: Feed, message: Write) -> None:
    """2.1 to 2.8 and P, T, D, Q are taken; anything else is refused with its own code."""
    tried = [("2.1", "P"), ("2.8", "D"), ("2.5.1", "Q"), ("1.0", "P"), ("2.5.1", "X")]
    files = [
        message(
            f"{number}.hl7", joined(msh("ORU^R01", "1").replace("|T|2.5.1", f"|{mode}|{version}"), OBR, OBX)
        )
        for number, (version, mode) in enumerate(tried)
    ]

    codes = [[reply["msa1"], *reply["errors"]] for told in feed(*files) for reply in told["replies"]]

    assert codes == [["AA"], ["AA"], ["AA"], ["AR", "203"], ["AR", "202"]]


OBR, OBX = "OBR|1||1|RESULTS", "OBX|1|NM|101||1|mmol/L|||||F"


def test_without_json_it_is_told_in_words(lis: Command, message: Write) -> None:
    file = message("[one].hl7", results("1", "101|141|mmol/L", control="C7"))

    said = lis("inbox", file, "--pack", PACK)

    assert said.out == "[one].hl7: AA to C7; 0 filed, 1 held, 0 control (container.unmatched)\n"


def test_what_cannot_be_fed_is_refused_in_words(lis: Command, message: Write) -> None:
    file = message("one.hl7", results("1", "101|1|mmol/L"))
    broken = message("broken.yaml", "orders: {")
    bare = message("bare.yaml", "patients: []")
    thin = message("thin.yaml", "orders: [{placer: P1}]")

    assert lis("inbox", "no.hl7").status == 2
    assert [
        (said.status, said.err.split(" ")[0])
        for said in (
            lis("inbox", file, "--pack", PACK, "--preload", broken),
            lis("inbox", file, "--pack", PACK, "--preload", bare),
            lis("inbox", file, "--pack", PACK, "--preload", thin),
        )
    ] == [(1, str(broken)), (1, str(bare)), (1, str(thin))]
    assert "nosuch" in lis("inbox", file, "--pack", PACK, "--profile", "nosuch").err


UNREADABLE = {
    "no YAML": ("orders: {", "cannot be read"),
    "brackets without end": ("orders: " + "[" * 5000, "too many brackets"),
    "a constructor": ("orders: !!python/object/apply:os.getcwd []", "cannot be read"),
    "another encoding": (
        "orders: [{patient: {id: 1, family: M\xfcller}}]".encode("latin-1"),
        "cannot be read",
    ),
    "no list": ("orders: hello", "has no list `orders`"),
    "an alias bomb": (
        "orders: [{patient: {id: 1}, tests: [{code: &a [x, x]}, {code: [*a, *a]}]}]",
        "a list",
    ),
    "no tests": ("orders: [{patient: {id: 1}, tests: []}]", "It needs `patient`"),
    "no code": ("orders: [{patient: {id: 1}, tests: [{code: }]}]", "`code` is empty"),
    "no number": ("orders: [{patient: {id: ' '}, tests: [{code: X}]}]", "`patient id` is empty"),
    "a list for a container": ("orders: [{patient: {id: 1}, container: [1], tests: [{code: X}]}]", "a list"),
    "NUL": ('orders: [{patient: {id: "1\\0"}, tests: [{code: X}]}]', "a control character"),
    "half a character": ('orders: [{patient: {id: "\\uD800"}, tests: [{code: X}]}]', "a control character"),
    "a long code": (f"orders: [{{patient: {{id: 1}}, tests: [{{code: {'x' * 251}}}]}}]", "longer than 250"),
    "no such month": (
        "orders: [{patient: {id: 1, birth_date: 1980-13-45}, tests: [{code: X}]}]",
        "is no date",
    ),
    "a time": (
        "orders: [{patient: {id: 1, birth_date: 1980-01-01 10:00:00}, tests: [{code: X}]}]",
        "is no date",
    ),
    "a key of the file": ("order: []\norders: []", "The file has no key 'order': there are `orders`."),
    "a key of an order": (
        "orders: [{patient: {id: 1}, tests: [{code: X}]}, {patient: {id: 1}, tube: 7, tests: [{code: X}]}]",
        "order 2 cannot be read. An order has no key 'tube': there are `patient`, `placer`, `filler`, `container`,",
    ),
    "a key of a patient": (
        "orders: [{patient: {id: 1, born: 1980-05-17}, tests: [{code: X}]}]",
        "A patient has no key 'born': there are `id`, `family`, `given`, `sex`, `birth_date`.",
    ),
    "a key of a test": (
        "orders: [{patient: {id: 1}, tests: [{code: X, units: g/L}]}]",
        "A test has no key 'units': there are `code`, `unit`.",
    ),
    "perhaps": ("orders: [{patient: {id: 1}, received: maybe, tests: [{code: X}]}]", "write true or false"),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_orders_that_cannot_be_read_are_refused_in_words(lis: Command, message: Write, case: str) -> None:
    content, words = UNREADABLE[case]
    file = message("one.hl7", results("1", "101|1|mmol/L"))

    said = lis("inbox", file, "--pack", PACK, "--preload", message("orders.yaml", content))

    assert (said.status, said.out) == (1, "")
    assert words in said.err
    assert "Traceback" not in said.err


def test_orders_are_taken_as_they_are_written(feed: Feed, message: Write) -> None:
    """YAML would read 0123 as 83, NO as false and 1e3 as a number."""
    orders = """
        orders:
          - {patient: {id: 007, family: NO}, container: 0123, tests: [{code: NO}, {code: 1e3}], received: "no"}
          - {patient: {id: 008, birth_date: 1980-05-17}, container: 0124, tests: [{code: NO}], received: Yes}
    """
    sent = [results(tube, "NO|5|", "1e3|6|", control=tube) for tube in ("0123", "0124")]
    files = [message(f"{number}.hl7", text) for number, text in enumerate(sent)]

    told = feed(*files, "--preload", message("orders.yaml", orders))

    assert [[held["reason"] for held in one["held"]] for one in told] == [
        ["container.not_received"] * 2,
        ["test.not_ordered"],
    ]
    assert [(one["patient"], one["test"], one["value"]) for one in told[1]["filed"]] == [("008", "NO", "5")]


def test_tests_of_the_catalogue_that_are_not_ordered_alone_are_matched_too(
    feed: Feed, message: Write
) -> None:
    orders = "orders: [{patient: {id: M1}, container: T1, tests: [{code: AGAP}, {code: LIDX}, {code: XYZ}]}]"
    sent = results("T1", "AGAP|12|mmol/L", "LIDX|3|{index}", "XYZ|<5|")

    [told] = feed(message("one.hl7", sent), "--preload", message("orders.yaml", orders))

    assert [(one["test"], one["value"]) for one in told["filed"]] == [
        ("AGAP", "12"),
        ("LIDX", "3"),
        ("XYZ", "<5"),
    ]


def test_what_is_no_file_or_of_another_wire_is_refused_in_words(
    lis: Command, message: Write, tmp_path: Path
) -> None:
    segments, lines = (
        message("one.hl7", results("1", "101|1|mmol/L")),
        message("one.astm", records("1", "101|1|")),
    )

    folder = lis("inbox", tmp_path, "--pack", PACK)
    other = lis("inbox", segments, "--pack", PACK, "--profile", "roche-cobas-c")
    another = lis("inbox", lines, "--pack", PACK, "--profile", "mindray-bc")

    assert (folder.status, "Traceback" in folder.err) == (2, False)
    assert [(said.status, said.out) for said in (other, another)] == [(1, ""), (1, "")]
    assert other.err.endswith("is read as HL7, which roche-cobas-c does not speak.\n")
    assert another.err.endswith("is read as LIS02 records, which mindray-bc does not speak.\n")


@pytest.mark.parametrize(
    "content",
    [b"\x0b" + results("1", "101|1|").encode(), b"", b"\x0b" + b"x" * 9_000_000 + b"\x1c\r"],
    ids=["no end", "empty", "too long"],
)
def test_a_frame_that_a_listener_throws_away_is_a_dead_letter(
    feed: Feed, message: Write, content: bytes
) -> None:
    whole = wrap(results("1", "101|1|", control="C1").encode())

    alone, behind = feed(message("alone.BIN", content), message("behind.bin", whole + content))

    assert (alone["replies"], alone["dead_letter"]) == ([], True)
    assert ([reply["msa2"] for reply in behind["replies"]], behind["dead_letter"]) == (["C1"], bool(content))


def test_what_others_chose_steers_no_terminal_and_breaks_no_line(lis: Command, message: Write) -> None:
    file = message("a\x1b[31m\nb.hl7", results("1", "101|1|", control="C\x1b[7m"))

    words, data = lis("inbox", file, "--pack", PACK), lis("inbox", file, "--pack", PACK, "--json")

    assert words.out.startswith("a\\x1b[31m\\nb.hl7: AA to C\\x1b[7m; ")
    assert json.loads(data.out)["file"] == "a\x1b[31m\nb.hl7"


def test_captured_messages_of_three_kinds(feed: Feed, corpus: Path) -> None:
    """tests/interfaces holds every file to its index; here they come in by the command."""
    names = ("071_cosyte-bad_adt.hl7", "101_cosyte-frame_oru.bin", "130_cepheid-genexpert_astm.astm")

    told = feed(*(corpus / name for name in names))

    assert [[reply["msa1"] for reply in one["replies"]] for one in told] == [["AR"], ["AA"], ["ACK"]]
    assert [bool(one["held"]) for one in told] == [False, True, True]
    assert [one["filed"] for one in told] == [[], [], []]
