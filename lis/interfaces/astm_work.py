"""Work for an analyzer as LIS02 records: in the answer to its query, or handed to it unasked.

LIS02-A2 (ASTM E1394), records H, P, O and L; O-12 is what is asked for, O-26 why it is sent.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, Select, and_, bindparam, or_, select

from lis.domain.requests import STAT
from lis.domain.workflow import ContainerState, ResultState
from lis.interfaces.hl7.times import write_instant
from lis.services import working
from lis.storage import tables as t
from lis.storage.work import Work
from lis.wire.astm import build_records
from lis.wire.er7 import Seg, Value, comps, reps

MOST_AT_ONCE = 200
NEW, CANCEL = "N", "C"
ASKED, UNASKED = "Q", "O"
NO_WORK, NOT_SERVED = "I", "Q"
"""L-3: nothing is known of what was asked for; what was asked for is not served."""


@dataclass(frozen=True, slots=True)
class HandedOut:
    """What an analyzer may run on one container."""

    container: str
    mrn: str
    family: str
    given: str
    birth_date: str
    sex: str
    specimen_type: str
    priority: str
    codes: Sequence[str]


def handed_out(work: Work, container: Row[Any], codes: Sequence[str]) -> HandedOut:
    """A container with its patient, and the analyzer's own codes of its tests."""
    order = work.orders.get(container.order_id)
    patient = work.patients.get(order.patient_id)
    return HandedOut(
        container=container.container_id,
        mrn=patient.mrn,
        family=patient.family,
        given=patient.given,
        birth_date=f"{patient.birth_on:%Y%m%d}" if patient.birth_on else "",
        sex=patient.sex,
        specimen_type=work.specimens.get(container.specimen_id).type,
        priority=order.priority,
        codes=codes,
    )


@dataclass(frozen=True, slots=True)
class Outstanding:
    """Containers with the tests that wait on them, and how many more were left out of an answer."""

    found: Sequence[tuple[Row[Any], tuple[str, ...]]]
    beyond: int


def outstanding(
    work: Work, analyzer: str, at_most: int = MOST_AT_ONCE, only: Container[str] | None = None
) -> Outstanding:
    """What was sent to an analyzer and still waits for its value, urgent containers first; `only` some tests of it.

    Those beyond `at_most` follow when these are done, or when they are asked for by their ids.
    """
    waiting: dict[int, list[str]] = {}
    for row in work.connection.execute(_WAITING, {"of_analyzer": analyzer}):
        if only is None or row.test in only:
            waiting.setdefault(row.container_pk, []).append(row.test)
    found: list[tuple[Row[Any], tuple[str, ...]]] = []
    for place, (key, tests) in enumerate(waiting.items()):
        if len(found) == at_most:
            return Outstanding(found, len(waiting) - place)
        container = work.containers.get(key)
        menu = working.may_run(work, analyzer, container)
        if allowed := tuple(test for test in dict.fromkeys(tests) if test in menu):
            found.append((container, allowed))
    return Outstanding(found, 0)


def _waiting() -> Select[Any]:
    a, c, r, o = t.analyzer_work.c, t.container, t.result, t.lab_order
    return (
        select(a.container_pk, a.test)
        .join(c, c.c.id == a.container_pk)
        .join(o, o.c.id == c.c.order_id)
        .join(r, and_(r.c.container_pk == a.container_pk, r.c.test == a.test))
        .where(
            a.analyzer == bindparam("of_analyzer"),
            a.state.in_((working.SENT, working.ACCEPTED)),
            c.c.state.in_((ContainerState.RECEIVED, ContainerState.LABELLED)),
            or_(r.c.state == ResultState.PENDING, r.c.rerun),
        )
        .order_by(o.c.priority != STAT, a.id)
    )


_WAITING = _waiting()


def query_answer(
    work: Sequence[HandedOut],
    sender: str,
    at: datetime,
    zone: ZoneInfo,
    notes: Sequence[str] = (),
    nothing: str = NO_WORK,
) -> bytes:
    """The answer to a query; L-3 is `nothing` when there is no work in it (LIS02-A2, request information).

    LIS02 knows no answer that goes on: that it is not the whole is said in a comment on the message.
    """
    orders = [record for number, one in enumerate(work, 1) for record in _order(one, number, NEW, ASKED)]
    comments = [Seg("C", {2: str(n), 3: "L", 4: note, 5: "G"}) for n, note in enumerate(notes, 1)]
    return _message([*comments, *orders], "", sender, at, zone, "N" if work else nothing)


def work_records(
    work: HandedOut, action: str, number: str, sender: str, at: datetime, zone: ZoneInfo
) -> bytes:
    """Work that nobody asked for, or its end (`action` C), under a number of ours."""
    return _message(_order(work, 1, action, UNASKED), number, sender, at, zone, "N")


def is_records(body: bytes) -> bool:
    """Whether what was composed are records; HL7 begins with MSH."""
    return body.startswith(b"H")


def _message(
    orders: Sequence[Seg], number: str, sender: str, at: datetime, zone: ZoneInfo, end: str
) -> bytes:
    written = write_instant(at, zone)[:14]
    head = Seg("H", {3: number, 5: sender, 12: "P", 13: "LIS2-A2", 14: written})
    return build_records([head, *orders, Seg("L", {2: "1", 3: end})]).encode()


def _order(one: HandedOut, number: int, action: str, why: str) -> list[Seg]:
    patient: dict[int, Value] = {
        2: str(number),
        4: one.mrn,
        6: comps(one.family, one.given),
        8: one.birth_date,
        9: one.sex,
    }
    order: dict[int, Value] = {
        2: "1",
        3: one.container,
        5: reps(*(comps("", "", "", code) for code in one.codes)),
        6: one.priority,
        12: action,
        16: one.specimen_type,
        26: why,
    }
    return [Seg("P", patient), Seg("O", order)]
