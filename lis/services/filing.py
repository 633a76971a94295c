"""Values become result versions: judged together with what lies beside them, filed, and what they complete calculated.

Web and wire meet here: an analyzer's value and one typed by a person take the same way.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Row

from lis.domain.checks import Check, Outcome, are_stored, failed, stored
from lis.domain.evaluations import Evaluation
from lis.domain.events import Verb
from lis.domain.together import Together, evaluate_together
from lis.domain.values import ReportedValue, SentValue
from lis.domain.workflow import Action, ResultState, advance
from lis.services import collected, settling, working
from lis.services.collected import Collection
from lis.storage.work import Work


class Filed(NamedTuple):
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
    current: Iterable[Row[Any]] | None = None,
) -> dict[str, Filed]:
    """File values of one collection as new versions, and judge again what was undecided there.

    `reason` says why a version replaces another; `current` are the order's results where the caller has read them.
    """
    collection = collected.load(work, order, collected_at, current)
    together, values = _judge(work, collection, sent)
    batch = _Batch(work, collection)
    for test, evaluation in together.evaluations.items():
        if test in sent:
            batch.add_version(sent[test], evaluation, reason)
        elif test in values:
            batch.judge_again(values[test], evaluation)
        else:
            batch.add_calculated(test, evaluation)
    for test, calculation in together.calculations.items():
        if calculation.value is None:
            batch.file_no_calculated(test, calculation.check)
    return batch.write()


def file_no_value(work: Work, order: Row[Any], result: Row[Any], sent: SentValue) -> Filed:
    """The analyzer could not obtain a value (HL7 0085 X): a version without one, on hold for a person."""
    check = failed("status", "status.not_obtained", "The analyzer could not obtain a value.")
    batch = _Batch(work, collected.load(work, order, result.collected_at))
    batch.add_version(replace(sent, status="X"), _without_value(sent.test, check), "")
    return batch.write()[sent.test]


def file_retraction(work: Work, order: Row[Any], result: Row[Any], text: str) -> Filed:
    """A released value was wrong as a whole (HL7 0085 W): a version without one, on hold until a person sends it."""
    nothing = _without_value(result.test, failed("status", "status.retracted", text))
    batch = _Batch(work, collected.load(work, order, result.collected_at))
    batch.add_version(SentValue(result.test, "", status="W", source="person"), nothing, text)
    return batch.write()[result.test]


def judge_anew(work: Work, order: Row[Any], collected_at: datetime | None) -> None:
    """Judge what is undecided in a collection by the facts of now: QC has come, an input was verified."""
    file_values(work, order, collected_at, {})


def _judge(
    work: Work, collection: Collection, sent: Mapping[str, SentValue]
) -> tuple[Together, dict[str, SentValue]]:
    values = {**collection.undecided(), **sent}
    wanted = _wanted(work, collection, sent, values)
    unmeasured = collected.uncalculated(work, collection, values, wanted)
    facts = collected.facts_for(work, collection, [*values.values(), *unmeasured])
    standing = collection.standing([*values, *wanted], work.catalog)
    return evaluate_together(values, facts, standing, wanted), values


def _wanted(
    work: Work, collection: Collection, sent: Mapping[str, SentValue], judged: Container[str]
) -> list[str]:
    """Tests this laboratory calculates, ordered here: those not yet accepted, and those made of what has changed."""
    return [
        test
        for test in work.catalog.calculated
        if test not in judged and test in collection.results and _is_open(work, collection, sent, test)
    ]


def _is_open(work: Work, collection: Collection, sent: Mapping[str, SentValue], test: str) -> bool:
    row = collection.results[test]
    if row.state == ResultState.PENDING:
        return True
    if row.version_source != "calculation":
        return False
    return row.state in collected.UNDECIDED or not collected.made_of(work, test).isdisjoint(sent)


_LIMITS_CHANGED = "Judged again: what its limits depend on has changed."


class _Batch:
    """What one message, or one keystroke, changes in a collection: gathered, then written set by set."""

    def __init__(self, work: Work, collection: Collection) -> None:
        self._work = work
        self._collection = collection
        self._common = {  # to all versions that are added
            "comment": "",
            "catalog_version_id": work.catalog_version_id,
            "created_at": work.now,
            "created_by": work.actor.code,
        }
        self._versions: list[dict[str, Any]] = []
        self._filed: list[dict[str, Any]] = []
        self._judged: list[dict[str, Any]] = []
        self._measured: dict[tuple[int, str], set[str]] = {}
        self._answers: list[tuple[str, int, str]] = []
        self._reopens = False  # a released value is replaced: its test is no longer complete

    def add_version(
        self, sent: SentValue, evaluation: Evaluation, reason: str, *, measured: bool = True
    ) -> None:
        """Add a version; `measured`: with it comes what was asked of an analyzer, a rerun too."""
        test, row = sent.test, self._collection.results[sent.test]
        container, n = self._collection.containers.get(test), row.version + 1
        tube = container.container_id if container else ""
        self._versions.append(self._version(row.id, n, tube, sent, evaluation, reason))
        self._filed.append(
            {
                "id": row.id,
                "state": _state_after(row.state, bool(evaluation.holding)),
                "version": n,
                "checks": stored(evaluation.checks),
                "verified_at": None,
                "verified_by": "",
                "rerun": row.rerun and not measured,
            }
        )
        self._answers.append((test, row.id, evaluation.disposition))
        self._reopens |= row.state == ResultState.RELEASED
        self._tell_filed(n, sent, evaluation, reason)
        if measured and container is not None and sent.analyzer:
            self._measured.setdefault((container.id, sent.analyzer), set()).add(test)

    def judge_again(self, sent: SentValue, evaluation: Evaluation) -> None:
        """Other checks change where the result stands; other flags or limits, printed with a value, make a version."""
        row = self._collection.results[sent.test]
        if (list(evaluation.flags), evaluation.interval_text, evaluation.critical) != (
            row.version_flags,
            row.version_interval_text,
            row.version_critical,
        ):
            self.add_version(sent, evaluation, _LIMITS_CHANGED, measured=False)
            return
        if are_stored(evaluation.checks, row.checks):
            return
        state = _state_after(row.state, bool(evaluation.holding))
        self._judged.append({"id": row.id, "state": state, "checks": stored(evaluation.checks)})
        accession = self._collection.order.accession
        self._work.journal.append(
            Verb.RESULT_JUDGED,
            f"result:{accession}/{sent.test}",
            accession=accession,
            disposition=evaluation.disposition,
            holds=list(evaluation.holds),
        )

    def add_calculated(self, test: str, evaluation: Evaluation) -> None:
        """A calculated value is a new version when it differs from the one in force."""
        row = self._collection.results[test]
        calculated = self._calculated(row, evaluation.reported.text)
        if not row.version or row.version_value != evaluation.reported.value:
            self.add_version(calculated, evaluation, "")
        elif row.state in collected.UNDECIDED:
            self.judge_again(calculated, evaluation)

    def file_no_calculated(self, test: str, check: Check) -> None:
        """What an accepted value was calculated from has changed, and none comes of it: a person must see that.

        So must a person see that none comes of what is in; where the formula is not for this patient, nothing is wrong.
        """
        row = self._collection.results[test]
        if row.state in (ResultState.VERIFIED, ResultState.RELEASED):
            check = failed("status", "calculation.no_value", "It can no longer be calculated.")
        elif row.state != ResultState.PENDING or check.outcome == Outcome.WAIT:
            return
        sent = replace(self._calculated(row, ""), status="X")
        self.add_version(sent, _without_value(test, check), "")

    def _calculated(self, row: Row[Any], text: str) -> SentValue:
        status = "C" if row.released_version else "F"
        return SentValue(row.test, text, source="calculation", status=status, observed_at=self._work.now)

    def write(self) -> dict[str, Filed]:
        """Write everything; the versions that were added, by test."""
        work = self._work
        version_ids = work.versions.add_all(self._versions)
        work.results.change_all(self._filed)
        work.results.change_all(self._judged)
        for (container_pk, analyzer), tests in self._measured.items():
            working.finish_work(work, container_pk, analyzer, tests)
        if self._reopens:
            settling.settle(work, self._collection.order)
        return {
            test: Filed(test, result_id, version_id, disposition)
            for (test, result_id, disposition), version_id in zip(self._answers, version_ids, strict=True)
        }

    def _version(
        self, result_id: int, n: int, tube: str, sent: SentValue, evaluation: Evaluation, reason: str
    ) -> dict[str, Any]:
        reported, quantity = evaluation.reported, evaluation.reported.quantity
        return {
            "result_id": result_id,
            "n": n,
            "status": sent.status,
            "value": reported.value,
            "comparator": quantity.comparator if quantity else "",
            "number": quantity.value if quantity else None,
            "unit": reported.unit,
            "sent_value": sent.text,
            "sent_unit": sent.unit,
            "sent_flags": sent.flags,
            "sent_dilution": sent.dilution,
            "flags": evaluation.flags,
            "critical": evaluation.critical,
            "interval_text": evaluation.interval_text,
            "source": sent.source,
            "analyzer": sent.analyzer,
            "observed_at": sent.observed_at,
            "container_id": tube,
            "reason": reason,
            **self._common,
        }

    def _tell_filed(self, n: int, sent: SentValue, evaluation: Evaluation, reason: str) -> None:
        accession, reported = self._collection.order.accession, evaluation.reported
        data = {
            "version": n,
            "value": reported.text,
            "unit": reported.unit,
            "flags": evaluation.flags,
            "status": sent.status,
            "disposition": evaluation.disposition,
            "holds": evaluation.holds,
            "analyzer": sent.analyzer,
        }
        if sent.dilution:
            data["dilution"] = sent.dilution
        subject = f"result:{accession}/{sent.test}"
        self._work.journal.tell(
            _VERBS[sent.source], subject, data, accession=accession, reason=reason or None
        )


_VERBS = {
    "analyzer": Verb.RESULT_FILED,
    "person": Verb.RESULT_ENTERED,
    "by_hand": Verb.RESULT_ENTERED,
    "calculation": Verb.RESULT_CALCULATED,
}


def _without_value(test: str, check: Check) -> Evaluation:
    return Evaluation(test, ReportedValue("", None, ""), (), "", (check,))


@cache
def _state_after(state: str, on_hold: bool) -> str:
    """Where a result stands once a value is filed or judged anew."""
    return str(advance(ResultState(state), Action.FILE_HELD if on_hold else Action.FILE_PASSED))
