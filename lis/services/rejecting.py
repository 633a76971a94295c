"""A specimen, or some tests of it, is refused with a coded reason; what follows from that is done at once.

Following: a call that is due, a note on the report, the placer told, and the tests either end or wait for a new
specimen, which is tracked from request to receipt. The condition and disposition of rejected specimens are kept (CLIA,
42 CFR 493.1283(a)).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from lis.domain.catalog import RejectionReason
from lis.domain.events import Verb
from lis.domain.people import Act
from lis.domain.reception import is_irreplaceable
from lis.domain.workflow import Action, ContainerState, ResultState, TestState, advance, can
from lis.kernel.errors import Invalid
from lis.services import (
    arriving,
    cancelling,
    collected,
    filing,
    notifying,
    noting,
    recollecting,
    settling,
    working,
)
from lis.services.finding import known_container, tests_of_container
from lis.storage.work import Work


@dataclass(frozen=True, slots=True)
class Rejection:
    """What a rejection led to: the tests it hit, the call that is due, the container asked for in its place."""

    container_id: str
    tests: tuple[str, ...]
    call_id: int
    replacement: str = ""


def reject_container(
    work: Work, container_id: str, reason_code: str, *, comment: str = "", recollect: bool | None = None
) -> Rejection:
    """Refuse a whole container. `recollect` is to be said where the reason leaves it open."""
    case = _Case.of(work, container_id, reason_code, comment, recollect)
    results = [row for row in work.results.of_container(case.container.id) if _is_open(row)]
    state = advance(ContainerState(case.container.state), Action.REJECT)
    work.containers.change(
        case.container.id,
        state=state,
        reason=case.reason.reason,
        closed_at=work.now,
        received_at=case.container.received_at or work.now,  # it came, and was refused
        received_by=case.container.received_by or work.actor.code,
    )
    return case.reject(results, whole=True)


def kept_back_tests(work: Work, container_id: str) -> list[str]:
    """The tests that reception kept back and that nobody has decided on; of a tube still to come, those it would."""
    container = known_container(work, container_id)
    if container.state == ContainerState.EXPECTED:
        return sorted(arriving.judge(work, container).lost)
    return sorted(arriving.kept_back(container))


def reject_tests(
    work: Work,
    container_id: str,
    codes: Collection[str],
    reason_code: str,
    *,
    comment: str = "",
    recollect: bool | None = None,
) -> Rejection:
    """Refuse some tests of a container, by orderable or by single test; the others go on."""
    case = _Case.of(work, container_id, reason_code, comment, recollect)
    wanted: set[str] = set()
    for code in codes:
        orderable = work.catalog.orderable(code)
        wanted |= {code, *(orderable.tests if orderable else ())}
    there = [row for row in work.results.of_container(case.container.id) if _is_open(row)]
    named = ({row.test for row in there} & wanted) - _indices(work)
    if not named:
        raise Invalid("rejection.no_test", "None of these tests is measured from this container.")
    hit = named | _depending(work, named)
    if {row.test for row in there} - _indices(work) <= hit:
        hit |= _indices(work)  # nothing is left that an index could speak of
    results = [row for row in there if row.test in hit]
    return case.reject(results, whole=False)


@dataclass(frozen=True, slots=True)
class _Case:
    """One rejection, with everything it was decided on."""

    work: Work
    container: Row[Any]
    order: Row[Any]
    reason: RejectionReason
    comment: str
    recollect: bool

    @classmethod
    def of(
        cls, work: Work, container_id: str, reason_code: str, comment: str, recollect: bool | None
    ) -> _Case:
        work.require(Act.SPECIMEN_REJECT)
        reason = work.catalog.rejection_reasons.get(reason_code)
        if reason is None:
            raise Invalid("rejection.reason", f"{reason_code} is no rejection reason of this laboratory.")
        container = known_container(work, container_id)
        if is_irreplaceable(work.specimens.get(container.specimen_id).type, work.catalog):
            work.require(Act.SPECIMEN_EXCEPTION)
        decided = recollect if recollect is not None else {"Y": True, "N": False}.get(reason.recollect)
        if decided is None:
            raise Invalid(
                "rejection.recollect",
                f"{reason.reason}: say whether a new specimen is asked for.",
                reason.action,
            )
        return cls(work, container, work.orders.get(container.order_id), reason, comment, decided)

    def reject(self, results: list[Row[Any]], *, whole: bool) -> Rejection:
        work = self.work
        ordered = _ordered_tests(work, self.container, results)
        self._write_down(ordered, results, whole=whole)
        released = [row for row in results if row.state == ResultState.RELEASED]
        self._retract(released)
        waiting = [row for row in results if row.state != ResultState.RELEASED]
        self._withdraw(waiting)
        replacement = self._recollect(results, ordered) if self.recollect else ""
        if not self.recollect:
            self._end(waiting, ordered)
        self._tell(ordered, results)
        cancelling.judge_rest(work, self.order, results)
        settling.settle(work, self.order)
        return Rejection(
            self.container.container_id, tuple(row.test for row in results), self._call(results), replacement
        )

    def _write_down(self, ordered: list[Row[Any]], results: list[Row[Any]], *, whole: bool) -> None:
        self.work.rejections.add_all(
            {
                "container_pk": self.container.id,
                "ordered_test_id": ordered_test_id,
                "reason_code": self.reason.code,
                "comment": self.comment,
                "rejected_at": self.work.now,
                "rejected_by": self.work.actor.code,
            }
            for ordered_test_id in ([None] if whole else [test.id for test in ordered])
        )
        self.work.journal.append(
            Verb.SPECIMEN_REJECTED,
            f"container:{self.container.container_id}",
            accession=self.order.accession,
            reason=self.reason.code,
            hl70490=self.reason.hl70490,
            whole=whole,
            tests=[row.test for row in results],
            recollect=self.recollect,
            comment=self.comment,
        )

    def _retract(self, released: list[Row[Any]]) -> None:
        """Values that readers hold already: taking them back is a correction, sent out by a person."""
        if released:
            self.work.require(Act.RESULT_CORRECT)
        for row in released:
            filing.file_retraction(self.work, self.order, row, f"Specimen rejected: {self.reason.reason}.")

    def _withdraw(self, waiting: list[Row[Any]]) -> None:
        """Values that nobody outside has seen come off the chart; their versions stay."""
        for row in waiting:
            if row.state == ResultState.PENDING:
                continue
            state = advance(ResultState(row.state), Action.WITHDRAW)
            self.work.results.change(row.id, state=state, verified_at=None, verified_by="", checks=[])
            self.work.journal.append(
                Verb.RESULT_WITHDRAWN,
                f"result:{self.order.accession}/{row.test}",
                accession=self.order.accession,
                reason=self.reason.code,
                was=row.state,
            )
        tests = [row.test for row in waiting]
        working.cancel_work(self.work, self.container.id, tests)
        container = self.work.containers.get(self.container.id)
        arriving.keep_back(self.work, container, arriving.kept_back(container) - set(tests))

    def _recollect(self, results: list[Row[Any]], ordered: list[Row[Any]]) -> str:
        for test in ordered:
            test = self.work.ordered_tests.get(test.id)  # a retraction may have reopened it
            if can(TestState(test.state), Action.RECOLLECT):
                state = advance(TestState(test.state), Action.RECOLLECT)
                self.work.ordered_tests.change(test.id, state=state, reason=self.reason.reason)
        return recollecting.request(self.work, self.order, self.container, results, reason=self.reason.code)

    def _end(self, waiting: list[Row[Any]], ordered: list[Row[Any]]) -> None:
        for row in waiting:
            self.work.results.change(row.id, state=advance(ResultState.PENDING, Action.CANCEL))
        for test in ordered:
            if _nothing_left(self.work, test) and can(TestState(test.state), Action.CANCEL):
                cancelling.end_ordered_test(self.work, self.order, test, reason=self.reason.reason)

    def _tell(self, ordered: list[Row[Any]], results: list[Row[Any]]) -> None:
        names = ", ".join(self.work.catalog.tests[row.test].name for row in results)
        follows = "New specimen requested." if self.recollect else "Cancelled."
        noting.add_note(self.work, self.order.id, f"Not performed: {names}. {self.reason.reason}. {follows}")
        cancelling.tell_placer(
            self.work,
            self.order,
            [test.id for test in ordered],
            cancelling.ON_HOLD if self.recollect else cancelling.CANCELLED,
            reason=self.reason.code,
            hl70490=self.reason.hl70490,
            container=self.container.id,
        )

    def _call(self, results: list[Row[Any]]) -> int:
        tests = ", ".join(row.test for row in results)
        follows = "new specimen needed" if self.recollect else "cancelled"
        return notifying.open_call(
            self.work,
            notifying.REJECT,
            what=f"{self.reason.reason} ({self.container.container_id}): {tests}: {follows}",
            accession=self.order.accession,
            order_id=self.order.id,
            container_pk=self.container.id,
        )


def _is_open(row: Row[Any]) -> bool:
    return bool(row.state != ResultState.CANCELLED)


def _indices(work: Work) -> set[str]:
    return set(work.catalog.index_tests.values())


def _depending(work: Work, tests: Iterable[str]) -> set[str]:
    """What is calculated from refused tests cannot be had without them."""
    refused = set(tests)
    return {test for test in work.catalog.calculated if not collected.made_of(work, test).isdisjoint(refused)}


def _ordered_tests(work: Work, container: Row[Any], results: list[Row[Any]]) -> list[Row[Any]]:
    """The ordered tests that ask for some of the results; indices come with every panel and ask for nothing."""
    hit = {row.test for row in results} - _indices(work)
    return [
        test
        for test in tests_of_container(work, container)
        if test.state != TestState.CANCELLED
        and (orderable := work.catalog.orderable(test.code))
        and not hit.isdisjoint(orderable.tests)
    ]


def _nothing_left(work: Work, test: Row[Any]) -> bool:
    """Whether all a test asks for is cancelled, but for indices."""
    orderable = work.catalog.orderable(test.code)
    asked = set(orderable.tests if orderable else ()) - _indices(work)
    rows = {row.test: row for row in work.results.of_order(test.order_id)}
    return all(rows[code].state == ResultState.CANCELLED for code in asked if code in rows)
