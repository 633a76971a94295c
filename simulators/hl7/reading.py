"""What comes into the world: work for analyzers (OML^O33) and reports for the hospital (ORU^R01), read into records."""

from __future__ import annotations

from dataclasses import dataclass

from lis.wire.er7 import Message, MessageError, Segment, decode

CANCELS = frozenset({"CA", "DC"})
REFUSALS = frozenset({"UA", "UD", "UX"})  # HL7 table 0119


@dataclass(frozen=True, slots=True)
class OrderedTest:
    """One ORC/OBR of work; `is_cancel` takes it back."""

    placer: str
    code: str
    priority: str
    is_cancel: bool


@dataclass(frozen=True, slots=True)
class ContainerWork:
    """What is asked of one container."""

    container: str
    specimen_type: str
    tests: tuple[OrderedTest, ...]


@dataclass(frozen=True, slots=True)
class ReportedValue:
    """One OBX of a report as the hospital reads it. `test` is the laboratory's own code beside the LOINC one."""

    code: str
    value: str
    unit: str
    flag: str
    status: str
    test: str = ""
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OrderStatus:
    """What became of one order (ORC-5, HL7 table 0038), and why."""

    placer: str
    status: str
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """A report on one order."""

    mrn: str
    placer: str
    filler: str
    service: str
    status: str
    values: tuple[ReportedValue, ...]


def read(raw: bytes) -> Message | None:
    """The message, None when the bytes are none."""
    try:
        return Message.parse(decode(raw)[0])
    except (MessageError, ValueError):
        return None


def kind_of(message: Message) -> str:
    """Type and event, as in "OML^O33"."""
    return f"{message.header.value(9, 1)}^{message.header.value(9, 2)}"


def patient_of(message: Message) -> str:
    """The first patient id of the message."""
    return next((segment.value(3, 1) for segment in message.segments if segment.id == "PID"), "")


def read_work(message: Message) -> list[ContainerWork]:
    """OML^O33: one entry per SPM, with the orders that follow it."""
    found: list[tuple[list[str], list[OrderedTest]]] = []
    order: Segment | None = None
    priority = ""
    for segment in message.segments:
        if segment.id == "SPM":
            found.append(([_first(segment, 2), segment.value(4, 1)], []))
        elif segment.id == "SAC" and found:
            found[-1][0][0] = segment.value(3, 1) or found[-1][0][0]
        elif segment.id == "ORC":
            order, priority = segment, ""
        elif segment.id == "TQ1":
            priority = segment.value(9, 1)
        elif segment.id == "OBR" and found and order is not None:
            found[-1][1].append(_test(order, segment, priority))
    return [ContainerWork(container, kind, tuple(tests)) for (container, kind), tests in found]


def _first(segment: Segment, number: int) -> str:
    return segment.value(number, 1, 1)


def _test(order: Segment, request: Segment, priority: str) -> OrderedTest:
    return OrderedTest(
        placer=order.value(2, 1) or request.value(2, 1),
        code=request.value(4, 1),
        priority=priority or "R",
        is_cancel=order.value(1) in CANCELS,
    )


def read_reports(message: Message) -> list[Report]:
    """ORU^R01: one entry per OBR."""
    mrn = ""
    heads: list[Segment] = []
    values: list[list[ReportedValue]] = []
    for segment in message.segments:
        if segment.id == "PID":
            mrn = segment.value(3, 1)
        elif segment.id == "OBR":
            heads.append(segment)
            values.append([])
        elif segment.id == "OBX" and values:
            values[-1].append(_value(segment))
    return [
        Report(mrn, head.value(2, 1), head.value(3, 1), head.value(4, 1), head.value(25), tuple(rows))
        for head, rows in zip(heads, values, strict=True)
    ]


def _value(segment: Segment) -> ReportedValue:
    return ReportedValue(
        code=segment.value(3, 1),
        value="".join(segment.comps(5)) if segment.value(2) == "SN" else segment.value(5, 1),
        unit=segment.value(6, 1),
        flag=segment.value(8, 1),
        status=segment.value(11),
        test=segment.value(3, 4) or segment.value(3, 1),
        flags=tuple(segment[8].split("~")),
    )


def read_statuses(message: Message) -> list[OrderStatus]:
    """OML^O21 from the laboratory: one entry per ORC."""
    return [
        OrderStatus(order.value(2, 1), order.value(5), order.value(16, 2))
        for order in message.segments
        if order.id == "ORC"
    ]


def refused_orders(answer: bytes) -> list[tuple[str, str]]:
    """Placer number and reason of each order that the answer to an order message does not take on (ORC-1 UA, UX)."""
    message = read(answer)
    orders = [segment for segment in message.segments if segment.id == "ORC"] if message else []
    return [(order.value(2, 1), order.value(16, 2)) for order in orders if order.value(1) in REFUSALS]


def query_status(answer: bytes | None) -> str:
    """QAK-2 of the answer to a query (HL7 table 0208): OK, NF, AE, AR; "" when there is no such answer."""
    message = read(answer) if answer else None
    segments = message.segments if message else []
    return next((segment.value(2) for segment in segments if segment.id == "QAK"), "")
