"""Everything the rules must know of one patient's collection, fetched at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from lis.domain.companions import Companion
from lis.domain.delta import PreviousResult
from lis.domain.patients import PatientFacts
from lis.domain.qc.gate import NO_ANALYZER, QcStatus
from lis.domain.specimens import SpecimenFacts
from lis.domain.values import SentValue
from lis.domain.verification import ResultFacts
from lis.domain.workflow import ResultState
from lis.kernel.quantity import Quantity
from lis.services import controlling
from lis.storage.work import Work

UNDECIDED = (ResultState.ON_HOLD, ResultState.RESULTED)


@dataclass(frozen=True, slots=True)
class Collection:
    """The results of one order that were drawn together, with their versions in force."""

    order: Row[Any]
    patient: PatientFacts
    results: Mapping[str, Row[Any]]
    specimens: Mapping[str, SpecimenFacts]
    containers: Mapping[str, Row[Any]]
    previous: Mapping[str, PreviousResult]

    def standing(self, judged: Iterable[str]) -> dict[str, Companion]:
        """The other tests as companions: pending, without a value, or as a person decided."""
        left = set(judged)
        return {test: _companion(row) for test, row in self.results.items() if test not in left}

    def undecided(self) -> dict[str, SentValue]:
        """Values filed and not yet accepted by a person: they are judged again with whatever comes in."""
        return {
            test: sent_value(row)
            for test, row in self.results.items()
            if row.state in UNDECIDED and row.version_source != "calculation"
        }


def load(
    work: Work, order: Row[Any], collected_at: datetime | None, current: Iterable[Row[Any]] | None = None
) -> Collection:
    """The collection of an order drawn at an instant; unknown instants belong together.

    `current` are the order's results with their versions in force, where the caller has them already.
    """
    rows = {
        row.test: row
        for row in (work.results.current_of_order(order.id) if current is None else current)
        if row.collected_at == collected_at and row.state != ResultState.CANCELLED
    }
    patient = work.patients.get(order.patient_id)
    containers = {row.id: row for row in work.containers.of_order(order.id)}
    specimens = _specimens(work, order.id, containers)
    holder = {test: row.container_pk for test, row in rows.items()}
    unknown = SpecimenFacts("", None)
    return Collection(
        order=order,
        patient=PatientFacts(patient.birth_on, patient.sex, work.zone, order.condition),
        results=rows,
        specimens={test: specimens.get(pk, unknown) for test, pk in holder.items()},
        containers={test: containers[pk] for test, pk in holder.items() if pk in containers},
        previous=_previous(work, patient.id, rows, collected_at),
    )


def facts_for(work: Work, collection: Collection, sent: Iterable[SentValue]) -> dict[str, ResultFacts]:
    """Facts per test; QC is asked for the analyzer that measured it."""
    values = list(sent)
    qc = _qc(work, values)
    return {
        value.test: ResultFacts(
            catalog=work.catalog,
            patient=collection.patient,
            specimen=collection.specimens[value.test],
            at=work.now,
            qc=qc.get((value.analyzer, value.test), NO_ANALYZER),
            previous=collection.previous.get(value.test),
            reports_indices=_reports_indices(work, value.analyzer),
        )
        for value in values
    }


def sent_value(row: Row[Any]) -> SentValue:
    """A filed version as it had come."""
    return SentValue(
        test=row.test,
        text=row.version_sent_value,
        unit=row.version_sent_unit,
        flags=tuple(row.version_sent_flags),
        status=row.version_status,
        analyzer=row.version_analyzer,
        observed_at=row.version_observed_at,
        source=row.version_source,
    )


def _companion(row: Row[Any]) -> Companion:
    if row.state == ResultState.PENDING:
        return Companion(pending=True)
    return Companion(
        quantity=_quantity(row.version_number, row.version_unit, row.version_comparator),
        text=row.version_value or "",
        on_hold=row.state == ResultState.ON_HOLD,
    )


def _quantity(number: Any, unit: str, comparator: str) -> Quantity | None:
    return None if number is None else Quantity(number, unit, comparator)


def _specimens(work: Work, order_id: int, containers: Mapping[int, Row[Any]]) -> dict[int, SpecimenFacts]:
    drawn = {row.id: row for row in work.specimens.having(order_id=order_id)}
    return {pk: specimen_facts(drawn[row.specimen_id], row) for pk, row in containers.items()}


def specimen_facts(specimen: Row[Any], container: Row[Any]) -> SpecimenFacts:
    """A specimen as the rules see it, in one of its containers."""
    return SpecimenFacts(
        type=specimen.type,
        collected_at=specimen.collected_at,
        received_at=container.received_at,
        separated_at=container.separated_at,
        conditions=frozenset(container.condition.get("seen", ())),
    )


def _previous(
    work: Work, patient_id: int, rows: Mapping[str, Row[Any]], collected_at: datetime | None
) -> dict[str, PreviousResult]:
    before = collected_at or work.now
    return {
        test: PreviousResult(
            quantity=_quantity(row.number, row.unit, row.comparator),
            text=f"{row.comparator}{row.value}",
            unit=row.unit,
            collected_at=row.collected_at,
        )
        for test, row in work.results.previous(patient_id, rows, before).items()
    }


def _qc(work: Work, values: list[SentValue]) -> dict[tuple[str, str], QcStatus]:
    tests_of: dict[str, list[str]] = {}
    for value in values:
        if value.analyzer:
            tests_of.setdefault(value.analyzer, []).append(value.test)
    return {
        (analyzer, test): status
        for analyzer, tests in tests_of.items()
        for test, status in controlling.qc_of(work, analyzer, tests).items()
    }


def _reports_indices(work: Work, analyzer: str) -> bool:
    row = work.catalog.analyzers.get(analyzer)
    return row is not None and row.reports_indices
