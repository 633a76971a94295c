"""Results, controls and queries by IHE's Laboratory Analytical Workflow: OUL^R22 (LAB-29) and QBP^Q11 (LAB-27).

One OBR per test under the identifier the work came with; `""` in OBR-2 says that no work was sent for it. A control
has SPM-11 Q and an INV whose type is CO and which carries its lot. SAC-10 and SAC-11 say where in which rack the tube
stood; after a value, TCD says how it was diluted and whether it was run again, INV which lot of reagent was used.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from simulators.analyzers.events import ControlFinished, Finished
from simulators.analyzers.measuring import Measured
from simulators.hl7.envelope import Envelope, msh
from simulators.hl7.observations import Dialect, Run, note, note_line, observation, obx_lines
from simulators.hl7.skeleton import Line, Part, Skeleton

NULL = '""'
_SPECIMEN = ("OUL_R22_SPECIMEN",)
_ORDER = (*_SPECIMEN, "OUL_R22_ORDER")
_OBSERVATION = (*_ORDER, "OUL_R22_OBXTCDSIDNTE_SUPPGRP")


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
            Line(
                (*_SPECIMEN, "OUL_R22_CONTAINER"),
                "SAC",
                {3: "@@container@@", 10: "@@rack@@", 11: "@@position@@"},
            ),
            Line(
                (*_SPECIMEN, "OUL_R22_CONTAINER"), "INV", {1: "@@control@@", 3: "CO^^HL70384", 16: "@@lot@@"}
            ),
            Line(_ORDER, "OBR", {2: "@@placer@@", 4: "@@code@@^@@name@@^99@@device@@"}),
            Line(_ORDER, "ORC", {1: "SC", 5: "CM"}),
            *obx_lines(_OBSERVATION),
            Line(
                _OBSERVATION,
                "TCD",
                {1: "@@code@@^@@name@@^99@@device@@", 2: "^1^:^@@dilution@@", 8: "@@repeat@@"},
            ),
            Line(
                _OBSERVATION,
                "INV",
                {1: "@@kit@@", 2: "OK^^HL70383", 3: "SR^^HL70384", 16: "@@reagent_lot@@"},
                name="INV_SR",
            ),
            note_line(_OBSERVATION),
        ),
    )


@cache
def _query() -> Skeleton:
    return Skeleton(
        "QBP_Q11",
        (
            _header("QBP^Q11^QBP_Q11", "LAB-27"),
            Line(
                (),
                "QPD",
                {
                    1: "WOS^Work Order Step^IHELAW",
                    2: "@@tag@@",
                    3: "@@container@@",
                    4: "@@rack@@",
                    5: "@@position@@",
                },
            ),
            Line((), "RCP", {1: "I", 3: "R^^HL70394"}),
        ),
    )


def results_message(envelope: Envelope, dialect: Dialect, done: Finished) -> bytes:
    """The results of one tube, each test under its own work."""
    works = {work.test: work for work in done.work}
    run = Run(done.sampled_at, done.at, done.run)
    sip = done.sip
    specimen = {"container": sip.barcode, "specimen_type": sip.specimen_type, "role": "P"}
    rack = {"rack": sip.rack, "position": str(sip.position or "")}
    parts: list[Part] = [("MSH", envelope.values()), ("SPM", specimen), ("SAC", specimen | rack)]
    for item in done.measured:
        work = works.get(item.test)
        part = observation(envelope, dialect, item, run, 1)
        order = {**part[1], "placer": (work.placer if work else "") or NULL}
        runs = work.run if work else 1
        parts += [("OBR", order), ("ORC", order), part, *_around(item, order, runs)]
    return _results().fill(parts)


def _around(item: Measured, order: Mapping[str, str], runs: int) -> list[Part]:
    """How it was diluted (TCD-2) and whether it was run again (TCD-8, HL7 table 0389), the reagent's lot, a note."""
    parts: list[Part] = []
    if item.dilution != 1:
        parts.append(("TCD", {**order, "dilution": f"{item.dilution:g}", "repeat": "D"}))
    elif runs > 1:
        parts.append(("TCD", {**order, "repeat": "R"}))
    if item.lot:
        parts.append(("INV_SR", {"kit": item.test, "reagent_lot": item.lot}))
    return [*parts, *note(item)]


def control_message(envelope: Envelope, dialect: Dialect, done: ControlFinished) -> bytes:
    """One level of one control lot."""
    control = f"{done.material}-{done.level}"
    values = {"container": control, "control": control, "lot": done.lot, "role": "Q"}
    parts: list[Part] = [("MSH", envelope.values()), ("SPM", values), ("SAC", values), ("INV", values)]
    run = Run(done.at, done.at, done.run)
    for item in done.measured:
        part = observation(envelope, dialect, item, run, 1)
        order = {**part[1], "placer": NULL}
        parts += [("OBR", order), ("ORC", order), part, *_around(item, order, 1)]
    return _results().fill(parts)


def query_message(envelope: Envelope, container: str, rack: str = "", position: int = 0) -> bytes:
    """What is to be done on this container, which stands there?"""
    values = {
        "tag": envelope.control,
        "container": container,
        "rack": rack,
        "position": str(position or ""),
    }
    return _query().fill([("MSH", envelope.values()), ("QPD", values), ("RCP", {})])
