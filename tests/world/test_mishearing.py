"""What may be repeated in place of what was said: another value, or the right one for another patient."""

from __future__ import annotations

import pytest

from simulators.dice import Dice
from simulators.mishearing import misheard


def ways(text: str, *names: str) -> set[str]:
    """Everything that many ears make of it."""
    return {misheard(text, names, Dice(seed)) for seed in range(60)}


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("potassium 6.2", {"potassium 2.6", "potassium 62"}),
        ("glucose 15", {"glucose 50", "glucose 51"}),
        ("glucose 50", {"glucose 15"}),
        ("sodium 118", {"sodium 118"}),
        ("platelets 54", {"platelets 45"}),
        ("all is well", {"all is well"}),
        ("number 44556677", {"number 44556677"}),
    ],
)
def test_a_figure_is_got_wrong_as_ears_get_it_wrong(said: str, heard: set[str]) -> None:
    assert ways(said) == heard


def test_the_right_value_may_be_taken_down_for_somebody_else_on_the_ward() -> None:
    assert ways("Ann Archer, all is well", "Archer", "Bowman") == {"Ann Bowman, all is well"}
    assert ways("Ann Archer, all is well", "Archer") == {"Ann Archer, all is well"}
