"""Functions and files stay short enough to be read whole."""

from __future__ import annotations

import ast
import statistics
from pathlib import Path

from tests.architecture.sources import in_packages, project_files, relative, tree

MEDIAN, NINETIETH, LONGEST = 8, 25, 60
FILE_LINES, TABLE_LINES, TEST_LINES = 300, 500, 500
TABLES = (
    "lis/storage/tables/",
    "lis/storage/packs_rows.py",
    "lis/domain/catalog.py",
    "lis/domain/events.py",
    "lis/domain/workflow.py",
)
MIGRATIONS = "lis/storage/migrations/versions/"

Function = ast.FunctionDef | ast.AsyncFunctionDef


def length(function: Function) -> int:
    """Lines from `def` to the end, the docstring not counted."""
    first = function.body[0]
    is_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    docstring = (
        first.end_lineno - first.lineno + 1 if is_docstring and isinstance(first.value.value, str) else 0
    )
    return function.end_lineno - function.lineno + 1 - docstring


def functions() -> list[tuple[int, str]]:
    """Length and place of every function; a migration, written once and never edited, is not counted."""
    return [
        (length(node), f"{relative(file)}:{node.lineno} {node.name}")
        for file in in_packages(".py")
        if not relative(file).startswith(MIGRATIONS)
        for node in ast.walk(tree(file))
        if isinstance(node, Function)
    ]


def test_function_lengths_keep_the_bars() -> None:
    lengths = [lines for lines, _ in functions()]
    ninetieth = statistics.quantiles(lengths, n=10)[-1]
    assert statistics.median(lengths) <= MEDIAN
    assert ninetieth <= NINETIETH


def test_no_function_is_longer_than_sixty_lines() -> None:
    assert [place for lines, place in functions() if lines > LONGEST] == []


def longest_allowed(file: Path) -> int:
    name = relative(file)
    if name.startswith("tests/"):
        return TEST_LINES
    return TABLE_LINES if name.startswith(TABLES) else FILE_LINES


def test_no_file_is_too_long() -> None:
    files = [file for file in project_files() if file.suffix == ".py" and MIGRATIONS not in relative(file)]
    counted = {relative(file): (file.read_text("utf-8").count("\n"), longest_allowed(file)) for file in files}
    assert {name: lines for name, (lines, allowed) in counted.items() if lines > allowed} == {}
