"""Correlated standard normals from independent ones, without a matrix library."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

Pair = tuple[str, str]
_SHRINK = 0.98
_ROOM = 1e-6


class Copula:
    """Gaussian copula over the named quantities that correlate; all other quantities pass through untouched."""

    def __init__(self, order: Sequence[str], wanted: Mapping[Pair, float]) -> None:
        """`order` is the order of the draws; pairs that name an unknown quantity are refused by KeyError."""
        place = {code: index for index, code in enumerate(order)}
        members = sorted({place[code] for pair in wanted for code in pair})
        row = {index: position for position, index in enumerate(members)}
        matrix = [[1.0 if i == j else 0.0 for j in members] for i in members]
        for (a, b), r in wanted.items():
            i, j = row[place[a]], row[place[b]]
            matrix[i][j] = matrix[j][i] = r
        factor, self.shrunk = _factor(_completed(matrix))
        self._rows = [
            (members[i], [(members[j], weight) for j, weight in enumerate(line) if weight])
            for i, line in enumerate(factor)
        ]

    def correlate(self, scores: Sequence[float]) -> list[float]:
        """The same scores with the wanted correlations; each stays standard normal."""
        correlated = list(scores)
        for target, parts in self._rows:
            correlated[target] = sum([weight * scores[source] for source, weight in parts])
        return correlated


def _completed(matrix: list[list[float]]) -> list[list[float]]:
    """Pairs of which nothing is said get what follows from others: the strongest product along a chain of pairs."""
    known = [[r != 0.0 for r in line] for line in matrix]
    full = [list(line) for line in matrix]
    members = range(len(full))
    for middle in members:
        for i in members:
            for j in members:
                through = full[i][middle] * full[middle][j]
                if not known[i][j] and abs(through) > abs(full[i][j]):
                    full[i][j] = through
    return full


def _factor(matrix: list[list[float]]) -> tuple[list[list[float]], float]:
    """Cholesky factor, after pulling all correlations towards 0 as little as it takes to have one."""
    shrink = 1.0
    while True:
        try:
            return _cholesky(
                [
                    [r * (1.0 if i == j else shrink) for j, r in enumerate(line)]
                    for i, line in enumerate(matrix)
                ]
            ), shrink
        except ValueError:
            shrink *= _SHRINK


def _cholesky(matrix: list[list[float]]) -> list[list[float]]:
    size = len(matrix)
    lower = [[0.0] * size for _ in range(size)]
    for i in range(size):
        for j in range(i + 1):
            rest = matrix[i][j] - sum(lower[i][k] * lower[j][k] for k in range(j))
            if i != j:
                lower[i][j] = rest / lower[j][j]
            elif rest <= _ROOM:
                raise ValueError("no such correlations exist together")
            else:
                lower[i][i] = math.sqrt(rest)
    return lower
