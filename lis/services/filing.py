"""Values become result versions: judged together with what lies beside them, filed, and what they complete calculated.

Web and wire meet here: an analyzer's value and one typed by a person take the same way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from lis.domain.checks import failed
from lis.domain.events import Verb
from lis.domain.together import Together, evaluate_together
from lis.domain.values import ReportedValue, SentValue
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
    batch = _Batch(work, collection)
    for test, evaluation in together.evaluations.items():
        if test in sent:
            batch.add_version(sent[test], evaluation, reason)
        elif test in values:
            batch.judge_again(test, evaluation)
        else:
            batch.add_calculated(test, evaluation)
    return batch.write()


def file_no_value(work: Work, order: Row[Any], result: Row[Any], sent: SentValue) -> Filed:
    """The analyzer could not obtain a value (HL7 0085 X): a version without one, on hold for a person."""
    collection = collected.load(work, order, result.collected_at)
    check = failed("status", "status.not_obtained", "The analyzer could not obtain a value.")
    nothing = Evaluation(sent.test, ReportedValue("", None, ""), (), "", (check,))
    batch = _Batch(work, collection)
    batch.add_version(replace(sent, status="X"), nothing, "")
    return batch.write()[sent.test]


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


class _Batch:
    """What one message, or one keystroke, changes in a collection: gathered, then written set by set."""

    def __init__(self, work: Work, collection: Collection) -> None:
        self._work = work
        self._collection = collection
        self._catalog_version_id = work.catalog_version_id
        self._versions: list[dict[str, Any]] = []
        self._filed: list[dict[str, Any]] = []
        self._judged: list[dict[str, Any]] = []
        self._measured: dict[tuple[int, str], set[str]] = {}
        self._answers: list[tuple[str, int, str]] = []

    def add_version(self, sent: SentValue, evaluation: Evaluation, reason: str) -> None:
        row = self._collection.results[sent.test]
        container = self._collection.containers.get(sent.test)
        self._versions.append(self._version(row, container, sent, evaluation, reason))
        self._filed.append(
            {
                "id": row.id,
                "state": advance(ResultState(row.state), _action(evaluation)),
                "version": row.version + 1,
                "checks": [check.as_row() for check in evaluation.checks],
                "verified_at": None,
                "verified_by": "",
                "rerun": False,
            }
        )
        self._answers.append((sent.test, row.id, evaluation.disposition))
        self._tell_filed(row, sent, evaluation, reason)
        if container is not None and sent.analyzer:
            self._measured.setdefault((container.id, sent.analyzer), set()).add(sent.test)

    def judge_again(self, test: str, evaluation: Evaluation) -> None:
        row = self._collection.results[test]
        checks = [check.as_row() for check in evaluation.checks]
        if checks == row.checks:
            return
        state = advance(ResultState(row.state), _action(evaluation))
        self._judged.append({"id": row.id, "state": state, "checks": checks})
        accession = self._collection.order.accession
        self._work.journal.append(
            Verb.RESULT_JUDGED,
            f"result:{accession}/{test}",
            accession=accession,
            disposition=evaluation.disposition,
            holds=list(evaluation.holds),
        )

    def add_calculated(self, test: str, evaluation: Evaluation) -> None:
        """A calculated value is a new version when it differs from the one in force."""
        row = self._collection.results[test]
        if row.version and row.version_value == evaluation.reported.value:
            self.judge_again(test, evaluation)
            return
        text = evaluation.reported.text
        sent = SentValue(test, text, source="calculation", observed_at=self._work.now)
        self.add_version(sent, evaluation, "")

    def write(self) -> dict[str, Filed]:
        """Write everything; the versions that were added, by test."""
        work = self._work
        version_ids = work.versions.add_all(self._versions)
        work.results.change_all(self._filed)
        work.results.change_all(self._judged)
        for (container_pk, analyzer), tests in self._measured.items():
            working.finish_work(work, container_pk, analyzer, tests)
        return {
            test: Filed(test, result_id, version_id, disposition)
            for (test, result_id, disposition), version_id in zip(self._answers, version_ids, strict=True)
        }

    def _version(
        self, row: Row[Any], container: Row[Any] | None, sent: SentValue, evaluation: Evaluation, reason: str
    ) -> dict[str, Any]:
        return {
            "result_id": row.id,
            "n": row.version + 1,
            "status": sent.status,
            "value": evaluation.reported.value,
            "comparator": evaluation.reported.comparator,
            "number": evaluation.reported.number,
            "unit": evaluation.reported.unit,
            "sent_value": sent.text,
            "sent_unit": sent.unit,
            "sent_flags": list(sent.flags),
            "flags": list(evaluation.flags),
            "critical": evaluation.critical,
            "interval_text": evaluation.interval_text,
            "comment": "",
            "source": sent.source,
            "analyzer": sent.analyzer,
            "observed_at": sent.observed_at,
            "container_id": container.container_id if container else "",
            "catalog_version_id": self._catalog_version_id,
            "created_at": self._work.now,
            "created_by": self._work.actor.code,
            "reason": reason,
        }

    def _tell_filed(self, row: Row[Any], sent: SentValue, evaluation: Evaluation, reason: str) -> None:
        accession = self._collection.order.accession
        self._work.journal.append(
            _VERBS[sent.source],
            f"result:{accession}/{sent.test}",
            accession=accession,
            reason=reason or None,
            version=row.version + 1,
            value=evaluation.reported.text,
            unit=evaluation.reported.unit,
            flags=list(evaluation.flags),
            status=sent.status,
            disposition=evaluation.disposition,
            holds=list(evaluation.holds),
            analyzer=sent.analyzer,
        )


_VERBS = {
    "analyzer": Verb.RESULT_FILED,
    "person": Verb.RESULT_ENTERED,
    "calculation": Verb.RESULT_CALCULATED,
}


def _action(evaluation: Evaluation) -> Action:
    return Action.FILE_HELD if evaluation.holding else Action.FILE_PASSED
