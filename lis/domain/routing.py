"""Which analyzer measures what: the first in the catalogue's order that has the test and is not kept from it."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from lis.domain.catalog import Catalog


def route(
    tests: Iterable[str],
    catalog: Catalog,
    *,
    stopped: Collection[str] = (),
    held: Collection[tuple[str, str]] = (),
) -> dict[str, tuple[str, ...]]:
    """Analyzer → tests it shall measure. Tests that no analyzer offers, or that are calculated here, are left out.

    `stopped` names analyzers that take no work, `held` pairs of analyzer and test that are kept apart.
    """
    routed: dict[str, list[str]] = {}
    for test in tests:
        for analyzer in catalog.measured_by.get(test, ()):
            if analyzer not in stopped and (analyzer, test) not in held:
                routed.setdefault(analyzer, []).append(test)
                break
    return {analyzer: tuple(codes) for analyzer, codes in routed.items()}
