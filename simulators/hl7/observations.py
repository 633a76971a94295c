"""OBX as analyzers write it, in any of their messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from simulators.analyzers.measuring import Measured
from simulators.hl7.envelope import Envelope
from simulators.hl7.skeleton import Line, Part, repeated
from simulators.place import Assay


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one device writes: its names for tests and units, and which model it says it is."""

    device: str
    model: str
    assays: Mapping[str, Assay]
    names: Mapping[str, str]
    is_coded: frozenset[str]


_OBX = {
    1: "@@set@@",
    2: "@@type@@",
    3: "@@code@@^@@name@@^99@@device@@",
    4: "@@run@@",
    5: "@@value@@",
    6: "@@unit@@",
    8: "@@flag@@",
    11: "@@status@@",
    14: "@@sampled@@",
    18: "@@model@@^@@device@@",
    19: "@@finished@@",
}
_SN = _OBX | {5: "@@comparator@@^@@value@@"}


def obx_lines(path: tuple[str, ...]) -> tuple[Line, Line]:
    """The two forms of OBX of a skeleton: a plain value, and one beyond the measuring range."""
    return Line(path, "OBX", _OBX), Line(path, "OBX", _SN, name="OBX_SN", anew=True)


def note_line(path: tuple[str, ...]) -> Line:
    """What the device says of a value in words."""
    return Line(path, "NTE", {1: "1", 2: "A", 3: "@@note@@"})


@dataclass(frozen=True, slots=True)
class Run:
    """When something was measured, and in which run of the device."""

    sampled_at: datetime
    finished_at: datetime
    number: int


def observation(envelope: Envelope, dialect: Dialect, item: Measured, run: Run, number: int) -> Part:
    """One OBX: NM for numbers, SN beyond the range, CE for codes; what could not be measured is X without a value."""
    assay = dialect.assays[item.test]
    values = {
        "set": str(number),
        "code": assay.code,
        "name": dialect.names.get(item.test, ""),
        "unit": assay.unit,
        "status": "F" if item.text else "X",
        "sampled": envelope.time(run.sampled_at),
        "finished": envelope.time(run.finished_at),
        "device": dialect.device,
        "model": dialect.model,
        "run": str(run.number),
    }
    flags = (item.comparator, *item.flags) if item.comparator else item.flags
    if flags:
        values["flag"] = repeated(flags)
    if item.text:
        kind = "CE" if item.test in dialect.is_coded else "SN" if item.comparator else "NM"
        values |= {"type": kind, "value": item.text, "comparator": item.comparator}
    return ("OBX_SN" if item.comparator else "OBX", values)


def note(item: Measured) -> list[Part]:
    """A line about a value that was computed back from a dilution."""
    if item.dilution == 1:
        return []
    return [("NTE", {"note": f"Diluted 1:{item.dilution:g} by the analyzer, factor applied"})]
