"""The bench's actions by name, for whoever writes them in code."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from simulators.inputs import Action
from simulators.tubes import TubeView


class ByName(ABC):
    """One method per action of the bench; each is an `Action` at this instant unless another is given."""

    @property
    @abstractmethod
    def now(self) -> datetime:
        """Where the world stands."""

    @abstractmethod
    def act(self, action: Action) -> Any:
        """What a person does."""

    def look(self, tube: str, at: datetime | None = None, by: str = "") -> TubeView:
        """Take a tube in the hand."""
        seen: TubeView = self._by_name("look", at, by, tube_id=tube)
        return seen

    def affix(self, label: str, tube: str, at: datetime | None = None, by: str = "") -> None:
        """Stick a printed label on a tube."""
        self._by_name("affix", at, by, label_id=label, tube_id=tube)

    def spin(
        self, tubes: Sequence[str], at: datetime | None = None, by: str = "", centrifuge: str = ""
    ) -> None:
        """Centrifuge these tubes."""
        self._by_name("spin", at, by, tube_ids=list(tubes), centrifuge=centrifuge)

    def unload(self, centrifuge: str, at: datetime | None = None, by: str = "") -> None:
        """Take the tubes out of a centrifuge that stands still."""
        self._by_name("unload", at, by, centrifuge=centrifuge)

    def load(self, analyzer: str, tubes: Sequence[str], at: datetime | None = None, by: str = "") -> None:
        """Put these tubes on an analyzer, in this order."""
        self._by_name("load", at, by, analyzer=analyzer, tube_ids=list(tubes))

    def discard(self, tube: str, at: datetime | None = None, by: str = "") -> None:
        """Throw a tube away."""
        self._by_name("discard", at, by, tube_id=tube)

    def discard_label(self, label: str, at: datetime | None = None, by: str = "") -> None:
        """Throw a printed label away."""
        self._by_name("discard_label", at, by, label_id=label)

    def run_controls(
        self, analyzer: str, at: datetime | None = None, by: str = "", tests: Sequence[str] = ()
    ) -> None:
        """Start an analyzer's controls by hand: of these tests, or of all."""
        chosen = {"tests": list(tests)} if tests else {}
        self._by_name("run_controls", at, by, analyzer=analyzer, **chosen)

    def _by_name(self, verb: str, at: datetime | None, by: str, **args: Any) -> Any:
        return self.act(Action(at or self.now, verb, args, by))
