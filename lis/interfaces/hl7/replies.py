"""Bodies of application replies: ORL^O22 and ORR^O02 to orders, RSP^K11 to a query (HL7 v2.5.1 chapters 4, 5, 13)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lis.interfaces.hl7.orders import OrderLine
from lis.wire.er7 import Message, Raw, Seg, Segment, Value, comps

ACCEPTED, UNABLE, CANCELLED, UNABLE_TO_CANCEL, UNABLE_TO_CHANGE = "OK", "UA", "CR", "UC", "UX"
CHANGED = "XR"
SCHEDULED, CLOSED = "SC", "CA"  # HL7 table 0038
FOUND, NOT_FOUND, QUERY_ERROR, QUERY_REFUSED = "OK", "NF", "AE", "AR"  # HL7 table 0208

REPLY_TYPES = {"OML^O21": "ORL^O22^ORL_O22", "ORM^O01": "ORR^O02^ORR_O02", "QBP^Q11": "RSP^K11^RSP_K11"}


@dataclass(frozen=True, slots=True)
class LineAnswer:
    """What became of one line of an order (table 0119), and the number the laboratory gives it."""

    line: OrderLine
    control: str
    filler: str = ""
    text: str = ""


def filler_number(accession: str, code: str) -> str:
    """The laboratory's own number of one ordered test (ORC-3, OBR-3): the accession and what was ordered."""
    return f"{accession}-{code}"


def order_reply(message: Message, answers: Sequence[LineAnswer], application: str) -> list[Seg]:
    """PID as it came, and ORC/OBR for each line."""
    pid = message.first("PID")
    body = [Seg("PID", {3: Raw(pid[3]), 5: Raw(pid[5])})] if pid else []
    for number, answer in enumerate(answers, 1):
        body += [_orc(answer, application), _obr(answer, number, application)]
    return body


def _orc(answer: LineAnswer, application: str) -> Seg:
    status = {ACCEPTED: SCHEDULED, CHANGED: SCHEDULED, CANCELLED: CLOSED}.get(answer.control, "")
    fields: dict[int, Value] = {1: answer.control, 2: Raw(answer.line.placer_sent), 5: status}
    if answer.filler:
        fields[3] = comps(answer.filler, application)
    if answer.text:
        fields[16] = comps("", answer.text)
    return Seg("ORC", fields)


def _obr(answer: LineAnswer, number: int, application: str) -> Seg:
    fields: dict[int, Value] = {
        1: str(number),
        2: Raw(answer.line.placer_sent),
        4: comps(answer.line.code, answer.line.name),
    }
    if answer.filler:
        fields[3] = comps(answer.filler, application)
    return Seg("OBR", fields)


@dataclass(frozen=True, slots=True)
class Query:
    """A work order step query (QBP^Q11, IHE LAB-27): its tag and the container it asks for."""

    tag: str
    container: str
    qpd: Segment


def read_query(message: Message) -> Query | None:
    """The query of a message, None when it has no QPD."""
    qpd = message.first("QPD")
    if qpd is None:
        return None
    return Query(qpd.value(2).strip(), qpd.value(3, 1, 1).strip(), qpd)


def query_reply(query: Query, status: str) -> list[Seg]:
    """QAK with the query's outcome, and QPD echoed."""
    echoed: dict[int, Value] = {n: Raw(text) for n, text in enumerate(query.qpd.fields) if n and text}
    return [Seg("QAK", {1: query.tag, 2: status, 3: Raw(query.qpd[1])}), Seg("QPD", echoed)]
