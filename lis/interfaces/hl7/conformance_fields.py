"""What the fields of one segment are held against: compiled per version, segment and delimiters, lazily.

A field's texts that were found to be fine are remembered, so that the codes, names, units and times that a stream of
messages repeats are judged once; a line whose fields are all known costs one look-up for each. Everything else is
walked: repetitions, components, subcomponents.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import compress
from operator import contains, not_

from lis.interfaces.hl7.conformance_definitions import (
    EARLY,
    UNBOUNDED,
    UNTYPED,
    VARIES,
    Definitions,
    Element,
    since,
)
from lis.interfaces.hl7.conformance_remarks import ADVICE, BREACH, NOTE, Kind, Remark, Weight
from lis.interfaces.hl7.conformance_types import CODED, form_of, syntax_of
from lis.wire.er7 import NULL, Delimiters, Segment, unescape
from lis.wire.er7_text import HEADERS, is_well_declared

MOST_KNOWN, LONGEST = 512, 64  # texts of a field that are remembered, and characters of such a text
MOST_TOLD = 100  # of one field
NO_LIMIT = 1 << 62
_NUMBERS = range(1 << 31)
CLOSED = frozenset(("ID", "CNE"))  # their tables are HL7's own, and no site adds to them


class Field:
    """One field of one segment: the texts that are known to be fine, and how another is judged."""

    def __init__(self, segment: str, element: Element, known: Definitions, marks: Delimiters) -> None:
        self.place = f"{segment}-{element.number}"
        self._segment = segment
        self._element = element
        self._known = known
        self._marks = marks
        self._is_single = element.kind != VARIES and not known.components(element.kind)
        self._blanks = {NULL} if element.least else {"", NULL}
        self._longest = element.length or NO_LIMIT
        self.fine = set(self._blanks)
        self._said: dict[str, tuple[Remark, ...]] = {}

    @property
    def is_varied(self) -> bool:
        return self._element.kind == VARIES

    @property
    def is_required(self) -> bool:
        return self._element.least > 0

    def look(self, text: str) -> tuple[Remark, ...]:
        """What is to be said of a text that is not known to be fine."""
        said = self._said.get(text)
        if said is not None:
            return said
        found = () if self.is_plainly_fine(text) else self.judged(text)
        if len(text) <= LONGEST:
            self._remember(text, found)
        return found

    def is_plainly_fine(self, text: str) -> bool:
        """Whether one look tells that nothing is to be said: so of most texts of which `judged` says nothing."""
        return not text.isspace() and 0 < len(text) <= self._longest and self._matches(text) is not None

    @cached_property
    def _matches(self) -> Callable[[str], object]:
        element = self._element
        if element.is_withdrawn or element.kind == UNTYPED:
            return _never
        return re.compile(form_of(element, self._known, self._marks)).fullmatch

    def _remember(self, text: str, found: tuple[Remark, ...]) -> None:
        if len(self.fine) + len(self._said) >= MOST_KNOWN:
            self._said.clear()
            self.fine.clear()
            self.fine |= self._blanks
        if found:
            self._said[text] = found
        else:
            self.fine.add(text)

    def judged(self, text: str) -> tuple[Remark, ...]:
        """What is to be said of a text, found by walking through it."""
        element = self._element
        if text in self._blanks:
            return ()
        if element.least and not text.strip():
            words = f"is required in {self._known.version} and is empty"
            return (self._remark(BREACH, "required", "", words),)
        if element.is_withdrawn:
            return (self._withdrawn(),)
        if element.kind == UNTYPED:
            words = "holds a value, and OBX-2 is empty: it does not say of which type"
            return (self._remark(BREACH, "required", "", words),)
        mark = self._marks.repetition
        repetitions = text.split(mark) if mark else [text]
        found: list[Remark] = []
        if element.most != UNBOUNDED and len(repetitions) > element.most:
            words = f"stands {len(repetitions)} times, {_at_most(element.most)}"
            found.append(self._remark(BREACH, "repeats", "", words))
        for number, repetition in enumerate(repetitions, 1):
            where = f"[{number}]" if len(repetitions) > 1 else ""
            found += self._of_repetition(repetition, where)
            if len(found) > MOST_TOLD:
                words = f"stands {len(repetitions)} times; from the {number}. on nothing more is told of it"
                found.append(self._remark(NOTE, "repeats", "", words))
                break
        return tuple(found)

    def _withdrawn(self) -> Remark:
        later, _ = since(self._known.version, self._segment, self._element.number)
        words = f"is withdrawn or reserved in {self._known.version}"
        if later:
            return self._remark(ADVICE, "beyond", "", f"{words}; {later} defines it: {EARLY}")
        return self._remark(ADVICE, "withdrawn", "", f"{words} and should be empty")

    def _of_repetition(self, text: str, where: str) -> Iterator[Remark]:
        element = self._element
        if text in ("", NULL):
            return
        is_cut = self._is_single and self._marks.component in text
        if element.length and len(text) > element.length and not is_cut:
            length = len(unescape(text, self._marks))
            if length > element.length:
                words = f"has {length} characters, {element.length} at most"
                yield self._remark(BREACH, "length", where, words)
        if not is_cut:
            yield from self._of_value(text, element, where, self._marks.component)
            return
        count = text.count(self._marks.component) + 1
        later, kind = since(self._known.version, self._segment, element.number, is_composite=True)
        words = f"has {count} components, in {self._known.version} it is one value ({element.kind})"
        if later:
            words += f"; {later} makes it {kind}: {EARLY}"
        yield self._remark(ADVICE if later else BREACH, "components", where, words)

    # --- values: one text, or components, or subcomponents ---

    def _of_value(self, text: str, element: Element, where: str, mark: str) -> Iterator[Remark]:
        """Of a text that a data type describes, cut by a mark ("" where nothing cuts any more)."""
        if text in ("", NULL) or element.kind == VARIES:
            return
        parts = self._known.components(element.kind)
        if parts and mark:
            yield from self._of_parts(text.split(mark), parts, element, where, mark)
        elif mark and mark in text:
            count = text.count(mark) + 1
            words = f"has {count} subcomponents, {element.kind} is one value: a {mark!r} in a text is escaped"
            yield self._remark(BREACH, "components", where, words, element)
        else:
            yield from self._of_text(unescape(text, self._marks), element, where)

    def _of_parts(
        self, texts: list[str], parts: tuple[Element, ...], element: Element, where: str, mark: str
    ) -> Iterator[Remark]:
        is_component = mark == self._marks.component
        inner = self._marks.subcomponent if is_component else ""
        for part, text in zip(parts, texts, strict=False):
            if text and part.is_withdrawn:
                words = f"is withdrawn in {element.kind} of {self._known.version} and should be empty"
                yield self._remark(ADVICE, "withdrawn", f"{where}.{part.number}", words, part)
            elif text:
                yield from self._of_value(text, part, f"{where}.{part.number}", inner)
        for part in parts:
            if part.least and (part.number > len(texts) or not texts[part.number - 1]):
                words = f"is required in {element.kind} of {self._known.version} and is empty"
                yield self._remark(BREACH, "required", f"{where}.{part.number}", words, part)
        if any(texts[len(parts) :]):
            what = "components" if is_component else "subcomponents"
            words = f"has {len(texts)} {what}, {element.kind} of {self._known.version} has {len(parts)}"
            yield self._remark(ADVICE, "beyond", where, words, element)
        if element.table and element.kind in CODED and texts[0] not in ("", NULL):
            system = texts[2] if len(texts) > 2 else ""
            if system in ("", f"HL7{element.table}"):  # a code of another system is that system's
                yield from self._in_table(unescape(texts[0], self._marks), element, f"{where}.1")

    def _of_text(self, text: str, element: Element, where: str) -> Iterator[Remark]:
        syntax = syntax_of(element.kind)
        if syntax is not None and not syntax.fits(text):
            yield self._remark(BREACH, "syntax", where, f"{_quoted(text)} is {syntax.words}", element)
        elif element.table:
            yield from self._in_table(text, element, where)

    def _in_table(self, text: str, element: Element, where: str) -> Iterator[Remark]:
        table = self._known.table(element.table)
        if table is None or table.has(text):
            return
        name = f"table {element.table} ({table.name}) of {self._known.version}"
        if element.kind in CLOSED and element.table != "0396":
            yield self._remark(BREACH, "table", where, f"{_quoted(text)} is not in HL7 {name}", element)
        else:
            words = f"{_quoted(text)} is not among the values of {name}, to which a site may add its own"
            yield self._remark(ADVICE, "table", where, words, element)

    def _remark(
        self, weight: Weight, kind: Kind, where: str, words: str, part: Element | None = None
    ) -> Remark:
        place = f"{self.place}{where}"
        name = (part or self._element).name.lower()
        return Remark(weight, kind, place, f"{place}{f' ({name})' if name else ''} {words}.")


class Fields:
    """The fields of one segment, or of OBX with values of one type."""

    def __init__(
        self, segment: str, elements: Iterable[Element], known: Definitions, marks: Delimiters
    ) -> None:
        self.segment = segment
        self._known = known
        self._fields = [Field(segment, element, known, marks) for element in elements]
        self._texts: list[set[str]] = [{segment}, *(field.fine for field in self._fields)]
        if segment in HEADERS:
            self._texts[1:3] = [{marks.field}, set()]
        required = [number for number, field in enumerate(self._fields, 1) if field.is_required]
        self._last_required = max(required, default=0)
        self._required = tuple(required)
        self._most = len(self._texts)
        self._goes_on = bool(self._fields) and self._fields[-1].is_varied  # "in successive fields": QPD, RDT

    def remarks(self, segment: Segment) -> Sequence[Remark]:
        """What is to be said of a segment's fields."""
        texts = segment.fields
        strange = list(compress(_NUMBERS, map(not_, map(contains, self._texts, texts))))
        if not strange and self._last_required < len(texts) <= self._most:
            return ()
        found: list[Remark] = []
        for number in strange:
            found += self._look(number, texts)
        for number in self._required:
            if number >= len(texts):
                found += self._fields[number - 1].look("")
        if len(texts) > self._most and not self._goes_on:
            found += self._beyond([number for number in range(self._most, len(texts)) if texts[number]])
        return found

    def _look(self, number: int, texts: list[str]) -> Sequence[Remark]:
        if number < 3 and self.segment in HEADERS:
            return self._of_header(texts)
        return self._fields[number - 1].look(texts[number])

    def _of_header(self, texts: list[str]) -> list[Remark]:
        if len(texts) > 2 and is_well_declared(texts[1], texts[2]):
            self._texts[2].add(texts[2])
            return []
        place = f"{self.segment}-2"
        return [Remark(BREACH, "syntax", place, f"{place} names no four or five different delimiters.")]

    def _beyond(self, numbers: list[int]) -> Iterator[Remark]:
        """Of fields with text behind the last one: those that a later version defines, and the rest in one."""
        count = f"the {self._most - 1} fields that {self._known.version} defines for {self.segment}"
        strange: list[int] = []
        for number in numbers:
            later = since(self._known.version, self.segment, number)[0] if not strange else ""
            if not later:
                strange.append(number)
                continue
            place = f"{self.segment}-{number}"
            words = f"{place} is beyond {count}; {later} defines it: {EARLY}."
            yield Remark(ADVICE, "beyond", place, words)
        if strange:
            place = f"{self.segment}-{strange[0]}"
            more = len(strange) - 1
            words = f"{place} and {more} behind it are beyond" if more else f"{place} is beyond"
            yield Remark(BREACH, "beyond", place, f"{words} {count}; no version knows of more.")


def _never(_: str) -> None:
    return None


def _at_most(count: int) -> str:
    return "once at most" if count == 1 else f"{count} times at most"


def _quoted(text: str) -> str:
    return f"'{text}'" if len(text) <= 40 else f"'{text[:40]}…'"
