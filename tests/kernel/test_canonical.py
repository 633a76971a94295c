"""Equal values are equal text."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lis.kernel.canonical import Encoded, canonical_json, joined


class State(StrEnum):
    ON_HOLD = "on_hold"


class Code(NamedTuple):
    code: str
    text: str


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": [True, None]}, '{"a":[true,null],"b":1}'),
        ({"at": datetime(2026, 3, 2, 18, tzinfo=UTC)}, '{"at":"2026-03-02T18:00:00.000000Z"}'),
        ([date(2026, 3, 2), Decimal("1.50"), {"b", "a"}], '["2026-03-02","1.50",["a","b"]]'),
        ({"text": "5 µg"}, '{"text":"5 µg"}'),
        ([], "[]"),
        ((), "[]"),
        ({}, "{}"),
        (Encoded("[1]"), "[1]"),
        (Code("A", "Alpha"), '["A","Alpha"]'),
        ({State.ON_HOLD: [State.ON_HOLD]}, '{"on_hold":["on_hold"]}'),
        ({"é": 1, "z": 2, "\U0001f9ea": 3, "\uff21": 4}, '{"z":2,"é":1,"\uff21":4,"\U0001f9ea":3}'),
    ],
)
def test_value_as_text(value: object, text: str) -> None:
    assert canonical_json(value) == text


def test_values_encoded_already_are_joined() -> None:
    assert (joined([Encoded("{}"), Encoded("[1]")]), joined([])) == ("[{},[1]]", "[]")


@given(st.text())
def test_text_is_read_as_it_was(text: str) -> None:
    assert json.loads(canonical_json(text)) == text


@pytest.mark.parametrize("value", [object(), 2**64, "\ud800"])
def test_what_has_no_stored_form_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        canonical_json(value)
