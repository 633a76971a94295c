"""Whether segments stand in the order and the number that a message structure asks for.

A structure is compiled to an automaton, once and lazily: its places are the segments of the structure, its states the
sets of places where the last segment may stand, so that a choice is a choice and a group that could be either of two is
both until the message tells. A message is walked once, one look-up per segment. Where no place follows, the walk says
what is amiss and goes on from the nearest place at which the segment could be meant; a segment that fits nowhere is
said so and passed over.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from lis.interfaces.hl7.conformance_definitions import ANY, EARLY, PROFILED, UNBOUNDED, Node

START = -1


@dataclass(frozen=True, slots=True)
class Step:
    """Where a segment leads, and what is amiss with its standing there ("" if nothing); early if profiles have it."""

    state: State
    amiss: str = ""
    is_early: bool = False


@dataclass(eq=False, slots=True)
class State:
    """The places where the last segment may stand, and the steps that were taken from there so far."""

    places: frozenset[int]
    steps: dict[str, Step] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Path:
    """A place in the tree: the nodes from the root down to the segment, and which part each is of the one before."""

    nodes: tuple[Node, ...]
    parts: tuple[int, ...]


@dataclass(frozen=True, slots=True, order=True)
class _Leap:
    """A way over what is missing: what it costs, what it leaves out, which group it repeats, and if that may not be."""

    cost: int
    rank: int
    place: int
    missing: tuple[str, ...]
    again: str
    once: bool


class Structure:
    """One message structure, ready to walk over."""

    def __init__(self, root: Node) -> None:
        self.name = root.name
        self._paths = tuple(_paths(root, (root,), ()))
        self._places: dict[str, list[int]] = {}
        for place, path in enumerate(self._paths):
            self._places.setdefault(path.nodes[-1].name, []).append(place)
        self._follow: dict[int, frozenset[int]] = {}
        self._number = {id(path.nodes[-1]): place for place, path in enumerate(self._paths)}
        self._link(root)
        self._follow[START] = self._first(root)
        self._last_places = self._last(root)
        self._states: dict[frozenset[int], State] = {}
        self.start = self._state(frozenset((START,)))

    @property
    def state_count(self) -> int:
        """How many states were met so far."""
        return len(self._states)

    def knows(self, segment: str) -> bool:
        """Whether the structure has a place for that segment anywhere."""
        return segment in self._places

    def step(self, state: State, segment: str) -> Step:
        """From a state over a segment; remembered in the state for ids that the structure knows."""
        found = state.steps.get(segment)
        if found is None:
            found = self._step(state, segment)
            if segment in self._places:  # others are chosen by senders, and there is no end of them
                state.steps[segment] = found
        return found

    def missing_at_end(self, state: State) -> tuple[str, ...]:
        """What must still come where a message ends; () when it may end there."""
        if not self._last_places.isdisjoint(state.places):
            return ()
        return min((self._missing_after(place, 0) for place in state.places), key=len)

    # --- the automaton ---

    def _state(self, places: frozenset[int]) -> State:
        return self._states.setdefault(places, State(places))

    def _step(self, state: State, segment: str) -> Step:
        if not self.knows(segment) and not self.knows(ANY):
            return Step(state, f"{segment} is no part of {self.name}")
        following = frozenset[int]().union(*(self._follow[place] for place in state.places))
        fitting = frozenset(place for place in following if self._name(place) in (segment, ANY))
        if fitting:
            return Step(self._state(fitting))
        if any(self._name(place) in PROFILED.get((self.name, segment), ()) for place in state.places):
            return Step(state, f"{segment} has no place here in {self.name}: {EARLY}", is_early=True)
        leaps = [leap for place in state.places for leap in self._leaps(place, segment)]
        if not leaps:
            return Step(state, f"{segment} may not stand here: {self._expected(following)}")
        best = min(leaps)
        places = frozenset(leap.place for leap in leaps if (leap.cost, leap.rank) == (best.cost, best.rank))
        return Step(self._state(places), self._words(segment, best))

    def _name(self, place: int) -> str:
        return self._paths[place].nodes[-1].name if place != START else ""

    def _expected(self, following: Iterable[int]) -> str:
        names = dict.fromkeys(self._name(place) for place in sorted(following))
        return f"{self.name} has {', '.join(names)} here" if names else f"{self.name} has ended"

    def _words(self, segment: str, leap: _Leap) -> str:
        if leap.once:
            return (
                f"{segment} may not stand here again: {leap.again} stands once at most there in {self.name}"
            )
        missing = " and ".join(leap.missing)
        before = f"the next {leap.again}" if leap.again else "it"
        return f"{segment} may not stand here yet: {missing} must come before {before} in {self.name}"

    def _short(self, group: str) -> str:
        return group.removeprefix(f"{self.name}_")

    # --- places that follow each other (Glushkov's construction) ---

    def _first(self, node: Node) -> frozenset[int]:
        if node.is_segment:
            return frozenset((self._number[id(node)],))
        parts = node.parts if node.is_choice else _until_needed(node.parts)
        return frozenset[int]().union(*map(self._first, parts))

    def _last(self, node: Node) -> frozenset[int]:
        if node.is_segment:
            return frozenset((self._number[id(node)],))
        parts = node.parts if node.is_choice else _until_needed(node.parts[::-1])
        return frozenset[int]().union(*map(self._last, parts))

    def _link(self, node: Node) -> None:
        for part in node.parts:
            self._link(part)
        if not node.is_choice:
            for number, part in enumerate(node.parts[:-1]):
                after = frozenset[int]().union(*map(self._first, _until_needed(node.parts[number + 1 :])))
                self._add(self._last(part), after)
        if node.is_segment:
            self._follow.setdefault(self._number[id(node)], frozenset())
        if node.most == UNBOUNDED:
            self._add(self._last(node), self._first(node))

    def _add(self, places: Iterable[int], after: frozenset[int]) -> None:
        for place in places:
            self._follow[place] = self._follow.get(place, frozenset()) | after

    # --- leaps, when nothing follows ---

    def _leaps(self, place: int, segment: str) -> Iterator[_Leap]:
        for target in self._places.get(segment, ()):
            if place == START:
                missing = self._missing_before(target, 0)
                yield _Leap(2 * len(missing), 0, target, missing, "", once=False)
                continue
            here, there = self._paths[place], self._paths[target]
            depth = _shared(here, there)
            node = here.nodes[depth]
            if depth < min(len(here.parts), len(there.parts)) and not node.is_choice:
                yield from self._forward(place, target, depth)
            for level in range(depth, -1, -1):
                yield from self._again(place, target, level)

    def _forward(self, place: int, target: int, depth: int) -> Iterator[_Leap]:
        """To a later part of the group that both stand in."""
        here, there = self._paths[place], self._paths[target]
        start, end = here.parts[depth], there.parts[depth]
        if start < end:
            between = here.nodes[depth].parts[start + 1 : end]
            missing = (
                *self._missing_after(place, depth + 1),
                *(self._lead(node) for node in between if _is_needed(node)),
                *self._missing_before(target, depth + 1),
            )
            yield _Leap(2 * len(missing), 0, target, missing, "", once=False)

    def _again(self, place: int, target: int, level: int) -> Iterator[_Leap]:
        """Into the group at a level from its beginning once more, even if it may not repeat."""
        node = self._paths[target].nodes[level]
        if level and target in self._first(node):
            missing = self._missing_after(place, level)
            once = node.most != UNBOUNDED
            cost, rank = 2 * len(missing) + 3 * once, len(self._paths) - level
            again = (
                self._lead(node) if node.is_choice or node.is_segment else f"group {self._short(node.name)}"
            )
            yield _Leap(cost, rank, target, missing, again, once=once)

    def _missing_after(self, place: int, level: int) -> tuple[str, ...]:
        """What is needed behind a place, in its groups from a level on."""
        if place == START:
            return self._missing_within(self._paths[0].nodes[0].parts)
        path = self._paths[place]
        found: list[str] = []
        for node, part in reversed(list(zip(path.nodes[level:-1], path.parts[level:], strict=True))):
            if not node.is_choice:
                found += self._missing_within(node.parts[part + 1 :])
        return tuple(found)

    def _missing_before(self, place: int, level: int) -> tuple[str, ...]:
        """What is needed before a place, in its groups from a level on."""
        path = self._paths[place]
        found: list[str] = []
        for node, part in zip(path.nodes[level:-1], path.parts[level:], strict=True):
            if not node.is_choice:
                found += self._missing_within(node.parts[:part])
        return tuple(found)

    def _missing_within(self, nodes: Sequence[Node]) -> tuple[str, ...]:
        return tuple(self._lead(node) for node in nodes if _is_needed(node))

    def _lead(self, node: Node) -> str:
        """What a needed part begins with, and the group it is."""
        if node.is_segment:
            return node.name
        if node.is_choice:
            return "one of " + ", ".join(self._lead(part) for part in node.parts)
        needed = next(part for part in node.parts if _is_needed(part))
        return self._lead(needed) + (f" (group {self._short(node.name)})" if needed.is_segment else "")


def _paths(node: Node, nodes: tuple[Node, ...], parts: tuple[int, ...]) -> Iterator[_Path]:
    if node.is_segment:
        yield _Path(nodes, parts)
    for number, part in enumerate(node.parts):
        yield from _paths(part, (*nodes, part), (*parts, number))


def _shared(one: _Path, other: _Path) -> int:
    """How deep the last node lies that both paths go through."""
    same = [a is b for a, b in zip(one.nodes, other.nodes, strict=False)]
    return (same.index(False) if False in same else len(same)) - 1


def _is_needed(node: Node) -> bool:
    """Whether at least one segment of it must come."""
    if not node.least:
        return False
    if node.is_segment:
        return True
    needed = map(_is_needed, node.parts)
    return all(needed) if node.is_choice else any(needed)


def _until_needed(nodes: Sequence[Node]) -> Iterator[Node]:
    """The parts up to the first that must come, with it."""
    for node in nodes:
        yield node
        if _is_needed(node):
            return
