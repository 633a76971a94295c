"""What is seen of a specimen."""

from __future__ import annotations

import pytest

from lis.domain.conditions import CONDITIONS, condition_check
from lis.domain.specimens import SpecimenFacts


@pytest.mark.parametrize(
    ("seen", "outcome", "reason"),
    [
        ((), "passed", ""),
        (("clear",), "passed", ""),
        (("haemolysed",), "passed", ""),  # judged test by test
        (("clotted",), "failed", "condition.clotted"),
        (("haemolysed", "fibrin"), "failed", "condition.fibrin"),
    ],
)
def test_what_spoils_a_specimen_holds_its_values(seen: tuple[str, ...], outcome: str, reason: str) -> None:
    assert set(seen) <= set(CONDITIONS)
    check = condition_check(SpecimenFacts("SER", None, conditions=frozenset(seen)))
    assert (check.outcome, check.reason_code) == (outcome, reason)
