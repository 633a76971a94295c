"""Results, controls and queries by IHE's Laboratory Analytical Workflow: OUL^R22 (LAB-29) and QBP^Q11 (LAB-27).

One OBR per test under the identifier the work came with; `""` in OBR-2 says that no work was sent for it. A control
has SPM-11 Q and an INV whose type is CO and which carries its lot.
"""

from __future__ import annotations

from functools import cache

from simulators.analyzers.events import ControlFinished, Finished
from simulators.hl7.envelope import Envelope, msh
from simulators.hl7.observations import Dialect, Run, observation, obx_lines
from simulators.hl7.skeleton import Line, Part, Skeleton

NULL = '""'
_SPECIMEN = ("OUL_R22_SPECIMEN",)
_ORDER = (*_SPECIMEN, "OUL_R22_ORDER")


def _header(message_type: str, transaction: str) -> Line:
    """MSH of a request: no accept acknowledgement, always an application one (MSH-15, 16), and the transaction."""
    plain = msh(message_type)
    return Line((), "MSH", {**plain.fields, 15: "NE", 16: "AL", 21: f"{transaction}^IHE"})


@cache
def _results() -> Skeleton:
    return Skeleton(
        "OUL_R22",
        (
            _header("OUL^R22^OUL_R22", "LAB-29"),
            Line(
                _SPECIMEN,
                "SPM",
                {1: "1", 2: "@@container@@", 4: "@@specimen_type@@^^HL70487", 11: "@@role@@^^HL70369"},
            ),
            Line((*_SPECIMEN, "OUL_R22_CONTAINER"), "SAC", {3: "@@container@@"}),
            Line(
                (*_SPECIMEN, "OUL_R22_CONTAINER"), "INV", {1: "@@control@@", 3: "CO^^HL70384", 16: "@@lot@@"}
            ),
            Line(_ORDER, "OBR", {2: "@@placer@@", 4: "@@code@@^@@name@@^99@@device@@"}),
            Line(_ORDER, "ORC", {1: "SC", 5: "CM"}),
            *obx_lines((*_ORDER, "OUL_R22_OBXTCDSIDNTE_SUPPGRP")),
        ),
    )


@cache
def _query() -> Skeleton:
    return Skeleton(
        "QBP_Q11",
        (
            _header("QBP^Q11^QBP_Q11", "LAB-27"),
            Line((), "QPD", {1: "WOS^Work Order Step^IHELAW", 2: "@@tag@@", 3: "@@container@@"}),
            Line((), "RCP", {1: "I", 3: "R^^HL70394"}),
        ),
    )


def results_message(envelope: Envelope, dialect: Dialect, done: Finished) -> bytes:
    """The results of one tube, each test under its own work."""
    placers = {work.test: work.placer for work in done.work}
    run = Run(done.sampled_at, done.at, done.run)
    specimen = {"container": done.sip.barcode, "specimen_type": done.sip.specimen_type, "role": "P"}
    parts: list[Part] = [("MSH", envelope.values()), ("SPM", specimen), ("SAC", specimen)]
    for item in done.measured:
        part = observation(envelope, dialect, item, run, 1)
        order = {**part[1], "placer": placers.get(item.test) or NULL}
        parts += [("OBR", order), ("ORC", order), part]
    return _results().fill(parts)


def control_message(envelope: Envelope, dialect: Dialect, done: ControlFinished) -> bytes:
    """One level of one control lot."""
    control = f"{done.material}-{done.level}"
    values = {"container": control, "control": control, "lot": done.lot, "role": "Q"}
    parts: list[Part] = [("MSH", envelope.values()), ("SPM", values), ("SAC", values), ("INV", values)]
    run = Run(done.at, done.at, done.run)
    for item in done.measured:
        part = observation(envelope, dialect, item, run, 1)
        order = {**part[1], "placer": NULL}
        parts += [("OBR", order), ("ORC", order), part]
    return _results().fill(parts)


def query_message(envelope: Envelope, container: str) -> bytes:
    """What is to be done on this container?"""
    values = {"tag": envelope.control, "container": container}
    return _query().fill([("MSH", envelope.values()), ("QPD", values), ("RCP", {})])
