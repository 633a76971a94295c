"""What an analyzer sends: results and controls (ORU^R01), and the answer to work (ORL^O34).

The generic profile: the container id stands in SPM-2 and OBR-3; a control has SPM-11 Q, and SPM-2 is
`material-level`, SPM-3 its lot; OBX-18 names model and device.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from simulators.analyzers.base import ControlFinished, Finished
from simulators.analyzers.measuring import Measured
from simulators.hl7.envelope import Envelope, msh
from simulators.hl7.skeleton import Line, Part, Skeleton
from simulators.place import Assay


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one device writes: its names for tests and units, and which model it says it is."""

    device: str
    model: str
    assays: Mapping[str, Assay]
    names: Mapping[str, str]
    is_coded: frozenset[str]


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one ordered test: OK, or UA when the device cannot do it."""

    placer: str
    sent_code: str
    control: str


_ORDER = ("ORU_R01_PATIENT_RESULT", "ORU_R01_ORDER_OBSERVATION")
_OBX = {
    1: "@@set@@",
    2: "@@type@@",
    3: "@@code@@^@@name@@^99@@device@@",
    4: "@@run@@",
    5: "@@value@@",
    6: "@@unit@@",
    8: "@@flag@@",
    11: "@@status@@",
    14: "@@sampled@@",
    18: "@@model@@^@@device@@",
    19: "@@finished@@",
}
_SN = _OBX | {5: "@@comparator@@^@@value@@"}


@cache
def _oru() -> Skeleton:
    return Skeleton(
        "ORU_R01",
        (
            msh("ORU^R01^ORU_R01"),
            Line(
                _ORDER,
                "OBR",
                {
                    1: "@@set@@",
                    2: "@@placer@@",
                    3: "@@container@@",
                    4: "@@service@@^@@service_name@@^L",
                    7: "@@started@@",
                    22: "@@finished@@",
                    25: "F",
                },
            ),
            Line((*_ORDER, "ORU_R01_OBSERVATION"), "OBX", _OBX),
            Line((*_ORDER, "ORU_R01_OBSERVATION"), "OBX", _SN, name="OBX_SN", anew=True),
            Line(
                (*_ORDER, "ORU_R01_SPECIMEN"),
                "SPM",
                {
                    1: "1",
                    2: "@@container@@",
                    3: "@@lot@@",
                    4: "@@specimen_type@@^^HL70487",
                    11: "@@role@@^^HL70369",
                },
            ),
        ),
    )


_ORL_SPECIMEN = ("ORL_O34_RESPONSE", "ORL_O34_PATIENT", "ORL_O34_SPECIMEN")


@cache
def _orl() -> Skeleton:
    return Skeleton(
        "ORL_O34",
        (
            msh("ORL^O34^ORL_O34"),
            Line((), "MSA", {1: "@@code@@", 2: "@@their_control@@"}),
            Line(("ORL_O34_RESPONSE", "ORL_O34_PATIENT"), "PID", {1: "1", 3: "@@mrn@@"}),
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


def results_message(envelope: Envelope, dialect: Dialect, done: Finished) -> bytes:
    """The results of one tube, one OBR for the container with its placer numbers' first."""
    order = {
        "set": "1",
        "placer": done.work[0].placer if done.work else "",
        "container": done.sip.barcode,
        "service": "RESULTS",
        "service_name": "",
        "started": envelope.time(done.sampled_at),
        "finished": envelope.time(done.at),
    }
    parts: list[Part] = [("MSH", envelope.values()), ("OBR", order)]
    parts += _observations(envelope, dialect, done.measured, done.sampled_at, done.at, done.run)
    parts.append(
        ("SPM", {"container": done.sip.barcode, "specimen_type": done.sip.specimen_type, "role": "P"})
    )
    return _oru().fill(parts)


def control_message(envelope: Envelope, dialect: Dialect, done: ControlFinished) -> bytes:
    """One level of one control lot."""
    control = f"{done.material}-{done.level}"
    order = {"set": "1", "container": control, "service": "QC", "finished": envelope.time(done.at)}
    parts: list[Part] = [("MSH", envelope.values()), ("OBR", order)]
    parts += _observations(envelope, dialect, done.measured, done.at, done.at, done.run)
    parts.append(("SPM", {"container": control, "lot": done.lot, "role": "Q"}))
    return _oru().fill(parts)


def _observations(
    envelope: Envelope,
    dialect: Dialect,
    measured: Sequence[Measured],
    sampled_at: datetime,
    finished_at: datetime,
    run: int,
) -> list[Part]:
    common = {
        "sampled": envelope.time(sampled_at),
        "finished": envelope.time(finished_at),
        "device": dialect.device,
        "model": dialect.model,
        "run": str(run),
    }
    return [
        ("OBX_SN" if item.comparator else "OBX", common | _observation(dialect, item) | {"set": str(number)})
        for number, item in enumerate(measured, 1)
    ]


def _observation(dialect: Dialect, item: Measured) -> dict[str, str]:
    """NM for numbers, SN beyond the range, CE for codes; what could not be measured is X without a value."""
    assay = dialect.assays[item.test]
    values = {"code": assay.code, "name": dialect.names.get(item.test, ""), "unit": assay.unit, "status": "F"}
    if not item.text:
        return values | {"status": "X"}
    kind = "CE" if item.test in dialect.is_coded else "SN" if item.comparator else "NM"
    return values | {"type": kind, "value": item.text, "comparator": item.comparator, "flag": item.comparator}


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
