"""Every fault of one content pack by name: its patterns of pre-analytical error, its named faults, and the bare kinds.

A kind is a class marked with `register` in any module of this folder; a pattern is a kind with parameters in the pack.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import yaml

import simulators.faults as folder
from simulators.content_types import Content, Effect, PreanalyticalError
from simulators.faults.base import Fault, known
from simulators.faults.message import MessageFault
from simulators.faults.preanalytical import ALL, Mechanism
from simulators.faults.preanalytical_model import Chemistry, FaultError
from simulators.place import Place

TITLE = "title"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

for _module in pkgutil.iter_modules(folder.__path__):
    if not _module.name.startswith("registry"):
        import_module(f"{folder.__name__}.{_module.name}")


@dataclass(frozen=True, slots=True)
class Entry:
    """One fault as an instructor reads about it."""

    name: str
    kind: str
    stage: str
    title: str
    clue: str = ""
    action: str = ""
    rejection: str = ""
    specimens: tuple[str, ...] = ()
    effects: tuple[Effect, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)


class FaultCatalog:
    """Makes faults by name; a pattern's parameters can be overridden one by one."""

    def __init__(
        self, chemistry: Chemistry, errors: Mapping[str, PreanalyticalError], named: Mapping[str, Any]
    ):
        self.chemistry = chemistry
        self._errors = errors
        self._named = named

    def make(self, name: str, parameters: Mapping[str, Any] | None = None) -> Fault[Any]:
        """The fault of this name; FaultError when there is none, or it has no such parameter."""
        given = {**self._given(name), **(parameters or {})}
        kind = known().get(given.pop("kind"))
        if kind is None:
            raise FaultError(f"there is no fault named {name}")
        if issubclass(kind, Mechanism):
            return kind.from_content(self.chemistry, given)
        if issubclass(kind, MessageFault):
            return kind.from_content(self.chemistry.menus, given)
        return kind(**given)

    def entries(self) -> list[Entry]:
        """All of them: patterns, named faults, kinds."""
        patterns = [self._pattern(error) for error in self._errors.values()]
        named = [self._entry(name, dict(raw)) for name, raw in self._named.items()]
        kinds = [self._entry(name, {"kind": name}) for name in known()]
        return [*patterns, *named, *kinds]

    def entry(self, name: str) -> Entry:
        """One of them; FaultError when there is none."""
        found = next((entry for entry in self.entries() if entry.name == name), None)
        if found is None:
            raise FaultError(f"there is no fault named {name}")
        return found

    def _given(self, name: str) -> dict[str, Any]:
        if name in self._errors:
            return mechanism_of(self._errors[name])
        named = self._named.get(name, {"kind": name})
        return {key: value for key, value in named.items() if key != TITLE}

    def _pattern(self, error: PreanalyticalError) -> Entry:
        given = dict(error.mechanism)
        kind = given.pop("kind")
        return Entry(
            error.id,
            kind,
            known()[kind].stage,
            error.name,
            error.detect_clue,
            error.right_action,
            error.rejection_code or "",
            error.specimens,
            error.effects,
            given,
        )

    def _entry(self, name: str, raw: dict[str, Any]) -> Entry:
        kind = raw.pop("kind")
        title = raw.pop(TITLE, "") or (known()[kind].__doc__ or "").split("\n\n")[0].replace("\n    ", " ")
        return Entry(name, kind, known()[kind].stage, title, parameters=raw)


def mechanism_of(error: PreanalyticalError) -> dict[str, Any]:
    """A pattern's kind and parameters; `stated` becomes the effects of the row that it names."""
    given = dict(error.mechanism)
    stated = given.pop("stated", ())
    own = [effect for effect in error.effects if stated == ALL or effect.analyte in stated]
    missing = set() if stated == ALL else set(stated) - {effect.analyte for effect in own}
    if missing:
        raise FaultError(f"{error.id} states no effect on {', '.join(sorted(missing))}")
    further = [Effect(raw["analyte"], raw["op"], raw["lo"], raw["hi"]) for raw in given.pop("effects", ())]
    if "instead_of" not in given:
        given["specimens"] = error.specimens
    return {**given, "effects": (*own, *further)}


def load_faults(pack: Path, content: Content, place: Place) -> FaultCatalog:
    """Read the pack's tables; every pattern and named fault is made once, so that a mistake is found here."""
    raw = yaml.load((pack / "world" / "spoiling.yaml").read_text(encoding="utf-8"), Loader=_LOADER)
    catalog = FaultCatalog(Chemistry(content, place, raw), content.errors, raw["named"])
    for name in (*content.errors, *raw["named"]):
        catalog.make(name)
    return catalog
