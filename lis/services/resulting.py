"""What an analyzer says becomes results, or is held: on no chart, with a reason, never filed on a guess."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from lis.domain.catalog import Catalog
from lis.domain.events import Verb
from lis.domain.observations import ReportedObservation, ReportedSpecimen
from lis.domain.people import Act
from lis.domain.results import Filing, Standing, filing_for
from lis.domain.units import same_unit
from lis.domain.values import SentValue, reported
from lis.domain.workflow import Action, ContainerState, ResultState, advance
from lis.kernel.errors import Conflict, Invalid
from lis.services import controlling, filing, verifying
from lis.storage.work import Work

FILED, HELD, CONTROL, SUPPLEMENTAL, REPEATED = "filed", "held", "control", "supplemental", "repeated"
IN_LAB = (ContainerState.RECEIVED, ContainerState.LABELLED, ContainerState.STORED)


@dataclass(frozen=True, slots=True)
class Hold:
    """Why something on the wire is kept from every chart: a stable code, and words."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Source:
    """Where observations come from. `loinc_trusted`: LN codes may name tests when the sender's own is unmapped."""

    inbound_id: int
    interface: str
    analyzer: str
    code_map: Mapping[str, str]
    held_tests: Mapping[str, str]
    loinc_trusted: bool = True


@dataclass(frozen=True, slots=True)
class _Match:
    """An observation that belongs to a pending or filed result of a received container."""

    observation: ReportedObservation
    test: str
    result: Row[Any]
    filing: Filing

    @property
    def status(self) -> str:
        """HL7 0085 status of the version it becomes."""
        return {Filing.PRELIMINARY: "P", Filing.CORRECTION: "C"}.get(self.filing, "F")


_FILES_VALUE = (Filing.FINAL, Filing.PRELIMINARY, Filing.CONFIRM, Filing.CORRECTION)
_KEPT_AS = {
    Filing.WITHDRAW: FILED,
    Filing.NO_VALUE: FILED,
    Filing.NOT_A_RESULT: SUPPLEMENTAL,
    Filing.REPEATED: REPEATED,
}


def record_results(work: Work, source: Source, specimens: tuple[ReportedSpecimen, ...]) -> str:
    """File or hold every observation of a message, each patient on their own chart. Returns an accession."""
    accession = ""
    for specimen in specimens:
        accession = _record(work, source, specimen) or accession
    return accession


def test_for(catalog: Catalog, source: Source, observation: ReportedObservation) -> str | None:
    """The test an observation names: by the interface's own map, then by a LOINC that only one test carries."""
    mapped = source.code_map.get(observation.code)
    if mapped is not None:
        return mapped
    carriers = catalog.test_by_loinc.get(observation.loinc, ()) if source.loinc_trusted else ()
    return carriers[0] if len(carriers) == 1 else None


def enter_result(work: Work, accession: str, test: str, value: str, *, unit: str = "") -> filing.Filed:
    """A person types a value. It is judged like any other; a released one is changed by `correct_result` only."""
    work.require(Act.RESULT_ENTER)
    order = work.orders.by_accession(accession)
    result = verifying.result_of(work, order, test)
    if result.state in (ResultState.VERIFIED, ResultState.RELEASED, ResultState.CANCELLED):
        raise Conflict("result.decided", f"The result of {test} is {result.state}.", "Correct it instead.")
    _require_received(work, result)
    return _file_typed(work, order, result, value, unit, status="F", reason="")


def correct_result(work: Work, accession: str, test: str, value: str, *, reason: str) -> filing.Filed:
    """Replace a released value that was wrong: a new version, to be verified and released as corrected."""
    work.require(Act.RESULT_CORRECT)
    if not reason.strip():
        raise Invalid("reason.missing", "A correction needs a reason.", "Say what was wrong.")
    order = work.orders.by_accession(accession)
    result = verifying.result_of(work, order, test)
    if not result.released_version:
        raise Conflict(
            "result.not_released", f"The result of {test} was never released.", "Enter it instead."
        )
    filed = _file_typed(work, order, result, value, "", status="C", reason=reason)
    work.journal.append(
        Verb.RESULT_CORRECTED, f"result:{accession}/{test}", accession=accession, reason=reason
    )
    return filed


