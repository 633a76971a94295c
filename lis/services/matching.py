"""Whose value is it, and of which test? What does not fit safely is held, with a stable code and words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Row

from lis.domain.catalog import NUMERIC, STRUCTURED, Catalog, Test
from lis.domain.observations import ReportedObservation, ReportedSpecimen
from lis.domain.patients import is_same_name
from lis.domain.results import Filing, Standing, filing_for
from lis.domain.units import same_unit
from lis.domain.values import reported_text
from lis.domain.workflow import IN_LAB, ResultState
from lis.kernel.quantity import parse_quantity
from lis.storage.work import Work


@dataclass(frozen=True, slots=True)
class Hold:
    """Why something on the wire is kept from every chart: a stable code, and words."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Source:
    """Where observations come from. `loinc_trusted`: LN codes may name tests when the sender's own is unmapped.

    `units`: spellings of its own, as UCUM. `again`: the rows, by place in the message, of observations that were held
    and are tried once more.
    """

    inbound_id: int
    interface: str
    analyzer: str
    code_map: Mapping[str, str]
    held_tests: Mapping[str, str]
    loinc_trusted: bool = True
    units: Mapping[str, str] = field(default_factory=dict)
    again: Mapping[int, int] = field(default_factory=dict)

    def unit(self, sent: str) -> str:
        """What a unit's spelling means here: the interface's own word for it, else as it came."""
        return self.units.get(sent.strip()) or sent


class Match(NamedTuple):
    """An observation that belongs to a pending or filed result of a received container.

    `result` is its row; None for an index that the order expects nowhere or from another tube: it is the tube's own.
    """

    observation: ReportedObservation
    test: str
    result: Any
    filing: Filing
    text: str = ""
    unit: str = ""

    @property
    def status(self) -> str:
        """HL7 0085 status of the version it becomes. Another value in place of a released one corrects it."""
        if self.filing is Filing.FINAL:
            return "C" if replaces_released(self.result, self.text) else "F"
        if self.filing is Filing.CORRECTION:
            return "C"
        return "P" if self.filing is Filing.PRELIMINARY else "F"


def test_for(catalog: Catalog, source: Source, observation: ReportedObservation) -> str | None:
    """The test an observation names: by the interface's own map, then by a LOINC that only one test carries."""
    mapped = source.code_map.get(observation.code, source.code_map.get(observation.loinc))
    if mapped is not None:
        return mapped or None  # closed: not even a LOINC opens it
    carriers = catalog.test_by_loinc.get(observation.loinc, ()) if source.loinc_trusted else ()
    return carriers[0] if len(carriers) == 1 else None


def control_test(catalog: Catalog, source: Source, observation: ReportedObservation) -> str | Hold:
    """The test that a control was measured for, and as a value of its kind."""
    test = test_for(catalog, source, observation)
    if test is None:
        return Hold(
            "qc.unmapped", f"The code {observation.code or '(none)'} of a control means no test here."
        )
    return hold_by_type(catalog.tests[test], observation) or test


def container_hold(work: Work, specimen: ReportedSpecimen, container: Row[Any] | None) -> Hold | None:
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
    named = specimen.patient_name.strip()
    if named and not specimen.patient_id and not is_same_name(named, patient.family, patient.given):
        return Hold(
            "patient.name_mismatch",
            f"The message says {named}, the container belongs to {patient.family}, {patient.given}.",
        )
    return None


def match_result(
    work: Work,
    source: Source,
    container: Row[Any],
    results: Mapping[str, Row[Any]],
    observation: ReportedObservation,
) -> Match | Hold:
    if observation.doubt:
        return Hold("observation.doubtful", observation.doubt)
    test = test_for(work.catalog, source, observation)
    if test is None:
        return Hold("code.unmapped", f"The code {observation.code or '(none)'} means no test here.")
    return match_test(work, source, container, results, observation, test)


def match_test(
    work: Work,
    source: Source,
    container: Row[Any],
    results: Mapping[str, Row[Any]],
    observation: ReportedObservation,
    test: str,
) -> Match | Hold:
    """`match_result` once the test is known: by a code, or because a person said so."""
    if test in source.held_tests:
        return Hold("test.held", f"{test} is not taken from this interface: {source.held_tests[test]}")
    catalog, result, unit = work.catalog, results.get(test), source.unit(observation.unit)
    if result is not None and result.state == ResultState.CANCELLED:
        result = None
    is_elsewhere = result is None or result.container_pk != container.id
    if is_elsewhere and test in catalog.index_letters:
        return Match(observation, test, None, Filing.NOT_A_RESULT, unit=unit)
    if result is None:
        return Hold("test.not_ordered", f"{test} is not ordered on this accession.")
    if is_elsewhere:
        return Hold("container.other", f"{test} is to be measured from another container of the accession.")
    row = catalog.tests[test]
    if doubt := hold_by_type(row, observation):
        return doubt
    if unit != row.unit and observation.value.strip() and same_unit(row, unit, catalog) in _OTHER_UNIT:
        return Hold("unit.mismatch", f"Sent in {observation.unit}; {test} is reported in {row.unit}.")
    text = reported_text(observation.value, row).text
    decision = filing_for(observation.status, text, _standing(result))
    if decision.filing is Filing.HOLD:
        return Hold(decision.reason_code, decision.text)
    return Match(observation, test, result, decision.filing, text, unit)


_OTHER_UNIT = ("mismatch", "unknown")
_OF_TIME = ("DT", "TM", "TS", "DTM")


def hold_by_type(test: Test, observation: ReportedObservation) -> Hold | None:
    """A date or time (OBX-2, HL7 0125) is written in digits and is no number: `20260302` must not become a value."""
    if observation.value_type not in _OF_TIME or test.result_type not in (NUMERIC, STRUCTURED):
        return None
    kind = observation.value_type
    return Hold("value.type", f"Sent as a date or time ({kind}); {test.code} reports a number.")


def each_once(answers: Sequence[Match | Hold]) -> list[Match | Hold]:
    """A test that is in a message twice counts once; not at all when two different numbers are given for it."""
    tests = [answer.test for answer in answers if isinstance(answer, Match)]
    if len(set(tests)) == len(tests):
        return [*answers]
    numbers: dict[str, set[str]] = {}
    for answer in answers:
        if isinstance(answer, Match) and parse_quantity(answer.text, ""):
            numbers.setdefault(answer.test, set()).add(answer.text)
    found: list[Match | Hold] = []
    seen: set[str] = set()
    for answer in answers:
        if isinstance(answer, Match) and len(numbers.get(answer.test, ())) > 1:
            answer = Hold("observation.twice", f"{answer.test} is in the message with different values.")
        elif isinstance(answer, Match) and answer.test in seen:
            answer = Hold("observation.twice", f"{answer.test} is in the message twice.")
        elif isinstance(answer, Match):
            seen.add(answer.test)
        found.append(answer)
    return found


def replaces_released(result: Row[Any], text: str) -> bool:
    """Whether a value differs from the final one that readers of reports hold."""
    standing = _standing(result) if result.released_version else None
    if standing is None:
        return False
    already_replaced = standing.status in "CWX" and result.version != result.released_version
    return already_replaced or (standing.is_final and standing.text != text)


def _standing(result: Row[Any]) -> Standing | None:
    if result.state == ResultState.PENDING or not result.version:
        return None
    text = f"{result.version_comparator}{result.version_value}"
    return Standing(result.version_status, text, rerun=result.rerun)
