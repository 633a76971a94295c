"""Haemolysis, icterus and lipaemia: does an index say that the value may be false?

Serum and plasma only; whole blood, urine and fluids are not applicable. The limit of an index is the lowest of the
autoverification limit and the threshold of its effect; above it the check fails. Only an index measured in the same
container counts. An analyzer that reports indices and sent none leaves it open. Without indices, what a person saw of
the specimen counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from lis.domain.catalog import AutoverificationRange, Catalog, Test
from lis.domain.checks import Check, Outcome, failed, not_applicable, not_evaluable, passed, wait
from lis.domain.companions import Companion
from lis.domain.comparing import above
from lis.domain.specimens import SpecimenFacts, is_separated
from lis.kernel.quantity import Quantity, plain

NAME = "interference"
NAMES = {"H": "haemolysis", "I": "icterus", "L": "lipaemia"}
# What people record of a spun tube, and the interferent it speaks of.
SEEN = {"haemolysed": "H", "icteric": "I", "lipaemic": "L"}

_PASSED = passed(NAME, "Indices within their limits.")
_NOT_SEPARATED = not_applicable(NAME, "Indices are for serum and plasma.")
_NO_LIMIT = not_applicable(NAME, "No index has a limit for this test.")


def interference_check(
    test: Test,
    allowed: Mapping[str, Decimal],
    specimen: SpecimenFacts,
    companions: Mapping[str, Companion],
    reports_indices: bool,
    catalog: Catalog,
) -> Check:
    """Judge every index that has a limit for the test (`allowed`); the first that fails or is missing speaks."""
    if not is_separated(specimen.type or test.specimen_type, catalog):
        return _NOT_SEPARATED
    if not allowed:
        return _NO_LIMIT
    answers = [
        _judge(letter, limit, companions.get(catalog.index_tests.get(letter, "")), reports_indices, specimen)
        for letter, limit in allowed.items()
    ]
    holding = [answer for answer in answers if answer.holds]
    if holding:
        return next((answer for answer in holding if answer.outcome == Outcome.FAILED), holding[0])
    return _PASSED if _PASSED in answers else answers[0]


def index_limits(test: str, limits: AutoverificationRange | None, catalog: Catalog) -> dict[str, Decimal]:
    """Interferent → the highest index at which the test still counts as undisturbed."""
    found: dict[str, list[Decimal]] = {}
    if limits is not None:
        for letter, limit in (("H", limits.h_max), ("I", limits.i_max), ("L", limits.l_max)):
            if limit is not None:
                found.setdefault(letter, []).append(limit)
    for effect in catalog.hil_effects.get(test, ()):
        if effect.threshold_index is not None:
            found.setdefault(effect.interferent, []).append(effect.threshold_index)
    return {letter: min(values) for letter, values in found.items()}


def _judge(
    letter: str, limit: Decimal, ordered: Companion | None, reports_indices: bool, specimen: SpecimenFacts
) -> Check:
    index = specimen.indices.get(letter)
    if index is not None:
        return _by_index(letter, limit, index)
    if reports_indices:
        return not_evaluable(
            NAME, "interference.no_index", f"The analyzer sent no {NAMES[letter]} index.", index=letter
        )
    if ordered is not None and ordered.pending:
        return wait(NAME, "interference.pending", f"The {NAMES[letter]} index is not yet in.", index=letter)
    seen = [words for words in specimen.conditions if SEEN.get(words) == letter]
    if seen:
        return failed(NAME, "interference.seen", f"The specimen was seen to be {seen[0]}.", index=letter)
    return not_applicable(NAME, "No index is measured.")


def _by_index(letter: str, limit: Decimal, index: Quantity) -> Check:
    over = above(index, limit)
    if over is None:
        return not_evaluable(
            NAME, "interference.comparator", f"{NAMES[letter].capitalize()} index {index} is open."
        )
    if over:
        return failed(
            NAME,
            "interference.exceeded",
            f"{NAMES[letter].capitalize()} index {index}, limit {plain(limit)}.",
            index=letter,
            value=index,
            limit=plain(limit),
        )
    return _PASSED
