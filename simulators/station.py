"""An analyzer at its place: the device, its voice on the wire, and when the world has to look after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from lis.wire.er7 import Message
from simulators.ageing import InTube
from simulators.analyzers.base import Analyzer, device
from simulators.analyzers.events import (
    Asked,
    Cancelled,
    ControlFinished,
    DeviceRefusal,
    Finished,
    Happened,
    Input,
    Loaded,
    Logged,
    NothingFor,
    Orders,
    Output,
    Sip,
    Work,
)
from simulators.analyzers.measuring import Meter
from simulators.analyzers.parts.screen import DeviceStatus
from simulators.content_types import Analyte, Code
from simulators.hl7 import law, oru
from simulators.hl7.envelope import Envelope, acknowledge
from simulators.hl7.observations import Dialect
from simulators.hl7.reading import ContainerWork, OrderedTest, kind_of, patient_of, query_status, read_work
from simulators.hl7.work_answer import Answer, work_answer
from simulators.place import DevicePlan, Orderable, Place
from simulators.stage import Outgoing, Stage
from simulators.tubes import Value

ComeOff = Callable[[str, float, bool], None]
UL = 0.001
REMEMBERED = 300
LAW = "law"


class Station:
    """Carries messages to the device and what it puts out to the wire, the ledger and the bench."""

    def __init__(self, place: Place, stage: Stage, analyzer: Analyzer, dialect: Dialect) -> None:
        self._place = place
        self._stage = stage
        self.analyzer = analyzer
        self.dialect = dialect
        self.code = analyzer.plan.code
        self.come_off: ComeOff = lambda tube, used_ml, is_done: None
        self.on_work: Callable[[ContainerWork], None] = lambda work: None
        self._voice = law if LAW in analyzer.plan.profile else oru
        self._tests_by_code = {assay.code: assay.test for assay in analyzer.plan.menu}
        self._awaited: datetime | None = None
        self._messages = 0
        self._done: dict[str, dict[str, Work]] = {}
        self._used: dict[str, int] = {}

    def open(self) -> None:
        """Switch on: warm up, and plan each day's controls at local midnight."""
        self._plan_day()

    def status(self) -> DeviceStatus:
        """The device's own screen."""
        return self.analyzer.status(self._stage.now)

    # to the device

    def load(self, sips: Sequence[Sip]) -> None:
        """A rack is put on."""
        self._give(Loaded(tuple(sips)))

    def take_on(self, work: Sequence[Work]) -> None:
        """Work for the device, whoever gives it."""
        if work:
            self._give(Orders(tuple(work)))

    def give(self, item: Input) -> None:
        """Somebody does something at the device; DeviceRefusal when that cannot be."""
        self._give(item)

    def done_on(self, barcode: str) -> tuple[str, ...]:
        """The tests that were run on a container, as far back as the device remembers."""
        return tuple(self._done.get(barcode, ()))

    def order_again(self, barcode: str, tests: Sequence[str], dilution: float) -> None:
        """Do a container's last work once more, all of it or these tests, diluted by this factor."""
        again = [
            replace(work, run=work.run + 1, dilution=dilution)
            for work in self._done.get(barcode, {}).values()
            if not tests or work.test in tests
        ]
        if not again:
            raise DeviceRefusal("rerun.unknown", "That tube was not run here, or not for these tests.")
        self.take_on(again)

    def receive(self, message: Message) -> bytes:
        """Work from the laboratory, answered test by test; anything else is refused."""
        if kind_of(message) != "OML^O33":
            error = {"location": "MSH^1^9", "error": "200", "error_text": "Unsupported message type"}
            return acknowledge(self._envelope(), message, "AR", error)
        asked = read_work(message)
        answers = [(item.container, item.specimen_type, self._answer_all(item)) for item in asked]
        return work_answer(self._envelope(), message.header.value(10), patient_of(message), answers)

    def _answer_all(self, asked: ContainerWork) -> list[Answer]:
        cancelled = {test for item in asked.tests if item.is_cancel for test in self.tests_of(item.code)}
        if cancelled:
            self._give(Cancelled(asked.container, frozenset(cancelled)))
        work = [
            Work(asked.container, test, item.code, item.placer, item.priority)
            for item in asked.tests
            if self._answer_to(item) == "OK"
            for test in self.tests_of(item.code)
        ]
        self.take_on(work)
        self.on_work(asked)
        return [Answer(item.placer, item.code, self._answer_to(item)) for item in asked.tests]

    def _answer_to(self, item: OrderedTest) -> str:
        """HL7 table 0119: OK taken on, CR cancelled, UA unable: no test of this device, or nothing on board for it."""
        tests = self.tests_of(item.code)
        if tests and item.is_cancel:
            return "CR"
        lacks = self.analyzer.upkeep.lacks
        return "UA" if all(lacks(test, self._stage.now) for test in tests) else "OK"

    def tests_of(self, code: str) -> tuple[str, ...]:
        """The device's tests that a code asks for: its own code, the laboratory's test, or a panel of those."""
        if code in self._tests_by_code:
            return (self._tests_by_code[code],)
        orderable: Orderable | None = self._place.orderables.get(code)
        return tuple(test for test in (orderable.tests if orderable else ()) if test in self.dialect.assays)

    # from the device

    def _give(self, *inputs: Input) -> None:
        outputs, wake_at = self.analyzer.update(self._stage.now, inputs)
        self._await(wake_at)
        for output in outputs:
            self._bring_out(output)

    def _await(self, at: datetime | None) -> None:
        """Look after the device at this instant, unless an earlier look is planned already."""
        if at is None or (self._awaited is not None and self._awaited <= at):
            return
        self._awaited = at
        self._stage.plan(at, lambda: self._wake(at))

    def _wake(self, planned: datetime) -> None:
        if self._awaited == planned:
            self._awaited = None
            self._give()

    def _bring_out(self, output: Output) -> None:
        match output:
            case Finished():
                self._finished(output)
            case ControlFinished():
                self._controlled(output)
            case Asked():
                self._ask(output)
            case Logged():
                self._logged(output)
            case Happened():
                self._stage.tell(f"analyzer.{output.what}", self.code, output.data)

    def _finished(self, done: Finished) -> None:
        facts = {"analyzer": self.code, "container": done.sip.barcode}
        done = self._stage.faults.pass_through("analyzer", done, done.sip.tube, self._stage.now, facts)
        measured = {
            item.test: [*layers(done.sip, item.test), item.in_tube, item.raw, item.comparator + item.text]
            for item in done.measured
        }
        data = {"tube": done.sip.tube, "barcode": done.sip.barcode, "run": done.run, "measured": measured}
        self._stage.tell("analyzer.measured", self.code, data | _besides(done))
        if done.measured:
            self._send(self._voice.results_message, done)
        self._remember(done)
        self._used[done.sip.tube] = self._used.get(done.sip.tube, 0) + len(done.work)
        if not done.stays:
            used_ul = float(self.analyzer.plan.traits.get("sip_ul", 0.0)) * self._used.pop(done.sip.tube)
            self.come_off(done.sip.tube, used_ul * UL, True)

    def _remember(self, done: Finished) -> None:
        """What was done on a container, for whoever wants it run again; the oldest is forgotten."""
        works = {work.test: work for work in done.work}
        self._done[done.sip.barcode] = self._done.pop(done.sip.barcode, {}) | works
        if len(self._done) > REMEMBERED:
            del self._done[next(iter(self._done))]

    def _controlled(self, done: ControlFinished) -> None:
        facts = {"analyzer": self.code, "material": done.material, "level": done.level}
        done = self._stage.faults.pass_through("analyzer", done, done.material, self._stage.now, facts)
        self._stage.tell("analyzer.controlled", self.code, {"control": done})
        self._send(self._voice.control_message, done)

    def _send(self, voice: Callable[..., bytes], done: Finished | ControlFinished) -> None:
        envelope = self._envelope()
        self._stage.send(self.code, Outgoing(envelope.control, partial(voice, envelope, self.dialect, done)))

    def _ask(self, asked: Asked) -> None:
        """Host query: what is to be done on this container? The work itself comes as a message of its own."""
        envelope = self._envelope()
        query = Outgoing(
            envelope.control,
            partial(law.query_message, envelope, asked.container, asked.rack, asked.position),
        )
        answer = self._stage.send_and_read(self.code, query)
        if query_status(answer) != "OK":
            self._give(NothingFor(asked.container))

    def _logged(self, line: Logged) -> None:
        data = {"code": line.code, "text": line.text, "tube": line.tube, "container": line.container}
        self._stage.tell("analyzer.logged", self.code, data | {"level": line.level, "line": f"{line.number}"})
        if line.tube:
            self.come_off(line.tube, 0.0, False)

    def _plan_day(self) -> None:
        zone, now = self._stage.zone, self._stage.now
        today = now.astimezone(zone).date()
        for at in self.analyzer.plan.controls_at:
            due = datetime.combine(today, at, zone).astimezone(now.tzinfo)
            if due > max(now, self.analyzer.ready_at):
                self.analyzer.schedule_controls(due)
        midnight = datetime.combine(today + timedelta(days=1), datetime.min.time(), zone)
        self._stage.plan(midnight.astimezone(now.tzinfo), self._plan_day)
        self._give()

    def _envelope(self) -> Envelope:
        self._messages += 1
        return Envelope(
            app=self.code,
            facility=self._place.lab_facility,
            to_app="LIS",
            to_facility=self._place.lab_facility,
            at=self._stage.now,
            control=f"{self.code}-{self._messages:08d}",
            processing=self._place.environment,
            zone=self._stage.zone,
        )


