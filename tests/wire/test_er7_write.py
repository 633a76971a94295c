"""Writing ER7: read after write gives the values back."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lis.wire.er7 import NULL, Delimiters, Message, Raw, Seg, build, comps, reps, subs


def test_build_writes_what_is_meant() -> None:
    text = build(
        [
            Seg("MSH", {3: "LIS", 9: comps("ACK", "R01", "ACK"), 10: "7"}),
            Seg(
                "PID",
                {
                    3: reps(comps("1", "", "", subs("H", "1.2", "ISO")), comps("2", "")),
                    5: comps("A&B", "C^D"),
                },
            ),
            Seg("OBX", {5: Raw("a^b"), 8: NULL, 9: ""}),
            Seg("ZZZ", {}),
        ]
    )
    assert text == (
        'MSH|^~\\&|LIS||||||ACK^R01^ACK|7\rPID|||1^^^H&1.2&ISO~2||A\\T\\B^C\\S\\D\rOBX|||||a^b|||""\rZZZ\r'
    )


def test_build_uses_other_delimiters() -> None:
    text = build([Seg("MSH", {3: comps("a@", "b")})], Delimiters("@", "~", "&", "#", "\\"))
    assert text == "MSH@~&#\\@a#F#~b\r"
    assert Message.parse(text).header.comps(3) == ["a@", "b"]


def test_raw_text_cannot_begin_a_new_segment() -> None:
    with pytest.raises(ValueError, match="segment end"):
        build([Seg("NTE", {3: Raw("a\rOBX|1")})])


values = st.text(
    st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("|^~\\&#FSTREXZ.br"), max_size=8
)


@settings(max_examples=50, deadline=None)
@given(grid=st.lists(st.lists(st.lists(values, min_size=1, max_size=3), min_size=1, max_size=3), max_size=3))
def test_values_written_are_values_read(grid: list[list[list[str]]]) -> None:
    fields = {number: reps(*(comps(*parts) for parts in rows)) for number, rows in enumerate(grid, 3)}
    message = Message.parse(build([Seg("MSH", {10: "1"}), Seg("PID", fields)]))
    pid = message.segments[1]
    for number, rows in enumerate(grid, 3):
        for rep, parts in enumerate(rows):
            assert [pid.value(number, place, rep=rep) for place in range(1, len(parts) + 1)] == parts
    assert str(message) == build([Seg("MSH", {10: "1"}), Seg("PID", fields)])