def _record(work: Work, source: Source, specimen: ReportedSpecimen) -> str:
    if specimen.role == "control":
        _record_control(work, source, specimen)
        return ""
    if specimen.role == "doubtful":
        _hold_all(work, source, specimen, Hold("qc.doubtful_mark", specimen.doubt or "Patient or control?"))
        return ""
    container = work.containers.by_container_id(specimen.container.strip())
    held = _container_hold(work, specimen, container)
    if container is None or held is not None:
        _hold_all(work, source, specimen, held or Hold("container.unmatched", "No such container."))
        return ""
    order = work.orders.get(container.order_id)
    _file_matched(work, source, order, container, specimen)
    return str(order.accession)


def _container_hold(work: Work, specimen: ReportedSpecimen, container: Row[Any] | None) -> Hold | None:
    if not specimen.container.strip():
        return Hold("container.missing", "The message names no container.")
    if container is None:
        return Hold("container.unmatched", f"No container {specimen.container.strip()} is known here.")
    if container.state not in IN_LAB:
        return Hold("container.not_received", f"Container {container.container_id} is {container.state}.")
    order = work.orders.get(container.order_id)
    patient = work.patients.get(order.patient_id)
    if specimen.patient_id and specimen.patient_id != patient.mrn:
        return Hold(
            "patient.mismatch",
            f"The message says patient {specimen.patient_id}, the container belongs to {patient.mrn}.",
        )
    return None


def _file_matched(
    work: Work, source: Source, order: Row[Any], container: Row[Any], specimen: ReportedSpecimen
) -> None:
    results = {row.test: row for row in work.results.current_of_order(order.id)}
    matches: dict[str, _Match] = {}
    for observation in specimen.observations:
        if observation.supplemental:
            _keep(work, source, specimen, observation, SUPPLEMENTAL)
            continue
        answer = _match(work, source, container, results, observation)
        if isinstance(answer, _Match) and answer.test in matches:
            answer = Hold("observation.twice", f"{answer.test} is in the message twice.")
        if isinstance(answer, Hold):
            _hold(work, source, specimen, observation, answer, order.accession)
        else:
            matches[answer.test] = answer
    _settle(work, source, order, specimen, matches)


def _match(
    work: Work,
    source: Source,
    container: Row[Any],
    results: Mapping[str, Row[Any]],
    observation: ReportedObservation,
) -> _Match | Hold:
    test = test_for(work.catalog, source, observation)
    if test is None:
        return Hold("code.unmapped", f"The code {observation.code or '(none)'} means no test here.")
    if test in source.held_tests:
        return Hold("test.held", f"{test} is not taken from this interface: {source.held_tests[test]}")
    result = results.get(test)
    if result is None or result.state == ResultState.CANCELLED:
        return Hold("test.not_ordered", f"{test} is not ordered on this accession.")
    if result.container_pk != container.id:
        return Hold("container.other", f"{test} is to be measured from another container of the accession.")
    row = work.catalog.tests[test]
    if observation.value.strip() and same_unit(row, observation.unit, work.catalog) in (
        "mismatch",
        "unknown",
    ):
        return Hold("unit.mismatch", f"Sent in {observation.unit}; {test} is reported in {row.unit}.")
    text = reported(SentValue(test, observation.value, observation.unit), row).text
    decision = filing_for(observation.status, text, _standing(result))
    if decision.filing is Filing.HOLD:
        return Hold(decision.reason_code, decision.text)
    return _Match(observation, test, result, decision.filing)


def _standing(result: Row[Any]) -> Standing | None:
    if result.state == ResultState.PENDING or not result.version:
        return None
    text = f"{result.version_comparator}{result.version_value}"
    return Standing(result.version_status, text, rerun=result.rerun)


def _settle(
    work: Work,
    source: Source,
    order: Row[Any],
    specimen: ReportedSpecimen,
    matches: Mapping[str, _Match],
) -> None:
    """File what is to be filed, each collection at once, then write every observation down with what became of it."""
    by_draw: dict[datetime | None, dict[str, _Match]] = {}
    for test, match in matches.items():
        if match.filing in _FILES_VALUE:
            by_draw.setdefault(match.result.collected_at, {})[test] = match
    filed: dict[str, filing.Filed] = {}
    for collected_at, group in by_draw.items():
        sent = {test: _sent(source, match) for test, match in group.items()}
        filed |= filing.file_values(work, order, collected_at, sent)
    for test, match in matches.items():
        if match.filing is Filing.WITHDRAW:
            _withdraw(work, order, match)
        if match.filing is Filing.NO_VALUE:
            filed[test] = filing.file_no_value(work, order, match.result, _sent(source, match))
        version = filed[test].version_id if test in filed else None
        state = _KEPT_AS.get(match.filing, FILED)
        _keep(work, source, specimen, match.observation, state, test=test, version=version)


