"""Everything the rules must know of one patient's collection, fetched at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from lis.domain.catalog import Catalog
from lis.domain.companions import Companion
from lis.domain.delta import PreviousResult, comparable
from lis.domain.evaluations import ResultFacts
from lis.domain.patients import PatientFacts
from lis.domain.qc.gate import NO_ANALYZER, UNSAID, QcStatus
from lis.domain.specimens import SpecimenFacts, measured_at
from lis.domain.units import same_unit
from lis.domain.values import SentValue, reported
from lis.domain.workflow import ResultState
from lis.kernel.quantity import Quantity, parse_quantity
from lis.services import chilling, controlling
from lis.storage.work import Work

UNDECIDED = (ResultState.ON_HOLD, ResultState.RESULTED)
WITHOUT_VALUE = ("X", "W")


@dataclass(frozen=True, slots=True)
class Collection:
    """The results of one order that were drawn together, with their versions in force."""

    order: Row[Any]
    patient: PatientFacts
    results: Mapping[str, Row[Any]]
    specimens: Mapping[str, SpecimenFacts]
    containers: Mapping[str, Row[Any]]
    previous: Mapping[str, PreviousResult]

    def standing(self, judged: Iterable[str], catalog: Catalog) -> dict[str, Companion]:
        """The other tests as companions: pending, without a value, or as a person decided."""
        left = set(judged)
        return {
            test: _companion(row, self._earlier(row, catalog))
            for test, row in self.results.items()
            if test not in left
        }

    def _earlier(self, row: Row[Any], catalog: Catalog) -> PreviousResult | None:
        previous, test = self.previous.get(row.test), catalog.tests.get(row.test)
        if previous is None or test is None:
            return None
        return comparable(
            catalog.deltas.get(row.test), previous, unit=test.unit, collected_at=row.collected_at
        )

    def undecided(self) -> dict[str, SentValue]:
        """Values filed and not yet accepted by a person: they are judged again with whatever comes in.

        A version that says there is no value (X, W) has nothing to judge and waits for a person as it is.
        """
        return {
            test: sent_value(row)
            for test, row in self.results.items()
            if row.state in UNDECIDED
            and row.version_source != "calculation"
            and row.version_status not in WITHOUT_VALUE
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
    catalog, patient = work.catalog, collection.patient
    specimens = _with_indices(collection, _indices(catalog, collection, values))
    measured = {
        value.test: measured_at(specimens[value.test], value.observed_at, value.came_at or work.now)
        for value in values
    }
    qc = _qc(work, values, measured)
    reporting = {analyzer: _reports_indices(work, analyzer) for analyzer in {one.analyzer for one in values}}
    return {
        value.test: ResultFacts(
            catalog=catalog,
            patient=patient,
            specimen=specimens[value.test],
            at=measured[value.test],
            qc=qc.get((value.analyzer, value.test)) or _qc_without_analyzer(work, value),
            previous=collection.previous.get(value.test),
            reports_indices=reporting[value.analyzer],
        )
        for value in values
    }


def uncalculated(
    work: Work, collection: Collection, values: Mapping[str, SentValue], tests: Iterable[str]
) -> list[SentValue]:
    """Values yet to be calculated: as old as the last measured one they are made of, however late they are judged."""
    made: list[SentValue] = []
    for test in tests:
        inputs = [
            values[name] if name in values else sent_value(collection.results[name])
            for name in made_of(work, test).difference(work.catalog.calculated)
            if name in values or (name in collection.results and collection.results[name].version)
        ]
        said = max((one.observed_at for one in inputs if one.observed_at), default=None)
        came_at = max((one.came_at or work.now for one in inputs), default=None)
        made.append(SentValue(test, "", source="calculation", observed_at=said, came_at=came_at))
    return made


def made_of(work: Work, test: str) -> set[str]:
    """What a calculated test is made of, through other calculated ones too."""
    found: set[str] = set()
    for name in work.catalog.calculated[test].inputs:
        found.add(name)
        if name in work.catalog.calculated:
            found |= made_of(work, name)
    return found


def _qc_without_analyzer(work: Work, value: SentValue) -> QcStatus:
    """A typed value of a test that an analyzer measures, without the analyzer named: whose controls, is not known."""
    is_unsaid = value.source == "person" and value.test in work.catalog.measured_by
    return UNSAID if is_unsaid else NO_ANALYZER


def _with_indices(
    collection: Collection, indices: Mapping[int, Mapping[str, Quantity]]
) -> dict[str, SpecimenFacts]:
    """The specimen of each test, with what was measured in its own container; one for all that share a container."""
    found: dict[int, SpecimenFacts] = {}
    specimens = dict(collection.specimens)
    for test, container in collection.containers.items():
        if container.id not in found:
            found[container.id] = replace(specimens[test], indices=indices.get(container.id, {}))
        specimens[test] = found[container.id]
    return specimens


def _indices(
    catalog: Catalog, collection: Collection, values: Iterable[SentValue]
) -> dict[int, dict[str, Quantity]]:
    """Container → interferent → index, as noted on the container, accepted before, or in the values at hand."""
    letters = catalog.index_letters
    tubes = {row.id: row for row in collection.containers.values()}
    found = {pk: noted_indices(row) for pk, row in tubes.items()}
    for test, letter in letters.items():
        row, container = collection.results.get(test), collection.containers.get(test)
        if row is not None and container is not None and row.version_number is not None:
            found[container.id][letter] = Quantity(row.version_number, "", row.version_comparator)
    for value in values:
        container = collection.containers.get(value.test) if value.test in letters else None
        if container is not None:
            shown = readable(value, catalog)
            if shown is not None:
                found[container.id][letters[value.test]] = shown
    return found


def readable(value: SentValue, catalog: Catalog) -> Quantity | None:
    """The reported number of a value, when its unit can be read as the test's."""
    test = catalog.tests[value.test]
    if value.unit and same_unit(test, value.unit, catalog) not in ("matched", "not_checked"):
        return None
    return reported(value, test).quantity


