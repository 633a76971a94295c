"""A laboratory to be measured: patients with a past, controls of today, and tubes that wait for their results."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from benchmarks import content
from lis.domain.observations import ReportedControl, ReportedObservation
from lis.domain.people import ROLES, Actor, system
from lis.domain.requests import CollectedSpecimen, OrderRequest, PatientDetails, RequestedTest
from lis.kernel.clock import WallClock
from lis.lab import Lab
from lis.services import accessioning, cataloguing, controlling, ordering, resulting, verifying
from lis.storage.house import House
from lis.storage.work import Work

SLUG = "bench"
PATIENTS = 40
ORDERS_AT_ONCE = 40
TECHNOLOGIST = Actor(
    ROLES.index("technologist") + 1, "technologist", "Technologist", "technologist", "B1", "web"
)
SUPERVISOR = Actor(ROLES.index("supervisor") + 1, "supervisor", "Supervisor", "supervisor", "B1", "web")
WIRE = system("hl7", content.HOSPITAL)


@dataclass(frozen=True)
class Place:
    """Where a house of laboratories is: a folder, or a database that is reached from anywhere."""

    folder: Path
    url: str | None

    def open(self, *, exclusive: bool = False) -> House:
        return House.open(data=self.folder, url=self.url, wall=WallClock(), exclusive=exclusive)


def make(house: House, kind: str = content.WHOLE, slug: str = SLUG) -> Lab:
    """An empty laboratory with the pack for measuring, its staff and today's controls."""
    wall = WallClock()
    database = house.create_lab(
        slug,
        name="Measured Laboratory",
        zone="America/Chicago",
        environment="T",
        lab_anchor=wall.now(),
        actor="benchmark",
    )
    lab = Lab(database)
    with lab.work(system("admin")) as work:
        cataloguing.load_pack(work, content.pack(kind))
        for role in ROLES:
            work.staff.add(code=role, name=role.title(), initials=role[:2].upper(), role=role, active=True)
    with lab.work(system("hl7", content.ANALYZER)) as work:
        run_controls(work)
    return lab


def run_controls(work: Work) -> None:
    """Every control of the pack on its target, now."""
    for seq, target in enumerate(work.catalog.control_targets, 1):
        value = str(target.mean)
        controlling.record_control(
            work,
            analyzer=target.analyzer,
            test=target.test,
            control=ReportedControl(target.material, target.lot, target.level, run="R1"),
            observation=ReportedObservation(seq, "", "", "", "NM", value, target.unit, (), "F", work.now),
            inbound_id=None,
        )


def next_day(lab: Lab) -> None:
    """The laboratory's clock goes on by a day, and the controls of that day are run."""
    with lab.work(system("admin")) as work:
        work.set_clock(lab_anchor=work.now + timedelta(days=1), wall_anchor=work.recorded_at)
    with lab.work(system("hl7", content.ANALYZER)) as work:
        run_controls(work)


def give_past(lab: Lab, width: int, patients: int = PATIENTS) -> None:
    """Every patient has one released result of each test, two days old."""
    for number in range(patients):
        with lab.work(WIRE) as work:
            order = place(work, f"PAST-{number}", number, width, hours_ago=48)
            _receive(work, order)
            tests = [content.code(n) for n in range(1, width + 1)]
            for test in tests:
                resulting.enter_result(
                    work, order.accession, test, content.BEFORE, measured_on=content.ANALYZER
                )
        with lab.work(SUPERVISOR) as work:
            shown = dict.fromkeys(tests, 1)
            verifying.verify_results(work, order.accession, shown, reason="Seen.")
            verifying.release_results(work, order.accession, shown)


def place(work: Work, number: str, patient: int, width: int, hours_ago: float = 1) -> ordering.PlacedOrder:
    """One order of one panel, its tube drawn already."""
    drawn = CollectedSpecimen(number, collected_at=work.now - timedelta(hours=hours_ago), collected_by="RN7")
    who = PatientDetails(f"M{patient:05d}", f"Family{patient}", "Given", date(1970, 1, 1), "FM"[patient % 2])
    request = OrderRequest(
        patient=who,
        tests=(RequestedTest(content.panel(width), number),),
        specimens=(drawn,),
        peer=content.HOSPITAL,
    )
    return ordering.place_order(work, request)


def order_tubes(lab: Lab, count: int, width: int, *, received: bool, series: str) -> list[str]:
    """Tubes with orders of one width: the numbers an analyzer reports, or those the tubes come with."""
    found: list[str] = []
    while len(found) < count:
        with lab.work(WIRE) as work:
            for _ in range(min(ORDERS_AT_ONCE, count - len(found))):
                number = f"{series}{len(found):06d}"
                order = place(work, number, len(found) % PATIENTS, width)
                if received:
                    _receive(work, order)
                found.append(order.container_ids[0] if received else number)
    return found


def _receive(work: Work, order: ordering.PlacedOrder) -> None:
    """Scanned on arrival, and again with the laboratory's label on it."""
    for container in order.container_ids:
        accessioning.scan(work, container)
        accessioning.scan(work, container)
