"""A small laboratory for tests: the pack in tests/data, one member of staff per role, a clock that stands still."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from lis.domain.observations import ReportedControl, ReportedObservation
from lis.domain.people import ROLES, Actor, system
from lis.domain.requests import CollectedSpecimen, OrderRequest, PatientDetails, RequestedTest
from lis.domain.values import BY_HAND
from lis.kernel.clock import FixedClock
from lis.lab import Lab
from lis.services import accessioning, cataloguing, controlling, ordering, resulting, verifying
from lis.storage.database import LabDatabase
from lis.storage.house import House
from lis.storage.journal import every
from lis.storage.packs import pack_files
from lis.storage.work import Work

PACK = Path(__file__).parent / "data" / "pack"
START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)  # Monday 06:00 in Chicago
ANN = PatientDetails("M1001", "Archer", "Ann", date(1980, 5, 17), "F")
BEN = PatientDetails("M1002", "Baker", "Ben", date(1955, 1, 2), "M")


def actor(role: str, via: str = "web") -> Actor:
    """The small laboratory's member of staff of a role."""
    return Actor(ROLES.index(role) + 1, role, role.replace("_", " ").title(), role, "BENCH-1", via)


@dataclass
class SmallLab:
    """A laboratory with shorthand for what tests do all the time. `clock` stands until a test moves it."""

    lab: Lab
    clock: FixedClock
    house: House = field(repr=False)

    @contextmanager
    def work(self, role: str = "technologist", via: str = "web") -> Iterator[Work]:
        with self.lab.work(actor(role, via)) as work:
            yield work

    @contextmanager
    def by_wire(self) -> Iterator[Work]:
        with self.lab.work(system("hl7", "HIS")) as work:
            yield work

    def order(self, *codes: str, patient: PatientDetails = ANN, **more: object) -> ordering.PlacedOrder:
        """Place an order by hand; `collected` minutes ago (30 unless told), with a collection number per tube."""
        collected_at = self.clock.now() - timedelta(minutes=int(str(more.pop("collected", 30))))
        numbers = more.pop("numbers", None)
        plan = numbers if isinstance(numbers, (list, tuple)) else ("H0001", "H0002", "H0003")
        specimens = tuple(CollectedSpecimen(n, collected_at=collected_at, collected_by="RN7") for n in plan)
        request = OrderRequest(
            patient=patient,
            tests=tuple(RequestedTest(code, f"P{i}-{plan[0]}") for i, code in enumerate(codes)),
            specimens=specimens,
            **more,  # type: ignore[arg-type]
        )
        with self.by_wire() as work:
            return ordering.place_order(work, request)

    def receive(self, *container_ids: str, label: bool = True) -> None:
        """Receive containers and, unless told otherwise, confirm their labels."""
        for container_id in container_ids:
            with self.work("processor") as work:
                accessioning.scan(work, container_id)
            if label:
                with self.work("processor") as work:
                    accessioning.scan(work, container_id)

    def controls(self, analyzer: str = "CHEM-1") -> None:
        """Run every level of an analyzer's controls now, each value on its target."""
        with self.lab.work(system("hl7", analyzer)) as work:
            for seq, target in enumerate(work.catalog.control_targets, 1):
                if target.analyzer != analyzer:
                    continue
                value = str(target.mean)
                controlling.record_control(
                    work,
                    analyzer=analyzer,
                    test=target.test,
                    control=ReportedControl(target.material, target.lot, target.level, run="R1"),
                    observation=ReportedObservation(
                        seq, "", "", "", "NM", value, target.unit, (), "F", work.now
                    ),
                    inbound_id=None,
                )

    def enter(self, accession: str, **values: str) -> None:
        """A technologist types values measured by hand."""
        with self.work() as work:
            for test, value in values.items():
                resulting.enter_result(work, accession, test, value, measured_on=BY_HAND)

    def verify(self, accession: str, *tests: str, role: str = "supervisor") -> None:
        """Accept the values in force of these tests, held ones with a reason."""
        with self.work(role) as work:
            verifying.verify_results(work, accession, self.versions(work, accession, tests), reason="Seen.")

    def release(self, accession: str, *tests: str) -> None:
        """Send out the verified values of these tests."""
        with self.work() as work:
            verifying.release_results(work, accession, self.versions(work, accession, tests))

    def versions(self, work: Work, accession: str, tests: tuple[str, ...]) -> dict[str, int]:
        """Test → the version in force: what a person who looks now has seen."""
        order = work.orders.by_accession(accession)
        return {test: verifying.result_of(work, order, test).version for test in tests}

    def released(self, *codes: str, values: dict[str, str], **more: Any) -> str:
        """A whole life: ordered, received, typed, verified, released. Returns the accession."""
        order = self.order(*codes, **more)
        self.receive(*order.container_ids)
        self.enter(order.accession, **values)
        self.verify(order.accession, *values)
        self.release(order.accession, *values)
        return order.accession

    def journal(self) -> list[str]:
        """The verbs so far, in order."""
        with self.lab.reading() as reading:
            return [row.verb for row in every(reading.connection)]


def open_small_lab(house: House, *, slug: str = "small", at: datetime = START) -> SmallLab:
    """Make the small laboratory in a house."""
    database: LabDatabase = house.create_lab(
        slug, name="Small Laboratory", zone="America/Chicago", environment="T", lab_anchor=at, actor="tests"
    )
    clock = FixedClock(at)
    lab = Lab(database, wall=FixedClock(at), clock=clock)
    with lab.work(system("admin")) as work:
        cataloguing.load_pack(work, pack_files(PACK))
        for role in ROLES:
            member = actor(role)
            work.staff.add(
                code=member.code, name=member.name, initials=role[:2].upper(), role=role, active=True
            )
    return SmallLab(lab, clock, house)


def make_small_folder(folder: Path, wall: FixedClock | None = None) -> Path:
    """A data folder with the small laboratory, closed: to be copied for each test."""
    house = House.open(data=folder, url=None, wall=wall or FixedClock(START))
    open_small_lab(house)
    house.close()
    return folder


def open_copy(template: Path, folder: Path) -> House:
    """The house of a copied data folder."""
    shutil.copytree(template, folder, dirs_exist_ok=True)
    return House.open(data=folder, url=None, wall=FixedClock(START))