def _besides(done: Finished) -> dict[str, Any]:
    """What else is true of a run, as far as there is anything to say."""
    flags = {item.test: item.flags for item in done.measured if item.flags}
    again = {item.test: [item.in_tube, item.raw, item.comparator + item.text] for item in done.run_again}
    diluted = {item.test: item.dilution for item in done.measured if item.dilution != 1}
    found = {"flags": flags, "run_again": again, "diluted": diluted}
    return {name: those for name, those in found.items() if those}


def layers(sip: Sip, test: str) -> tuple[Value | None, Value | None]:
    """What was so in whoever gave the blood, and what came into the tube."""
    if isinstance(sip.contents, InTube):
        return sip.contents.true.get(test), sip.contents.collected.get(test)
    return None, sip.contents.get(test)


def make_station(
    plan: DevicePlan,
    place: Place,
    stage: Stage,
    analytes: Mapping[str, Analyte],
    value_sets: Mapping[str, tuple[Code, ...]],
) -> Station:
    """The device that a plan describes, at its place, switched on now."""
    meter = Meter(plan, analytes, value_sets, place, stage.dice.fork(f"analyzer/{plan.code}"))
    return Station(place, stage, device(plan, meter, stage.now), dialect_of(plan, analytes))


def dialect_of(plan: DevicePlan, analytes: Mapping[str, Analyte]) -> Dialect:
    """How a device writes: its codes and units from its menu, names from the tests table."""
    return Dialect(
        device=plan.code,
        model=plan.model,
        assays={assay.test: assay for assay in plan.menu},
        names={code: analyte.name for code, analyte in analytes.items()},
        is_coded=frozenset(code for code, analyte in analytes.items() if analyte.kind != "NM"),
    )
