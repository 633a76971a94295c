"""Observations that were held are settled: linked by container and test, tried again, or discarded.

A person's word takes the place of a missing or unreadable fact, never of one that speaks against it: what matching
refuses, linking refuses too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from lis.domain.events import Verb
from lis.domain.observations import ReportedControl, ReportedObservation, ReportedSpecimen
from lis.domain.people import Act
from lis.kernel.errors import Conflict, Invalid
from lis.services import controlling, gating, observing, resulting
from lis.services.finding import known_container
from lis.services.matching import Hold, Match, Source, container_hold, match_test
from lis.storage.work import Work

DISCARDED = "discarded"
WAITING = ("held", "unprocessed", "dead_letter")  # states of a message as a whole that wait for a person
CONTROL_REASONS = ("qc.unmapped", "qc.doubtful_mark")


def link_observation(work: Work, observation_id: int, container_id: str, test: str, *, reason: str) -> None:
    """Say to which container and test a held observation belongs; it is filed like any other, or refused."""
    row = _held(work, observation_id, reason)
    _refuse_controls_value(row)
    container = known_container(work, container_id)
    _refuse_another_container(work, row, container)
    answer = _match(work, row, container, test)
    if isinstance(answer, Hold):
        raise Conflict(answer.code, answer.text, "Settle that first, or discard the observation.")
    _file(work, row, container, answer, reason)


def try_again(
    work: Work,
    source: Source,
    specimens: Sequence[ReportedSpecimen],
    rows: Sequence[Row[Any]],
    *,
    reason: str,
) -> dict[int, str]:
    """Held observations of one message meet the same rules once more, read again from its bytes.

    Per key what became of it: its state, or the code of what holds it now. Nothing that was settled is looked at.
    """
    held = {row.seq: _held(work, row.id, reason) for row in rows}
    narrowed = tuple(
        replace(specimen, observations=found)
        for specimen in specimens
        if (found := tuple(one for one in specimen.observations if _is_of(one, held.get(one.seq))))
    )
    again = replace(source, again={seq: row.id for seq, row in held.items()})
    accession = resulting.record_results(work, again, narrowed)
    _note_accession(work, source.inbound_id, accession)
    return {row.id: _tried(work, row, accession, reason) for row in held.values()}


def _is_of(observation: ReportedObservation, row: Row[Any] | None) -> bool:
    return row is not None and (row.code_sent, row.value_sent) == (observation.code, observation.value)


def _tried(work: Work, row: Row[Any], accession: str, reason: str) -> str:
    now = work.observations.get(row.id)
    if now.state == observing.HELD:
        return str(now.reason)
    _settle(work, row)
    _tell_linked(work, row, accession, reason, test=now.test, became=now.state)
    return str(now.state)


def link_control(
    work: Work, observation_id: int, test: str, lot: str, level: int, *, received_at: datetime, reason: str
) -> None:
    """Say of which control a held value is; it is stored like any other control result and judged by its target.

    `received_at` dates a value that names no instant itself.
    """
    row = _held(work, observation_id, reason)
    _refuse_patients_value(work, row)
    target = controlling.target_for(work, row.analyzer, test, ReportedControl("", lot, level))
    if target is None:
        raise Conflict(
            "qc.no_target",
            f"{row.analyzer} has no target for {test or 'no test'} of lot {lot or '(none)'} level {level}.",
            "Choose one of those listed, or have the lot entered in the catalogue first.",
        )
    control = ReportedControl(target.material, target.lot, target.level, str(row.extra.get("run", "")))
    unit = _source(work, row).unit(row.unit_sent)
    observed = replace(_as_reported(row), unit=unit, observed_at=row.observed_at or received_at)
    controlling.record_control(
        work,
        analyzer=row.analyzer,
        test=test,
        control=control,
        observation=observed,
        inbound_id=row.inbound_id,
    )
    gating.hold_back(work, row.analyzer, {test: observed.observed_at or received_at})
    _settle(work, row, state=observing.CONTROL, test=test)
    _tell_linked(work, row, "", reason, test=test, lot=target.lot, level=target.level)


def _refuse_patients_value(work: Work, row: Row[Any]) -> None:
    """A value that names a patient or a tube of the laboratory is no control's, unless it was marked as one."""
    named = work.containers.by_container_id(row.container_sent.strip())
    if row.reason not in CONTROL_REASONS and (row.patient_sent or named is not None):
        raise Conflict(
            "observation.patient",
            "This value names a patient's tube.",
            "Link it to that tube, or discard it.",
        )


