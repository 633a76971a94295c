"""A function of a text that remembers its answers to short ones."""

from __future__ import annotations

from lis.kernel.remembering import remembers


def test_short_texts_are_answered_from_memory_and_long_ones_anew() -> None:
    asked: list[str] = []

    @remembers(2, longest=3)
    def reversed_text(text: str, mark: str = "") -> str:
        asked.append(text)
        return mark + text[::-1]

    answers = [reversed_text(text) for text in ("abc", "abc", "abcd", "abcd")]
    assert (answers, asked) == (["cba", "cba", "dcba", "dcba"], ["abc", "abcd", "abcd"])
    assert [reversed_text("abc", "-"), reversed_text("x"), reversed_text("abc")] == ["-cba", "x", "cba"]
    assert asked[3:] == ["abc", "x", "abc"]
