"""Work for analyzers: OML^O33 out, ORL^O34 back (HL7 v2.5.1 chapter 13; IHE LAB-28)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from lis.interfaces.hl7.outgoing import Address, pid, written
from lis.services.working import ACCEPTED, CANCELLED, UNABLE
from lis.wire.er7 import Message, Seg, Value, comps

LAW_HEADER: dict[int, Value] = {15: "NE", 16: "AL", 21: comps("LAB-28", "IHE")}

ANSWERS = {"OK": ACCEPTED, "UA": UNABLE, "CR": CANCELLED, "UC": UNABLE, "CA": CANCELLED}
"""What ORC-1 of an answer (HL7 table 0119) means for the work."""


@dataclass(frozen=True, slots=True)
class Step:
    """One test to be run on a container: our number for it, the test, and the analyzer's own code and name."""

    number: str
    test: str
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class ContainerWork:
    """What one container's message says. `control` (ORC-1): NW asks for the steps, CA takes them back."""

    container: str
    specimen_type: str
    collected_at: str
    priority: str
    steps: tuple[Step, ...]
    control: str = "NW"


def step_number(outbox_id: int, position: int) -> str:
    """The number of one step of an outbox row: it comes back in the answer and with the result."""
    return f"W{outbox_id}-{position}"


def work_message(
    patient: Row[Any], work: ContainerWork, address: Address, analyzer: str, *, law: bool
) -> bytes:
    """OML^O33: one specimen, an ORC/OBR per test. LAW names its transaction and asks for the application's answer."""
    body = [
        pid(patient, address.facility),
        Seg(
            "SPM",
            {
                1: "1",
                2: comps("", work.container) if law else work.container,
                4: comps(work.specimen_type, "", "HL70487"),
                11: comps("P", "", "HL70369"),
                17: work.collected_at,
            },
        ),
        Seg("SAC", {3: work.container}),
    ]
    for number, step in enumerate(work.steps, 1):
        body += [
            Seg("ORC", {1: work.control, 2: step.number}),
            Seg("TQ1", {1: "1", 9: comps(work.priority, "", "HL70485")}),
            Seg(
                "OBR",
                {1: str(number), 2: step.number, 4: comps(step.code, step.name, f"99{analyzer}"), 11: "P"},
            ),
        ]
    return written(address, "OML^O33^OML_O33", body, LAW_HEADER if law else {})


def no_work_message(container: str, address: Address) -> bytes:
    """OML^O33 for a container that an analyzer asked for and there is nothing to do on: IHE LAB-28, negative."""
    specimen = Seg("SPM", {1: "1", 2: comps("", container), 11: comps("U", "", "HL70369")})
    body = [specimen, Seg("SAC", {3: container}), Seg("ORC", {1: "DC"})]
    return written(address, "OML^O33^OML_O33", body, LAW_HEADER)


def read_answers(message: Message, steps: Sequence[Step]) -> dict[str, str]:
    """Test → what the analyzer said of it: accepted, unable or cancelled. Lines that name no step of ours are left."""
    by_number = {step.number: step.test for step in steps}
    by_code = {step.code: step.test for step in steps}
    found: dict[str, str] = {}
    control = number = ""
    for segment in message.segments:
        if segment.id == "ORC":
            control, number = segment.value(1, 1).strip(), segment.value(2, 1).strip()
            if number in by_number and control in ANSWERS:
                found[by_number[number]] = ANSWERS[control]
        elif segment.id == "OBR" and number not in by_number and control in ANSWERS:
            test = by_number.get(segment.value(2, 1).strip()) or by_code.get(segment.value(4, 1).strip())
            if test:
                found[test] = ANSWERS[control]
    return found
