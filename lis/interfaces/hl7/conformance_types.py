"""What the text of one value must look like, by its data type (HL7 v2.5.1 chapter 2A; earlier names with them).

`form_of` puts the forms of a data type's parts together to one pattern, for the texts that are plainly fine: those are
most, and a pattern says so in the time of one look. What it does not match is walked and explained elsewhere.
"""

from __future__ import annotations

import re
from calendar import isleap
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lis.interfaces.hl7.conformance_definitions import VARIES, Definitions, Element
from lis.wire.er7 import Delimiters

_MONTH = "(?:0[1-9]|1[0-2])"
_MONTH_DAY = (
    "(?:(?:0[13578]|1[02])(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)(?:0[1-9]|[12][0-9]|30)"
    "|02(?:0[1-9]|1[0-9]|2[0-8]))"
)
_CLOCK = r"(?:[01][0-9]|2[0-3])(?:[0-5][0-9](?:[0-5][0-9](?:\.[0-9]{1,4})?)?)?"
_ZONE = "(?:[+-](?:0[0-9]|1[0-4])[0-5][0-9])?"


CODED = frozenset(("CE", "CWE", "CNE", "CF"))


@dataclass(frozen=True, slots=True)
class Syntax:
    """The form of a data type, and what a text that has another is not. `is_dated`: 29 February is no part of it."""

    form: str
    words: str
    is_dated: bool = False

    def fits(self, text: str) -> bool:
        """Whether a text has the form; the 29th of February is a day of leap years."""
        if self.is_dated and text[4:8] == "0229" and text[:4].isdecimal() and isleap(int(text[:4])):
            text = f"{text[:4]}0228{text[8:]}"
        return _compiled(self.form)(text)


def _compiled(form: str) -> Callable[[str], bool]:
    pattern = re.compile(form)  # which remembers it
    return lambda text: pattern.fullmatch(text) is not None


SYNTAX: Mapping[str, Syntax] = {
    "NM": Syntax(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)", "no number (NM)"),
    "SI": Syntax("[0-9]{1,4}", "no sequence number from 0 to 9999 (SI)"),
    "DT": Syntax(
        f"[0-9]{{4}}(?:{_MONTH}|{_MONTH_DAY})?", "no date as YYYYMMDD, YYYYMM or YYYY (DT)", is_dated=True
    ),
    "TM": Syntax(_CLOCK + _ZONE, "no time of day as HHMMSS, with +ZZZZ where it has an offset (TM)"),
    "DTM": Syntax(
        f"[0-9]{{4}}(?:{_MONTH}|{_MONTH_DAY}(?:{_CLOCK})?)?{_ZONE}",
        "no time as YYYYMMDDHHMMSS, with +ZZZZ where it has an offset (DTM)",
        is_dated=True,
    ),
}


def form_of(element: Element, known: Definitions, marks: Delimiters) -> str:
    """The pattern of texts of one field, once, with no escape, of which nothing is to be said."""
    plain = f"[^{re.escape(''.join((marks.component, marks.repetition, marks.escape, marks.subcomponent)))}]"
    cuts = [re.escape(mark) for mark in (marks.component, marks.subcomponent) if mark]
    return _form(element, known, plain, cuts)


def _form(element: Element, known: Definitions, plain: str, cuts: list[str]) -> str:
    if element.kind == VARIES:
        return f"{plain}+"
    if element.is_withdrawn or (element.table and element.kind in CODED):
        return "(?!)"  # nothing: what a code is held against depends on its coding system
    parts = known.components(element.kind)
    if parts and cuts:
        return _cut(parts, known, plain, cuts)
    syntax = SYNTAX.get(element.kind)
    if syntax is not None:
        return syntax.form
    table = known.table(element.table) if element.table else None
    if table is None or table.is_open:
        return f"{plain}+"
    starts = [f"{re.escape(start)}{plain}+" for start in table.prefixes]
    return f"(?:{'|'.join([*map(re.escape, sorted(table.values, reverse=True)), *starts])})"


def _cut(parts: tuple[Element, ...], known: Definitions, plain: str, cuts: list[str]) -> str:
    """Parts behind each other, each of which may be empty and the last left out, but those that are required."""
    form, is_needed = "", False
    for number, part in reversed(list(enumerate(parts))):
        one = f"(?:{_form(part, known, plain, cuts[1:])})" + ("" if part.least else "?")
        is_needed_here = is_needed or part.least > 0
        form = one + form
        if number:
            form = f"(?:{cuts[0]}{form})" + ("" if is_needed_here else "?")
        is_needed = is_needed_here
    return form


def syntax_of(kind: str) -> Syntax | None:
    """What a data type asks of a text; None when any text will do."""
    return SYNTAX.get(kind)
