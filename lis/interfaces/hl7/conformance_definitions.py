"""What a version of HL7 defines, read from hl7apy's reference data and mended where that data is known to be wrong.

hl7apy gives structures, segments, data types and tables of 2.1 to 2.8.2, but no lengths: those stand in
`conformance_lengths.csv` (attribute tables of the HL7 v2 chapters, 2.1 to 2.7, segments that a laboratory meets). A
length of 0, or a segment that is missing there, is not checked; MSH-9 of 2.3.1 and OBX-2 have what their own values
need. Nothing here is asked while a message is taken in.
"""

from __future__ import annotations

import csv
import importlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

VERSIONS = ("2.1", "2.2", "2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.8", "2.8.1", "2.8.2")
LENGTHS = Path(__file__).with_name("conformance_lengths.csv")
ANY = "ANYHL7SEGMENT"
VARIES, UNTYPED = "varies", "untyped"  # of the type that the message tells; of a type that it should tell
EARLY = "taken early (pre-adopted), as profiles such as IHE LAW do"
_SIMPLE = frozenset(("ST", "TX", "FT", "ID", "IS", "NM", "SI", "DT", "TM", "DTM", "TN", "GTS", "SNM"))
_NO_VALUES = frozenset(("CM", "CQ", "SI", "ID"))  # section 7.4.2.2: every other data type may be a value's
_CONDITIONAL = frozenset((("OBX", 2), ("OBX", 4)))  # some versions' data have them as required
# Where profiles of a structure have a segment, and behind which others: lots of reagents in IHE LAW (LAB-29).
PROFILED = {("OUL_R22", "INV"): frozenset(("OBX", "TCD", "SID"))}
UNBOUNDED = -1


@dataclass(frozen=True, slots=True)
class Element:
    """One field or component: its data type, name, table ("0001"), how often it stands at least and at most."""

    number: int
    kind: str
    name: str = ""
    table: str = ""
    least: int = 0
    most: int = 1
    length: int = 0

    @property
    def is_withdrawn(self) -> bool:
        return self.most == 0 or self.kind in ("", "WD")


@dataclass(frozen=True, slots=True)
class Table:
    """A table's values; `is_open` when its list names more than it spells out ("...", "nnnn")."""

    name: str
    values: frozenset[str]
    prefixes: tuple[str, ...] = ()
    is_open: bool = False

    def has(self, text: str) -> bool:
        return (
            self.is_open
            or text in self.values
            or any(text.startswith(prefix) and text != prefix for prefix in self.prefixes)
        )


@dataclass(frozen=True, slots=True)
class Node:
    """A segment, or a group of them: all of `parts` in their order, or one of them when it is a choice."""

    name: str
    parts: tuple[Node, ...] = ()
    is_choice: bool = False
    least: int = 1
    most: int = 1

    @property
    def is_segment(self) -> bool:
        return not self.parts


class Definitions:
    """One version's definitions."""

    def __init__(self, version: str) -> None:
        self.version = version
        module = importlib.import_module(f"hl7apy.v{version.replace('.', '_')}")
        self._elements: Mapping[str, Mapping[str, Any]] = module.ELEMENTS
        self._fields: dict[str, tuple[Element, ...]] = {}
        self._components: dict[str, tuple[Element, ...]] = {}
        self._tables: dict[str, Table | None] = {}

    @property
    def segment_names(self) -> list[str]:
        return [name for name in self._elements["Segment"] if self.has_segment(name)]

    def has_segment(self, name: str) -> bool:
        return len(name) == 3 and name in self._elements["Segment"]

    def fields(self, segment: str) -> tuple[Element, ...]:
        """The fields of a segment that the version has."""
        if segment not in self._fields:
            self._fields[segment] = self._read_fields(segment)
        return self._fields[segment]

    def components(self, kind: str) -> tuple[Element, ...]:
        """The components of a data type; () for one that is a single value."""
        if kind not in self._components:
            self._components[kind] = self._read_components(kind)
        return self._components[kind]

    def table(self, number: str) -> Table | None:
        """A table that lists values, or None."""
        if number not in self._tables:
            self._tables[number] = self._read_table(number)
        return self._tables[number]

    def _read_fields(self, segment: str) -> tuple[Element, ...]:
        found = self._elements["Segment"].get(segment, ())
        rows = found
        if found and isinstance(found[0], str):  # a kind, as all have but ORO in 2.1
            rows = found[1] if len(found) > 1 else ()  # withdrawn in whole, as QRD in 2.7
        lengths = _lengths().get((self.version, segment), ())
        known = {
            one.number: replace(one, least=0) if (segment, one.number) in _CONDITIONAL else one
            for one in (_element(row, lengths) for row in rows)
        }
        return _in_order(known)

    def _read_components(self, kind: str) -> tuple[Element, ...]:
        if kind == "TS":  # hl7apy calls them ST before 2.5, and both required in 2.1
            return (Element(1, "DTM", "Time"), Element(2, "ID", "Degree of precision"))
        rows = self._elements["Datatypes_Structs"].get(kind, ())
        return _in_order({one.number: one for one in (_element(row, ()) for row in rows)})

    def is_type(self, kind: str) -> bool:
        """Whether a data type is one that is described here."""
        return kind in _SIMPLE or kind in self._elements["Datatypes_Structs"]

    @property
    def has_tables(self) -> bool:
        return bool(self._elements["Table"])

    def _read_table(self, number: str) -> Table | None:
        found = self._elements["Table"].get(f"HL7{number}")
        if not found or not found[1]:
            return None
        more = {*_SIMPLE, *self._elements["Datatypes_Structs"]} - _NO_VALUES if number == "0125" else ()
        return _table(number, found[0], (*found[1], *more))

    @property
    def structure_names(self) -> list[str]:
        return list(self._elements["Message"])

    def has_structure(self, name: str) -> bool:
        return name in self._elements["Message"]

    def structure(self, name: str) -> Node:
        """The segments and groups of a message structure."""
        return Node(name, self._parts(self._elements["Message"][name][1]))

    def _parts(self, rows: Any) -> tuple[Node, ...]:
        return tuple(self._node(name, least, most, kind) for name, _, (least, most), kind in rows)

    def _node(self, name: str, least: int, most: int, kind: str) -> Node:
        if kind != "GRP":
            return Node(name, (), False, least, most)
        group = self._elements["Group"][name]
        return Node(name, self._parts(group[1]), group[0] == "choice", least, most)