def discard_message(work: Work, inbound_id: int, *, reason: str) -> int:
    """Set a held message, or all that is held of it, aside for good. How many values that were."""
    work.require(Act.HELD_RESOLVE)
    _require_reason(reason)
    message = work.inbound.get(inbound_id)
    held = work.observations.having(inbound_id=inbound_id, state=observing.HELD)
    if not held and message.state not in WAITING:
        raise Conflict("message.settled", f"Nothing of message {inbound_id} is held.")
    for row in held:
        discard_observation(work, row.id, reason=reason)
    if message.state in WAITING:
        work.inbound.change(inbound_id, state=DISCARDED)
    work.journal.append(
        Verb.MESSAGE_DISCARDED,
        f"message:{inbound_id}",
        accession=message.accession or None,
        reason=reason,
        was=message.reason or message.state,
        values=len(held),
    )
    return len(held)


def discard_observation(work: Work, observation_id: int, *, reason: str) -> None:
    """Set a held observation aside for good; it stays readable with its reason."""
    row = _held(work, observation_id, reason)
    _settle(work, row, state=DISCARDED)
    work.journal.append(Verb.OBSERVATION_DISCARDED, _subject(row), reason=reason, was=row.reason)


def _held(work: Work, observation_id: int, reason: str) -> Row[Any]:
    work.require(Act.HELD_RESOLVE)
    _require_reason(reason)
    row = work.observations.get(observation_id)
    if row.state != observing.HELD:
        raise Conflict("observation.settled", f"This observation is {row.state} already.")
    return row


def _refuse_controls_value(row: Row[Any]) -> None:
    if row.reason == "qc.unmapped":
        raise Conflict(
            "observation.control",
            "A control's value belongs to no patient.",
            "Link it to its control, or discard it.",
        )


def _refuse_another_container(work: Work, row: Row[Any], container: Row[Any]) -> None:
    """What names a tube of the laboratory belongs to that tube, or to one poured from the same specimen."""
    named = work.containers.by_container_id(row.container_sent.strip())
    if named is not None and named.specimen_id != container.specimen_id:
        raise Conflict(
            "container.mismatch",
            f"The analyzer read {named.container_id}, not {container.container_id}.",
            "Find out which tube was measured; measure again where that cannot be shown.",
        )


def _match(work: Work, row: Row[Any], container: Row[Any], test: str) -> Match | Hold:
    """The checks every observation meets, with the test named by a person."""
    specimen = ReportedSpecimen("patient", container.container_id, row.patient_sent, "", ())
    held = container_hold(work, specimen, container)
    if held is not None:
        return held
    results = {result.test: result for result in work.results.current_of_order(container.order_id)}
    return match_test(work, _source(work, row), container, results, _as_reported(row), test)


def _file(work: Work, row: Row[Any], container: Row[Any], match: Match, reason: str) -> None:
    order = work.orders.get(container.order_id)
    current = work.results.current_of_order(order.id)
    state, version = resulting.file_matches(work, row.analyzer, order, {match.test: match}, current)[
        match.test
    ]
    _settle(work, row, state=state, test=match.test, result_version_id=version)
    _note_accession(work, row.inbound_id, order.accession)
    _tell_linked(work, row, order.accession, reason, container=container.container_id, test=match.test)


def _tell_linked(work: Work, row: Row[Any], accession: str, reason: str, **what: object) -> None:
    work.journal.append(
        Verb.OBSERVATION_LINKED,
        _subject(row),
        accession=accession or None,
        reason=reason,
        was=row.reason,
        **what,
    )


def _note_accession(work: Work, inbound_id: int, accession: str) -> None:
    """The case a message turned out to concern."""
    if accession and not work.inbound.get(inbound_id).accession:
        work.inbound.change(inbound_id, accession=accession)


def _settle(work: Work, row: Row[Any], **columns: Any) -> None:
    work.observations.change(row.id, settled_at=work.now, settled_by=work.actor.code, **columns)


def _source(work: Work, row: Row[Any]) -> Source:
    interface = work.interfaces.find(row.interface)
    held = interface.held_tests if interface else {}
    units = interface.settings.get("unit_map", {}) if interface else {}
    return Source(row.inbound_id, row.interface, row.analyzer, {}, held, units=units)


def _as_reported(row: Row[Any]) -> ReportedObservation:
    return ReportedObservation(
        seq=row.seq,
        code=row.code_sent,
        name=row.name_sent,
        loinc="",
        value_type="",
        value=row.value_sent,
        unit=row.unit_sent,
        flags=tuple(flag for flag in row.flags_sent.split("~") if flag),
        status=row.status_sent,
        observed_at=row.observed_at,
        extra=row.extra,
    )


def _subject(row: Row[Any]) -> str:
    return f"observation:{row.inbound_id}/{row.seq}"


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise Invalid("reason.missing", "A reason is needed.", "Say what settled the question.")
