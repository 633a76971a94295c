"""The fuzz target holds for a hundred examples made of the characters that matter."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.wire.fuzz_framer import check

ALPHABET = [
    *(
        b"\x0b",
        b"\x1c",
        b"\x02",
        b"\x03",
        b"\x04",
        b"\x05",
        b"\x17",
        b"\r",
        b"\n",
        b"\xff",
        b"\xc3",
        b"\xef\xbb\xbf",
    ),
    *(b"MSH", b"|", b"^", b"~", b"\\", b"&", b"#", b"OBX", b"BHS", b"H", b"L", b"1", b"\\X", b"\\.br\\"),
    *(b"MSH|^~\\&|", b"H|\\^&|", b"8859/1", b"|" * 16),
]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from(ALPHABET), max_size=40).map(b"".join))
def test_no_bytes_raise_or_change_with_the_cut(data: bytes) -> None:
    check(data)
    check(b"\x0bMSH|^~\\&|" + data)
    check(b"H|\\^&|" + data)
