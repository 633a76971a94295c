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
        Leaf("PID-1", "1", "1"),
        Leaf("PID-3[1].1", "M1", "M1"),
        Leaf("PID-3[1].4.1", "H", "H"),
        Leaf("PID-3[1].4.2", "2.16", "2.16"),
        Leaf("PID-3[2]", "M2", "M2"),
        Leaf("PID-5", "A\\T\\B", "A&B"),
    )


def test_records_have_a_tree_too_and_noise_has_none() -> None:
    assert [branch.id for branch in tree(b"H|\\^&\rR|1|^^^WBC|5\rL|1\r")] == ["H", "R", "L"]
    assert tree(b"noise") == []


def test_a_line_that_is_no_segment_keeps_its_place() -> None:
    assert [branch.id for branch in tree(b"MSH|^~\\&|A\rtext that follows\rPID|1\r")] == ["MSH", "", "PID"]
