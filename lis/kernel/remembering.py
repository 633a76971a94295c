"""Answers that are remembered, but not to long texts: others send them, and they must not fill the memory."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
Asked = Callable[Concatenate[str, P], T]


def remembers(most: int, *, longest: int = 64) -> Callable[[Asked[P, T]], Asked[P, T]]:
    """For a function of a text: its last `most` answers are kept, none of a text of more characters than `longest`."""

    def remembering(asked: Asked[P, T]) -> Asked[P, T]:
        known: Any = lru_cache(maxsize=most)(asked)

        @wraps(asked)
        def answer(text: str, /, *args: P.args, **more: P.kwargs) -> T:
            found: T = (known if len(text) <= longest else asked)(text, *args, **more)
            return found

        return answer

    return remembering
