"""The LIS does not know that it teaches, content is not code, and names are the field's."""

from __future__ import annotations

import ast
import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from lis.domain.events import Verb
from tests.architecture.sources import in_packages, project_files, relative, texts, tree
from tests.harness import ROOT

TEACHING = re.compile(r"(?<![a-z])(scenario|fault|score|student|exercise)s?(?![a-z])", re.IGNORECASE)
# Names as docs/glossary.md has them: specimen, container, critical, analyzer. A protocol's text keeps its own words.
NOT_THE_FIELDS = frozenset({"sample", "samples", "vial", "panic", "instrument", "instruments"})
VENDORED = re.compile(r"/static/(vendor|fonts)/|\.min\.js$")
TESTS_OF_THE_PACK = ROOT / "seed" / "packs" / "core" / "tests.csv"
# Test codes that the program may write because it means something else by them.
AMBIGUOUS = frozenset(
    {
        "CA",  # HL7: order cancelled (0119), commit accept (0008)
        "PCT",  # per cent, as delta_limits.csv writes it
    }
)


def lis_without_training(*suffixes: str) -> list[Path]:
    return [
        file
        for file in in_packages(*suffixes)
        if relative(file).startswith("lis/")
        and not relative(file).startswith("lis/training/")
        and not VENDORED.search(relative(file))
    ]


def found(pattern: re.Pattern[str], files: list[Path]) -> list[str]:
    """Places where a pattern occurs, as file:line word."""
    return [
        f"{relative(file)}:{number} {match.group()}"
        for file in files
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1)
        for match in pattern.finditer(line)
    ]


def test_no_teaching_word_occurs_below_training() -> None:
    assert found(TEACHING, lis_without_training(".py", ".html", ".js", ".css", ".typ", ".csv", ".toml")) == []


def identifiers(file: Path) -> Iterator[str]:
    """Every name that the file gives to something."""
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def test_identifiers_use_the_words_of_the_field() -> None:
    files = [file for file in lis_without_training(".py") if not relative(file).startswith("lis/wire/")]
    named = {(relative(file), name) for file in files for name in identifiers(file)}
    words = {(file, name): re.findall(r"[A-Z]?[a-z]+", name) for file, name in named}
    assert [place for place, parts in words.items() if NOT_THE_FIELDS & set(map(str.lower, parts))] == []


def code_literals(file: Path, codes: frozenset[str]) -> list[str]:
    return [
        f"{relative(file)}:{node.lineno} {node.value!r}"
        for node in ast.walk(tree(file))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in codes
    ]


def test_no_test_code_is_written_into_the_program() -> None:
    if not TESTS_OF_THE_PACK.exists():
        pytest.skip("pack: no seed/packs/core here")
    with TESTS_OF_THE_PACK.open(encoding="utf-8", newline="") as file:
        codes = frozenset(row["code"] for row in csv.DictReader(file) if len(row["code"]) > 1) - AMBIGUOUS
    program = [file for file in in_packages(".py") if not relative(file).startswith("seed/")]
    assert [place for file in program for place in code_literals(file, codes)] == []


OWN_MACHINE = re.compile(r"(?<![\w.])/(root|work|home/\w+|Users/\w+)/")


def test_no_file_names_a_path_of_one_machine() -> None:
    named = [
        f"{relative(file)}: {match.group()}"
        for file, text in texts()
        if not VENDORED.search(relative(file))
        for match in OWN_MACHINE.finditer(text)
    ]
    assert named == []


def test_packages_are_named_without_addresses() -> None:
    locks = [file for file in project_files() if file.parent.name == "requirements" and file.suffix == ".txt"]
    locks += [file for file in project_files() if file.name == "package.json"]
    assert [relative(file) for file in locks if "://" in file.read_text("utf-8")] == []
    assert len(locks) >= 2


def test_no_lock_that_names_hosts_is_kept() -> None:
    assert [relative(file) for file in project_files() if file.name == "uv.lock"] == []


def test_every_journal_verb_is_written_somewhere() -> None:
    text = "".join(file.read_text("utf-8") for file in in_packages(".py") if file.name != "events.py")
    assert [verb.name for verb in Verb if not re.search(rf"\bVerb\.{verb.name}\b", text)] == []
