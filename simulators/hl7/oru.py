"""Results and controls as most analyzers send them: ORU^R01, version 2.5.1.

The generic profile: the container id stands in SPM-2 and OBR-3. A control has SPM-11 Q; SPM-2 and OBR-3 are
`material-level`, SPM-3 is its lot. OBX-18 names model and device.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from simulators.analyzers.events import ControlFinished, Finished
from simulators.analyzers.measuring import Measured
from simulators.hl7.envelope import Envelope, msh
from simulators.hl7.observations import Dialect, Run, note, note_line, observation, obx_lines
from simulators.hl7.skeleton import Line, Part, Skeleton

_ORDER = ("ORU_R01_PATIENT_RESULT", "ORU_R01_ORDER_OBSERVATION")
_OBR = {
    1: "@@set@@",
    2: "@@placer@@",
    3: "@@container@@",
    4: "@@service@@^^L",
    7: "@@sampled@@",
    22: "@@finished@@",
    25: "@@status@@",
}
_SPM = {
    1: "@@set@@",
    2: "@@container@@",
    3: "@@lot@@",
    4: "@@specimen_type@@^^HL70487",
    11: "@@role@@^^HL70369",
}


@cache
def _skeleton() -> Skeleton:
    return Skeleton(
        "ORU_R01",
        (
            msh("ORU^R01^ORU_R01"),
            Line(_ORDER, "OBR", _OBR),
            *obx_lines((*_ORDER, "ORU_R01_OBSERVATION")),
            note_line((*_ORDER, "ORU_R01_OBSERVATION")),
            Line((*_ORDER, "ORU_R01_SPECIMEN"), "SPM", _SPM),
        ),
    )


def results_message(envelope: Envelope, dialect: Dialect, done: Finished) -> bytes:
    """The results of one tube under one OBR."""
    placer = done.work[0].placer if done.work else ""
    order = {"placer": placer, "container": done.sip.barcode, "service": "RESULTS"}
    specimen = {"container": done.sip.barcode, "specimen_type": done.sip.specimen_type, "role": "P"}
    return _message(
        envelope, dialect, order, specimen, done.measured, Run(done.sampled_at, done.at, done.run)
    )


def control_message(envelope: Envelope, dialect: Dialect, done: ControlFinished) -> bytes:
    """One level of one control lot."""
    control = f"{done.material}-{done.level}"
    order = {"container": control, "service": "QC"}
    specimen = {"container": control, "lot": done.lot, "role": "Q"}
    return _message(envelope, dialect, order, specimen, done.measured, Run(done.at, done.at, done.run))


def _message(
    envelope: Envelope,
    dialect: Dialect,
    order: dict[str, str],
    specimen: dict[str, str],
    measured: Sequence[Measured],
    run: Run,
) -> bytes:
    times = {"sampled": envelope.time(run.sampled_at), "finished": envelope.time(run.finished_at)}
    parts: list[Part] = [
        ("MSH", envelope.values()),
        ("OBR", order | times | {"set": "1", "status": "F"}),
    ]
    for number, item in enumerate(measured, 1):
        parts += [observation(envelope, dialect, item, run, number), *note(item)]
    parts.append(("SPM", specimen | {"set": "1"}))
    return _skeleton().fill(parts)