def noted_indices(container: Row[Any]) -> dict[str, Quantity]:
    """Indices that were measured in a container although the order expects them from another."""
    noted = container.condition.get("indices", {})
    quantities = {letter: parse_quantity(text) for letter, text in noted.items()}
    return {letter: quantity for letter, quantity in quantities.items() if quantity is not None}


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
        dilution=row.version_sent_dilution,
        came_at=row.version_created_at,
    )


def _companion(row: Row[Any], previous: PreviousResult | None) -> Companion:
    if row.state == ResultState.PENDING:
        return Companion(pending=True)
    return Companion(
        quantity=_quantity(row.version_number, row.version_unit, row.version_comparator),
        text=row.version_value or "",
        previous=previous.quantity if previous else None,
        on_hold=row.state == ResultState.ON_HOLD,
    )


def _quantity(number: Any, unit: str, comparator: str) -> Quantity | None:
    return None if number is None else Quantity(number, unit, comparator)


def _specimens(work: Work, order_id: int, containers: Mapping[int, Row[Any]]) -> dict[int, SpecimenFacts]:
    drawn = {row.id: row for row in work.specimens.having(order_id=order_id)}
    return {pk: specimen_facts(drawn[row.specimen_id], row) for pk, row in containers.items()}


def specimen_facts(
    specimen: Row[Any], container: Row[Any], *, taken_out_at: datetime | None = None
) -> SpecimenFacts:
    """A specimen as the rules see it, in one of its containers.

    `taken_out_at`: when it would be taken out of the store, should it still lie there.
    """
    return SpecimenFacts(
        type=specimen.type,
        collected_at=specimen.collected_at,
        received_at=container.received_at,
        separated_at=container.separated_at,
        cold=chilling.cold_stays(container.condition, taken_out_at),
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


def _qc(
    work: Work, values: Iterable[SentValue], measured: Mapping[str, datetime]
) -> dict[tuple[str, str], QcStatus]:
    """By analyzer and test. Its clock may be behind, and is the one that dates its controls: what failed next by that
    speaks against a value too.
    """
    measured_by: dict[str, dict[str, datetime]] = {}
    earlier: dict[str, dict[str, datetime]] = {}
    for value in values:
        if value.analyzer:
            at, said = measured[value.test], value.observed_at
            measured_by.setdefault(value.analyzer, {})[value.test] = at
            earlier.setdefault(value.analyzer, {}).update({value.test: said} if said and said < at else {})
    found: dict[tuple[str, str], QcStatus] = {}
    for analyzer, tests in measured_by.items():
        statuses = controlling.qc_at(work, analyzer, tests)
        statuses |= controlling.failed_since(work, analyzer, earlier[analyzer])
        found |= {(analyzer, test): status for test, status in statuses.items()}
    return found


def _reports_indices(work: Work, analyzer: str) -> bool:
    row = work.catalog.analyzers.get(analyzer)
    return row is not None and row.reports_indices
