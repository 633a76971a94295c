"""Values become result versions: judged together with what lies beside them, filed, and what they complete calculated.

Web and wire meet here: an analyzer's value and one typed by a person take the same way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from lis.domain.checks import failed
from lis.domain.events import Verb
from lis.domain.together import Together, evaluate_together
from lis.domain.values import SentValue
from lis.domain.verification import Evaluation
from lis.domain.workflow import Action, ResultState, advance
from lis.services import collected, working
from lis.services.collected import Collection
from lis.storage.work import Work


@dataclass(frozen=True, slots=True)
class Filed:
    """A result version that was added."""

    test: str
    result_id: int
    version_id: int
    disposition: str


def file_values(
    work: Work,
    order: Row[Any],
    collected_at: datetime | None,
    sent: Mapping[str, SentValue],
    *,
    reason: str = "",
) -> dict[str, Filed]:
    """File values of one collection as new versions, and judge again what was undecided there.

    `reason` says why a version replaces another.
    """
    collection = collected.load(work, order, collected_at)
    together, values = _judge(work, collection, sent)
    filed = {
        test: _add_version(
            work,
            collection,
            sent[test],
            together.evaluations[test],
            reason,
        )
        for test in sent
    }
    for test, evaluation in together.evaluations.items():
        if test in sent:
            continue
        if test in values:
            _judge_again(work, collection, test, evaluation)
        else:
            _file_calculated(work, collection, test, evaluation, filed)
    return filed


def file_no_value(work: Work, order: Row[Any], result: Row[Any], sent: SentValue) -> Filed:
    """The analyzer could not obtain a value (HL7 0085 X): a version without one, on hold for a person."""
    n = result.version + 1
    check = failed("status", "status.not_obtained", "The analyzer could not obtain a value.")
    version_id = work.versions.add(
        result_id=result.id,
        n=n,
        status="X",
        value="",
        comparator="",
        unit="",
        sent_value=sent.text,
        sent_unit=sent.unit,
        sent_flags=list(sent.flags),
        flags=[],
        critical=False,
        interval_text="",
        comment="",
        source=sent.source,
        analyzer=sent.analyzer,
        observed_at=sent.observed_at,
        container_id="",
        catalog_version_id=work.catalog_version_id,
        created_at=work.now,
        created_by=work.actor.code,
        reason="",
    )
    state = advance(ResultState(result.state), Action.FILE_HELD)
    work.results.change(result.id, state=state, version=n, checks=[check.as_row()], rerun=False)
    work.journal.append(
        Verb.RESULT_FILED,
        f"result:{order.accession}/{result.test}",
        accession=order.accession,
        version=n,
        status="X",
        analyzer=sent.analyzer,
    )
    return Filed(result.test, result.id, version_id, "hold")


def judge_anew(work: Work, order: Row[Any], collected_at: datetime | None) -> None:
    """Judge what is undecided in a collection by the facts of now: QC has come, an input was verified."""
    file_values(work, order, collected_at, {})


def _judge(
    work: Work, collection: Collection, sent: Mapping[str, SentValue]
) -> tuple[Together, dict[str, SentValue]]:
    values = {**collection.undecided(), **sent}
    wanted = _wanted(work, collection, values)
    unmeasured = [SentValue(test, "", source="calculation") for test in wanted]
    facts = collected.facts_for(work, collection, [*values.values(), *unmeasured])
    standing = collection.standing([*values, *wanted])
    return evaluate_together(values, facts, standing, wanted), values


def _wanted(work: Work, collection: Collection, values: Mapping[str, SentValue]) -> list[str]:
    """Tests this laboratory calculates, ordered here and not yet accepted by a person."""
    open_states = (ResultState.PENDING, *collected.UNDECIDED)
    return [
        test
        for test in work.catalog.calculated
        if test not in values
        and test in collection.results
        and collection.results[test].state in open_states
        and _is_calculated(collection.results[test])
    ]


def _is_calculated(row: Row[Any]) -> bool:
    return row.state == ResultState.PENDING or row.version_source == "calculation"


def _add_version(
    work: Work,
    collection: Collection,
    sent: SentValue,
    evaluation: Evaluation,
    reason: str,
) -> Filed:
    row = collection.results[sent.test]
    container = collection.containers.get(sent.test)
    n = row.version + 1
    version_id = work.versions.add(
        result_id=row.id,
        n=n,
        status=sent.status,
        value=evaluation.reported.value,
        comparator=evaluation.reported.comparator,
        number=evaluation.reported.number,
        unit=evaluation.reported.unit,
        sent_value=sent.text,
        sent_unit=sent.unit,
        sent_flags=list(sent.flags),
        flags=list(evaluation.flags),
        critical=evaluation.critical,
        interval_text=evaluation.interval_text,
        comment="",
        source=sent.source,
        analyzer=sent.analyzer,
        observed_at=sent.observed_at,
        container_id=container.container_id if container else "",
        catalog_version_id=work.catalog_version_id,
        created_at=work.now,
        created_by=work.actor.code,
        reason=reason,
    )
    work.results.change(
        row.id,
        state=advance(ResultState(row.state), _action(evaluation)),
        version=n,
        checks=[check.as_row() for check in evaluation.checks],
        verified_at=None,
        verified_by="",
        rerun=False,
    )
    _tell(work, collection, sent, evaluation, n, reason)
    if container is not None and sent.analyzer:
        working.finish_work(work, container.id, sent.analyzer, sent.test)
    return Filed(sent.test, row.id, version_id, evaluation.disposition)


_VERBS = {
    "analyzer": Verb.RESULT_FILED,
    "person": Verb.RESULT_ENTERED,
    "calculation": Verb.RESULT_CALCULATED,
}


def _tell(
    work: Work,
    collection: Collection,
    sent: SentValue,
    evaluation: Evaluation,
    n: int,
    reason: str,
) -> None:
    accession = collection.order.accession
    work.journal.append(
        _VERBS[sent.source],
        f"result:{accession}/{sent.test}",
        accession=accession,
        reason=reason or None,
        version=n,
        value=evaluation.reported.text,
        unit=evaluation.reported.unit,
        flags=list(evaluation.flags),
        status=sent.status,
        disposition=evaluation.disposition,
        holds=list(evaluation.holds),
        analyzer=sent.analyzer,
    )


def _judge_again(work: Work, collection: Collection, test: str, evaluation: Evaluation) -> None:
    row = collection.results[test]
    checks = [check.as_row() for check in evaluation.checks]
    if checks == row.checks:
        return
    state = advance(ResultState(row.state), _action(evaluation))
    work.results.change(row.id, state=state, checks=checks)
    accession = collection.order.accession
    work.journal.append(
        Verb.RESULT_JUDGED,
        f"result:{accession}/{test}",
        accession=accession,
        disposition=evaluation.disposition,
        holds=list(evaluation.holds),
    )


def _file_calculated(
    work: Work, collection: Collection, test: str, evaluation: Evaluation, filed: dict[str, Filed]
) -> None:
    """A calculated value is a new version when it differs from the one in force; otherwise it is judged again."""
    row = collection.results[test]
    if row.version and row.version_value == evaluation.reported.value:
        _judge_again(work, collection, test, evaluation)
        return
    sent = SentValue(test, evaluation.reported.text, source="calculation", observed_at=work.now)
    filed[test] = _add_version(work, collection, sent, evaluation, "")


def _action(evaluation: Evaluation) -> Action:
    return Action.FILE_HELD if evaluation.holding else Action.FILE_PASSED
