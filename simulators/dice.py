"""The only door by which chance enters the world: named streams of one seed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, MutableSequence, Sequence
from hashlib import sha256
from random import Random
from statistics import NormalDist
from typing import TypeVar

T = TypeVar("T")

_STANDARD_NORMAL = NormalDist()
_POISSON_CHUNK = 32.0
_UNIT = 2.0**-53


class Dice:
    """A stream of chance named by (seed, path); equal names give equal draws, whatever other streams did.

    Every draw is made from `random()` alone, whose sequence Python guarantees between versions;
    `choice` and `shuffle` of the standard library are not guaranteed and are not used.
    """

    def __init__(self, seed: int | str, name: str = "") -> None:
        self.seed = seed
        self.name = name
        self._path = f"{seed}/{name}".encode()
        self._stream: Random | None = None

    def __repr__(self) -> str:
        return f"Dice({self.seed!r}, {self.name!r})"

    def fork(self, name: str) -> Dice:
        """The stream `name` below this one; forking draws nothing, so it shifts nothing."""
        return Dice(self.seed, f"{self.name}/{name}" if self.name else name)

    def number(self) -> int:
        """A 64-bit number fixed by the name of the stream: a seed for libraries that want their own."""
        return int.from_bytes(sha256(self._path).digest()[:8], "big")

    def unit(self, name: str) -> float:
        """One uniform draw in the open interval 0..1 that belongs to `name` alone, without opening a stream."""
        return _open_unit(sha256(b"%b/%b" % (self._path, name.encode())).digest())

    def score(self, name: str) -> float:
        """One standard normal draw that belongs to `name` alone, without opening a stream."""
        return _STANDARD_NORMAL.inv_cdf(self.unit(name))

    def scores(self, names: Iterable[str]) -> list[float]:
        """`score` of each name, for many names at once."""
        prefix, drawn, normal = sha256(self._path + b"/"), [], _STANDARD_NORMAL.inv_cdf
        for name in names:
            named = prefix.copy()
            named.update(name.encode())
            drawn.append(normal(_open_unit(named.digest())))
        return drawn

    def random(self) -> float:
        """Uniform in 0 ≤ x < 1."""
        if self._stream is None:
            self._stream = Random(sha256(self._path).hexdigest())
        return self._stream.random()

    def chance(self, probability: float) -> bool:
        """True with the given probability; 0 is never, 1 is always."""
        return self.random() < probability

    def uniform(self, low: float, high: float) -> float:
        """Uniform in low ≤ x ≤ high."""
        return low + (high - low) * self.random()

    def integer(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        if high < low:
            raise ValueError(f"integer from {low} to {high}: nothing lies between")
        return low + int(self.random() * (high - low + 1))

    def normal(self, mean: float = 0.0, sd: float = 1.0) -> float:
        """Gaussian, by the inverse of the cumulative distribution: one draw gives one value."""
        return mean + sd * _STANDARD_NORMAL.inv_cdf(max(self.random(), _UNIT))

    def lognormal(self, mean_log: float, sd_log: float) -> float:
        """exp of a Gaussian; both parameters are those of the logarithm."""
        return math.exp(self.normal(mean_log, sd_log))

    def exponential(self, mean: float) -> float:
        """Waiting time of a Poisson process whose mean gap is `mean`."""
        return -mean * math.log(1.0 - self.random())

    def poisson(self, mean: float) -> int:
        """Count of a Poisson process; large means are summed from parts so that exp(-mean) stays a number."""
        count = 0
        while mean > _POISSON_CHUNK:
            count += self._small_poisson(_POISSON_CHUNK)
            mean -= _POISSON_CHUNK
        return count + self._small_poisson(mean)

    def _small_poisson(self, mean: float) -> int:
        """Knuth's product of uniforms."""
        limit, product, count = math.exp(-mean), self.random(), 0
        while product > limit:
            product *= self.random()
            count += 1
        return count

    def choice(self, items: Sequence[T]) -> T:
        """One of the items, all equally likely."""
        if not items:
            raise ValueError("choice from nothing")
        return items[int(self.random() * len(items))]

    def weighted(self, weights: Mapping[T, float] | Sequence[tuple[T, float]]) -> T:
        """One of the keys, each as likely as its weight; weights need not add to 1. Order of the keys counts."""
        return pick(self.random(), weights)

    def sample(self, items: Sequence[T], count: int) -> list[T]:
        """`count` different items in drawn order."""
        if count > len(items):
            raise ValueError(f"{count} of {len(items)} items")
        shuffled = list(items)
        self.shuffle(shuffled)
        return shuffled[:count]

    def shuffle(self, items: MutableSequence[T]) -> None:
        """Put the items in a drawn order, in place (Fisher-Yates)."""
        for last in range(len(items) - 1, 0, -1):
            other = int(self.random() * (last + 1))
            items[last], items[other] = items[other], items[last]


def _open_unit(digest: bytes) -> float:
    """53 bits of a digest as a number between 0 and 1, neither of them reached."""
    return ((int.from_bytes(digest[:8], "big") >> 11) + 0.5) * _UNIT


def pick(unit: float, weights: Mapping[T, float] | Sequence[tuple[T, float]]) -> T:
    """The key on which a point `unit` of 0..1 falls when the weights are laid end to end."""
    pairs = weights.items() if isinstance(weights, Mapping) else weights
    pairs = [(key, weight) for key, weight in pairs if weight > 0]
    if not pairs:
        raise ValueError("no key has a weight above 0")
    point = unit * sum(weight for _, weight in pairs)
    for key, weight in pairs:
        point -= weight
        if point < 0:
            return key
    return pairs[-1][0]
