"""How what was told is repeated wrongly: figures change places, a point gets lost, teens become tens, names slip."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from simulators.dice import Dice

_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.]*\d)")


def misheard(text: str, names: Sequence[str], dice: Dice) -> str:
    """The text with one thing wrong that an ear gets wrong; as it was when there is nothing of that kind in it.

    `names` are family names of others on the ward: the right value may be taken down for the wrong patient.
    """
    ways = [*_other_figures(text), *_other_names(text, names)]
    return dice.choice(ways) if ways else text


def _other_figures(text: str) -> Iterable[str]:
    """One of the numbers changed; numbers of more than five digits are read figure by figure and kept."""
    for found in _NUMBER.finditer(text):
        if len(found[0]) <= 5:
            for other in _other_numbers(found[0]):
                yield text[: found.start()] + other + text[found.end() :]


def _other_numbers(number: str) -> Iterable[str]:
    whole, point, part = number.partition(".")
    if point and len(whole) == len(part) == 1 and whole != part:
        yield f"{part}.{whole}"
    if point:
        yield whole + part
    if not point and len(whole) == 2 and whole[0] == "1" and whole[1] in "3456789":
        yield f"{whole[1]}0"
    if not point and len(whole) == 2 and whole[1] == "0" and whole[0] in "3456789":
        yield f"1{whole[0]}"
    if len(whole) >= 2 and whole[0] != whole[1] and whole[1] != "0":
        yield f"{whole[1]}{whole[0]}{whole[2:]}{point}{part}"


def _other_names(text: str, names: Sequence[str]) -> Iterable[str]:
    for name in names:
        if re.search(rf"\b{re.escape(name)}\b", text, re.IGNORECASE):
            for other in names:
                if other.casefold() != name.casefold():
                    yield re.sub(rf"\b{re.escape(name)}\b", other, text, flags=re.IGNORECASE)
