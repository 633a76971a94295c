"""Messages as trees."""

from __future__ import annotations

from lis.web.trees import tree_of


def test_tree_names_every_filled_part_as_deep_as_it_is_cut() -> None:
    raw = b"\x0bMSH|^~\\&|A\rPID|1||7^^^H&1.2^MR~8\rjunk\r\x1c\r"
    branches = tree_of(raw)
    assert [branch.id for branch in branches] == ["MSH", "PID", ""]
    assert branches[0].leaves == (("MSH-1", "|"), ("MSH-2", "^~\\&"), ("MSH-3", "A"))
    assert branches[1].leaves == (
        ("PID-1", "1"),
        ("PID-3[1].1", "7"),
        ("PID-3[1].4.1", "H"),
        ("PID-3[1].4.2", "1.2"),
        ("PID-3[1].5", "MR"),
        ("PID-3[2]", "8"),
    )
    assert branches[2].line == "junk"


def test_tree_reads_lis02_records() -> None:
    branches = tree_of(b"H|\\^&\rR|1|^^^101|141|mmol/L\rL|1|N\r")
    assert [branch.id for branch in branches] == ["H", "R", "L"]
    assert ("R-3.4", "101") in branches[1].leaves


def test_tree_of_what_is_no_message_is_empty() -> None:
    assert [tree_of(raw) for raw in (None, b"", b"hello", b"MSH|^~\\&|\xff\xfe")] == [[], [], [], []]
