"""How a message stands to the standard: structure, cardinality, required fields, lengths, tables, syntax of values.

For people: the glass box, the command line. Nothing asks this while a message is taken in, and nothing is refused for
it. Every segment is placed in the message's structure or spoken of; nothing is dropped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import repeat

from lis.interfaces.hl7.conformance_definitions import (
    EARLY,
    UNTYPED,
    VARIES,
    VERSIONS,
    Definitions,
    definitions,
    has_lengths,
    since,
    structure_name,
)
from lis.interfaces.hl7.conformance_fields import Fields
from lis.interfaces.hl7.conformance_remarks import ADVICE, BREACH, NOTE, Remark
from lis.interfaces.hl7.conformance_structure import Structure
from lis.kernel.remembering import remembers
from lis.wire.er7 import CharsetError, Delimiters, Message, MessageError, Segment, decode

__all__ = ["ADVICE", "BREACH", "NOTE", "Finding", "Remark", "Report", "Told", "check", "check_bytes"]

Finding = tuple[int, Remark]  # a line of the message, from 1, and what is said of it


@dataclass(frozen=True, slots=True)
class Told:
    """One remark, and all the lines that it is true of."""

    remark: Remark
    lines: tuple[int, ...]

    @property
    def where(self) -> str:
        """The lines in few words."""
        first, count = self.lines[0], len(self.lines)
        if count <= 3:
            return ", ".join(map(str, self.lines))
        return f"{first} and {count - 1} more"


@dataclass(frozen=True, slots=True)
class Report:
    """What a message was held against, and what was found; `problem` says why it was held against nothing."""

    problem: str = ""
    version: str = ""
    structure: str = ""
    segments: int = 0
    findings: Sequence[Finding] = ()
    unchecked: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """How many findings of which weight, in words; every line counts."""
        counts = Counter(remark.weight for _, remark in self.findings)
        names = {BREACH: ("breach", "breaches"), ADVICE: ("piece of advice", "pieces of advice")}
        names[NOTE] = ("note", "notes")
        told = [f"{counts[one]} {names[one][counts[one] > 1]}" for one in names if counts[one]]
        return ", ".join(told) or "nothing is amiss"

    def told(self) -> list[Told]:
        """The findings, each thing said once with all its lines: what breaks the standard first."""
        lines: dict[Remark, list[int]] = {}
        for line, remark in self.findings:
            lines.setdefault(remark, []).append(line)
        told = [Told(remark, tuple(at)) for remark, at in lines.items()]
        return sorted(told, key=lambda one: ((BREACH, ADVICE, NOTE).index(one.remark.weight), one.lines))


def check_bytes(raw: bytes) -> Report | None:
    """A message as it was stored; None when it is no HL7 v2 text. Bytes of no known set are read one by one."""
    raw = raw.strip(b"\x0b\x1c\r\n")
    try:
        text, codec = decode(raw)
    except CharsetError:
        text, codec = raw.decode("latin-1"), "latin-1"
    try:
        return check(Message.parse(text, codec))
    except MessageError:
        return None


def check(message: Message) -> Report:
    """Hold a message against the definitions of the version that it names."""
    segments = message.segments
    header = segments[0]
    version = header.value(12, 1).strip()
    known = definitions(version)
    if known is None:
        named = f"version {version}" if version else "no version in MSH-12"
        words = f"There are definitions of {VERSIONS[0]} to {VERSIONS[-1]}; the message names {named}."
        return Report(words, version, segments=len(segments))
    parts = [part.strip() for part in header.comps(9)[:3]]
    structure, unchecked = _held_against(header[9], version, *parts)
    found = _placed(structure, known, segments) if structure is not None else []
    checks = _checks(version, message.delimiters)
    for line, segment in enumerate(segments, 1):
        fields = checks.of(segment)
        remarks = fields.remarks(segment) if fields is not None else _strange(known, segment)
        if remarks:
            found += zip(repeat(line), remarks)
    name = structure.name if structure is not None else ""
    return Report("", version, name, len(segments), found, unchecked)


@remembers(256)
def _held_against(
    _: str, version: str, kind: str = "", event: str = "", told: str = ""
) -> tuple[Structure | None, tuple[str, ...]]:
    """The structure that a message is to have, and what of it can be held against nothing."""
    known = definitions(version)
    assert known is not None
    name = structure_name(known, told, kind, event)
    unchecked = []
    if not name:
        named = told or "_".join(filter(None, (kind, event))) or "of no name"
        unchecked.append(f"order and number of segments: no structure {named} is known of {version}")
    if not known.has_tables:
        unchecked.append(f"tables: none are known of {version}")
    if not has_lengths(version):
        unchecked.append(f"lengths: none are known of {version}")
    return _structure(version, name) if name else None, tuple(unchecked)


# --- segments ---


@lru_cache(maxsize=64)
def _structure(version: str, name: str) -> Structure:
    known = definitions(version)
    assert known is not None
    return Structure(known.structure(name))


def _placed(structure: Structure, known: Definitions, segments: Sequence[Segment]) -> list[Finding]:
    """Every segment that the standard knows is placed, or said to stand where it may not."""
    found: list[Finding] = []
    state = structure.start
    for line, segment in enumerate(segments, 1):
        name = segment.id
        step = state.steps.get(name)
        if step is None:
            if not known.has_segment(name):
                continue  # the turn of its fields says so
            step = structure.step(state, name)
        if step.amiss:
            weight = ADVICE if step.is_early else BREACH
            found.append((line, Remark(weight, "structure", name, f"{step.amiss}.")))
        state = step.state
    missing = structure.missing_at_end(state)
    if missing:
        words = f"The message ends too early: {structure.name} needs {' and '.join(missing)} behind its last segment."
        found.append((len(segments), Remark(BREACH, "structure", segments[-1].id, words)))
    return found


def _strange(known: Definitions, segment: Segment) -> Sequence[Remark]:
    """What is said of a segment that the version does not know."""
    name = segment.id
    if not name:
        words = f"{str(segment)[:20]!r} … begins no segment; the line is kept."
        return [Remark(BREACH, "segment", "", words)]
    if name.startswith("Z"):
        words = f"{name} is the sender's own segment: not of the standard, kept, its fields not checked."
        return [Remark(NOTE, "segment", name, words)]
    later, _ = since(known.version, name)
    words = f"{name} is no segment of {known.version}; it is kept."
    if later:
        return [Remark(ADVICE, "segment", name, f"{words} {later} has it: {EARLY}.")]
    return [Remark(BREACH, "segment", name, words)]


# --- fields ---


class _Checks:
    """The checks of one version for messages with the same delimiters: made for a segment when it is first met."""

    def __init__(self, known: Definitions, marks: Delimiters) -> None:
        self._known = known
        self._marks = marks
        self._fields: dict[str, Fields] = {}
        self._values: dict[str, Fields] = {}

    def of(self, segment: Segment) -> Fields | None:
        """What describes a segment's fields; None when the version does not know it."""
        name = segment.id
        if name == "OBX":
            return self._values.get(segment[2]) or self._of_values(segment[2])
        found = self._fields.get(name)
        if found is None and self._known.has_segment(name):
            found = self._fields[name] = Fields(name, self._known.fields(name), self._known, self._marks)
        return found

    def _of_values(self, told: str) -> Fields:
        """OBX, its value of the type that OBX-2 tells; of no type when it tells none that there is."""
        kind = told if self._known.is_type(told) else VARIES if told else UNTYPED
        if kind not in self._values:
            elements = [
                replace(one, kind=kind) if one.kind == VARIES else one for one in self._known.fields("OBX")
            ]
            self._values[kind] = Fields("OBX", elements, self._known, self._marks)
        return self._values[kind]


@lru_cache(maxsize=16)
def _checks(version: str, marks: Delimiters) -> _Checks:
    known = definitions(version)
    assert known is not None
    return _Checks(known, marks)
