"""Segments in any order, of two patients with the same tests: no value reaches the other's chart, none is lost."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from lis.interfaces.inbox import Inbox
from lis.storage import tables as t
from tests.harness import count
from tests.interfaces.messages import joined, msh
from tests.labs import BEN, SmallLab

MRNS = ("M1001", "M1002")
KINDS = ("PID", "OBR", "OBX", "SPM", "SAC", "ORC", "cut", "bare")
FIXED = {"bare": "OBR|1|||X", "cut": "rest of a line"}


@dataclass
class Made:
    """A message's lines; for each value whom it may belong to by the PID and the OBR before it."""

    kind: str
    lines: list[str] = field(default_factory=list)
    owners: dict[str, set[str]] = field(default_factory=dict)
    patient: set[str] = field(default_factory=lambda: set(MRNS))
    order: set[str] = field(default_factory=lambda: set(MRNS))
    answered: bool = False

    def add(self, name: str, who: int, tube: str, value: str) -> None:
        if name == "OBX":
            self.owners[value] = self.patient & self.order
            self.lines.append(f"OBX|1|NM|{101 + len(self.lines) % 4}||{value}|mmol/L|||||P")
            self.answered = True
            return
        named = {"PID": f"PID|1||{MRNS[who]}", "OBR": f"OBR|1||{tube}|X", "SPM": f"SPM|1|{tube}||SER"}
        self.lines.append((named | FIXED | {"SAC": f"SAC|||{tube}"}).get(name, f"{name}|1"))
        if name == "PID":
            self.patient = {MRNS[who]}
        if name in ("PID", "OBR", "bare") or (name == "SPM" and self.kind == "OUL" and self.answered):
            self.order, self.answered = {MRNS[who]} if name == "OBR" else set(MRNS), False


def filed(small: SmallLab, number: str) -> list[tuple[str, str | None]]:
    """Each value of a message, and on whose chart it is."""
    o, v, r, x, p, i = (
        t.observation.c,
        t.result_version.c,
        t.result.c,
        t.lab_order.c,
        t.patient.c,
        t.inbound.c,
    )
    query = (
        select(o.value_sent, p.mrn)
        .join(t.inbound, i.id == o.inbound_id)
        .outerjoin(t.result_version, v.id == o.result_version_id)
        .outerjoin(t.result, r.id == v.result_id)
        .outerjoin(t.lab_order, x.id == r.order_id)
        .outerjoin(t.patient, p.id == x.patient_id)
        .where(i.control_id == number)
        .order_by(o.value_sent)
    )
    with small.lab.reading() as reading:
        return [tuple(row) for row in reading.connection.execute(query)]


EVENTS = {"ORU": "ORU^R01^ORU_R01", "OUL": "OUL^R22^OUL_R22"}
SEGMENTS = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 1)), min_size=3, max_size=14)


@pytest.fixture
def tubes(small: SmallLab) -> list[str]:
    """Ann's and Ben's."""
    with small.work("lis_admin") as work:
        work.interfaces.change("CHEM-1", profile="generic")
    orders = [small.order("LYTES"), small.order("LYTES", patient=BEN, numbers=["H0009"])]
    tubes = [order.container_ids[0] for order in orders]
    small.receive(*tubes)
    return tubes


@pytest.mark.parametrize("kind", EVENTS)
def test_a_value_is_nobodys_but_its_patients(small: SmallLab, tubes: list[str], kind: str) -> None:
    """Preliminary values: each comes onto the chart after the other."""
    inbox, numbers = Inbox(small.lab), itertools.count(1)

    @settings(max_examples=count(150, 3000), deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(SEGMENTS)
    # The OBR still names the other's tube.
    @example([("SPM", 0), ("OBR", 0), ("OBX", 0), ("SPM", 1), ("OBX", 0)])
    def judge(segments: list[tuple[str, int]]) -> None:
        message, number = Made(kind), next(numbers)
        for place, (name, who) in enumerate(segments):
            message.add(name, who, tubes[who], f"{number}.{place:02}5")
        inbox.receive(joined(msh(EVENTS[kind], f"N{number}", "CHEM-1"), *message.lines).encode())

        found = filed(small, f"N{number}")

        assert [value for value, _ in found] == sorted(message.owners)
        assert {value: mrn for value, mrn in found if mrn and mrn not in message.owners[value]} == {}

    judge()
    with small.lab.reading() as reading:
        assert len(reading.connection.execute(select(t.result_version.c.id)).all()) > 10
