"""Where a bounded quantity stands: held against every number that it may be."""

from __future__ import annotations

import operator
from collections.abc import Callable
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lis.domain.comparing import relates
from lis.kernel.errors import Invalid
from lis.kernel.quantity import COMPARATORS, Quantity

RELATIONS: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "Lt": operator.lt,
    "LtE": operator.le,
    "Eq": operator.eq,
    "NotEq": operator.ne,
    "GtE": operator.ge,
    "Gt": operator.gt,
}
MEANT: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
NUMBERS = [Decimal(n) / 2 for n in range(-12, 13)]  # halves from -6 to 6, those asked about well inside
QUANTITIES = st.builds(
    lambda n, comparator: Quantity(Decimal(n), "", comparator),
    st.integers(-2, 2),
    st.sampled_from(["", *COMPARATORS]),
)


def may_be(quantity: Quantity) -> list[Decimal]:
    return [number for number in NUMBERS if MEANT[quantity.comparator](number, quantity.value)]


@given(one=QUANTITIES, other=QUANTITIES, relation=st.sampled_from(sorted(RELATIONS)))
def test_a_relation_is_decided_when_it_is_so_for_all_that_may_be(
    one: Quantity, other: Quantity, relation: str
) -> None:
    found = {RELATIONS[relation](a, b) for a, b in product(may_be(one), may_be(other))}
    wanted = found.pop() if len(found) == 1 else None
    if one.is_exact or other.is_exact:
        assert relates(relation, one, other) is wanted
    else:
        assert relates(relation, one, other) is None  # of two that are bounded nothing is said


def test_numbers_stand_for_themselves_and_words_are_refused() -> None:
    bounded = Quantity(Decimal(5), "", "<")
    assert relates("Lt", bounded, Decimal(5)) is True
    assert relates("Gt", Decimal(5), bounded) is True
    with pytest.raises(Invalid):
        relates("Eq", bounded, "NEG")
