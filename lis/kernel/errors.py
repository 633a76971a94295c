"""Refusals: the one way in which a rule or a use case says no.

A refusal is an answer, not a crash: it says what was refused, why, and what to do.
"""

from __future__ import annotations


class Refusal(Exception):
    """A request that cannot be done. `code` is stable for programs, `message` and `advice` are for people."""

    def __init__(self, code: str, message: str, advice: str = "", **details: object) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.advice = advice
        self.details = details

    def __str__(self) -> str:
        return f"{self.message} {self.advice}".strip()


class NotFound(Refusal):
    """The thing named does not exist in this laboratory."""


class NotAllowed(Refusal):
    """The actor's role does not carry this act."""


class Conflict(Refusal):
    """The thing has changed since it was shown, or is not in a state that allows the act."""


class Invalid(Refusal):
    """What was given cannot be used as it stands."""
