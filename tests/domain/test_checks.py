"""What a check holds, and how it is stored."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lis.domain.checks import (
    Check,
    Outcome,
    advice,
    are_stored,
    failed,
    not_applicable,
    not_evaluable,
    passed,
    stored,
    wait,
)
from lis.kernel.canonical import canonical_json


@pytest.mark.parametrize(
    ("check", "holds"),
    [
        (passed("unit"), False),
        (not_applicable("unit", "No unit."), False),
        (failed("unit", "unit.mismatch", "Another unit.", sent="g/L"), True),
        (not_evaluable("unit", "unit.absent", "No unit was sent."), True),
        (wait("status", "status.preliminary", "Preliminary."), True),
    ],
)
def test_check_holds_unless_it_only_advises(check: Check, holds: bool) -> None:
    assert (check.holds, advice(check).holds) == (holds, False)
    assert advice(check).as_row() == {**check.as_row(), "advisory": True}


@given(
    outcome=st.sampled_from(Outcome),
    words=st.tuples(st.text(), st.text(), st.text()),
    detail=st.dictionaries(st.text(), st.text()),
    advisory=st.booleans(),
)
def test_check_as_text_is_its_row(
    outcome: Outcome, words: tuple[str, str, str], detail: dict[str, str], advisory: bool
) -> None:
    name, reason, text = words
    check = Check(name, outcome, reason, text, detail, advisory)
    assert check.row_text == canonical_json(check.as_row())
    assert stored([check, check]) == canonical_json([check.as_row(), check.as_row()])


def test_what_a_check_does_not_say_is_not_stored_and_stored_of_old_it_is_the_same() -> None:
    checks = [passed("unit"), failed("unit", "unit.mismatch", "Another unit.", sent="g/L")]
    rows: list[dict[str, object]] = [check.as_row() for check in checks]
    assert rows[0] == {"name": "unit", "outcome": "passed"}
    nothing = {"reason": "", "text": "", "detail": {}, "advisory": False}
    assert are_stored(checks, rows)
    assert are_stored(checks, [{**nothing, **row} for row in rows])
    assert not are_stored(checks, [rows[0], {**rows[1], "text": "Another."}])
    assert not are_stored(checks, rows[:1])
