"""One small laboratory with an application over it per test module, and browsers signed in under each role."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from tests.web.site import Site, open_site

# A failed request is logged with its traceback; plain, because pictures of every variable take seconds.
structlog.configure(
    processors=[
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    ]
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A laboratory shared by a module's tests; each test orders its own specimens."""
    yield from _opened(tmp_path_factory.mktemp("site"))


@pytest.fixture
def own_site(tmp_path: Path) -> Iterator[Site]:
    """A laboratory of one test alone."""
    yield from _opened(tmp_path)


def _opened(folder: Path) -> Iterator[Site]:
    made = open_site(folder)
    yield made
    made.close()
