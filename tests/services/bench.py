"""The small laboratory with words for what tests of use cases do and ask."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, Table, select

from lis.domain.observations import ReportedControl, ReportedObservation, ReportedSpecimen
from lis.domain.people import system
from lis.kernel.clock import FixedClock
from lis.lab import Lab
from lis.services import resulting, verifying
from lis.services.matching import Source
from lis.storage import tables as t
from lis.storage.house import House
from lis.storage.journal import every
from lis.storage.work import Work
from tests.labs import START, SmallLab

CHEMISTRY, COAGULATION = "CHEM-1", "COAG-1"
NOW = datetime.max.replace(tzinfo=UTC)  # what an analyzer says of its measurement unless told otherwise


class Bench(SmallLab):
    """Reads rows, lets analyzers report, verifies and releases what is in force."""

    def events(self) -> list[Row[Any]]:
        """The journal so far."""
        with self.lab.reading() as reading:
            return list(every(reading.connection))

    def rows(self, table: Table, **equal: object) -> list[Row[Any]]:
        """Rows of a table whose columns equal what is given, by key."""
        with self.lab.reading() as reading:
            conditions = [table.c[name] == value for name, value in equal.items()]
            return list(reading.connection.execute(select(table).where(*conditions).order_by(table.c.id)))

    def row(self, table: Table, **equal: object) -> Row[Any]:
        """The one row that `rows` finds."""
        (row,) = self.rows(table, **equal)
        return row

    def states(self, accession: str) -> dict[str, str]:
        """Test → state of its result."""
        order = self.row(t.lab_order, accession=accession)
        return {row.test: row.state for row in self.rows(t.result, order_id=order.id)}

    def tests(self, accession: str) -> dict[str, str]:
        """Orderable → state of the ordered test."""
        order = self.row(t.lab_order, accession=accession)
        return {row.code: row.state for row in self.rows(t.ordered_test, order_id=order.id)}

    def value(self, accession: str, test: str) -> tuple[str, str, int, list[str]]:
        """Status, value, version and reasons of hold of a result."""
        order = self.row(t.lab_order, accession=accession)
        result = self.rows(t.result, order_id=order.id, test=test)[-1]
        version = self.row(t.result_version, result_id=result.id, n=result.version)
        holding = ("failed", "wait", "not_evaluable")
        reasons = [c["reason"] for c in result.checks if c["outcome"] in holding and not c.get("advisory")]
        return version.status, f"{version.comparator}{version.value}", version.n, reasons

    def container(self, container_id: str) -> Row[Any]:
        return self.row(t.container, container_id=container_id)

    def measure(
        self, container_id: str, values: dict[str, str], *, at: datetime | None = NOW, **said: str
    ) -> list[tuple[str, str]]:
        """An analyzer reports values by test; state and reason of each. `said`: status, patient, name, device.

        `at`: when it says that it measured them; now where nothing is given, None where it does not say.
        """
        device = said.get("device", CHEMISTRY)
        with self.lab.work(system("hl7", device)) as work:
            source = source_of(work, device)
            observations = tuple(
                replace(
                    observation(work, device, seq, test, value, said.get("status", "F")),
                    observed_at=work.now if at is NOW else at,
                )
                for seq, (test, value) in enumerate(values.items(), 1)
            )
            who = (said.get("patient", ""), said.get("name", ""))
            specimen = ReportedSpecimen("patient", container_id, *who, observations)
            resulting.record_results(work, source, (specimen,))
        kept = self.rows(t.observation, inbound_id=source.inbound_id)
        return [(row.state, row.reason) for row in kept]

    def run_controls(
        self,
        device: str = CHEMISTRY,
        *,
        off_by_sd: int = 0,
        run: str = "R1",
        at: datetime = NOW,
        level: int | None = None,
    ) -> None:
        """Every control of an analyzer, or those of a level, `off_by_sd` from its target; measured now unless told
        otherwise.
        """
        with self.lab.work(system("hl7", device)) as work:
            source = source_of(work, device)
            mine = (target for target in work.catalog.control_targets if target.analyzer == device)
            targets = [target for target in mine if level in (None, target.level)]
            for seq, target in enumerate(targets, 1):
                value = str(target.mean + off_by_sd * target.sd)
                said = observation(work, device, seq, target.test, value, "F")
                said = replace(said, observed_at=work.now if at is NOW else at)
                control = ReportedControl(target.material, target.lot, target.level, run)
                specimen = ReportedSpecimen("control", "", "", "", (said,), control=control)
                resulting.record_results(work, source, (specimen,))

    def verify(self, accession: str, *tests: str, role: str = "technologist", reason: str = "seen") -> None:
        """Verify results in the versions that are in force."""
        with self.work(role) as work:
            verifying.verify_results(work, accession, self.seen(accession, *tests), reason=reason)

    def release(self, accession: str, *tests: str, role: str = "technologist") -> None:
        with self.work(role) as work:
            verifying.release_results(work, accession, self.seen(accession, *tests))

    def seen(self, accession: str, *tests: str) -> dict[str, int]:
        order = self.row(t.lab_order, accession=accession)
        found = {row.test: row.version for row in self.rows(t.result, order_id=order.id)}
        return {test: found[test] for test in tests}


def source_of(work: Work, device: str) -> Source:
    """A message from an analyzer, already stored, and how its codes read."""
    inbound_id = work.inbound.add(
        **dict.fromkeys(("peer", "sender", "message_type", "digest", "reason", "detail", "accession"), ""),
        interface=device,
        control_id=str(work.next_id(t.inbound)),
        raw=b"",
        received_at=work.now,
        recorded_at=work.recorded_at,
        state="processed",
        ack_code="AA",
    )
    row = work.interfaces.find(device)
    codes = {item.code: item.test for item in work.catalog.analyzers[device].menu}
    return Source(inbound_id, device, device, codes, row.held_tests if row else {})


def observation(work: Work, device: str, seq: int, test: str, value: str, status: str) -> ReportedObservation:
    """A value as the analyzer sends it, a flag behind `!`; what is not on its menu goes by its own name."""
    test = test.strip()
    text, _, flag = value.partition("!")
    menu = {item.test: item for item in work.catalog.analyzers[device].menu}
    code, unit = (menu[test].code, menu[test].unit) if test in menu else (test, "")
    flags = (flag,) if flag else ()
    return ReportedObservation(seq, code, "", "", "NM", text, unit, flags, status, work.now)


def bench(house: House, *, slug: str = "small") -> Bench:
    """The small laboratory that a house has already."""
    clock = FixedClock(START)
    return Bench(Lab(house.lab(slug), wall=FixedClock(START), clock=clock), clock, house)
