"""What the pages of the bench share: the world of a laboratory, the act that was chosen there, and its refusal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TypeVar

from fastapi import Request

from lis.kernel.errors import Conflict, Invalid
from lis.training.running import LiveWorld, LiveWorlds
from lis.web.deps import Form, Here
from simulators.bench import BenchRefusal

Act = TypeVar("Act")


def world_of(request: Request, here: Here) -> LiveWorld:
    """The world around the laboratory that the page is about."""
    worlds: LiveWorlds = request.app.state.worlds
    return worlds.get(here.slug)


def chosen(form: Form, acts: Mapping[str, Act]) -> tuple[Act, str]:
    """The act that the pressed button names, as `verb:of`, and what it is of."""
    verb, _, of = form.text("act").partition(":")
    if verb not in acts:
        raise Invalid("bench.act", "Nobody can do that here.")
    return acts[verb], of


@contextmanager
def refusing() -> Iterator[None]:
    """What the bench refuses, the page refuses in the same words."""
    try:
        yield
    except BenchRefusal as refusal:
        raise Conflict(refusal.reason, str(refusal)) from refusal
