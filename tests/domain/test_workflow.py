"""The life of orders, containers and results: what the tables allow, and what no path through them does."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lis.domain.workflow import (
    CONTAINER,
    ORDER,
    ORDERED_TEST,
    RESULT,
    Action,
    ContainerState,
    OrderState,
    ResultState,
    TestState,
    advance,
    can,
)
from lis.kernel.errors import Conflict

TABLES: list[tuple[Mapping[Any, StrEnum], StrEnum]] = [
    (ORDER, OrderState.OPEN),
    (ORDERED_TEST, TestState.ORDERED),
    (CONTAINER, ContainerState.EXPECTED),
    (RESULT, ResultState.PENDING),
]
ACTIONS = st.lists(st.sampled_from(Action), max_size=12)


Step = tuple[Action, ContainerState]


def walked(actions: list[Action]) -> list[Step]:
    """What is done to a container when of all these acts the possible ones are done, and where it stands then."""
    steps: list[Step] = []
    state = ContainerState.EXPECTED
    for action in actions:
        if can(state, action):
            state = advance(state, action)
            steps.append((action, state))
    return steps


@pytest.mark.parametrize(("table", "start"), TABLES, ids=["order", "test", "container", "result"])
def test_every_state_can_be_reached(table: Mapping[Any, StrEnum], start: StrEnum) -> None:
    reached = {start}
    while more := {after for (before, _), after in table.items() if before in reached} - reached:
        reached |= more
    assert reached == set(type(start))


@given(ACTIONS)
def test_no_container_is_labelled_or_stored_that_was_not_received_and_confirmed(
    actions: list[Action],
) -> None:
    done: set[Action] = set()
    for action, state in walked(actions):
        done = (
            set() if action is Action.WITHDRAW else done | {action}
        )  # a receipt taken back counts for nothing
        if state in (ContainerState.LABELLED, ContainerState.STORED):
            assert done >= {Action.CONFIRM_LABEL}
            assert done & {Action.RECEIVE, Action.ACCEPT}


@given(ACTIONS)
def test_nothing_leaves_the_bin_or_a_cancelled_plan(actions: list[Action]) -> None:
    ends = {ContainerState.DISCARDED, ContainerState.CANCELLED}
    states = [state for _, state in walked(actions)]
    assert not any(state in ends for state in states[:-1])


@given(ACTIONS)
def test_a_rejected_container_is_only_thrown_away(actions: list[Action]) -> None:
    states = [state for _, state in walked(actions)]
    if ContainerState.REJECTED in states:
        after = states[states.index(ContainerState.REJECTED) + 1 :]
        assert after in ([], [ContainerState.DISCARDED])


@given(st.lists(st.sampled_from(Action), max_size=12))
def test_no_result_is_released_that_was_not_filed_and_verified(actions: list[Action]) -> None:
    state = ResultState.PENDING
    since_filing: list[Action] = []
    for action in actions:
        if not can(state, action):
            continue
        state = advance(state, action)
        filed = action in (Action.FILE_PASSED, Action.FILE_HELD)
        since_filing = [] if filed else [*since_filing, action]
        if state == ResultState.RELEASED:
            assert since_filing == [Action.VERIFY, Action.RELEASE]


def test_only_a_received_test_becomes_complete() -> None:
    before = {start for (start, _), after in ORDERED_TEST.items() if after == TestState.COMPLETE}
    assert before == {TestState.IN_LAB}
    assert {a for (_, a), after in ORDERED_TEST.items() if after == TestState.IN_LAB} == {
        Action.RECEIVE,
        Action.REOPEN,
    }


def test_what_is_not_in_the_table_is_refused_by_name() -> None:
    with pytest.raises(Conflict) as refused:
        advance(ContainerState.DISCARDED, Action.RECEIVE)
    assert (refused.value.code, refused.value.details) == (
        "state.receive",
        {"state": "discarded", "action": "receive"},
    )
    assert can(ContainerState.DISCARDED, Action.RECEIVE) is False


@given(ACTIONS)
def test_receipt_is_taken_back_only_before_the_label_is_confirmed_and_leads_to_the_beginning(
    actions: list[Action],
) -> None:
    before = ContainerState.EXPECTED
    for action, state in walked(actions):
        if action is Action.WITHDRAW:
            assert (before in (ContainerState.RECEIVED, ContainerState.SET_ASIDE), state) == (
                True,
                ContainerState.EXPECTED,
            )
        before = state