def _sent(source: Source, match: _Match) -> SentValue:
    observation = match.observation
    confirmed = match.filing is Filing.CONFIRM
    return SentValue(
        test=match.test,
        text=match.result.version_sent_value if confirmed else observation.value,
        unit=match.result.version_sent_unit if confirmed else observation.unit,
        flags=observation.flags,
        status=match.status,
        analyzer=source.analyzer,
        observed_at=observation.observed_at,
    )


def _withdraw(work: Work, order: Row[Any], match: _Match) -> None:
    """The analyzer takes its value back (D, W): the result waits again; the versions and what was released remain."""
    state = advance(ResultState(match.result.state), Action.WITHDRAW)
    work.results.change(match.result.id, state=state, verified_at=None, verified_by="", checks=[])
    work.journal.append(
        Verb.RESULT_WITHDRAWN,
        f"result:{order.accession}/{match.test}",
        accession=order.accession,
        status=match.observation.status,
        was=match.result.state,
    )


def _record_control(work: Work, source: Source, specimen: ReportedSpecimen) -> None:
    control = specimen.control
    for observation in specimen.observations:
        if observation.supplemental:
            _keep(work, source, specimen, observation, SUPPLEMENTAL)
            continue
        test = test_for(work.catalog, source, observation)
        target = control and test and controlling.target_for(work, source.analyzer, test, control)
        if control is None or test is None:
            _hold(work, source, specimen, observation, Hold("qc.unmapped", "Which control or test?"), None)
            continue
        known = replace(control, level=control.level or (target.level if target else None))
        controlling.record_control(
            work,
            analyzer=source.analyzer,
            test=test,
            control=known,
            observation=observation,
            inbound_id=source.inbound_id,
        )
        _keep(work, source, specimen, observation, CONTROL, test=test)


def _hold_all(work: Work, source: Source, specimen: ReportedSpecimen, hold: Hold) -> None:
    for observation in specimen.observations:
        _hold(work, source, specimen, observation, hold, None)


def _hold(
    work: Work,
    source: Source,
    specimen: ReportedSpecimen,
    observation: ReportedObservation,
    hold: Hold,
    accession: str | None,
) -> None:
    _keep(work, source, specimen, observation, HELD, hold=hold)
    work.journal.append(
        Verb.OBSERVATION_HELD,
        f"observation:{source.inbound_id}/{observation.seq}",
        accession=accession,
        reason=hold.code,
        detail=hold.text,
        code=observation.code,
        container=specimen.container,
    )


def _keep(
    work: Work,
    source: Source,
    specimen: ReportedSpecimen,
    observation: ReportedObservation,
    state: str,
    *,
    test: str = "",
    version: int | None = None,
    hold: Hold | None = None,
) -> None:
    """Write an observation down as it came, with what became of it."""
    work.observations.add(
        inbound_id=source.inbound_id,
        seq=observation.seq,
        interface=source.interface,
        analyzer=source.analyzer,
        container_sent=specimen.container,
        patient_sent=specimen.patient_id,
        code_sent=observation.code,
        name_sent=observation.name,
        value_sent=observation.value,
        unit_sent=observation.unit,
        flags_sent="~".join(observation.flags),
        status_sent=observation.status,
        observed_at=observation.observed_at,
        extra=observation.extra,
        state=state,
        reason=hold.code if hold else "",
        detail=hold.text if hold else "",
        test=test,
        result_version_id=version,
        settled_by="",
    )


def _file_typed(
    work: Work, order: Row[Any], result: Row[Any], value: str, unit: str, *, status: str, reason: str
) -> filing.Filed:
    if not value.strip():
        raise Invalid("result.empty", f"No value was given for {result.test}.", "Type the value, then Enter.")
    sent = SentValue(result.test, value, unit=unit, status=status, source="person", observed_at=work.now)
    return filing.file_values(work, order, result.collected_at, {result.test: sent}, reason=reason)[
        result.test
    ]


def _require_received(work: Work, result: Row[Any]) -> None:
    container = work.containers.find(result.container_pk)
    if container is None or container.state not in IN_LAB:
        raise Conflict(
            "result.not_received",
            f"The tube for {result.test} is not in the laboratory.",
            "Receive the specimen first.",
        )
