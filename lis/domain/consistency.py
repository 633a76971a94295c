"""Consistency: relations that the results of one patient and collection must keep among themselves.

`error`, `hold` and `stop` hold every result the rule names; `suppress` holds the one it allows to be absent;
`warn` and `comment` only advise. A test that was not ordered makes the rule not applicable, an earlier result
(X_PREV) that does not exist too. A pending one makes it wait, a doubtful one not evaluable, unless the rule is
decided without it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from lis.domain.catalog import PREVIOUS, ConsistencyRule
from lis.domain.checks import Check, advice, failed, not_applicable, not_evaluable, passed, wait
from lis.domain.companions import Companion
from lis.domain.expressions import UNKNOWN, Expression, Value, parse
from lis.kernel.errors import Invalid

NAME = "consistency"
ADVISORY = ("warn", "comment")
Judged = dict[str, Check]  # by rule


def consistency_checks(
    rules: Sequence[ConsistencyRule],
    companions: Mapping[str, Companion],
    facts: Mapping[str, Value],
    judged: Judged,
) -> tuple[Check, ...]:
    """One check for each rule. `facts` are AGE, SEX and constants; `companions` include the test that is judged.

    `judged` are rules that were judged for others of the same companions and facts: they stand, new ones are added.
    """
    for rule in rules:
        if rule.id not in judged:
            judged[rule.id] = _judge(rule, parse(rule.rule), companions, facts)
    return tuple([judged[rule.id] for rule in rules])


def tests_named(expression: Expression) -> frozenset[str]:
    """The tests a rule speaks of; an earlier result counts as its test."""
    return frozenset(name.removesuffix(PREVIOUS) for name in expression.names)


def _judge(
    rule: ConsistencyRule,
    expression: Expression,
    companions: Mapping[str, Companion],
    facts: Mapping[str, Value],
) -> Check:
    present = _present(expression.names, companions, facts)
    if len(present) < len(expression.names):
        absent = sorted(expression.names - present.keys() - expression.optional)
        if absent:
            return not_applicable(NAME, f"{rule.id}: {', '.join(absent)} not ordered or not there.")
    doubtful = {name for name in present if name in companions and companions[name].doubtful}
    check = _decide(rule, expression, dict.fromkeys(expression.names) | present, companions, doubtful)
    return advice(check) if rule.severity in ADVISORY else check


def _decide(
    rule: ConsistencyRule,
    expression: Expression,
    values: dict[str, Value],
    companions: Mapping[str, Companion],
    doubtful: set[str],
) -> Check:
    try:
        holds = expression.decides(values)
        sure = expression.decides(values | dict.fromkeys(doubtful, UNKNOWN)) if holds and doubtful else holds
    except Invalid as refusal:
        return not_evaluable(NAME, "consistency.no_answer", f"{rule.id}: {refusal.message}", rule=rule.id)
    if holds is False:
        return failed(
            NAME,
            "consistency.broken",
            f"{rule.id}: {rule.clue or rule.rule}",
            rule=rule.id,
            action=rule.action,
        )
    if sure:
        return passed(NAME, f"{rule.id}: kept.", rule=rule.id)
    pending = sorted(n for n in expression.names if n in companions and companions[n].pending)
    if holds is None and pending:
        return wait(NAME, "consistency.pending", f"{rule.id}: waits for {', '.join(pending)}.", rule=rule.id)
    if holds is None:
        return not_evaluable(
            NAME, "consistency.open", f"{rule.id}: a value not exactly known leaves it open.", rule=rule.id
        )
    words = ", ".join(sorted(doubtful))
    return not_evaluable(NAME, "consistency.input_on_hold", f"{rule.id}: {words} on hold.", rule=rule.id)


def _present(
    names: Iterable[str], companions: Mapping[str, Companion], facts: Mapping[str, Value]
) -> dict[str, Value]:
    """The values of names; without those that are not ordered, or have no earlier result."""
    found: dict[str, Value] = {}
    for name in names:
        if name in companions:
            found[name] = companions[name].value
        elif name in facts:
            found[name] = facts[name]
        elif name.endswith(PREVIOUS):
            base = companions.get(name.removesuffix(PREVIOUS))
            if base is not None and base.previous is not None:
                found[name] = base.previous_value
    return found
