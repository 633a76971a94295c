"""Which container a reported specimen is: by its barcode, or for senders that know only order numbers by those."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Row, or_

from lis.domain.observations import ReportedSpecimen
from lis.domain.workflow import ContainerState
from lis.interfaces.hl7.results import Reading, key_of, together
from lis.interfaces.routing import Line
from lis.kernel.ids import is_container_id
from lis.storage import tables as t
from lis.storage.work import Work

Named = list[Row[Any]]
"""The containers that a number names."""
AT_ONCE = 400
"""Numbers in one question."""
_GONE = (ContainerState.CANCELLED, ContainerState.REJECTED)


def located_all(work: Work, line: Line, readings: Iterable[Reading]) -> tuple[ReportedSpecimen, ...]:
    """Every specimen that was read of, those of one container together."""
    readings = tuple(readings)
    known = _named_by(work, readings) if line.matches_orders else {}
    found: dict[tuple[str, ...], list[ReportedSpecimen]] = {}
    for reading in readings:
        one = located(work, line, reading, known)
        found.setdefault(key_of(one), []).append(one)
    return tuple(map(together, found.values()))


def located(work: Work, line: Line, reading: Reading, known: Mapping[str, Named]) -> ReportedSpecimen:
    """The specimen under this laboratory's container id, where the interface lets order numbers name it.

    Numbers that lead to several containers of one order lead to none: the specimen stays as it came. Numbers that agree
    on no order, or on several, are a doubt about every value.
    """
    specimen = reading.specimen
    if specimen.role == "control" and not line.profile.control_mark_decides:
        return _as_control(work, specimen)
    if specimen.role != "patient":
        return specimen
    named = [rows for rows in _rows(work, line, reading, known) if rows]
    rows = [row for rows in named for row in rows]
    if len({row.order_id for row in rows}) > 1:
        agreed = set.intersection(*({row.order_id for row in rows} for rows in named))
        if len(agreed) != 1:
            return _doubted(specimen, rows)
        rows = [row for row in rows if row.order_id in agreed]
    found = {row.container_id for row in rows}
    return replace(specimen, container=found.pop()) if line.matches_orders and len(found) == 1 else specimen


def _as_control(work: Work, specimen: ReportedSpecimen) -> ReportedSpecimen:
    """Some senders mark patients' tubes as control material too."""
    if work.containers.by_container_id(specimen.container.strip()) is None:
        return specimen
    words = f"Marked as control material, but {specimen.container.strip()} is a patient's tube."
    return replace(specimen, role="doubtful", control=None, doubt=words)


def _rows(work: Work, line: Line, reading: Reading, known: Mapping[str, Named]) -> list[Named]:
    """The containers that each number of a reading names."""
    if line.matches_orders:
        return [known[number] for number in reading.numbers]
    ours = sorted(number for number in reading.numbers if is_container_id(number))
    rows = work.containers.where(t.container.c.container_id.in_(ours)) if len(ours) > 1 else ()
    return [[row] for row in rows]


def _doubted(specimen: ReportedSpecimen, rows: Sequence[Row[Any]]) -> ReportedSpecimen:
    names = " and ".join(sorted({row.container_id for row in rows}))
    words = f"Its numbers name tubes of different orders: {names}."
    observations = tuple(replace(one, doubt=one.doubt or words) for one in specimen.observations)
    return replace(specimen, observations=observations)


def _named_by(work: Work, readings: Iterable[Reading]) -> dict[str, Named]:
    """What the numbers of a message name, however many there are."""
    numbers = sorted({number for one in readings if one.specimen.role == "patient" for number in one.numbers})
    found: dict[str, Named] = {}
    for start in range(0, len(numbers), AT_ONCE):
        found |= _named(work, numbers[start : start + AT_ONCE])
    return found


def _named(work: Work, numbers: Sequence[str]) -> dict[str, Named]:
    """Containers that carry each number, the hospital's included, or whose order does: accession, placer's number."""
    c, n, o = t.container.c, t.ordered_test.c, t.lab_order.c
    orders: dict[str, set[int]] = {number: set() for number in numbers}
    for test in work.ordered_tests.where(n.placer_number.in_(numbers)):
        orders[test.placer_number].add(test.order_id)
    for order in work.orders.where(o.accession.in_(numbers)):
        orders[order.accession].add(order.id)
    keys = sorted(set().union(*orders.values()))
    rows = work.containers.where(
        or_(c.container_id.in_(numbers), c.collection_number.in_(numbers), c.order_id.in_(keys))
    )
    return {
        number: [
            row
            for row in rows
            if row.state not in _GONE
            and (number in (row.container_id, row.collection_number) or row.order_id in orders[number])
        ]
        for number in numbers
    }
