"""How one kind of sender writes, as data: one YAML file each in `profiles/`, found by its stem.

A path is segment, field and component as people write them: `OBR-3`, `SAC-3`, `SPM-2`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from lis.kernel.errors import NotFound

FOLDER = Path(__file__).parent / "profiles"


@dataclass(frozen=True)
class Profile:
    """The traits of a sender. What a profile's file leaves out is the common case.

    `control_marks` say that a message is about control material (`SPM-11=Q`, `INV-3=CO`, `SPM-2~QC-` for a prefix).
    With `control_mark_decides`, a mark makes a control even where PID is filled. `control_level_code` names the
    observation that tells the level, by `control_levels`. `supplemental_*` are regular expressions on OBX-3 and OBR-4.
    `dilution_note` finds the dilution, as the group `dilution`, in a comment that says its factor was applied.
    `clock_ahead_minutes`: how far a sender may date its values after they came before people are told that its clock is
    wrong. IHE (ITI-1, Consistent Time) keeps clocks within a second; five minutes is more than a clock that is set once
    a day drifts, and less than would put a value at another place of a timed series.
    With `denies_work` a query for which there is nothing to do is followed by a message that says so (LAB-28).
    `senders` recognises the sender by MSH-3, MSH-4 or H-5, for whoever feeds files without saying whose they are.

    For LIS02 records: `values_from` are components of R-4 in the order they are looked at; `secondary_component` of R-3
    marks raw and derived values, by any text but `primary`; `dilution_component` of R-3 is the dilution, its factor
    applied, `undiluted` are words for none; `off_scale_from_range` reads `<` or `>` in the flags with the limit in R-6.
    """

    name: str
    title: str = ""
    protocol: str = "hl7"
    accepts: frozenset[str] = frozenset()
    answer_always: bool = True
    clock_ahead_minutes: int = 5
    denies_work: bool = False
    charset: str = ""
    processing: frozenset[str] = frozenset()
    container: tuple[str, ...] = ("SAC-3", "SPM-2", "OBR-3")
    match_orders: bool = False
    specimen: str = "auto"
    control_marks: tuple[str, ...] = ("SPM-11=Q", "MSH-11=Q", "INV-3=CO")
    control_id: tuple[str, ...] = ("INV-1", "SAC-3", "SPM-2", "OBR-3")
    control_lot: tuple[str, ...] = ("INV-16", "SPM-3")
    control_level: str = r"(?P<material>.+)-(?P<level>\d{1,2})"
    control_level_code: str = ""
    control_levels: dict[str, int] = field(default_factory=dict)
    control_mark_decides: bool = False
    statuses: dict[str, str] = field(default_factory=dict)
    flags: dict[str, str] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    value_from_flag: tuple[str, ...] = ()
    no_value: str = ""
    dilution_note: str = ""
    supplemental_types: frozenset[str] = frozenset({"ED", "RP"})
    supplemental_codes: str = ""
    supplemental_services: str = ""
    loinc_trusted: bool = True
    collection_number: tuple[str, ...] = ("SAC-3", "SPM-2")
    senders: str = ""
    values_from: tuple[int, ...] = (1, 2)
    secondary_component: int = 0
    primary: str = ""
    dilution_component: int = 0
    undiluted: frozenset[str] = frozenset()
    supplemental_without_status: bool = False
    off_scale_from_range: bool = False
    alarm_comments: str = ""
    sequential_frames: bool = True

    def dilution_in(self, notes: str) -> str:
        """The dilution that a comment tells of, as `1:5`; "" when none does, or the sender's comments are not read."""
        found = re.search(self.dilution_note, notes) if self.dilution_note else None
        return found["dilution"] if found else ""


def is_ahead(sender: Profile, came: datetime, dated: datetime) -> bool:
    """Whether a sender's clock must be ahead, by what it dates after it came."""
    return dated - came > timedelta(minutes=sender.clock_ahead_minutes)


@cache
def profile(name: str) -> Profile:
    """The profile of a name; NotFound when no file carries it."""
    path = FOLDER / f"{name}.yaml"
    if not name or not path.is_file():
        raise NotFound("profile.unknown", f"There is no interface profile {name!r}.", _known())
    return _read(name, yaml.safe_load(path.read_text(encoding="utf-8")) or {})


@cache
def names() -> tuple[str, ...]:
    """Every profile there is."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


def recognised(application: str, facility: str, protocol: str) -> str:
    """The profile whose `senders` fit, "" when none does."""
    sender = f"{application}|{facility}"
    found = (one for one in map(profile, names()) if one.senders and one.protocol == protocol)
    return next((one.name for one in found if re.search(one.senders, sender)), "")


def _known() -> str:
    return f"There are: {', '.join(names())}."


def _read(name: str, traits: dict[str, Any]) -> Profile:
    known = {trait.name: str(trait.type) for trait in fields(Profile)}
    unknown = sorted(set(traits) - set(known))
    if unknown:
        raise ValueError(f"{name}.yaml: no such trait: {', '.join(unknown)}")
    return Profile(name=name, **{key: _typed(known[key], value) for key, value in traits.items()})


def _typed(kind: str, value: Any) -> Any:
    if kind.startswith("frozenset"):
        return frozenset(map(str, value))
    return tuple(value) if kind.startswith("tuple") else value
