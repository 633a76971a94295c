"""What an analyzer says becomes results, or is held: on no chart, with a reason, never filed on a guess."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from lis.domain.events import Verb
from lis.domain.observations import ReportedSpecimen
from lis.domain.people import Act
from lis.domain.results import Filing
from lis.domain.values import BY_HAND, SentValue
from lis.domain.workflow import IN_LAB, Action, ResultState, advance
from lis.kernel.errors import Conflict, Invalid
from lis.services import collected, controlling, filing, gating, observing, settling, verifying
from lis.services.matching import Hold, Match, Source, container_hold, control_test, each_once, match_result
from lis.storage.work import Work

_FILES_VALUE = (Filing.FINAL, Filing.PRELIMINARY, Filing.CONFIRM, Filing.CORRECTION)
_KEPT_AS = {Filing.NOT_A_RESULT: observing.SUPPLEMENTAL, Filing.REPEATED: observing.REPEATED}


def record_results(work: Work, source: Source, specimens: tuple[ReportedSpecimen, ...]) -> str:
    """File or hold every observation of a message, each patient on their own chart. Returns an accession."""
    accession = ""
    for specimen in specimens:
        accession = _record(work, source, specimen) or accession
    return accession


def enter_result(
    work: Work,
    accession: str,
    test: str,
    value: str,
    *,
    measured_on: str = "",
    unit: str = "",
    reason: str = "",
) -> filing.Filed:
    """A person types a value. It is judged like any other; in place of one that is there it takes a reason.

    `measured_on` says by which analyzer it was measured, so that its controls are asked, or that it was by hand. A
    value that a person has accepted is changed by `correct_result` only.
    """
    work.require(Act.RESULT_ENTER)
    order = work.orders.by_accession(accession)
    result = verifying.result_of(work, order, test)
    if result.state in (ResultState.VERIFIED, ResultState.RELEASED, ResultState.CANCELLED):
        raise Conflict("result.decided", f"The result of {test} is {result.state}.", "Correct it instead.")
    _refuse_calculated(work, test)
    _require_received(work, result)
    if result.state != ResultState.PENDING and not reason.strip():
        raise Invalid(
            "reason.missing", f"{test} has a value already: another takes a reason.", "Say what was wrong."
        )
    _refuse_unknown_analyzer(work, test, measured_on)
    return _file_typed(work, order, result, value, unit, measured_on, status="F", reason=reason)


def correct_result(
    work: Work, accession: str, test: str, value: str, *, reason: str, shown: int | None = None
) -> filing.Filed:
    """Replace a value that a person had accepted and that was wrong: a new version, to be verified and released.

    `shown` is the version the person had before their eyes. What was released goes out as corrected.
    """
    work.require(Act.RESULT_CORRECT)
    if not reason.strip():
        raise Invalid("reason.missing", "A correction needs a reason.", "Say what was wrong.")
    order = work.orders.by_accession(accession)
    result = verifying.result_of(work, order, test)
    if shown is not None:
        verifying.refuse_stale(result, shown)
    _refuse_calculated(work, test)
    if not result.released_version and result.state != ResultState.VERIFIED:
        raise Conflict("result.not_released", f"{test} was never released.", "Enter it instead.")
    status = "C" if result.released_version else "F"
    before = work.versions.first(result_id=result.id, n=result.version)
    measured_on = (BY_HAND if before.source == BY_HAND else before.analyzer) if before else ""
    filed = _file_typed(work, order, result, value, "", measured_on, status=status, reason=reason)
    work.journal.append(
        Verb.RESULT_CORRECTED, f"result:{accession}/{test}", accession=accession, reason=reason
    )
    return filed


def _refuse_calculated(work: Work, test: str) -> None:
    if test in work.catalog.calculated:
        raise Invalid(
            "result.calculated", f"{test} is calculated here.", "Enter or correct what it is made of."
        )


def _record(work: Work, source: Source, specimen: ReportedSpecimen) -> str:
    if specimen.role == "control":
        _record_control(work, source, specimen)
        return ""
    if specimen.role == "doubtful":
        observing.hold_all(
            work, source, specimen, Hold("qc.doubtful_mark", specimen.doubt or "Patient or control?")
        )
        return ""
    container = work.containers.by_container_id(specimen.container.strip())
    held = container_hold(work, specimen, container)
    if container is None or held is not None:
        observing.hold_all(work, source, specimen, held or Hold("container.unmatched", "No such container."))
        return ""
    order = work.orders.get(container.order_id)
    _file_matched(work, source, order, container, specimen)
    return str(order.accession)


def _file_matched(
    work: Work, source: Source, order: Row[Any], container: Row[Any], specimen: ReportedSpecimen
) -> None:
    results = {row.test: row for row in work.results.current_of_order(order.id)}
    asked = [one for one in specimen.observations if not one.supplemental]
    answers = iter(each_once([match_result(work, source, container, results, one) for one in asked]))
    matches: dict[str, Match] = {}
    for observation in specimen.observations:
        if observation.supplemental:
            observing.keep(work, source, specimen, observation, observing.SUPPLEMENTAL)
        elif isinstance(answer := next(answers), Hold):
            observing.hold(work, source, specimen, observation, answer, order.accession)
        else:
            matches[answer.test] = answer
    _note_indices(work, container, matches)
    _settle(work, source, order, specimen, matches, results.values())


def _note_indices(work: Work, container: Row[Any], matches: Mapping[str, Match]) -> None:
    """An index belongs to the tube it was measured in, also where the order expects none from it."""
    letters = work.catalog.index_letters
    noted: dict[str, str] = {}
    for test, match in matches.items():
        if test in letters and match.result is None:
            quantity = collected.readable(_sent("", match), work.catalog)
            if quantity is not None:
                noted[letters[test]] = str(quantity)
    if noted:
        indices = {**container.condition.get("indices", {}), **noted}
        work.containers.change(container.id, condition={**container.condition, "indices": indices})


def _settle(
    work: Work,
    source: Source,
    order: Row[Any],
    specimen: ReportedSpecimen,
    matches: Mapping[str, Match],
    current: Collection[Row[Any]],
) -> None:
    """File what matched, then write every observation down with what became of it."""
    filed = file_matches(work, source.analyzer, order, matches, current)
    outcomes = [
        (match.observation, observing.became(state, test, version))
        for (test, match), (state, version) in zip(matches.items(), filed.values(), strict=True)
    ]
    observing.keep_all(work, source, specimen, outcomes)


def file_matches(
    work: Work,
    analyzer: str,
    order: Row[Any],
    matches: Mapping[str, Match],
    current: Collection[Row[Any]],
) -> dict[str, tuple[str, int | None]]:
    """File what is to be filed, each collection at once. Per test: what became of the observation, and its version."""
    by_draw: dict[datetime | None, dict[str, Match]] = {}
    for test, match in matches.items():
        if match.filing in _FILES_VALUE:
            by_draw.setdefault(match.result.collected_at, {})[test] = match
    filed: dict[str, filing.Filed] = {}
    for collected_at, group in by_draw.items():
        sent = {test: _sent(analyzer, match) for test, match in group.items()}
        filed |= filing.file_values(work, order, collected_at, sent, current=current)
    for test, match in matches.items():
        if match.filing is Filing.WITHDRAW:
            _withdraw(work, order, match)
        if match.filing is Filing.NO_VALUE:
            filed[test] = filing.file_no_value(work, order, match.result, _sent(analyzer, match))
    return {
        test: (
            _KEPT_AS.get(match.filing, observing.FILED),
            filed[test].version_id if test in filed else None,
        )
        for test, match in matches.items()
    }


def _sent(analyzer: str, match: Match) -> SentValue:
    observation = match.observation
    confirmed = match.filing is Filing.CONFIRM
    return SentValue(
        test=match.test,
        text=match.result.version_sent_value if confirmed else observation.value,
        unit=match.result.version_sent_unit if confirmed else match.unit,
        flags=observation.flags,
        status=match.status,
        analyzer=analyzer,
        observed_at=observation.observed_at,
        dilution=match.result.version_sent_dilution if confirmed else observation.extra.get("dilution", ""),
    )


def _withdraw(work: Work, order: Row[Any], match: Match) -> None:
    """The analyzer takes its value back (D, W): the result waits again; the versions and what was released remain."""
    state = advance(ResultState(match.result.state), Action.WITHDRAW)
    work.results.change(match.result.id, state=state, verified_at=None, verified_by="", checks=[])
    settling.settle(work, order)
    work.journal.append(
        Verb.RESULT_WITHDRAWN,
        f"result:{order.accession}/{match.test}",
        accession=order.accession,
        status=match.observation.status,
        was=match.result.state,
    )


def _record_control(work: Work, source: Source, specimen: ReportedSpecimen) -> None:
    control, controlled = specimen.control, dict[str, datetime]()
    for observation in specimen.observations:
        if observation.supplemental:
            observing.keep(work, source, specimen, observation, observing.SUPPLEMENTAL)
            continue
        test = control_test(work.catalog, source, observation)
        if control is None or isinstance(test, Hold):
            unknown = Hold("qc.unmapped", "Which control?")
            why = test if isinstance(test, Hold) else unknown
            observing.hold(work, source, specimen, observation, why, None)
            continue
        target = controlling.target_for(work, source.analyzer, test, control)
        known = replace(control, level=control.level or (target.level if target else None))
        controlling.record_control(
            work,
            analyzer=source.analyzer,
            test=test,
            control=known,
            observation=replace(observation, unit=source.unit(observation.unit)),
            inbound_id=source.inbound_id,
        )
        observing.keep(work, source, specimen, observation, observing.CONTROL, test=test)
        controlled[test] = min(controlled.get(test, work.now), observation.observed_at or work.now)
    gating.hold_back(work, source.analyzer, controlled)


def _file_typed(
    work: Work,
    order: Row[Any],
    result: Row[Any],
    value: str,
    unit: str,
    measured_on: str,
    *,
    status: str,
    reason: str,
) -> filing.Filed:
    if not value.strip():
        raise Invalid("result.empty", f"No value was given for {result.test}.", "Type the value, then Enter.")
    is_by_hand = measured_on == BY_HAND
    sent = SentValue(
        result.test,
        value,
        unit=unit,
        status=status,
        analyzer="" if is_by_hand else measured_on,
        source=BY_HAND if is_by_hand else "person",
        observed_at=work.now,
    )
    return filing.file_values(work, order, result.collected_at, {result.test: sent}, reason=reason)[
        result.test
    ]


def _refuse_unknown_analyzer(work: Work, test: str, measured_on: str) -> None:
    if measured_on in ("", BY_HAND):
        return
    analyzer = work.catalog.analyzers.get(measured_on)
    if analyzer is None or test not in {item.test for item in analyzer.menu}:
        raise Invalid("result.analyzer", f"{measured_on} does not measure {test}.", "Say which one did.")


def _require_received(work: Work, result: Row[Any]) -> None:
    container = work.containers.find(result.container_pk)
    if container is None or container.state not in IN_LAB:
        raise Conflict(
            "result.not_received",
            f"The tube for {result.test} is not in the laboratory.",
            "Receive the specimen first.",
        )
