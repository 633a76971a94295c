"""From the text of a pack's files to checked rows with their line numbers."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from io import StringIO
from typing import Any, Generic, TypeVar

import yaml
from pydantic import ValidationError

from lis.storage import packs_rows as rows

R = TypeVar("R", bound=rows.Row)


@dataclass(frozen=True, slots=True)
class PackProblem:
    """What is wrong with a pack, where, and why; `note` marks what is right but worth knowing."""

    file: str
    line: int
    reason: str
    note: bool = False

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Line(Generic[R]):
    """A row and the line of the file it begins on."""

    number: int
    row: R


@dataclass(slots=True)
class Table(Generic[R]):
    """The good rows of one file, and the problems of the others."""

    file: str
    lines: list[Line[R]] = field(default_factory=list)
    problems: list[PackProblem] = field(default_factory=list)

    @property
    def rows(self) -> Iterable[R]:
        return (line.row for line in self.lines)

    def refuse(self, number: int, reason: str) -> None:
        self.problems.append(PackProblem(self.file, number, reason))

    def take(
        self, number: int, cells: Mapping[str, Any], model: type[R], line_of: LineOf | None = None
    ) -> None:
        """Add the row, or one problem for each thing its model refuses."""
        try:
            self.lines.append(Line(number, model.model_validate(cells)))
        except ValidationError as refused:
            for error in refused.errors(include_url=False, include_context=False):
                at = line_of(error["loc"]) if line_of else number
                self.refuse(at, _plain(error["loc"], error["msg"]))


LineOf = Callable[[tuple[int | str, ...]], int]


def _plain(where: tuple[int | str, ...], message: str) -> str:
    """A refusal in words: which cell, and what is wrong with it."""
    name = ".".join(str(part) for part in where) or "row"
    reason = {
        "Field required": "is empty or missing",
        "Extra inputs are not permitted": "is unknown here",
    }.get(message)
    return f"{name} {reason}" if reason else f"{name}: {message.removeprefix('Value error, ')}"


def read_csv(file: str, text: str, model: type[R]) -> Table[R]:
    """The rows of a CSV file. Lines of a wrong length and unknown columns are problems, not guesses."""
    table: Table[R] = Table(file)
    reader = csv.reader(StringIO(text.removeprefix("\ufeff")), strict=True)
    try:
        head = next(reader, [])
        if not _head_is_good(table, head, model):
            return table
        _read_lines(table, reader, head, model)
    except csv.Error as broken:
        table.refuse(reader.line_num, f"is no CSV: {broken}")
    return table


def _head_is_good(table: Table[R], head: list[str], model: type[R]) -> bool:
    columns = columns_of(model)
    for name in head:
        if name not in columns or head.count(name) > 1:
            table.refuse(1, f"column {name!r} is {'unknown' if name not in columns else 'there twice'}")
    for name, required in columns.items():
        if required and name not in head:
            table.refuse(1, f"column {name!r} is missing")
    return not table.problems


def _read_lines(table: Table[R], reader: Any, head: list[str], model: type[R]) -> None:
    number = reader.line_num + 1
    for cells in reader:
        if len(cells) == len(head):
            table.take(
                number, {name: cell for name, cell in zip(head, cells, strict=True) if cell != ""}, model
            )
        elif cells:
            table.refuse(number, f"{len(cells)} cells where the head has {len(head)}")
        number = reader.line_num + 1


def columns_of(model: type[rows.Row]) -> dict[str, bool]:
    """The columns of a table, and whether each must be there."""
    return {info.alias or name: info.is_required() for name, info in model.model_fields.items()}


def read_yaml_list(file: str, text: str, key: str, model: type[R]) -> Table[R]:
    """The rows under one key of a YAML file, each with the line it begins on."""
    table: Table[R] = Table(file)
    root = _compose(table, text)
    if root is None:
        return table
    found = {k.value: v for k, v in root.value}
    for name in found.keys() - {key}:
        table.refuse(_line(found[name]), f"{name} is unknown here")
    listed = found.get(key)
    if not isinstance(listed, yaml.SequenceNode):
        table.refuse(1, f"has no list under {key!r}")
        return table
    for node in listed.value:
        _take_node(table, node, model)
    return table


def read_yaml_row(file: str, text: str, model: type[R]) -> Table[R]:
    """A YAML file that is one row."""
    table: Table[R] = Table(file)
    root = _compose(table, text)
    if root is not None:
        _take_node(table, root, model)
    return table


def read_yaml_texts(file: str, text: str) -> Table[rows.TextRow]:
    """A YAML file of key: sentence."""
    table: Table[rows.TextRow] = Table(file)
    root = _compose(table, text)
    for key, value in root.value if root is not None else ():
        if isinstance(value, yaml.ScalarNode):
            table.take(_line(key), {"key": key.value, "text": value.value}, rows.TextRow)
        else:
            table.refuse(_line(key), f"{key.value} is no sentence")
    return table


def _compose(table: Table[R], text: str) -> yaml.MappingNode | None:
    try:
        root = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as broken:
        mark = getattr(broken, "problem_mark", None)
        table.refuse(mark.line + 1 if mark else 1, f"is no YAML: {getattr(broken, 'problem', broken)}")
        return None
    if not isinstance(root, yaml.MappingNode) or any(
        not isinstance(k, yaml.ScalarNode) for k, _ in root.value
    ):
        table.refuse(1, "is no mapping of keys")
        return None
    return root


def _take_node(table: Table[R], node: yaml.Node, model: type[R]) -> None:
    try:
        cells = yaml.constructor.SafeConstructor().construct_document(node)
    except (yaml.YAMLError, ValueError, RecursionError) as broken:
        table.refuse(_line(node), f"cannot be read: {getattr(broken, 'problem', broken)}")
        return
    if not isinstance(cells, dict):
        table.refuse(_line(node), "is no mapping of keys")
        return
    table.take(_line(node), cells, model, lambda where: _line_at(node, where))


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _line_at(node: yaml.Node, where: tuple[int | str, ...]) -> int:
    """The line of the innermost node that a validation path reaches."""
    for step in where:
        if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            node = node.value[step]
        elif isinstance(node, yaml.MappingNode):
            node = next((value for key, value in node.value if key.value == step), node)
    return _line(node)
