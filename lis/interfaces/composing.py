"""An outbox row becomes the bytes that are sent: composed once, in the transaction that stores them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from lis.interfaces.arrivals import ASTM
from lis.interfaces.astm_work import CANCEL, NEW, handed_out, work_records
from lis.interfaces.hl7.outgoing import Address
from lis.interfaces.hl7.reports import report_message
from lis.interfaces.hl7.statuses import StatusNews, status_message
from lis.interfaces.hl7.times import write_instant
from lis.interfaces.hl7.work import ContainerWork, Step, no_work_message, step_number, work_message
from lis.interfaces.labelling import label_bytes
from lis.interfaces.routing import Line
from lis.kernel.errors import Invalid
from lis.services import reporting
from lis.storage import outbox
from lis.storage.work import Work

LAW = "ihe-law"


def control_id(row: Row[Any]) -> str:
    """MSH-10 of an outgoing message: the row's own, so that an answer finds it."""
    return f"OUT{row.id:09d}"


def compose(work: Work, line: Line, row: Row[Any]) -> bytes:
    """The bytes of a row. Invalid when nobody knows how to say it."""
    step = _KINDS.get(row.kind)
    if step is None:
        raise Invalid("outbox.kind", f"Nobody knows how to compose a message of kind {row.kind}.")
    return step(work, line, row)


def steps_of(work: Work, line: Line, row: Row[Any]) -> tuple[Step, ...]:
    """The steps that a row of analyzer work sends, or takes back, each under its number."""
    analyzer = work.catalog.analyzers[line.code]
    menu = {item.test: item for item in analyzer.menu}
    tests = row.refs["tests"]
    places = row.refs.get("cancels") or [(row.id, place) for place, _ in enumerate(tests, 1)]
    return tuple(
        Step(
            step_number(*place),
            test,
            menu[test].code if test in menu else test,
            work.catalog.tests[test].name,
        )
        for place, test in zip(places, tests, strict=True)
    )


def _address(work: Work, line: Line, row: Row[Any]) -> Address:
    return Address(
        application=line.our_application,
        facility=line.our_facility,
        to_application=line.application,
        to_facility=line.facility or line.our_facility,
        control_id=control_id(row),
        processing=work.head.environment,
        at=work.now,
        zone=line.zone,
    )


def _report(work: Work, line: Line, row: Row[Any]) -> bytes:
    report = reporting.report_of(work.connection, work.catalog, row.accession, versions=row.refs["versions"])
    return report_message(report, work.catalog, _address(work, line, row))


def _status(work: Work, line: Line, row: Row[Any]) -> bytes:
    order = work.orders.get(row.refs["order"])
    news = StatusNews(
        order,
        patient=work.patients.get(order.patient_id),
        tests=[work.ordered_tests.get(key) for key in row.refs["tests"]],
        status=row.refs["status"],
        reason=str(row.refs.get("reason", "")),
    )
    return status_message(news, work.catalog, _address(work, line, row))


def _analyzer_work(work: Work, line: Line, row: Row[Any]) -> bytes:
    container = work.containers.get(row.refs["container"])
    if line.profile.protocol == ASTM:
        return _records_of_work(work, line, row, container)
    specimen = work.specimens.get(container.specimen_id)
    order = work.orders.get(container.order_id)
    asked = ContainerWork(
        container=container.container_id,
        specimen_type=specimen.type,
        collected_at=write_instant(specimen.collected_at, line.zone),
        priority=order.priority,
        steps=steps_of(work, line, row),
        control="CA" if "cancels" in row.refs else "NW",
    )
    patient = work.patients.get(order.patient_id)
    address = _address(work, line, row)
    return work_message(patient, asked, address, line.code, law=line.profile.name == LAW)


def _no_work(work: Work, line: Line, row: Row[Any]) -> bytes:
    return no_work_message(row.refs["asked"], _address(work, line, row))


def _records_of_work(work: Work, line: Line, row: Row[Any], container: Row[Any]) -> bytes:
    action = CANCEL if "cancels" in row.refs else NEW
    one = handed_out(work, container, [step.code for step in steps_of(work, line, row)])
    return work_records(one, action, control_id(row), line.our_application, work.now, line.zone)


def _label(work: Work, line: Line, row: Row[Any]) -> bytes:
    return label_bytes(work.connection, work.catalog, row.refs["label"], work.zone, work.head.environment)


_KINDS = {
    outbox.RESULT_REPORT: _report,
    outbox.ORDER_STATUS: _status,
    outbox.ANALYZER_WORK: _analyzer_work,
    outbox.NO_WORK: _no_work,
    outbox.LABEL: _label,
}
