"""What a value says as it was sent: the same words are judged once, other words anew."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from typing import Any

import pytest

from lis.domain.as_sent import MOST, AsSent, as_sent
from lis.domain.catalog import Catalog
from lis.domain.limits import kind_of, limits_for
from tests.domain.samples import MAN, NOON, sent


def said(catalog: Catalog, text: str, unit: str = "mmol/L", **more: Any) -> AsSent:
    limits = limits_for(catalog, kind_of(catalog, MAN, NOON), "K")
    return as_sent(sent("K", text, unit, **more), limits, catalog)


def test_same_words_are_judged_once(catalog: Catalog) -> None:
    assert said(catalog, "4.0") is said(catalog, "4.0", analyzer="A2", observed_at=NOON)


@pytest.mark.parametrize(
    ("text", "unit", "more", "check", "reason"),
    [
        ("9.9", "mmol/L", {}, "critical", "critical.high"),
        ("4.0", "mg/dL", {}, "unit", "unit.mismatch"),
        ("CLOTTED", "mmol/L", {}, "kind", "value.not_a_number"),
        ("4.0", "mmol/L", {"status": "P"}, "status", "status.preliminary"),
        ("4.0", "mmol/L", {"flags": ("QCF",)}, "analyzer_flags", "analyzer_flags.warning"),
        ("4.0", "mmol/L", {"dilution": "1:50"}, "measuring_range", "measuring_range.diluted_too_far"),
        ("<5", "mmol/L", {}, "interval", "interval.open"),
        ("2.9", "mmol/L", {}, "review", "review.outside"),
    ],
)
def test_each_word_counts(
    catalog: Catalog, text: str, unit: str, more: dict[str, Any], check: str, reason: str
) -> None:
    plain, other = said(catalog, "4.0"), said(catalog, text, unit, **more)
    assert (getattr(plain, check).reason_code, getattr(other, check).reason_code) == ("", reason)
    assert other.is_readable == (check not in ("unit", "kind"))


def test_calculated_value_has_no_measuring_range(catalog: Catalog) -> None:
    assert said(catalog, "99", "", source="calculation").measuring_range.outcome == "not_applicable"


def test_what_is_remembered_is_bounded_and_of_one_content(catalog: Catalog) -> None:
    content, other = replace(catalog), replace(catalog)
    content.chosen[AsSent] = dict.fromkeys(range(MOST - 1))
    sizes = [said(content, text) and len(content.chosen[AsSent]) for text in ("4.0", "4.1", "4.0")]
    assert (sizes, AsSent in other.chosen) == ([MOST, 1, 2], False)


def test_long_texts_of_senders_are_not_kept(catalog: Catalog) -> None:
    said(catalog, "CLOTTED")
    tracemalloc.start()
    for number in range(50):
        assert not said(catalog, f"{number}{'x' * 100_000}").is_readable
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 1_000_000
