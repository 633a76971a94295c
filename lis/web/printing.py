"""From rows to what documents print: labels, reports and QC reviews, as text in the laboratory's zone."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, select

from lis.documents.labels import LabelData
from lis.documents.qc_reviews import QcReview
from lis.documents.reports import (
    Laboratory,
    Previous,
    ReportData,
    ReportGroup,
    ReportOrder,
    ReportPatient,
    ReportRow,
)
from lis.domain.workflow import IN_LAB, ResultState
from lis.interfaces.labelling import label_data
from lis.kernel.clock import local
from lis.kernel.errors import NotFound
from lis.lab import Reading
from lis.services import reporting
from lis.storage import tables as t
from lis.web.queries import occurring, quality
from lis.web.words import NO_VALUE, STATE_WORDS, age_text

STATUS_WORDS = {"F": "Final", "P": "Preliminary", "C": "Corrected", "X": "Cancelled"}
# What a row need not say: it is final, or it has no value, which stands where the value would.
UNSAID = ("F", "X")
TRAINING = "T"
UNKNOWN = "not known"


def label_of(reading: Reading, container_id: str) -> LabelData:
    """The newest label of a container, just as the printer has it."""
    label, c = t.label_print.c, t.container.c
    query = (
        select(label.id).join(t.container, c.id == label.container_pk).where(c.container_id == container_id)
    )
    newest = reading.connection.execute(query.order_by(label.copy.desc()).limit(1)).scalar_one_or_none()
    if newest is None:
        raise NotFound(
            "label.none",
            f"No label was printed for {container_id}.",
            "It is printed when the tube is received.",
        )
    head = reading.head
    return label_data(reading.connection, reading.catalog, newest, reading.zone, head.environment)


def tubes_with_labels(reading: Reading, accession: str) -> list[str]:
    """An order's containers that have a label; what is rejected or thrown away gets none."""
    c, o, p = t.container.c, t.lab_order.c, t.label_print.c
    query = (
        select(c.container_id)
        .join(t.lab_order, o.id == c.order_id)
        .where(o.accession == accession, c.state.in_(IN_LAB), c.id.in_(select(p.container_pk)))
        .order_by(c.number)
    )
    return list(reading.connection.execute(query).scalars())


def report_of(reading: Reading, accession: str) -> ReportData:
    """The released values of a case as its printed report says them."""
    report = reporting.report_of(reading.connection, reading.catalog, accession)
    zone = reading.zone
    groups = tuple(_group(group, report, zone) for group in report.groups if group.lines)
    laboratory = reading.catalog.laboratory
    order = report.order
    return ReportData(
        laboratory=Laboratory(laboratory.name, (*laboratory.address, laboratory.phone)),
        patient=_patient(report.patient, reading),
        order=ReportOrder(
            accession=accession,
            ordering_provider=order.provider,
            location=order.location,
            collected_at=_first([group.collected_at for group in report.groups], zone) or UNKNOWN,
            received_at=_first([group.received_at for group in report.groups], zone),
            reported_at=_last([line.released_at for group in report.groups for line in group.lines], zone),
            collected_by=next((group.collected_by for group in report.groups if group.collected_by), ""),
            placer_number=order.placer_group,
            priority=STATE_WORDS.get(order.priority, order.priority),
        ),
        groups=groups,
        status=STATUS_WORDS[report.status],
        printed_at=reading.now,
        printed_at_text=moment(reading.now, zone, seconds=True),
        pending=_pending(reading, order.id),
        comments=report.notes,
        verified_by=_verifiers(reading, report),
        critical_calls=tuple(call.text(ZoneInfo(zone)) for call in report.calls),
        disclaimers=tuple(text for text in (reading.catalog.texts.get("report.disclaimer", ""),) if text),
        environment=_banner(reading),
    )


