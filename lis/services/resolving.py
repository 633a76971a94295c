"""Observations that were held are settled: linked by container and test, tried again, or discarded.

A person's word takes the place of a missing or unreadable fact, never of one that speaks against it: what matching
refuses, linking refuses too.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Row

from lis.domain.events import Verb
from lis.domain.observations import ReportedObservation, ReportedSpecimen
from lis.domain.people import Act
from lis.kernel.errors import Conflict, Invalid, NotFound
from lis.services import observing, resulting
from lis.services.finding import known_container
from lis.services.matching import Hold, Match, Source, container_hold, match_result, match_test
from lis.storage.work import Work

DISCARDED = "discarded"


def link_observation(work: Work, observation_id: int, container_id: str, test: str, *, reason: str) -> None:
    """Say to which container and test a held observation belongs; it is filed like any other, or refused."""
    row = _held(work, observation_id, reason)
    container = known_container(work, container_id)
    _refuse_another_container(work, row, container)
    answer = _match(work, row, container, test)
    if isinstance(answer, Hold):
        raise Conflict(answer.code, answer.text, "Settle that first, or discard the observation.")
    _file(work, row, container, answer, reason)


def refile_observations(work: Work, observation_ids: Iterable[int], *, reason: str) -> dict[int, str]:
    """Try held observations again as they came: a code was mapped, a tube was received. Per key: `filed` or why not."""
    answers: dict[int, str] = {}
    for observation_id in observation_ids:
        row = _held(work, observation_id, reason)
        container = work.containers.by_container_id(row.container_sent.strip())
        answer = Hold(row.reason, row.detail) if container is None else _match(work, row, container)
        if isinstance(answer, Match) and container is not None:
            _file(work, row, container, answer, reason)
            answers[observation_id] = observing.FILED
        elif isinstance(answer, Hold):
            work.observations.change(row.id, reason=answer.code, detail=answer.text)
            answers[observation_id] = answer.code
    return answers


def map_code(work: Work, interface: str, code: str, test: str, *, reason: str) -> list[int]:
    """Say which test a sender's code means from now on. Returns the held observations that may be tried again."""
    work.require(Act.INTERFACE_MANAGE)
    _require_reason(reason)
    row = work.interfaces.find(interface)
    if row is None:
        raise NotFound("interface.unknown", f"There is no interface {interface}.")
    if test not in work.catalog.tests or not code.strip():
        raise Invalid("map.test", f"{test} is no test of this laboratory.")
    codes = {**row.settings.get("code_map", {}), code: test}
    work.interfaces.change(interface, settings=row.settings | {"code_map": codes})
    work.journal.append(Verb.INTERFACE_CHANGED, f"interface:{interface}", reason=reason, code=code, test=test)
    held = work.observations.having(state=observing.HELD, interface=interface, code_sent=code)
    return [observation.id for observation in held]


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
    if row.reason == "qc.unmapped":
        raise Conflict(
            "observation.control", "A control's value belongs to no patient.", "Map it, or discard it."
        )
    return row


def _refuse_another_container(work: Work, row: Row[Any], container: Row[Any]) -> None:
    """What names a tube of the laboratory belongs to that tube, or to one poured from the same specimen."""
    named = work.containers.by_container_id(row.container_sent.strip())
    if named is not None and named.specimen_id != container.specimen_id:
        raise Conflict(
            "container.mismatch",
            f"The analyzer read {named.container_id}, not {container.container_id}.",
            "Find out which tube was measured; measure again where that cannot be shown.",
        )


def _match(work: Work, row: Row[Any], container: Row[Any], test: str = "") -> Match | Hold:
    """The checks every observation meets, with the test named by a person or read from its code."""
    specimen = ReportedSpecimen("patient", container.container_id, row.patient_sent, "", ())
    held = container_hold(work, specimen, container)
    if held is not None:
        return held
    results = {result.test: result for result in work.results.current_of_order(container.order_id)}
    source, observation = _source(work, row), _as_reported(row)
    if test:
        return match_test(work, source, container, results, observation, test)
    return match_result(work, source, container, results, observation)


def _file(work: Work, row: Row[Any], container: Row[Any], match: Match, reason: str) -> None:
    order = work.orders.get(container.order_id)
    current = work.results.current_of_order(order.id)
    state, version = resulting.file_matches(work, row.analyzer, order, {match.test: match}, current)[
        match.test
    ]
    _settle(work, row, state=state, test=match.test, result_version_id=version)
    work.journal.append(
        Verb.OBSERVATION_LINKED,
        _subject(row),
        accession=order.accession,
        reason=reason,
        container=container.container_id,
        test=match.test,
        was=row.reason,
    )


def _settle(work: Work, row: Row[Any], **columns: Any) -> None:
    work.observations.change(row.id, settled_at=work.now, settled_by=work.actor.code, **columns)


def _source(work: Work, row: Row[Any]) -> Source:
    interface = work.interfaces.find(row.interface)
    device = work.catalog.analyzers.get(row.analyzer)
    menu = {item.code: item.test for item in device.menu} if device else {}
    mapped = interface.settings.get("code_map", {}) if interface else {}
    held = interface.held_tests if interface else {}
    return Source(row.inbound_id, row.interface, row.analyzer, menu | mapped, held)


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
