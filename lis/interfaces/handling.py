"""One message, understood and handed to the use case it is about. Each step answers with an Outcome."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from lis.domain.catalog import Catalog
from lis.domain.requests import CollectedSpecimen, OrderRequest
from lis.interfaces.hl7 import replies
from lis.interfaces.hl7.ack import ErrorCondition
from lis.interfaces.hl7.envelope import Envelope
from lis.interfaces.hl7.orders import (
    CANCEL,
    CHANGE,
    DISCONTINUE,
    NEW,
    OrderLine,
    OrderMessage,
    Unusable,
    read_orders,
)
from lis.interfaces.hl7.patients import read_patient, read_visit
from lis.interfaces.hl7.replies import LineAnswer, filler_number
from lis.interfaces.hl7.results import Reading, read_results
from lis.interfaces.locating import located_all
from lis.interfaces.outcomes import (
    DEAD_LETTER,
    ERROR,
    Outcome,
    by_refusal,
    condition_of,
    held,
    processed,
    refused,
)
from lis.interfaces.routing import Line
from lis.kernel.errors import Refusal
from lis.services import ordering, recollecting, registering, resulting, working
from lis.services.matching import Source
from lis.storage.work import Work
from lis.wire.er7 import Message

_DONE = (replies.ACCEPTED, replies.CHANGED, replies.CANCELLED)


@dataclass(frozen=True)
class Received:
    """A message that may be read: its envelope, its interface, and the row its bytes are kept in."""

    envelope: Envelope
    message: Message
    line: Line
    inbound_id: int

    @property
    def reports(self) -> bool:
        """Whether it tells results."""
        return _STEPS.get(self.envelope.field(9)) is take_results

    @cached_property
    def readings(self) -> tuple[Reading, ...]:
        """What it tells of specimens."""
        return read_results(self.message, self.line.profile, self.line.zone)


def handle(work: Work, received: Received) -> Outcome:
    """Do what a message asks. Refusals of use cases pass through; the caller puts its savepoint around."""
    if len(received.message.segments) < 2:
        nothing = refused(ERROR, "message.empty", ErrorCondition("100", "Nothing follows MSH.", "MSH^1"))
        return replace(nothing, state=DEAD_LETTER)
    try:
        return _STEPS[received.envelope.field(9)](work, received)
    except Unusable as unusable:
        return refused(ERROR, "message.unusable", *unusable.conditions)


def take_results(work: Work, received: Received) -> Outcome:
    """ORU, OUL: file or hold every observation."""
    if not received.readings:
        return held("message.no_results", "The message holds no observation (OBX).")
    return file_readings(work, received.line, received.inbound_id, received.readings)


def file_readings(work: Work, line: Line, inbound_id: int, readings: tuple[Reading, ...]) -> Outcome:
    """Hand what was read to the laboratory, each specimen located first."""
    specimens = located_all(work, line, readings)
    accession = resulting.record_results(work, source_of(work.catalog, line, inbound_id), specimens)
    return processed(accession)


def source_of(catalog: Catalog, line: Line, inbound_id: int) -> Source:
    """Where observations of an interface come from; its own code map goes before the analyzer's menu."""
    menu = catalog.menus.get(line.code, {})
    own = line.row.settings.get("code_map")
    return Source(
        inbound_id=inbound_id,
        interface=line.code,
        analyzer=line.code,
        code_map={**menu, **own} if own else menu,
        held_tests=line.row.held_tests,
        loinc_trusted=line.profile.loinc_trusted,
        units=line.row.settings.get("unit_map", {}),
    )


def take_orders(work: Work, received: Received) -> Outcome:
    """OML^O21, ORM^O01: place the new lines as one order, change or cancel the others, answer line by line."""
    line, message = received.line, received.message
    orders = read_orders(message, line.profile, line.code, line.zone)
    placed, accession, conditions = _place(work, orders)
    answers: list[LineAnswer] = []
    for order_line in orders.lines:
        answer, condition = placed.get(order_line.where), None
        if answer is None:
            drawn = orders.collected.get(order_line.where)
            answer, condition = _change(work, line.code, order_line, drawn)
        answers.append(answer)
        conditions += [condition] if condition else []
    done = any(answer.control in _DONE for answer in answers)
    return Outcome(
        state="processed" if done else "refused",
        code="AA" if done else ERROR,
        reason="" if done else "order.refused",
        detail="; ".join(condition.text for condition in conditions),
        accession=accession or next((a.filler.split("-")[0] for a in answers if a.filler), ""),
        conditions=tuple(conditions),
        message_type=replies.REPLY_TYPES[received.envelope.kind],
        body=tuple(replies.order_reply(message, answers, line.our_application)),
    )


def _place(work: Work, orders: OrderMessage) -> tuple[dict[str, LineAnswer], str, list[ErrorCondition]]:
    """Place what this laboratory can do of the new lines; the rest is answered UA, test by test."""
    if orders.request is None:
        return {}, "", []
    new = [line for line in orders.lines if line.control == NEW]
    known = [line for line in new if work.catalog.orderable(line.code) is not None]
    answers = {line.where: _unknown_test(line) for line in new if line not in known}
    conditions = [_unknown_condition(line) for line in new if line not in known]
    if not known:
        return answers, "", conditions
    request = _narrowed(work.catalog, orders.request, [new.index(line) for line in known])
    try:
        with work.savepoint():
            order = ordering.place_order(work, request)
    except Refusal as refusal:
        if is_storage(refusal):
            raise
        answers |= {line.where: LineAnswer(line, replies.UNABLE, text=str(refusal)) for line in known}
        return answers, "", [*conditions, condition_of(refusal)]
    answers |= {
        line.where: LineAnswer(line, replies.ACCEPTED, filler_number(order.accession, line.code))
        for line in known
    }
    return answers, order.accession, conditions


