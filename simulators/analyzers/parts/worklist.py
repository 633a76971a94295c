"""What a device has been told to do: work by container."""

from __future__ import annotations

from simulators.analyzers.events import Cancelled, Work

STAT = "S"


class Worklist:
    """Work that is ordered and not begun."""

    def __init__(self) -> None:
        self._of: dict[str, dict[str, Work]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._of.values()))

    def add(self, work: Work) -> None:
        """Take on one test of a container; ordered again it takes the place of what was there."""
        self._of.setdefault(work.container, {})[work.test] = work

    def cancel(self, item: Cancelled) -> None:
        """Give some tests of a container up, or all of it."""
        orders = self._of.get(item.container, {})
        for test in item.tests or list(orders):
            orders.pop(test, None)
        if not orders:
            self._of.pop(item.container, None)

    def pop(self, container: str) -> tuple[Work, ...]:
        """Begin a container: its work leaves the list."""
        return tuple(self._of.pop(container, {}).values())

    def is_stat(self, container: str) -> bool:
        """Whether any of it is urgent."""
        return any(work.priority == STAT for work in self._of.get(container, {}).values())
