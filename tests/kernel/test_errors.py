"""A refusal says what, and what to do."""

from __future__ import annotations

import pytest

from lis.kernel.errors import Conflict, Invalid, NotAllowed, NotFound, Refusal


@pytest.mark.parametrize("kind", [NotFound, NotAllowed, Conflict, Invalid])
def test_refusal_carries_code_words_and_details(kind: type[Refusal]) -> None:
    refusal = kind("scan.unknown", "Not known.", "Scan again.", number="1")
    assert (refusal.code, str(refusal), refusal.details) == (
        "scan.unknown",
        "Not known. Scan again.",
        {"number": "1"},
    )


def test_refusal_without_advice_says_only_what() -> None:
    assert str(Refusal("x", "Not known.")) == "Not known."
