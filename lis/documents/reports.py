"""The laboratory report as PDF: everything arrives as text, in the lab's zone, ready to be read.

What a report must carry follows 42 CFR 493.1291(c): two patient identifiers, the laboratory's name and
address, the report date, the test, the specimen and its condition, the result with units and interpretation;
(k): a corrected report says so and keeps what was reported before.
"""

from dataclasses import asdict, dataclass
from datetime import datetime

from lis.documents.texts import printable
from lis.documents.typesetting import typeset_pdf

FLAG_MARKS = {"H": "▲", "L": "▼", "HH": "▲▲", "LL": "▼▼"}
"""The mark beside a flag's letter, so that a grey print and a colour-blind reader lose nothing."""


@dataclass(frozen=True)
class Laboratory:
    """The head of the report; `lines` are address, telephone, director, registration as the lab writes them."""

    name: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReportPatient:
    """Who the report is about: the name and a second identifier, always."""

    name: str
    mrn: str
    birth_date: str
    age: str
    sex: str


@dataclass(frozen=True)
class ReportOrder:
    """What was asked, by whom, and when things happened (times with the zone's abbreviation)."""

    accession: str
    ordering_provider: str
    location: str
    collected_at: str
    received_at: str
    reported_at: str
    collected_by: str = ""
    placer_number: str = ""
    priority: str = ""


@dataclass(frozen=True)
class Previous:
    """A value that was reported and then corrected, with the time when readers got it, if known."""

    result: str
    reported_at: str = ""
    reason: str = ""


@dataclass(frozen=True)
class ReportRow:
    """One reported value: `result` carries its comparator, `interval` its bounds as text."""

    test: str
    result: str
    flag: str = ""
    unit: str = ""
    interval: str = ""
    status: str = ""
    notes: tuple[str, ...] = ()
    previous: tuple[Previous, ...] = ()


@dataclass(frozen=True)
class ReportGroup:
    """The rows of one panel; `specimen` is what they were measured in, its condition and its own times, as text."""

    title: str
    rows: tuple[ReportRow, ...]
    specimen: str = ""
    comments: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReportData:
    """A whole report. `printed_at` is the instant of printing, `printed_at_text` the same in the lab's zone."""

    laboratory: Laboratory
    patient: ReportPatient
    order: ReportOrder
    groups: tuple[ReportGroup, ...]
    status: str
    printed_at: datetime
    printed_at_text: str
    pending: tuple[str, ...] = ()
    comments: tuple[str, ...] = ()
    verified_by: tuple[str, ...] = ()
    critical_calls: tuple[str, ...] = ()
    disclaimers: tuple[str, ...] = ()
    environment: str = "TRAINING — synthetic patients, not for clinical use"


def report_pdf(data: ReportData, paper: str = "us-letter") -> bytes:
    """The report as tagged PDF/UA-1; the same data gives the same bytes. Paper: us-letter or a4.

    Refuses a report without both patient identifiers, and a row without a result.
    """
    return typeset_pdf(
        "report.typ", report_page(data, paper), created_at=data.printed_at, standards=("ua-1",)
    )


def report_page(data: ReportData, paper: str = "us-letter") -> dict[str, object]:
    """What the template reads for `report_pdf`."""
    _check(data)
    content = asdict(data)
    del content["printed_at"]
    return {**content, "paper": paper, "marks": FLAG_MARKS}


def _check(data: ReportData) -> None:
    if not (printable(data.patient.name) and printable(data.patient.mrn)):
        raise ValueError(f"report {data.order.accession} lacks a patient identifier")
    for group in data.groups:
        for row in group.rows:
            if not printable(row.result):
                raise ValueError(f"report {data.order.accession}: {row.test} has no result")
