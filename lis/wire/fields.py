"""A line cut into fields, and the fields cut on demand: what HL7 segments and LIS02 records have in common."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import ClassVar

from lis.wire.er7_text import Delimiters, unescape


def _part(text: str, mark: str, index: int) -> str:
    if not mark or mark not in text:
        return "" if index else text
    parts = text.split(mark, index + 1)
    return parts[index] if index < len(parts) else ""


def _parts(text: str, mark: str) -> list[str]:
    return text.split(mark) if mark else [text]


@lru_cache(maxsize=1024)
def _path(path: str) -> tuple[int, int, int]:
    numbers = [int(number) for number in path.split(".")]
    place, component, subcomponent = numbers + [0] * (3 - len(numbers))
    return place, component, subcomponent


class Fields:
    """One line of a message. `fields[n]` is field n as its standard counts; `id` is "" if it is no known shape."""

    __slots__ = ("delimiters", "fields", "id", "plain")

    headers: ClassVar[frozenset[str]]  # ids whose first two fields are the delimiters themselves
    delimiters: Delimiters
    fields: list[str]
    id: str
    plain: bool  # no repetition and no escape, but what the header declares: found once, not for every field

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def __getitem__(self, number: int) -> str:
        """Field as it came, all repetitions, nothing unescaped; "" beyond the last."""
        fields = self.fields
        return fields[number] if number < len(fields) else ""

    def value(self, number: int, component: int = 0, subcomponent: int = 0, rep: int = 0) -> str:
        """Unescaped text of one repetition (from 0), component and subcomponent (from 1; 0 = uncut)."""
        fields = self.fields
        text = fields[number] if number < len(fields) else ""
        if not self.plain or rep or (number < 3 and self.id in self.headers):
            return text if self._is_mark(number) else self._cut(text, component, subcomponent, rep)
        if not component:
            return text
        marks = self.delimiters
        if marks.component in text:
            parts = text.split(marks.component, component)
            text = parts[component - 1] if component <= len(parts) else ""
        elif component > 1:
            return ""
        return _part(text, marks.subcomponent, subcomponent - 1) if subcomponent else text

    def firsts(self, numbers: Sequence[int]) -> list[str]:
        """`value(number, 1)` of several fields."""
        if not self.plain or self.id in self.headers:
            return self._general_firsts(numbers)
        fields, mark, found = self.fields, self.delimiters.component, []
        size = len(fields)
        for number in numbers:
            text = fields[number] if number < size else ""
            found.append(text.split(mark, 1)[0] if mark in text else text)
        return found

    def _general_firsts(self, numbers: Sequence[int]) -> list[str]:
        return [self.value(number, 1) for number in numbers]

    def _cut(self, text: str, component: int, subcomponent: int, rep: int) -> str:
        marks = self.delimiters
        text = _part(text, marks.repetition, rep)
        if component:
            text = _part(text, marks.component, component - 1)
        if component and subcomponent:
            text = _part(text, marks.subcomponent, subcomponent - 1)
        return unescape(text, marks)

    def _is_mark(self, number: int) -> bool:
        return number < 3 and self.id in self.headers

    def get(self, path: str, rep: int = 0) -> str:
        """`value` by a path as people write it: "5", "5.2" or "5.2.1"."""
        return self.value(*_path(path), rep)

    def whole(self, number: int, line_break: str = "") -> str:
        """The field unescaped but never cut: free text in which senders leave `^`, `&` or `~` unescaped."""
        return self[number] if self.plain else unescape(self[number], self.delimiters, line_break)

    def reps(self, number: int) -> list[str]:
        """Repetitions of a field as they came; [] when it is empty."""
        text = self[number]
        return _parts(text, self.delimiters.repetition) if text else []

    def comps(self, number: int, rep: int = 0) -> list[str]:
        """Unescaped components of one repetition."""
        marks = self.delimiters
        if self.plain and number > 2 and not rep:
            return self[number].split(marks.component)
        parts = _parts(_part(self[number], marks.repetition, rep), marks.component)
        return [unescape(part, marks) for part in parts]

    def repeated(self, number: int) -> Iterator[list[str]]:
        """Unescaped components of every repetition, in one pass however many there are."""
        marks = self.delimiters
        for rep in self.reps(number):
            yield [unescape(part, marks) for part in _parts(rep, marks.component)]

    def tree(self, number: int) -> list[list[list[str]]]:
        """Repetitions of components of subcomponents, as they came: what a viewer shows."""
        marks = self.delimiters
        if self._is_mark(number):
            return [[[self[number]]]]
        return [
            [_parts(component, marks.subcomponent) for component in _parts(rep, marks.component)]
            for rep in _parts(self[number], marks.repetition)
        ]
