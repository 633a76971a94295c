"""What reception knows of a container: what is wanted from it, what was seen of it, and which tests are kept back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from sqlalchemy import Row

from lis.domain.conditions import CONDITIONS
from lis.domain.events import Verb
from lis.domain.inspection import TEMPERATURES, Inspection
from lis.domain.reception import ArrivalFacts, Decision, judge_arrival
from lis.domain.workflow import ContainerState, TestState
from lis.kernel.errors import Invalid
from lis.services.collected import specimen_facts
from lis.services.finding import tests_of_container
from lis.storage.work import Work

KEPT_BACK = "kept_back"
SEEN, INSPECTION = "seen", "inspection"


def judge(work: Work, container: Row[Any], tests: Sequence[Row[Any]] | None = None) -> Decision:
    """Judge a container as if it arrived now, by all that was seen of it; `tests` are its own where they are known."""
    return judge_arrival(_facts(work, container, tests), work.catalog, work.now)


def judge_received(work: Work, container: Row[Any]) -> Decision:
    """The same for one that is here: as it should have been judged when it came."""
    facts = replace(_facts(work, container), state=ContainerState.EXPECTED)
    return judge_arrival(facts, work.catalog, container.received_at or work.now)


def _facts(work: Work, container: Row[Any], tests: Sequence[Row[Any]] | None = None) -> ArrivalFacts:
    wanted = [
        row.code
        for row in (tests_of_container(work, container) if tests is None else tests)
        if row.state not in (TestState.CANCELLED, TestState.COMPLETE)
    ]
    return ArrivalFacts(
        state=ContainerState(container.state),
        container_type=container.type,
        codes=tuple(wanted),
        specimen=specimen_facts(work.specimens.get(container.specimen_id), container),
        inspection=inspection_of(container),
    )


def note_inspection(work: Work, container: Row[Any], accession: str, seen: Inspection) -> Row[Any]:
    """Keep what was seen at the counter, beside what was noted before: it counts whenever the tube is judged anew."""
    _refuse_unknown(work, seen)
    _refuse_spin(work, container, seen)
    said = _said(seen)
    if not said:
        return container
    noted = {name: value for name, value in said.items() if name not in ("conditions", "separated_at")}
    condition = dict(container.condition)
    if noted:
        condition[INSPECTION] = condition.get(INSPECTION, {}) | noted
    if seen.conditions:
        condition[SEEN] = sorted({*condition.get(SEEN, ()), *seen.conditions})
    volume = container.volume_ml if seen.volume_ml is None else seen.volume_ml
    spun = seen.separated_at or container.separated_at
    work.containers.change(container.id, condition=condition, volume_ml=volume, separated_at=spun)
    work.journal.append(
        Verb.SPECIMEN_INSPECTED, f"container:{container.container_id}", accession=accession, **said
    )
    return work.containers.get(container.id)


def inspection_of(container: Row[Any]) -> Inspection:
    """What was noted at the counter. The volume is the one seen there, not what is left by now."""
    noted = dict(container.condition.get(INSPECTION, {}))
    volume = noted.pop("volume_ml", None)
    return Inspection(
        **noted,
        volume_ml=None if volume is None else Decimal(volume),
        conditions=tuple(container.condition.get(SEEN, ())),
    )


def kept_back(container: Row[Any]) -> frozenset[str]:
    """Tests that are not to be done from a container until a person decides."""
    return frozenset(container.condition.get(KEPT_BACK, ()))


def keep_back(work: Work, container: Row[Any], tests: Collection[str]) -> Row[Any]:
    """These tests, and no others, are kept back from here on."""
    condition = {name: said for name, said in container.condition.items() if name != KEPT_BACK}
    if tests:
        condition[KEPT_BACK] = sorted(tests)
    if condition != container.condition:
        work.containers.change(container.id, condition=condition)
    return work.containers.get(container.id)


def _said(seen: Inspection) -> dict[str, Any]:
    """What was stated, without what was not."""
    fields = {
        "container_type": seen.container_type,
        "expired": seen.expired,
        "volume_ml": "" if seen.volume_ml is None else str(seen.volume_ml),
        "temperature": seen.temperature,
        "conditions": list(seen.conditions),
        "separated_at": seen.separated_at.isoformat() if seen.separated_at else "",
    }
    return {name: value for name, value in fields.items() if value}


def _refuse_unknown(work: Work, seen: Inspection) -> None:
    if seen.container_type and seen.container_type not in work.catalog.containers:
        raise Invalid("container.kind", f"{seen.container_type} is no container of this laboratory.")
    if seen.temperature and seen.temperature not in TEMPERATURES:
        known = ", ".join(TEMPERATURES)
        raise Invalid("temperature.unknown", f"{seen.temperature} is none of {known}.")
    unknown = sorted(set(seen.conditions) - set(CONDITIONS))
    if unknown:
        words = ", ".join(CONDITIONS)
        raise Invalid("condition.unknown", f"What is seen is said as: {words}.", words=unknown)
    if seen.volume_ml is not None and not (seen.volume_ml.is_finite() and seen.volume_ml >= 0):
        raise Invalid("volume.none", "A volume is a number of millilitres.")


def _refuse_spin(work: Work, container: Row[Any], seen: Inspection) -> None:
    """A spin before the tube came lies between its draw and now, and is not of a kind that nobody spins."""
    at = seen.separated_at
    if at is None:
        return
    kind = work.catalog.containers.get(seen.container_type or container.type)
    collected_at = work.specimens.get(container.specimen_id).collected_at
    if kind is None or not kind.centrifuge:
        raise Invalid("spin.not_this_kind", f"{kind.name if kind else 'This container'} is not spun.")
    if at > work.now or (collected_at is not None and at < collected_at):
        raise Invalid("spin.when", "It was spun after it was drawn, and before now.", "Read the label again.")
