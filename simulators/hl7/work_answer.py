"""The answer to work that a laboratory sends an analyzer: ORL^O34, order by order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from simulators.hl7.envelope import Envelope, msh
from simulators.hl7.skeleton import Line, Part, Skeleton


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one ordered test (HL7 table 0119): OK taken on, CR cancelled, UA unable."""

    placer: str
    sent_code: str
    control: str


_ORL_SPECIMEN = ("ORL_O34_RESPONSE", "ORL_O34_PATIENT", "ORL_O34_SPECIMEN")


@cache
def _orl() -> Skeleton:
    return Skeleton(
        "ORL_O34",
        (
            msh("ORL^O34^ORL_O34"),
            Line((), "MSA", {1: "@@code@@", 2: "@@their_control@@"}),
            Line(
                ("ORL_O34_RESPONSE", "ORL_O34_PATIENT"), "PID", {1: "1", 3: "@@mrn@@", 5: "^^^^^^U"}
            ),  # its name is not told
            Line(_ORL_SPECIMEN, "SPM", {1: "@@set@@", 2: "@@container@@", 4: "@@specimen_type@@"}),
            Line(
                (*_ORL_SPECIMEN, "ORL_O34_ORDER"), "ORC", {1: "@@control@@", 2: "@@placer@@", 5: "@@status@@"}
            ),
            Line(
                (*_ORL_SPECIMEN, "ORL_O34_ORDER", "ORL_O34_OBSERVATION_REQUEST"),
                "OBR",
                {1: "@@set@@", 2: "@@placer@@", 4: "@@code@@"},
            ),
        ),
    )


def work_answer(
    envelope: Envelope,
    their_control: str,
    mrn: str,
    containers: Sequence[tuple[str, str, Sequence[Answer]]],
) -> bytes:
    """ORL^O34: for each container and its specimen type, what the device takes on."""
    parts: list[Part] = [
        ("MSH", envelope.values()),
        ("MSA", {"code": "AA", "their_control": their_control}),
        ("PID", {"mrn": mrn}),
    ]
    for number, (container, specimen_type, answers) in enumerate(containers, 1):
        parts.append(("SPM", {"set": str(number), "container": container, "specimen_type": specimen_type}))
        for order, answer in enumerate(answers, 1):
            values = {
                "set": str(order),
                "control": answer.control,
                "placer": answer.placer,
                "code": answer.sent_code,
                "status": "SC" if answer.control == "OK" else "",
            }
            parts += [("ORC", values), ("OBR", values)]
    return _orl().fill(parts)
