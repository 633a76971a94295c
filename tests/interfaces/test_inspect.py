"""Messages made visible: control characters, parts, and what cannot be read."""

from __future__ import annotations

from lis.interfaces.inspect import Leaf, tree, visible


def test_control_characters_are_seen_and_lines_cut() -> None:
    assert visible(b"\x0bMSH|^~\\&|A\rPID|1\r\n\x1c") == ["␋MSH|^~\\&|A␍", "PID|1␍␊", "␜"]


def test_bytes_that_are_no_text_are_shown_one_by_one() -> None:
    assert visible(b"MSH|^~\\&|A\xff") == ["MSH|^~\\&|A\\xff"]


def test_a_tree_names_every_filled_part() -> None:
    [_, pid] = tree(b"MSH|^~\\&|A\rPID|1||M1^^^H&2.16~M2||A\\T\\B\r")

    assert pid.id == "PID"
    assert pid.leaves == (
        Leaf("PID-1", "1", "1", "Set id pid"),
        Leaf("PID-3[1].1", "M1", "M1", "Patient identifier list: id number"),
        Leaf("PID-3[1].4.1", "H", "H", "Patient identifier list: assigning authority"),
        Leaf("PID-3[1].4.2", "2.16", "2.16", "Patient identifier list: assigning authority"),
        Leaf("PID-3[2]", "M2", "M2", "Patient identifier list"),
        Leaf("PID-5", "A\\T\\B", "A&B", "Patient name"),
    )
    assert pid.name == "Patient identification"


def test_a_value_is_named_by_the_type_that_the_message_tells() -> None:
    [_, obx] = tree(b"MSH|^~\\&|||||||||T|2.3.1\rOBX|1|SN|||<^5\r")
    assert [(leaf.path, leaf.name) for leaf in obx.leaves][2:] == [
        ("OBX-5.1", "Observation value: comparator"),
        ("OBX-5.2", "Observation value: num1"),
    ]


def test_what_no_standard_defines_has_no_name() -> None:
    [_, own] = tree(b"MSH|^~\\&|||||||||T|9.9\rZXY|1\r")
    assert (own.name, own.leaves) == ("", (Leaf("ZXY-1", "1", "1"),))


def test_records_have_a_tree_too_and_noise_has_none() -> None:
    found = tree(b"H|\\^&\rR|1|^^^WBC|5\rL|1\r")
    assert [(branch.id, branch.name) for branch in found] == [("H", "Header"), ("R", "Result"), ("L", "End")]
    assert [(leaf.path, leaf.name) for leaf in found[1].leaves] == [
        ("R-1", "Record type"),
        ("R-2", "Number"),
        ("R-3.4", "Test"),
        ("R-4", "Value"),
    ]
    assert tree(b"noise") == []


def test_a_line_that_is_no_segment_keeps_its_place() -> None:
    assert [branch.id for branch in tree(b"MSH|^~\\&|A\rtext that follows\rPID|1\r")] == ["MSH", "", "PID"]
