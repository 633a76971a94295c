"""Writing ER7: fields as values, so that nothing a person typed can break a message.

A field is a str (escaped), a `Raw` (ER7 already), or built of `comps`, `subs` and `reps`:
`Seg("PID", {3: comps(mrn, "", "", "HOSP"), 5: comps(family, given)})`. NULL writes `""`, "delete what you know".
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lis.wire.er7_text import DEFAULT, HEADERS, Delimiters, escape


class Raw(str):
    """Text that is ER7 already and is written without escaping."""

    __slots__ = ()


NULL = Raw('""')


class Subs(tuple[str, ...]):
    """Subcomponents of one component."""

    __slots__ = ()


class Comps(tuple["str | Subs", ...]):
    """Components of one repetition."""

    __slots__ = ()


class Reps(tuple["str | Comps", ...]):
    """Repetitions of one field."""

    __slots__ = ()


Value = str | Subs | Comps | Reps


def subs(*parts: str) -> Subs:
    """Subcomponents, in order."""
    return Subs(parts)


def comps(*parts: str | Subs) -> Comps:
    """Components, in order; "" where there is none."""
    return Comps(parts)


def reps(*parts: str | Comps) -> Reps:
    """Repetitions, in order."""
    return Reps(parts)


@dataclass(frozen=True, slots=True)
class Seg:
    """A segment to write: field number to value. MSH-1 and MSH-2 are given by `build`."""

    id: str
    fields: Mapping[int, Value]


def build(segments: Iterable[Seg], delimiters: Delimiters = DEFAULT) -> str:
    """Write segments as ER7. A plain str is escaped, a Raw is not; empty parts at an end are left out."""
    return "".join([_write_segment(segment, delimiters) + "\r" for segment in segments])


def _write_segment(segment: Seg, marks: Delimiters) -> str:
    if segment.id in HEADERS:
        return write_line(segment, segment.id + marks.field + marks.encoding_characters, 3, marks)
    return write_line(segment, segment.id, 1, marks)


def write_line(segment: Seg, start: str, first: int, marks: Delimiters) -> str:
    """`start`, then the fields from number `first` on, without empty ones at the end."""
    fields = segment.fields
    parts = [""] * (max(fields) + 1 if fields else 0)
    for number, value in fields.items():
        if value:
            parts[number] = _write(value, marks)
    return _join([start, *parts[first:]], marks.field)


def _write(value: Value, marks: Delimiters) -> str:
    kind = type(value)
    if kind is Raw:
        if "\r" in value or "\n" in value:
            raise ValueError("raw text cannot hold a segment end")
        return str(value)
    if isinstance(value, str):
        return escape(value, marks) if value else ""
    mark = marks.component if kind is Comps else marks.subcomponent if kind is Subs else marks.repetition
    return _join([_write(part, marks) if part else "" for part in value], mark)


def _join(parts: list[str], mark: str) -> str:
    while parts and not parts[-1]:
        parts.pop()
    return mark.join(parts)