def definitions(version: str) -> Definitions | None:
    """A version's definitions, or None when there are none of it."""
    return _definitions(version) if version in VERSIONS else None


@cache
def _definitions(version: str) -> Definitions:
    return Definitions(version)


@lru_cache(maxsize=1024)
def since(version: str, segment: str, number: int = 0, *, is_composite: bool = False) -> tuple[str, str]:
    """The first later version that defines a segment, or its field, and the field's type there; "" when none does."""
    for later in VERSIONS[VERSIONS.index(version) + 1 :]:
        known = _definitions(later)
        if not known.has_segment(segment):
            continue
        fields = known.fields(segment)
        if not number:
            return later, ""
        if number <= len(fields) and not fields[number - 1].is_withdrawn:
            kind = fields[number - 1].kind
            if not is_composite or known.components(kind):
                return later, kind
    return "", ""


def structure_name(known: Definitions, told: str, kind: str, event: str) -> str:
    """The structure of a message: as MSH-9.3 says if it is one, else by type and event (table 0354); "" if unknown."""
    shared = next((of for of, events in _SHARED.get(kind, {}).items() if event in events.split()), "")
    for name in (told, f"{kind}_{event}", f"{kind}_{shared}", kind):
        if name and known.has_structure(name):
            return name
    return ""


# Events that share a structure (HL7 table 0354), where the event is not the structure's own.
_SHARED = {
    "ADT": {
        "A01": "A04 A08 A13",
        "A05": "A14 A28 A31",
        "A06": "A07",
        "A09": "A10 A11",
        "A21": "A22 A23 A25 A26 A27 A29 A32 A33",
        "A30": "A34 A35 A36 A46 A47 A48 A49",
        "A39": "A40 A41 A42",
        "A43": "A44",
        "A50": "A51",
        "A52": "A53",
        "A54": "A55",
        "A61": "A62",
    },
    "MDM": {"T01": "T03 T05 T07 T09 T11", "T02": "T04 T06 T08 T10"},
    "SIU": {"S12": "S13 S14 S15 S16 S17 S18 S19 S20 S21 S22 S23 S24 S26"},
}


def _element(row: Any, lengths: tuple[int, ...]) -> Element:
    name, reference, (least, most), _ = row
    number = int(name.rpartition("_")[2])
    kind, words, table = reference[2], reference[3], reference[4]
    return Element(
        number,
        (kind or "").replace("wd", "WD"),
        (words or "").replace("_", " ").capitalize(),
        (table or "").removeprefix("HL7"),
        least,
        most,
        lengths[number - 1] if number <= len(lengths) else 0,
    )


def _in_order(known: Mapping[int, Element]) -> tuple[Element, ...]:
    """Elements from number 1; a number that the data leave out was withdrawn."""
    return tuple(known.get(number, Element(number, "")) for number in range(1, max(known, default=0) + 1))


_OPEN = re.compile(r"\.\.|<\s*\w|\d _|.{30}")  # a value that stands for others, or is a remark
_PATTERN = re.compile(r"^(.+?)(?:nnnn|zzz).*$")


def _table(number: str, name: str, values: Any) -> Table:
    texts = [str(value).strip() for value in values]
    prefixes = [found.group(1) for text in texts if (found := _PATTERN.match(text))]
    if number == "0396":
        prefixes.append("99")  # local code: 99zzz
    return Table(
        name,
        frozenset(text.removesuffix(" (deprecated)").removesuffix(" (obsolete)") for text in texts),
        tuple(prefixes),
        any(_OPEN.search(text) for text in texts),
    )


@cache
def _lengths() -> dict[tuple[str, str], tuple[int, ...]]:
    with LENGTHS.open(encoding="utf-8", newline="") as file:
        return {
            (row["version"], row["segment"]): tuple(map(int, row["lengths"].split()))
            for row in csv.DictReader(file)
        }


def has_lengths(version: str) -> bool:
    """Whether any length of a version is known here."""
    return (version, "MSH") in _lengths()
