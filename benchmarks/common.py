"""What every benchmark shares: options, rounds, medians, a table for people and JSON for machines."""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from rich.console import Console
from rich.table import Table
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

POSTGRESQL = "postgresql+psycopg://postgres@127.0.0.1:5432/postgres"
WIDTH = 130  # of a table that goes into a file or a log
SQLITE, POSTGRES = "sqlite", "postgresql"


@dataclass(frozen=True)
class Options:
    """How long a benchmark may take. `quick`: one short round that shows that everything runs."""

    rounds: int
    seconds: float
    quick: bool
    json: Path | None
    databases: tuple[str, ...]
    more: argparse.Namespace


def run(main: Callable[[], int]) -> NoReturn:
    """End with the status of a benchmark; told to stop, it clears away what it made first."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main())


def parser(description: str, *, rounds: int = 3, seconds: float = 5.0) -> argparse.ArgumentParser:
    """The options that all have; a benchmark adds its own."""
    made = argparse.ArgumentParser(description=description)
    made.add_argument("--rounds", type=int, default=rounds, help=f"rounds; the median counts ({rounds})")
    made.add_argument(
        "--seconds", type=float, default=seconds, help=f"longest time of one measurement ({seconds:g})"
    )
    made.add_argument("--quick", action="store_true", help="one short round that shows that everything runs")
    made.add_argument("--json", type=Path, help="write the figures to this file too")
    made.add_argument(
        "--database", choices=(SQLITE, POSTGRES), action="append", help="only this one (may be repeated)"
    )
    return made


def read(made: argparse.ArgumentParser, argv: Sequence[str] | None) -> Options:
    """The command line as options."""
    given = made.parse_args(argv)
    quick = given.quick
    return Options(
        rounds=1 if quick else given.rounds,
        seconds=min(given.seconds, 1.0) if quick else given.seconds,
        quick=quick,
        json=given.json,
        databases=tuple(given.database or (SQLITE, POSTGRES)),
        more=given,
    )


@dataclass
class Figures:
    """What was measured, by case and then by the name of the figure: one value per round."""

    title: str
    columns: tuple[str, ...]
    floor: str = ""
    cases: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add(self, case: str, **figures: float) -> None:
        """One round's figures of a case."""
        row = self.cases.setdefault(case, {})
        for name, value in figures.items():
            row.setdefault(name, []).append(value)

    def note(self, text_: str) -> None:
        """Something a reader must know, once."""
        if text_ not in self.notes:
            self.notes.append(text_)

    def median(self, case: str, name: str) -> float | None:
        values = self.cases.get(case, {}).get(name)
        return statistics.median(values) if values else None

    def ratio(self, case: str) -> float | None:
        """How the first column's figure stands to the floor's: the median over the rounds of each round's ratio."""
        name = self.columns[0]
        own = self.cases.get(case, {}).get(name, [])
        floors = self.cases.get(self.floor, {}).get(name, [])
        pairs = [mine / theirs for mine, theirs in zip(own, floors, strict=False) if theirs]
        return statistics.median(pairs) if pairs else None


def show(*tables: Figures, options: Options | None = None) -> None:
    """Print the tables; write the JSON file that was asked for."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH)
    for figures in tables:
        console.print(_table(figures))
        for note in figures.notes:
            console.print(f"  {note}", highlight=False)
    console.print(f"  {machine()}", highlight=False)
    if options is not None and options.json is not None:
        options.json.write_text(json.dumps(as_json(*tables), indent=2) + "\n", encoding="utf-8")


def _table(figures: Figures) -> Table:
    table = Table(title=figures.title, title_justify="left")
    table.add_column("case", no_wrap=True)
    for name in figures.columns:
        table.add_column(name.replace("_", " "), justify="right")
    if figures.floor:
        table.add_column("x floor", justify="right")
    for case in figures.cases:
        cells = [_number(figures.median(case, name)) for name in figures.columns]
        table.add_row(case, *cells, *([_number(figures.ratio(case))] if figures.floor else []))
    return table


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def as_json(*tables: Figures) -> dict[str, Any]:
    """The figures as plain data: medians, and every round behind them."""
    return {
        "machine": machine(),
        "tables": [
            {
                "title": figures.title,
                "floor": figures.floor,
                "notes": figures.notes,
                "cases": {
                    case: {
                        "median": {name: figures.median(case, name) for name in rounds},
                        "x_floor": figures.ratio(case) if figures.floor else None,
                        "rounds": rounds,
                    }
                    for case, rounds in figures.cases.items()
                },
            }
            for figures in tables
        ],
    }


def machine() -> str:
    """What it ran on, and how busy that was."""
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return f"{os.cpu_count()} CPUs{load}, {platform.system()} {platform.machine()}, Python {platform.python_version()}"


def percentile(values: Sequence[float], part: float) -> float:
    """The value that `part` of the values do not exceed; 0 for none."""
    ordered = sorted(values)
    return ordered[min(int(part * len(ordered)), len(ordered) - 1)] if ordered else 0.0


@contextmanager
def data_folder() -> Iterator[Path]:
    """A temporary folder on the disk that the temporary folder of this computer lies on."""
    with tempfile.TemporaryDirectory(prefix="lis-benchmark-") as name:
        yield Path(name)


@contextmanager
def databases(options: Options, figures: Figures) -> Iterator[dict[str, tuple[Path, str | None]]]:
    """An empty place per database that was asked for and is there: folder, and URL on PostgreSQL."""
    with data_folder() as folder:
        places: dict[str, tuple[Path, str | None]] = {}
        if SQLITE in options.databases:
            places[SQLITE] = (folder, None)
        if POSTGRES not in options.databases:
            yield places
            return
        with postgresql(figures) as url:
            if url is not None:
                places[POSTGRES] = (folder, url)
            yield places


@contextmanager
def postgresql(figures: Figures) -> Iterator[str | None]:
    """The URL of a database of this process alone; None, with a note, where no server answers."""
    server = make_url(os.environ.get("LIS_TEST_DATABASE_URL", POSTGRESQL)).set(
        drivername="postgresql+psycopg"
    )
    name = f"lis_benchmark_{os.getpid()}"
    engine = create_engine(
        server, poolclass=NullPool, isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 3}
    )
    try:
        with engine.connect() as connection:
            connection.execute(text(f'CREATE DATABASE "{name}"'))
            fsync = connection.execute(text("SHOW fsync")).scalar_one()
    except SQLAlchemyError as error:
        reason = str(error.__cause__ or error).strip().splitlines()[0]
        figures.note(f"PostgreSQL is left out: no server at {server.host}:{server.port or 5432} ({reason})")
        yield None
        return
    if fsync != "on":
        figures.note("PostgreSQL ran without fsync: its commits are not durable, its figures no comparison.")
    try:
        yield server.set(database=name).render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
