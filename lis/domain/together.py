"""Results of one patient and collection that come in together are judged together, calculated ones included.

First every value by itself; then what is calculated from them; then the relations among all. So no result waits
for another that lies beside it, and a doubt about one reaches those that depend on it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from lis.domain.calculations import NAME as CALCULATION
from lis.domain.calculations import Calculation, calculate, in_order
from lis.domain.companions import Companion
from lis.domain.evaluations import Evaluation, ResultFacts, companion
from lis.domain.values import SentValue
from lis.domain.verification import Shared, judge_alone, judge_with
from lis.kernel.quantity import plain


@dataclass(frozen=True, slots=True)
class Together:
    """Evaluations by test, of measured and calculated values; and every calculation, also those without a value."""

    evaluations: Mapping[str, Evaluation]
    calculations: Mapping[str, Calculation]


def evaluate_together(
    sent: Mapping[str, SentValue],
    facts: Mapping[str, ResultFacts],
    standing: Mapping[str, Companion],
    wanted: Sequence[str] = (),
) -> Together:
    """Judge the values in `sent`, and calculate the tests `wanted`.

    `facts` has an entry for each of both. `standing` are all other tests ordered on the collection: filed before, or
    pending.
    """
    companions = {**standing, **dict.fromkeys(wanted, Companion(pending=True))}
    companions |= dict.fromkeys(sent, Companion())
    shared = _shared(facts)
    alone = {test: judge_alone(value, facts[test], shared[test], companions) for test, value in sent.items()}
    companions |= {test: companion(answer, facts[test].earlier(test)) for test, answer in alone.items()}
    found: dict[str, Calculation] = {}
    for test in _calculable(wanted, facts):
        found[test] = _calculate(test, facts[test], shared[test], companions)
        value = found[test].value
        if value is not None:
            alone[test] = judge_alone(
                SentValue(test, plain(value), source="calculation"),
                facts[test],
                shared[test],
                companions,
                calculation=found[test].check,
            )
            companions[test] = companion(alone[test], facts[test].earlier(test))
        elif found[test].is_settled:
            companions[test] = Companion()
    judged = {
        test: judge_with(answer, facts[test], shared[test], companions) for test, answer in alone.items()
    }
    if found and any(judged[test].on_hold != answer.on_hold for test, answer in alone.items()):
        judged |= _recalculated(judged, found, facts, shared, companions)
    return Together(judged, found)


def _shared(facts: Mapping[str, ResultFacts]) -> dict[str, Shared]:
    """What each test shares with those of its container, who have one specimen."""
    found: dict[int, Shared] = {}
    for own in facts.values():
        if id(own.specimen) not in found:
            found[id(own.specimen)] = Shared.of(own)
    return {test: found[id(own.specimen)] for test, own in facts.items()}


def _calculable(wanted: Sequence[str], facts: Mapping[str, ResultFacts]) -> list[str]:
    if not wanted:
        return []
    formulas = {test: facts[test].catalog.formula_for[test] for test in wanted}
    return in_order(wanted, formulas)


def _calculate(
    test: str, facts: ResultFacts, shared: Shared, companions: Mapping[str, Companion]
) -> Calculation:
    return calculate(facts.catalog.formula_for[test], companions, shared.names, facts.catalog.constants)


def _recalculated(
    judged: Mapping[str, Evaluation],
    found: Mapping[str, Calculation],
    facts: Mapping[str, ResultFacts],
    shared: Mapping[str, Shared],
    companions: Mapping[str, Companion],
) -> dict[str, Evaluation]:
    """Calculated values with their check as it stands after the relations: an input may have come on hold by them."""
    last = {**companions, **{test: companion(answer) for test, answer in judged.items()}}
    answers: dict[str, Evaluation] = {}
    for test in found:
        if test in judged:
            check = _calculate(test, facts[test], shared[test], last).check
            checks = tuple(check if c.name == CALCULATION else c for c in judged[test].checks)
            answers[test] = replace(judged[test], checks=checks)
            last[test] = companion(answers[test])
    return answers
