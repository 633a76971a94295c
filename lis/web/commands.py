"""Command barcodes of the receiving bench: one is scanned, then the tube it is about; nothing else is touched."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lis.domain.catalog import Catalog, RejectionReason
from lis.domain.requests import STAT
from lis.kernel.errors import Invalid
from lis.services import accessioning, labelling, ordering, rejecting
from lis.services.accessioning import Receipt
from lis.services.finding import find_container
from lis.storage.work import Work

RECEIVE, ACKNOWLEDGE = "%RCV", "%ACK"  # the page itself does these: no command waits, nothing needs attention
REJECT = "%REJ-"
COMPARED = ("name", "mrn")
REPRINT_REASONS = {"%LBL-DMG": "it is damaged or unreadable", "%LBL-OUT": "it did not come out"}
AGAIN = {"Y": True, "N": False}


@dataclass(frozen=True, slots=True)
class Command:
    """One barcode of the card and what it does, in words."""

    code: str
    meaning: str


def offered(catalog: Catalog) -> list[Command]:
    """Every command of this laboratory: its own reasons for refusing are among them."""
    return [
        Command(RECEIVE, "Receive; drops a command that waits for its tube"),
        Command(ACKNOWLEDGE, "Acknowledge what needs attention"),
        Command("%ID-OK", "Name and MRN on the tube agree with the order"),
        Command("%ID-DIFF", "Name or MRN differ: set the tube aside"),
        Command("%STAT", "Make the order of the tube STAT"),
        *(Command(code, f"Print the label again: {reason}") for code, reason in REPRINT_REASONS.items()),
        *(command for reason in catalog.rejection_reasons.values() for command in _rejections(reason)),
    ]


def _rejections(reason: RejectionReason) -> list[Command]:
    """One command, or two where the reason leaves open whether a new specimen is asked for."""
    if reason.recollect in AGAIN:
        return [Command(f"{REJECT}{reason.code}", f"Reject: {reason.reason}")]
    return [
        Command(f"{REJECT}{reason.code}-Y", f"Reject, new specimen: {reason.reason}"),
        Command(f"{REJECT}{reason.code}-N", f"Reject, no new specimen: {reason.reason}"),
    ]


def carry_out(work: Work, command: str, text: str) -> Receipt:
    """Do what a command says with the tube scanned after it. An unknown command does nothing, and never receives."""
    if command in ("", RECEIVE):
        return accessioning.scan(work, text)
    if command.startswith(REJECT):
        return _reject(work, command, text)
    act = _ACTS.get(command)
    if act is None:
        raise Invalid("command.unknown", f"{command} is no command here.", "Nothing was done with the tube.")
    return act(work, command, text)


def _reject(work: Work, command: str, text: str) -> Receipt:
    code, _, again = command.removeprefix(REJECT).partition("-")
    container = find_container(work, text)
    done = rejecting.reject_container(work, container.container_id, code, recollect=AGAIN.get(again))
    follows = f"New container {done.replacement}." if done.replacement else "No new specimen."
    message = f"Rejected: {work.catalog.rejection_reasons[code].reason}. A call is due. {follows}"
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


def _receipt(work: Work, outcome: str, container_id: str, message: str) -> Receipt:
    container = find_container(work, container_id)
    return Receipt(outcome, container_id, work.orders.get(container.order_id).accession, message)


_ACTS: dict[str, Callable[[Work, str, str], Receipt]] = {
    "%ID-OK": _compare,
    "%ID-DIFF": _compare,
    "%STAT": _make_stat,
    **dict.fromkeys(REPRINT_REASONS, _reprint),
}