def qc_review_of(reading: Reading, analyzer: str) -> QcReview:
    """The charts of an analyzer's controls, and the occurrences reported about them, for a person to sign."""
    known = reading.catalog.analyzers.get(analyzer)
    if known is None:
        raise NotFound("analyzer.unknown", f"There is no analyzer {analyzer} here.")
    drawn = [quality.chart(reading, analyzer, item.test) for item in known.menu]
    zone = reading.zone
    return QcReview(
        laboratory=reading.catalog.laboratory.name,
        period=f"{known.name} {analyzer}, the last {quality.CHART_RUNS} runs of each test",
        charts=tuple(chart for chart in drawn if chart is not None),
        printed_at=reading.now,
        printed_at_text=moment(reading.now, zone, seconds=True),
        remarks=tuple(
            f"{moment(row.opened_at, zone)} {row.subject}: {row.what} {row.action}".rstrip()
            for row in occurring.about(reading, f"control:{analyzer}/")
        ),
        environment=_banner(reading),
    )


def _banner(reading: Reading) -> str:
    """What stands across every page of a laboratory that is not for patients."""
    is_training = reading.head.environment == TRAINING
    return "TRAINING — synthetic patients, not for clinical use" if is_training else ""


def moment(at: datetime | None, zone: str, *, seconds: bool = False) -> str:
    """An instant as paper has it: in the lab's zone, with the zone's short name."""
    if at is None:
        return ""
    return f"{local(at, zone):{'%Y-%m-%d %H:%M:%S %Z' if seconds else '%Y-%m-%d %H:%M %Z'}}"


def _patient(patient: Row[Any], reading: Reading) -> ReportPatient:
    age = age_text(patient.birth_on, reading.now, reading.zone) if patient.birth_on else ""
    birth_date = patient.birth_on.isoformat() if patient.birth_on else "not known"
    return ReportPatient(f"{patient.family}, {patient.given}", patient.mrn, birth_date, age, patient.sex)


def _group(group: reporting.ReportGroup, report: reporting.Report, zone: str) -> ReportGroup:
    specimen = (
        f"{group.specimen_type} {group.container_id}, collected {moment(group.collected_at, zone) or UNKNOWN}"
    )
    return ReportGroup(group.name, tuple(_row(line, zone) for line in group.lines), specimen)


def _row(line: reporting.ReportLine, zone: str) -> ReportRow:
    previous = (Previous(line.replaced),) if line.replaced else ()
    return ReportRow(
        test=line.name,
        result=f"{line.comparator}{line.value}" or NO_VALUE,
        flag=" ".join(line.flags),
        unit=line.unit_text,
        interval=line.interval_text,
        status=STATUS_WORDS.get(line.status, line.status) if line.status not in UNSAID else "",
        notes=(line.comment,) if line.comment else (),
        previous=previous,
    )


def _verifiers(reading: Reading, report: reporting.Report) -> tuple[str, ...]:
    """Who verified something of it, by name; a code that is no member of staff stays as it is."""
    codes = {line.verified_by for group in report.groups for line in group.lines if line.verified_by}
    s = t.staff.c
    known = {
        row.code: row.name
        for row in reading.connection.execute(select(s.code, s.name).where(s.code.in_(codes)))
    }
    return tuple(f"{known[code]} ({code})" if code in known else code for code in sorted(codes))


def _pending(reading: Reading, order_id: int) -> tuple[str, ...]:
    r = t.result.c
    closed = (ResultState.RELEASED, ResultState.CANCELLED)
    query = select(r.test).where(r.order_id == order_id, r.state.notin_(closed)).order_by(r.id)
    tests = reading.catalog.tests
    return tuple(
        tests[code].name if code in tests else code for code in reading.connection.execute(query).scalars()
    )


def _first(instants: list[datetime | None], zone: str) -> str:
    return moment(min((at for at in instants if at), default=None), zone)


def _last(instants: list[datetime | None], zone: str) -> str:
    return moment(max((at for at in instants if at), default=None), zone)
