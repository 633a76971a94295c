"""The life of orders, containers and results as tables.

Everything that decides which state follows which lives in this file. A transition that is not in a table is refused;
`docs/generated/workflow.md` is drawn from the tables.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

from lis.kernel.errors import Conflict


class OrderState(StrEnum):
    """An order, seen as a whole."""

    OPEN = "open"
    COMPLETE = "complete"
    CANCELLED = "cancelled"


class TestState(StrEnum):
    """One ordered test."""

    __test__ = False

    ORDERED = "ordered"
    IN_LAB = "in_lab"
    COMPLETE = "complete"
    RECOLLECT = "recollect"
    CANCELLED = "cancelled"


class ContainerState(StrEnum):
    """A tube or cup, from plan to bin."""

    EXPECTED = "expected"
    RECEIVED = "received"
    SET_ASIDE = "set_aside"
    LABELLED = "labelled"
    STORED = "stored"
    REJECTED = "rejected"
    DISCARDED = "discarded"
    CANCELLED = "cancelled"


# Here, and nothing against it: values measured in such a container may be filed.
IN_LAB = (ContainerState.RECEIVED, ContainerState.LABELLED, ContainerState.STORED)


class ResultState(StrEnum):
    """The laboratory's value for one test: `resulted` passed its checks, `on_hold` waits for a person or an input."""

    PENDING = "pending"
    ON_HOLD = "on_hold"
    RESULTED = "resulted"
    VERIFIED = "verified"
    RELEASED = "released"
    CANCELLED = "cancelled"


class Action(StrEnum):
    """What is done to an order, a test, a container or a result."""

    RECEIVE = "receive"
    CONFIRM_LABEL = "confirm_label"
    SET_ASIDE = "set_aside"
    ACCEPT = "accept"
    REJECT = "reject"
    STORE = "store"
    RETRIEVE = "retrieve"
    DISCARD = "discard"
    CANCEL = "cancel"
    RECOLLECT = "recollect"
    COMPLETE = "complete"
    REOPEN = "reopen"
    FILE_PASSED = "file_passed"
    FILE_HELD = "file_held"
    VERIFY = "verify"
    RELEASE = "release"
    WITHDRAW = "withdraw"


T, C, R, A = TestState, ContainerState, ResultState, Action

ORDER: dict[tuple[OrderState, Action], OrderState] = {
    (OrderState.OPEN, A.COMPLETE): OrderState.COMPLETE,
    (OrderState.OPEN, A.CANCEL): OrderState.CANCELLED,
    (OrderState.COMPLETE, A.REOPEN): OrderState.OPEN,
}

ORDERED_TEST: dict[tuple[TestState, Action], TestState] = {
    (T.ORDERED, A.RECEIVE): T.IN_LAB,
    (T.ORDERED, A.CANCEL): T.CANCELLED,
    (T.ORDERED, A.RECOLLECT): T.RECOLLECT,
    (T.IN_LAB, A.COMPLETE): T.COMPLETE,
    (T.IN_LAB, A.CANCEL): T.CANCELLED,
    (T.IN_LAB, A.RECOLLECT): T.RECOLLECT,
    (T.IN_LAB, A.WITHDRAW): T.ORDERED,
    (T.COMPLETE, A.REOPEN): T.IN_LAB,
    (T.RECOLLECT, A.RECEIVE): T.IN_LAB,
    (T.RECOLLECT, A.CANCEL): T.CANCELLED,
}

CONTAINER: dict[tuple[ContainerState, Action], ContainerState] = {
    (C.EXPECTED, A.RECEIVE): C.RECEIVED,
    (C.EXPECTED, A.SET_ASIDE): C.SET_ASIDE,
    (C.EXPECTED, A.REJECT): C.REJECTED,
    (C.EXPECTED, A.CANCEL): C.CANCELLED,
    (C.SET_ASIDE, A.ACCEPT): C.RECEIVED,
    (C.SET_ASIDE, A.REJECT): C.REJECTED,
    (C.SET_ASIDE, A.WITHDRAW): C.EXPECTED,
    (C.RECEIVED, A.CONFIRM_LABEL): C.LABELLED,
    (C.RECEIVED, A.SET_ASIDE): C.SET_ASIDE,
    (C.RECEIVED, A.REJECT): C.REJECTED,
    (C.RECEIVED, A.WITHDRAW): C.EXPECTED,
    (C.LABELLED, A.STORE): C.STORED,
    (C.LABELLED, A.SET_ASIDE): C.SET_ASIDE,
    (C.LABELLED, A.REJECT): C.REJECTED,
    (C.LABELLED, A.DISCARD): C.DISCARDED,
    (C.STORED, A.RETRIEVE): C.LABELLED,
    (C.STORED, A.SET_ASIDE): C.SET_ASIDE,
    (C.STORED, A.REJECT): C.REJECTED,
    (C.STORED, A.DISCARD): C.DISCARDED,
    (C.REJECTED, A.DISCARD): C.DISCARDED,
}

RESULT: dict[tuple[ResultState, Action], ResultState] = {
    (R.PENDING, A.FILE_PASSED): R.RESULTED,
    (R.PENDING, A.FILE_HELD): R.ON_HOLD,
    (R.PENDING, A.CANCEL): R.CANCELLED,
    (R.ON_HOLD, A.FILE_PASSED): R.RESULTED,
    (R.ON_HOLD, A.FILE_HELD): R.ON_HOLD,
    (R.ON_HOLD, A.VERIFY): R.VERIFIED,
    (R.ON_HOLD, A.WITHDRAW): R.PENDING,
    (R.ON_HOLD, A.CANCEL): R.CANCELLED,
    (R.RESULTED, A.FILE_PASSED): R.RESULTED,
    (R.RESULTED, A.FILE_HELD): R.ON_HOLD,
    (R.RESULTED, A.VERIFY): R.VERIFIED,
    (R.RESULTED, A.WITHDRAW): R.PENDING,
    (R.RESULTED, A.CANCEL): R.CANCELLED,
    (R.VERIFIED, A.RELEASE): R.RELEASED,
    (R.VERIFIED, A.FILE_PASSED): R.RESULTED,
    (R.VERIFIED, A.FILE_HELD): R.ON_HOLD,
    (R.VERIFIED, A.WITHDRAW): R.PENDING,
    (R.RELEASED, A.FILE_PASSED): R.RESULTED,
    (R.RELEASED, A.FILE_HELD): R.ON_HOLD,
    (R.RELEASED, A.WITHDRAW): R.PENDING,
}

S = TypeVar("S", OrderState, TestState, ContainerState, ResultState)

_TABLES: dict[type, dict[tuple[StrEnum, Action], StrEnum]] = {
    OrderState: ORDER,  # type: ignore[dict-item]
    TestState: ORDERED_TEST,  # type: ignore[dict-item]
    ContainerState: CONTAINER,  # type: ignore[dict-item]
    ResultState: RESULT,  # type: ignore[dict-item]
}


def advance(state: S, action: Action) -> S:
    """The state that follows, or a refusal that names both: what is not in the table cannot happen."""
    following = _TABLES[type(state)].get((state, action))
    if following is None:
        raise Conflict(
            f"state.{action}",
            f"This cannot be done now: it is {state.replace('_', ' ')}.",
            "Refresh the page to see its present state.",
            state=str(state),
            action=str(action),
        )
    return following  # type: ignore[return-value]


def can(state: S, action: Action) -> bool:
    """Whether the table has a row for it; buttons are drawn from this."""
    return (state, action) in _TABLES[type(state)]