def is_storage(refusal: Refusal) -> bool:
    """Whether the database, not a rule, said no: then nothing of the transaction can be kept."""
    return refusal.code.startswith(("database.", "storage."))


def _unknown_test(line: OrderLine) -> LineAnswer:
    return LineAnswer(line, replies.UNABLE, text=f"{line.code or 'No code'}: not a test of this laboratory.")


def _unknown_condition(line: OrderLine) -> ErrorCondition:
    return ErrorCondition(
        "103", f"Not a test of this laboratory: {line.code or '(none)'}.", f"OBR^{line.where}^4"
    )


def _narrowed(catalog: Catalog, request: OrderRequest, kept: list[int]) -> OrderRequest:
    """The request with only some of its tests; tubes follow, and materials nobody knows here are left unsaid."""
    places = {old: new for new, old in enumerate(kept)}
    specimens = [
        replace(
            _sayable(catalog, tube),
            tests=tuple(places[position] for position in tube.tests if position in places),
        )
        for tube in request.specimens
        if not tube.tests or any(position in places for position in tube.tests)
    ]
    tests = tuple(request.tests[position] for position in kept)
    return replace(request, tests=tests, specimens=tuple(specimens))


def _sayable(catalog: Catalog, tube: CollectedSpecimen) -> CollectedSpecimen:
    return replace(
        tube,
        specimen_type=tube.specimen_type if tube.specimen_type in catalog.specimen_types else "",
        container_type=tube.container_type if tube.container_type in catalog.containers else "",
    )


def _change(
    work: Work, peer: str, line: OrderLine, drawn: CollectedSpecimen | None
) -> tuple[LineAnswer, ErrorCondition | None]:
    """A line that is no new order: a new specimen for it or its end, anything else is refused."""
    if line.control == CHANGE and drawn is not None:
        return _recollected(work, peer, line, drawn)
    if line.control not in (CANCEL, DISCONTINUE):
        text = f"The order control {line.control or '(none)'} is not taken here."
        return LineAnswer(line, _unable_to(line), text=text), ErrorCondition(
            "103", text, f"ORC^{line.where}^1"
        )
    try:
        with work.savepoint():
            reason = line.reason or "Cancelled by the placer"
            accession = ordering.cancel_by_placer(work, peer, line.placer, reason=reason)
    except Refusal as refusal:
        if is_storage(refusal):
            raise
        condition = condition_of(refusal, ("ORC", line.where, "2"))
        return LineAnswer(line, replies.UNABLE_TO_CANCEL, text=str(refusal)), condition
    return LineAnswer(line, replies.CANCELLED, filler_number(accession, line.code)), None


def _recollected(
    work: Work, peer: str, line: OrderLine, drawn: CollectedSpecimen
) -> tuple[LineAnswer, ErrorCondition | None]:
    """Another specimen was drawn for a test that waits for one."""
    try:
        with work.savepoint():
            accession = recollecting.record_by_placer(work, peer, line.placer, drawn)
    except Refusal as refusal:
        if is_storage(refusal):
            raise
        condition = condition_of(refusal, ("ORC", line.where, "2"))
        return LineAnswer(line, replies.UNABLE_TO_CHANGE, text=str(refusal)), condition
    return LineAnswer(line, replies.CHANGED, filler_number(accession, line.code)), None


def _unable_to(line: OrderLine) -> str:
    return replies.UNABLE_TO_CHANGE if line.control in ("XO", "XX", "RP", "RO") else replies.UNABLE


def take_patient(work: Work, received: Received) -> Outcome:
    """ADT^A01, A02, A03, A04, A08: the patient and the visit as the hospital has them."""
    patients = received.message.all("PID")
    if len(patients) != 1:
        return refused(ERROR, "message.patients", ErrorCondition("198", "The message needs one PID.", "PID"))
    patient_id = registering.update_patient(work, read_patient(patients[0]))
    visit = read_visit(received.message, received.line.zone)
    if visit is not None:
        registering.update_visit(work, patient_id, visit)
    return processed()


def take_query(work: Work, received: Received) -> Outcome:
    """QBP^Q11 (IHE LAB-27): say whether there is work for a container, and queue it for the analyzer."""
    query = replies.read_query(received.message)
    if query is None or not query.container:
        return refused(
            ERROR, "query.empty", ErrorCondition("101", "The query names no container.", "QPD^1^3")
        )
    container = work.containers.by_container_id(query.container)
    tests = working.offer_work(work, received.line.code, container) if container is not None else ()
    if not tests and received.line.profile.denies_work:
        working.deny_work(work, received.line.code, query.container)
    status = replies.FOUND if tests else replies.NOT_FOUND
    order = work.orders.get(container.order_id) if container is not None else None
    return replace(
        processed(order.accession if order else ""),
        message_type=replies.REPLY_TYPES["QBP^Q11"],
        body=tuple(replies.query_reply(query, status)),
    )


_STEPS = {
    "ORU": take_results,
    "OUL": take_results,
    "OML": take_orders,
    "ORM": take_orders,
    "ADT": take_patient,
    "QBP": take_query,
}

__all__ = ["Received", "by_refusal", "handle", "is_storage"]
