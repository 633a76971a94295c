"""What figures are held against: the number of a target, what is measured for it, its bound, and whether it is met."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from benchmarks.common import WIDTH, Figures

Measure = Callable[[Figures], float | None]


@dataclass(frozen=True)
class Target:
    """A bound on a figure; `least`: it may not be lower, otherwise not higher."""

    number: str
    words: str
    bound: float
    measure: Measure
    least: bool = True


@dataclass(frozen=True)
class Judged:
    """A target with what was measured; None where it was not."""

    target: Target
    value: float | None

    @property
    def verdict(self) -> str:
        if self.value is None:
            return "not measured"
        met = self.value >= self.target.bound if self.target.least else self.value <= self.target.bound
        return "met" if met else "missed"


def judge(targets: Sequence[Target], figures: Figures) -> list[Judged]:
    """Every target with its figure."""
    return [Judged(target, target.measure(figures)) for target in targets]


def figure(case: str, name: str) -> Measure:
    """One figure of a case."""
    return lambda figures: figures.median(case, name)


def against(case: str, other: str, name: str, other_name: str = "") -> Measure:
    """A figure of a case by that of another, or by another figure of the same."""

    def measure(figures: Figures) -> float | None:
        one, two = figures.median(case, name), figures.median(other, other_name or name)
        return one / two if one is not None and two else None

    return measure


def show_targets(judged: Sequence[Judged]) -> None:
    """Print them as a table."""
    table = Table(title="Targets (ratios of this run)", title_justify="left")
    for column, justify in (
        ("", "left"),
        ("what", "left"),
        ("target", "right"),
        ("found", "right"),
        ("", "left"),
    ):
        table.add_column(column, justify=justify)  # type: ignore[arg-type]
    for one in judged:
        sign = ">=" if one.target.least else "<="
        found = "-" if one.value is None else f"{one.value:.3g}"
        table.add_row(one.target.number, one.target.words, f"{sign} {one.target.bound:g}", found, one.verdict)
    console = Console()
    (console if console.is_terminal else Console(width=WIDTH)).print(table)
