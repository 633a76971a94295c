"""What a check says of a result or a specimen: an outcome, a stable reason code, and words for people.

Fail closed: `failed`, `wait` and `not_evaluable` keep a result on hold unless the check only advises.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from lis.kernel.canonical import Encoded, canonical_json, joined
from lis.kernel.remembering import remembers


class Outcome(StrEnum):
    """`wait`: an ordered input is not yet in. `not_evaluable`: a fact that must exist is missing."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not_applicable"
    WAIT = "wait"
    NOT_EVALUABLE = "not_evaluable"


_LETTING_PASS = Outcome.PASSED, Outcome.NOT_APPLICABLE


@dataclass(frozen=True, slots=True)
class Check:
    """One check's answer. `detail` holds the numbers it judged, as text; an `advisory` one never holds."""

    name: str
    outcome: Outcome
    reason_code: str = ""
    text: str = ""
    detail: Mapping[str, str] = field(default_factory=dict)
    advisory: bool = False
    holds: bool = field(init=False, repr=False, compare=False)
    row_text: Encoded = field(init=False, repr=False, compare=False)  # `as_row`, as text

    def __post_init__(self) -> None:
        object.__setattr__(self, "holds", self.outcome not in _LETTING_PASS and not self.advisory)
        object.__setattr__(self, "row_text", Encoded(canonical_json(self.as_row())))

    def as_row(self) -> dict[str, object]:
        """The check as stored beside the value it judged: what it does not say is left out."""
        row = {
            "name": self.name,
            "outcome": str(self.outcome),
            "reason": self.reason_code,
            "text": self.text,
            "detail": dict(self.detail),
            "advisory": self.advisory,
        }
        return _said(row)


def stored(checks: Iterable[Check]) -> Encoded:
    """Checks as they are stored beside the value they judged."""
    return joined([check.row_text for check in checks])


def are_stored(checks: Sequence[Check], rows: Sequence[Mapping[str, object]]) -> bool:
    """Whether the same is stored already; rows of earlier versions name what was not said, too."""
    return [check.as_row() for check in checks] == [_said(row) for row in rows]


def _said(row: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in row.items() if value}


def passed(name: str, text: str = "", **detail: object) -> Check:
    return _made(text, name, Outcome.PASSED, "", _words(detail) if detail else ())


def failed(name: str, reason: str, text: str, **detail: object) -> Check:
    return _made(text, name, Outcome.FAILED, reason, _words(detail))


def not_applicable(name: str, text: str = "") -> Check:
    return _made(text, name, Outcome.NOT_APPLICABLE, "", ())


def wait(name: str, reason: str, text: str, **detail: object) -> Check:
    return _made(text, name, Outcome.WAIT, reason, _words(detail))


def not_evaluable(name: str, reason: str, text: str, **detail: object) -> Check:
    return _made(text, name, Outcome.NOT_EVALUABLE, reason, _words(detail))


def advice(check: Check) -> Check:
    """The same answer, holding nothing."""
    detail = tuple(check.detail.items())
    return _made(check.text, check.name, check.outcome, check.reason_code, detail, True)


# Most checks of most values say one of a few things; the others, as of an age, are soon pushed out.
@remembers(1024, longest=400)
def _made(
    text: str,
    name: str,
    outcome: Outcome,
    reason: str,
    detail: tuple[tuple[str, str], ...],
    advisory: bool = False,
) -> Check:
    return Check(name, outcome, reason, text, MappingProxyType(dict(detail)), advisory)


def _words(detail: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    return tuple([(key, str(value)) for key, value in detail.items()])
