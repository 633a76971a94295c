"""What a check says of a result or a specimen: an outcome, a stable reason code, and words for people.

Fail closed: `failed`, `wait` and `not_evaluable` keep a result on hold unless the check only advises.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property, lru_cache
from types import MappingProxyType

from lis.kernel.canonical import Encoded, canonical_json, joined


class Outcome(StrEnum):
    """`wait`: an ordered input is not yet in. `not_evaluable`: a fact that must exist is missing."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not_applicable"
    WAIT = "wait"
    NOT_EVALUABLE = "not_evaluable"


_NO_DETAIL: Mapping[str, str] = MappingProxyType({})
_LETTING_PASS = Outcome.PASSED, Outcome.NOT_APPLICABLE


@dataclass(frozen=True)
class Check:
    """One check's answer. `detail` holds the numbers it judged, as text; an `advisory` one never holds."""

    name: str
    outcome: Outcome
    reason_code: str = ""
    text: str = ""
    detail: Mapping[str, str] = field(default_factory=dict)
    advisory: bool = False

    @property
    def holds(self) -> bool:
        return self.outcome not in _LETTING_PASS and not self.advisory

    def as_row(self) -> dict[str, object]:
        """The check as stored beside the value it judged."""
        return {
            "name": self.name,
            "outcome": str(self.outcome),
            "reason": self.reason_code,
            "text": self.text,
            "detail": dict(self.detail),
            "advisory": self.advisory,
        }

    @cached_property
    def row_text(self) -> Encoded:
        """The same as text."""
        return Encoded(canonical_json(self.as_row()))


def stored(checks: Iterable[Check]) -> Encoded:
    """Checks as they are stored beside the value they judged."""
    return joined([check.row_text for check in checks])


def passed(name: str, text: str = "", **detail: object) -> Check:
    return (
        Check(name, Outcome.PASSED, "", text, _words(detail))
        if detail
        else _plain(name, Outcome.PASSED, text)
    )


def failed(name: str, reason: str, text: str, **detail: object) -> Check:
    return Check(name, Outcome.FAILED, reason, text, _words(detail))


def not_applicable(name: str, text: str = "") -> Check:
    return _plain(name, Outcome.NOT_APPLICABLE, text)


def wait(name: str, reason: str, text: str, **detail: object) -> Check:
    return Check(name, Outcome.WAIT, reason, text, _words(detail))


def not_evaluable(name: str, reason: str, text: str, **detail: object) -> Check:
    return Check(name, Outcome.NOT_EVALUABLE, reason, text, _words(detail))


@lru_cache(maxsize=1024)  # most checks of most values say one of a few things
def _plain(name: str, outcome: Outcome, text: str) -> Check:
    return Check(name, outcome, "", text)


def _words(detail: Mapping[str, object]) -> Mapping[str, str]:
    return {key: str(value) for key, value in detail.items()} if detail else _NO_DETAIL
