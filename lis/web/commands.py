"""Command barcodes of the receiving bench: some are scanned, then the tube they are about; nothing else is touched.

A command that only adds (what is seen, which tests) waits beside another; a tube ends the sentence. `%UNDO` and `%NEXT`
are about no tube and done at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lis.domain.catalog import Catalog, RejectionReason
from lis.domain.requests import STAT
from lis.kernel.errors import Invalid
from lis.services import accessioning, inspecting, labelling, ordering, rejecting, withdrawing
from lis.services.accessioning import Receipt
from lis.services.finding import find_container
from lis.storage.work import Work
from lis.web import commands_seen

RECEIVE, ACKNOWLEDGE = "%RCV", "%ACK"  # the page itself does these: no command waits, nothing needs attention
UNDO, NEXT, ASIDE = "%UNDO", "%NEXT", "%ASIDE"
REJECT, TEST, LOST = "%REJ-", "%TEST-", "%LOST"
AT_ONCE = (UNDO, NEXT)
ADDING = (commands_seen.SEEN, TEST, LOST)
OPEN = (TEST, commands_seen.VOLUME, commands_seen.SPUN)  # any test, any number of millilitres, any hour
COMPARED = ("name", "mrn")
REPRINT_REASONS = {"%LBL-DMG": "it is damaged or unreadable", "%LBL-OUT": "it did not come out"}
AGAIN = {"Y": True, "N": False}
QUESTION = "A question about it at the counter."


@dataclass(frozen=True, slots=True)
class Command:
    """One barcode of the card and what it does, in words."""

    code: str
    meaning: str


def offered(catalog: Catalog) -> list[Command]:
    """Every command of this laboratory: its own reasons for refusing and kinds of container are among them."""
    return [
        Command(RECEIVE, "Receive; drops commands that wait for their tube"),
        Command(ACKNOWLEDGE, "Acknowledge what needs attention"),
        Command(UNDO, "Take back what I received last"),
        Command(NEXT, "Show the next tube that is set aside or late"),
        Command("%ID-OK", "Name and MRN on the tube agree with the order"),
        Command("%ID-DIFF", "Name or MRN differ: set the tube aside"),
        Command(ASIDE, "Set the tube aside: a question about it"),
        Command("%STAT", "Make the order of the tube STAT"),
        *(Command(code, f"Print the label again: {reason}") for code, reason in REPRINT_REASONS.items()),
        *(Command(code, meaning) for code, meaning in commands_seen.offered(catalog)),
        Command(LOST, "Reject only the tests that are kept back: scan with a reason"),
        *(command for reason in catalog.rejection_reasons.values() for command in _rejections(reason)),
    ]


def tests_offered(catalog: Catalog, department: str) -> list[Command]:
    """A command for each test and panel of a bench: scanned with a reason, it alone is refused."""
    return [
        Command(f"{TEST}{row.code}", row.name)
        for row in catalog.orderables.values()
        if row.department == department
    ]


def _rejections(reason: RejectionReason) -> list[Command]:
    """One command, or two where the reason leaves open whether a new specimen is asked for."""
    if reason.recollect in AGAIN:
        return [Command(f"{REJECT}{reason.code}", f"Reject: {reason.reason}")]
    return [
        Command(f"{REJECT}{reason.code}-Y", f"Reject, new specimen: {reason.reason}"),
        Command(f"{REJECT}{reason.code}-N", f"Reject, no new specimen: {reason.reason}"),
    ]


@dataclass(frozen=True, slots=True)
class Sentence:
    """Commands that were scanned before a tube. `act` "": none but what is seen."""

    act: str
    seen: tuple[str, ...]
    tests: tuple[str, ...]
    is_lost: bool

    @classmethod
    def of(cls, text: str) -> Sentence:
        words = [word for word in text.split() if word != RECEIVE]
        acts = [word for word in words if not word.startswith(ADDING)]
        if len(acts) > 1:
            raise Invalid("command.together", f"{acts[0]} and {acts[1]} do not go together.", _NOTHING)
        said = cls(
            acts[0] if acts else "",
            tuple(word for word in words if word.startswith(commands_seen.SEEN)),
            tuple(word.removeprefix(TEST) for word in words if word.startswith(TEST)),
            LOST in words,
        )
        said.refuse_nonsense()
        return said

    def refuse_nonsense(self) -> None:
        is_rejection = self.act.startswith(REJECT)
        if (self.tests or self.is_lost) and not is_rejection:
            raise Invalid(
                "command.no_reason", "Tests were named without a reason for refusing them.", _NOTHING
            )
        if self.seen and self.act:
            raise Invalid("command.together", f"{self.seen[0]} and {self.act} do not go together.", _NOTHING)


_NOTHING = "Nothing was done with the tube. Scan the commands anew."


def carry_out(work: Work, command: str, text: str) -> Receipt:
    """Do what commands say with the tube scanned after them. An unknown one does nothing, and never receives."""
    if command == UNDO:
        return withdrawing.withdraw_receipt(work)
    said = Sentence.of(command)
    if said.seen:
        return _state(work, said, text)
    if not said.act:
        return accessioning.scan(work, text)
    if said.act.startswith(REJECT):
        return _reject(work, said, text)
    act = _ACTS.get(said.act)
    if act is None:
        raise Invalid("command.unknown", f"{said.act} is no command here.", "Nothing was done with the tube.")
    return act(work, said.act, text)


def _state(work: Work, said: Sentence, text: str) -> Receipt:
    container = find_container(work, text)
    seen = commands_seen.inspection(said.seen, container.type, work.catalog, work.zone, work.now)
    return inspecting.inspect_specimen(work, container.container_id, seen)


def _reject(work: Work, said: Sentence, text: str) -> Receipt:
    code, _, again = said.act.removeprefix(REJECT).partition("-")
    container = find_container(work, text)
    tests = {*said.tests, *(rejecting.kept_back_tests(work, container.container_id) if said.is_lost else ())}
    if said.is_lost and not tests:
        raise Invalid("kept_back.none", "No test of this tube is kept back.", _NOTHING)
    if tests:
        done = rejecting.reject_tests(
            work, container.container_id, sorted(tests), code, recollect=AGAIN.get(again)
        )
        what = f"Rejected {', '.join(done.tests)}"
    else:
        done = rejecting.reject_container(work, container.container_id, code, recollect=AGAIN.get(again))
        what = "Rejected"
    follows = f"New container {done.replacement}." if done.replacement else "No new specimen."
    message = f"{what}: {work.catalog.rejection_reasons[code].reason}. A call is due. {follows}"
    return _receipt(work, "rejected", container.container_id, message)


def _compare(work: Work, command: str, text: str) -> Receipt:
    container_id = find_container(work, text).container_id
    agree = command == "%ID-OK"
    accessioning.compare_identity(work, container_id, identifiers=COMPARED, agree=agree)
    if agree:
        return _receipt(work, "compared", container_id, "Compared: name and MRN agree.")
    return _receipt(
        work, "set_aside", container_id, "They differ: the tube is set aside. Call the collector."
    )


def _make_stat(work: Work, command: str, text: str) -> Receipt:
    container = find_container(work, text)
    accession = work.orders.get(container.order_id).accession
    ordering.change_order(work, accession, reason="STAT asked for at the receiving bench.", priority=STAT)
    return _receipt(work, "stat", container.container_id, "Its order is STAT.")


def _reprint(work: Work, command: str, text: str) -> Receipt:
    container_id = find_container(work, text).container_id
    labelling.print_label(work, container_id, reason=f"The label: {REPRINT_REASONS[command]}.")
    return _receipt(work, "printed", container_id, "Its label is printed again.")


def _put_aside(work: Work, command: str, text: str) -> Receipt:
    container_id = find_container(work, text).container_id
    return accessioning.set_aside(work, container_id, reason=QUESTION)


def _receipt(work: Work, outcome: str, container_id: str, message: str) -> Receipt:
    container = find_container(work, container_id)
    return Receipt(outcome, container_id, work.orders.get(container.order_id).accession, message)


_ACTS: dict[str, Callable[[Work, str, str], Receipt]] = {
    "%ID-OK": _compare,
    "%ID-DIFF": _compare,
    "%STAT": _make_stat,
    ASIDE: _put_aside,
    **dict.fromkeys(REPRINT_REASONS, _reprint),
}
