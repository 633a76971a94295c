"""Our findings beside those of hl7apy's validator, over real systems' messages: every difference has a kind.

hl7apy is right where both speak; where only one does, one of the explanations below holds or the test fails.
"""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.exceptions import HL7apyException
from hl7apy.parser import parse_message
from hl7apy.validation import Validator

from lis.interfaces.hl7.conformance import Report, check
from lis.interfaces.hl7.envelope import read_envelopes
from lis.wire.er7 import Message

CAPTURES = Path(__file__).parents[1] / "captures"
MOST_SEGMENTS = 40  # hl7apy takes a hundred thousand times as long
PATTERN = re.compile(r"(HL7|ISO|IBT)\w+|99.+")

HL7APY_ONLY = {
    "coding systems by pattern": "table 0396 names HL7nnnn, ISOnnnn and 99zzz for all that they stand for",
    "any data type": "OBX-2 may tell any data type (section 7.4.2.2), also one that table 0125 forgot",
    "components": "a value that may not be cut: we say that it is, and hold no part against the table",
    "open table": "the table's list says itself that it is not all",
    "empty repetition": "nothing is held against a table",
    "conditional": "OBX-4 distinguishes observations of one code, and is needed then alone",
    "withdrawn": "a field that was withdrawn: hl7apy counts it as too often, we say what it is",
    "choice": "one of a choice is enough; hl7apy asks for all of them (its issue 151)",
    "either group": "a segment that could begin either of two groups: we follow both until the message tells",
}
OURS_ONLY = {
    "coded": "the code of a coded field is held against the field's table",
    "value": "OBX-5 is held against the type that OBX-2 tells",
    "dropped": "segments that hl7apy drops from its tree, and whatever it does not know the structure of",
}


class Beside:
    """One message as hl7apy judges it and as we do."""

    def __init__(self, message: Message, name: str) -> None:
        self.name = name
        self.report: Report = check(message)
        self.lines, self.is_whole = _validated(message)

    def differences(self) -> Iterator[str]:
        yield from self._tables()
        yield from self._fields("required", "Missing required child", "required")
        yield from self._fields("repeats", "Child limit exceeded", "repeats")
        yield from self._structure()

    def _tables(self) -> Iterator[str]:
        theirs = self._theirs(r"Warning: Value (.*) not in table HL7(\d+) in element")
        ours = {
            found: remark.place
            for _, remark in self.report.findings
            for found in re.findall(r"'(.*)' is not .* table (\d{4}) ", remark.text)
        }
        for value, table in theirs - set(ours):
            yield self._of_table(value, table)
        for value, table in set(ours) - theirs:
            place = ours[value, table]
            coded = "value" if place.startswith("OBX-5") else "coded" if place.endswith(".1") else ""
            yield coded or self._dropped(f"{place} {value} {table}")

    def _of_table(self, value: str, table: str) -> str:
        if table == "0396" and PATTERN.fullmatch(value):
            return "coding systems by pattern"
        if table == "0125" and re.fullmatch("[A-Z]{2,3}", value):
            return "any data type"
        if "^" in value or "&" in value:
            return "components"
        if not value:
            return "empty repetition"
        return "open table" if table == "0112" else f"{self.name}: {value} in {table}"

    def _fields(self, kind: str, words: str, name: str) -> Iterator[str]:
        theirs = {
            place.replace("_", "-") for place in self._theirs(rf"Error: {words} \w{{3}}\.(\w{{3}}_\d+)$")
        }
        ours = {one.place for _, one in self.report.findings if one.kind == kind and "." not in one.place}
        withdrawn = {
            one.place for _, one in self.report.findings if one.kind in ("withdrawn", "beyond", "components")
        }
        for place in theirs - ours:
            known = "conditional" if place == "OBX-4" else "withdrawn" if place in withdrawn else ""
            yield known or f"{self.name}: {name} {place}"
        for place in ours - theirs:
            yield self._dropped(f"{name} {place}")

    def _structure(self) -> Iterator[str]:
        theirs = self._theirs(r"Error: (?:Missing required child|Child limit exceeded) (\w{3}_\w+\.\w+)$")
        groups = {one for one in theirs if not re.match(r"\w{3}_\d+\.", one)}
        said = [remark for _, remark in self.report.findings if remark.kind == "structure"]
        choices = {one for one in groups if "CHOICE." in one or "SUPPGRP." in one}
        either = {one for one in groups - choices if "DOCUMENT" in one or "COMMON_ORDER" in one}
        either |= {one for one in groups - choices if "PRIOR" in one}
        yield from ["choice"] * bool(choices)
        yield from ["either group"] * bool(either)
        rest = groups - choices - either
        if rest and not said:
            yield f"{self.name}: {sorted(rest)}"
        if said and not rest:
            yield self._dropped(said[0].text)

    def _theirs(self, pattern: str) -> set[Any]:
        return {found for line in self.lines for found in re.findall(pattern, line)}

    def _dropped(self, what: str) -> str:
        return "dropped" if not self.is_whole else f"{self.name}: ours only, {what}"


def _validated(message: Message) -> tuple[list[str], bool]:
    """hl7apy's lines, and whether its tree holds every segment."""
    try:
        tree = parse_message(str(message), validation_level=VALIDATION_LEVEL.TOLERANT, find_groups=True)
    except HL7apyException:
        return [], False
    return _lines(tree), _segments(tree) == len(message.segments) and tree.name is not None


def _segments(element: Any) -> int:
    children = getattr(element, "children", [])
    return sum(_segments(one) if one.classname == "Group" else 1 for one in children)


def _lines(tree: Any) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report"
        report.touch()
        with suppress(HL7apyException):  # it raises besides
            Validator.validate(tree, report_file=str(report))
        return report.read_text("utf-8").splitlines()


def messages(paths: list[Path]) -> Iterator[tuple[str, Message]]:
    for path in paths:
        for number, envelope in enumerate(read_envelopes(path.read_bytes())):
            if envelope.message is not None and len(envelope.message.segments) <= MOST_SEGMENTS:
                yield f"{path.name} {number}", envelope.message


def kinds(paths: list[Path]) -> Counter[str]:
    found = [Beside(message, name) for name, message in messages(paths)]
    return Counter(kind for one in found if not one.report.problem for kind in one.differences())


def test_captures_differ_in_known_kinds() -> None:
    found = kinds(sorted(CAPTURES.glob("*.hl7")))
    assert found == {
        "any data type": 1,
        "coded": 1,
        "coding systems by pattern": 5,
        "conditional": 1,
        "empty repetition": 1,
        "value": 1,
    }


def test_the_corpus_differs_in_known_kinds(corpus: Path) -> None:
    found = kinds([*sorted(CAPTURES.glob("*.hl7")), *sorted(corpus.glob("*.hl7"))])
    assert sorted(found) == sorted([*HL7APY_ONLY, *OURS_ONLY])
