"""The people of a laboratory's past: they receive, label, load, verify, release and call, and leave a little undone.

They act as anybody else does, at the bench and through services; chance decides how long they take and what they leave.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from lis.domain.people import Actor
from lis.kernel.errors import Refusal
from lis.lab import Lab
from lis.services import accessioning, notifying, verifying
from lis.services.accessioning import Receipt
from lis.storage.work import Work
from lis.training import crew_deciding as deciding
from lis.training import crew_papers, crew_spent, crew_unknown
from lis.training import crew_reading as reading
from lis.training.crew_controls import Controls
from lis.training.crew_loading import Loading
from lis.training.crew_reading import Due
from lis.training.crew_spinning import Spinning
from lis.training.crew_storing import Storing
from lis.training.people import actor
from simulators.dice import Dice
from simulators.printer import PrintedLabel
from simulators.tubes import TubeView
from simulators.world import World

STAT = "S"
LEFT_ON_HOLD = 0.06
LONGEST_WAIT = timedelta(minutes=50)
LATE = timedelta(hours=3)
"""After so long somebody decides about what nobody has decided about, and what nobody could measure."""


class Crew:
    """One laboratory's people. `say` carries what the laboratory has to say out to its peers."""

    def __init__(self, lab: Lab, world: World, dice: Dice, say: Callable[[], object]) -> None:
        self._lab, self._world, self._dice, self._say = lab, world, dice, say
        self._processor = actor("processor1", "RECEIVING")
        self._technician = actor("technician1", "CORE-1")
        self._technologist = actor("technologist1", "CORE-2")
        self._supervisor = actor("supervisor1", "CORE-2")
        self._puzzling: set[str] = set()
        self._doubtful: list[Receipt] = []
        self._tubes: dict[str, str] = {}
        self._spinning = Spinning(lab, world, self._processor, self._tubes)
        self._controls = Controls(lab, world, self._technician)
        self._storing = Storing(lab, world, self._processor, self._tubes)
        self._loading = Loading(lab, world, self._technician, self._tubes, say)

    def work(self, *, late: timedelta = LATE) -> None:
        """Whatever is to do now; `late`: how long what nobody could decide about may wait."""
        self._refuse_doubtful()
        self._put_away(late)
        self._receive(sorted(self._world.tray(), key=_urgent_first))
        self._loading.work(self._spinning, late)
        seen = self._look()
        accepted = self._verify(seen.due, late)
        self._call(self._release([*seen.verified, *accepted]) or seen.calls)

    def hand_over(self, *, only_urgent: bool) -> None:
        """The end of a shift: tubes are received and what no check stopped goes out, but nothing on hold is decided.

        At the very end `only_urgent` tubes are: the others, and whoever is to be called, are left to those who come.
        """
        self._refuse_doubtful()
        tray = sorted(self._world.tray(), key=_urgent_first)
        self._receive([tube for tube in tray if tube.priority == STAT or not only_urgent])
        self._loading.work(self._spinning, LATE)
        seen = self._look()
        passed = [case for case in seen.due if not case.on_hold]
        self._accept(self._technician, passed)
        calls = self._release([*seen.verified, *passed]) or seen.calls
        self._call([] if only_urgent else calls)

    def _look(self) -> reading.Seen:
        with self._lab.database.reading() as connection:
            return reading.look(connection)

    # receiving

    def _receive(self, tray: list[TubeView]) -> None:
        arrived = [tube for tube in tray if tube.lab_label is None and tube.id not in self._puzzling]
        if not arrived:
            return
        crew_papers.enter(self._lab, self._world, self._processor, arrived)
        received = self._scan(arrived)
        self._say()
        alike, unlike = self._affix(received)
        with self._lab.work(self._processor) as work:
            for container in alike:
                deciding.compare(work, container, agree=True)
                accessioning.scan(work, container)
            self._doubtful += [deciding.compare(work, container, agree=False) for container in unlike]
        with self._lab.work(self._technician) as work:
            tubes = self._world.bench.tubes
            deciding.read_by_eye(
                work, {container: tubes[received[container]].contents for container in alike}
            )
        self._say()

    def _scan(self, tubes: list[TubeView]) -> dict[str, str]:
        """Scan the collection labels; which container is which tube. Whoever cannot be received is put aside."""
        received: dict[str, str] = {}
        with self._lab.work(self._processor) as work:
            for tube in tubes:
                number = tube.collection_label.number if tube.collection_label else ""
                receipt = self._scanned(work, number)
                if receipt is not None:
                    self._tubes[receipt.container_id] = tube.id
                if receipt is not None and receipt.outcome == "received":
                    received[receipt.container_id] = tube.id
                else:
                    self._puzzling.add(tube.id)
        return received

    def _scanned(self, work: Work, number: str) -> Receipt | None:
        try:
            with work.savepoint():
                receipt = accessioning.scan(work, number)
        except Refusal as refusal:
            accessioning.refuse_scan(work, number, code=refusal.code, message=refusal.message)
            return None
        if receipt.needs_attention:
            self._doubtful.append(receipt)
        return receipt

    def _refuse_doubtful(self) -> None:
        """What reception found something against at the last round, the processor refuses now, and asks for another."""
        if not self._doubtful:
            return
        with self._lab.work(self._processor) as work:
            deciding.refuse_doubtful(work, self._doubtful)
        for receipt in self._doubtful:
            if receipt.outcome == "set_aside":
                self._world.discard(self._tubes.pop(receipt.container_id), by=self._processor.code)
        self._doubtful = []
        self._say()

    def _put_away(self, late: timedelta) -> None:
        """Store what is finished; throw away what nobody could receive, and what nothing is awaited from."""
        self._storing.work()
        crew_unknown.put_away(self._lab, self._world, self._processor, self._puzzling, late)
        crew_spent.put_away(self._lab, self._world, self._processor, late)

    def _affix(self, received: dict[str, str]) -> tuple[list[str], list[str]]:
        """Each label to the tube it was printed for, where name and number on both agree, else away with it.

        Which containers those were, and which the others.
        """
        alike, unlike = [], []
        for label in self._world.printed_labels():
            tube = received.get(label.barcode)
            if tube is None:
                continue
            if self._agree(label, tube):
                self._world.affix(label.id, tube, by=self._processor.code)
                alike.append(label.barcode)
            else:
                self._world.discard_label(label.id, by=self._processor.code)
                unlike.append(label.barcode)
        return alike, unlike

    def _agree(self, label: PrintedLabel, tube: str) -> bool:
        """Whether the printed label names whom the collection label names."""
        written = self._world.look(tube, by=self._processor.code).collection_label
        printed = " ".join(label.texts)
        return written is not None and written.mrn in printed and written.name in printed

    # spinning and loading

    def next_stop(self) -> datetime | None:
        """When a centrifuge that turns now is emptied."""
        return self._spinning.next_stop()

    def run_controls(self) -> None:
        """Start the controls of every analyzer by hand, beside those it runs by itself each morning."""
        self._controls.run(self._world.stations)

    # reviewing

    def _verify(self, due: Iterable[Due], late: timedelta) -> list[Due]:
        """The technician takes what passed, the technologist what is on hold and has a reason, or leaves it.

        What was measured while its controls were out waits until they are in; then the supervisor takes it.
        """
        passed = [case for case in due if not case.on_hold]
        on_hold = [case for case in due if case.on_hold]
        doubted = [case for case in on_hold if case.is_out_of_control]
        in_again = self._controls.in_again(doubted)
        out = [case for case in doubted if case not in in_again]
        open_ = [case for case in on_hold if case not in doubted and not case.hangs_on(out)]
        held = [case for case in open_ if self._has_been_settled(case)]
        good = [case for case in in_again if case.reason]
        self._accept(self._technician, passed)
        self._accept(self._technologist, held)
        self._accept(self._supervisor, good)
        self._settle_late([case for case in (*open_, *in_again) if case not in (*held, *good)], late)
        self._controls.run_again(out)
        return passed + held + good

    def _settle_late(self, left: list[Due], late: timedelta) -> None:
        """The supervisor decides about what was left on hold."""
        waited = [case for case in left if self._world.now - case.since >= late]
        if waited:
            with self._lab.work(self._supervisor) as work:
                deciding.settle_late(work, waited)
            self._say()

    def _has_been_settled(self, case: Due) -> bool:
        """Whether the technologist has got round to a value on hold, and knows what to do with it."""
        dice = self._dice.fork(f"held/{case.accession}/{case.test}")
        is_left, wait = dice.chance(LEFT_ON_HOLD), dice.uniform(0.2, 1.0) * LONGEST_WAIT
        return case.reason != "" and not is_left and self._world.now - case.since >= wait

    def _accept(self, who: Actor, cases: list[Due]) -> None:
        """What is accepted for the same reason on one accession is accepted together."""
        if not cases:
            return
        with self._lab.work(who) as work:
            for (accession, reason), seen in _together(cases, lambda case: (case.accession, case.reason)):
                verifying.verify_results(work, accession, seen, reason=reason)

    def _release(self, verified: list[Due]) -> list[Row[Any]]:
        """Send out what was accepted; the calls that are due then."""
        if not verified:
            return []
        verified.sort(key=lambda case: case.result)
        kept = self._send_out(self._technician, verified)
        self._send_out(self._supervisor, self._controls.to_send(kept))
        self._say()
        with self._lab.database.reading() as connection:
            return reading.open_calls(connection)

    def _send_out(self, who: Actor, cases: list[Due]) -> list[Due]:
        """Release these, an accession at a time; those that a control speaks against by now."""
        if not cases:
            return []
        with self._lab.work(who) as work:
            together = _together(cases, lambda case: case.accession)
            kept = {accession for accession, seen in together if not deciding.send_out(work, accession, seen)}
        return [case for case in cases if case.accession in kept]

    def _call(self, calls: list[Row[Any]]) -> None:
        if not calls:
            return
        with self._lab.work(self._technologist) as work:
            for call in calls:
                notifying.record_call(
                    work,
                    call.id,
                    whom="Nurse in charge",
                    whom_role="RN",
                    phone=call.location,
                    outcome=notifying.REACHED,
                    said=call.what,
                    read_back=call.what,
                )


def _urgent_first(tube: TubeView) -> bool:
    return tube.priority != STAT


def _together(cases: Iterable[Due], key: Callable[[Due], Any]) -> Iterable[tuple[Any, dict[str, int]]]:
    """Each test with the version that was seen, by what they have in common."""
    found: dict[Any, dict[str, int]] = {}
    for case in cases:
        found.setdefault(key(case), {})[case.test] = case.version
    return found.items()
