"""The automaton of a structure, held against a regular expression that is made of the same definitions another way."""

from __future__ import annotations

import importlib
import re
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lis.interfaces.hl7.conformance import check
from lis.interfaces.hl7.conformance_definitions import VERSIONS, definitions
from lis.interfaces.hl7.conformance_structure import Structure
from lis.wire.er7 import Message

STRUCTURES = [
    ("2.3", "ORM_O01"),
    ("2.3.1", "ORU_R01"),
    ("2.5.1", "ACK"),
    ("2.5.1", "ADT_A01"),
    ("2.5.1", "OML_O21"),
    ("2.5.1", "OML_O33"),
    ("2.5.1", "ORL_O34"),
    ("2.5.1", "ORM_O01"),
    ("2.5.1", "ORU_R01"),
    ("2.5.1", "OUL_R22"),
    ("2.5.1", "RSP_K11"),
    ("2.8", "OML_O21"),
    ("2.8.2", "OUL_R22"),
]


@cache
def reference(version: str, name: str) -> tuple[Any, Any]:
    """hl7apy's own rows of a structure, and its groups."""
    elements = importlib.import_module(f"hl7apy.v{version.replace('.', '_')}").ELEMENTS
    return elements["Message"][name], elements["Group"]


@cache
def pattern(version: str, name: str) -> re.Pattern[str]:
    message, groups = reference(version, name)

    def of(kind: str, rows: Any) -> str:
        parts = [
            f"(?:{of(*groups[row[0]]) if row[3] == 'GRP' else row[0] + ' '}){{{row[2][0]},{most(row[2][1])}}}"
            for row in rows
        ]
        return "|".join(parts) if kind == "choice" else "".join(parts)

    return re.compile(of(*message))


def most(count: int) -> str:
    return "" if count < 0 else str(count)


def segment_names(version: str, name: str) -> list[str]:
    return sorted(set(re.findall(r"[A-Z][A-Z0-9]{2}(?= )", pattern(version, name).pattern)))


@st.composite
def conforming(draw: st.DrawFn, version: str, name: str) -> list[str]:
    """Segments as the structure has them."""
    message, groups = reference(version, name)

    def of(kind: str, rows: Any) -> list[str]:
        chosen = [draw(st.sampled_from(list(rows)))] if kind == "choice" else rows
        found: list[str] = []
        for row in chosen:
            least, bound = row[2]
            usual = least + (draw(st.integers(0, 9)) == 0)
            for _ in range(usual if bound < 0 else min(usual, bound)):
                found += of(*groups[row[0]]) if row[3] == "GRP" else [row[0]]
        return found

    return of(*message)


def amiss(version: str, name: str, segments: list[str]) -> list[str]:
    """What the walk says: of segments in their order, and of the end."""
    known = definitions(version)
    assert known is not None
    structure = Structure(known.structure(name))
    state, said = structure.start, []
    for segment in segments:
        step = structure.step(state, segment)
        said += [step.amiss] if step.amiss else []
        state = step.state
    return [*said, *structure.missing_at_end(state)]


@pytest.mark.parametrize(("version", "name"), STRUCTURES)
@settings(max_examples=40)
@given(data=st.data())
def test_a_walk_without_a_word_is_what_the_structure_matches(
    version: str, name: str, data: st.DataObject
) -> None:
    segments = data.draw(conforming(version, name))
    assert amiss(version, name, segments) == []
    places = st.integers(0, max(len(segments) - 1, 0))
    for _ in range(data.draw(st.integers(1, 2))):
        place = data.draw(places)
        change = data.draw(st.sampled_from(("leave out", "twice", "insert")))
        other = data.draw(st.sampled_from(segment_names(version, name)))
        now = segments[place : place + 1]
        segments[place : place + 1] = {"leave out": [], "twice": now * 2, "insert": [other, *now]}[change]
    matches = pattern(version, name).fullmatch("".join(f"{segment} " for segment in segments))
    assert (amiss(version, name, segments) == []) == (matches is not None)


NAMES = ("PID", "PV1", "ORC", "OBR", "OBX", "NTE", "SPM", "SAC", "DSC", "QZ1", "ZZ1", "line")


@given(st.lists(st.sampled_from(NAMES), max_size=12))
def test_every_segment_of_a_message_is_placed_or_spoken_of(names: list[str]) -> None:
    """What is never spoken of is all the structure's own, and where nothing is said, it is all in its place."""
    lines = ["MSH|^~\\&|A|B|C|D|2026||ORU^R01^ORU_R01|1|T|2.5.1", *(f"{name}|1" for name in names)]
    report = check(Message.parse("\r".join(lines)))
    said = {line for line, remark in report.findings if remark.kind in ("structure", "segment")}
    silent = [name for line, name in enumerate(["MSH", *names], 1) if line not in said]
    assert set(silent) <= set(segment_names("2.5.1", "ORU_R01"))
    if not said:
        assert pattern("2.5.1", "ORU_R01").fullmatch("".join(f"{name} " for name in silent))


@pytest.mark.parametrize("version", VERSIONS)
def test_every_structure_is_compiled_and_takes_what_it_needs_at_least(version: str) -> None:
    known = definitions(version)
    assert known is not None
    said = {name: amiss(version, name, needed(*reference(version, name))) for name in known.structure_names}
    assert {name: words for name, words in said.items() if words} == {}


def needed(message: Any, groups: Any) -> list[str]:
    found: list[str] = []
    kind, rows = message
    for row in rows[:1] if kind == "choice" else rows:
        if row[2][0]:
            found += needed(groups[row[0]], groups) if row[3] == "GRP" else [row[0]]
    return found


def test_a_stranger_does_not_move_the_walk() -> None:
    said = amiss("2.5.1", "ORU_R01", ["MSH", "PID", "SAC", "OBR", "SAC", "OBX"])
    assert said == ["SAC is no part of ORU_R01"] * 2


def test_what_any_segment_may_follow_takes_any() -> None:
    assert amiss("2.5.1", "MFN_M01", ["MSH", "MFI", "MFE", "ZL7"]) == []


def test_a_thousand_segments_make_few_states() -> None:
    known = definitions("2.5.1")
    assert known is not None
    structure = Structure(known.structure("OML_O21"))
    state = structure.start
    for segment in ["MSH", "PID", *["ORC", "OBR", "OBX", "NTE", "SPM"] * 1000]:
        state = structure.step(state, segment).state
    assert structure.state_count < 30
