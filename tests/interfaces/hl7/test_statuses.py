"""What became of ordered tests, as the placer is told."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from lis.interfaces.hl7.outgoing import Address
from lis.interfaces.hl7.statuses import CANCELLED, StatusNews, status_message
from tests.labs import START, SmallLab

ADDRESS = Address(
    application="LIS",
    facility="LAB",
    to_application="HIS",
    to_facility="WARD",
    control_id="OUT1",
    processing="T",
    at=START,
    zone=ZoneInfo("America/Chicago"),
)


@pytest.mark.parametrize(
    ("status", "reason", "control", "end", "result"),
    [
        (CANCELLED, "Asked by the ward", "OC", "|||||||||||^Asked by the ward", "|||||||||||||||||||||X"),
        (CANCELLED, "", "OC", "", "|||||||||||||||||||||X"),
        ("IP", "", "SC", "", ""),
    ],
)
def test_each_test_has_its_status_and_the_reason(
    small: SmallLab, status: str, reason: str, control: str, end: str, result: str
) -> None:
    accession = small.order("LYTES", "COAGS", peer="HIS").accession
    with small.work() as work:
        order = work.orders.by_accession(accession)
        tests = work.ordered_tests.having(order_id=order.id)
        patient = work.patients.get(order.patient_id)
        news = StatusNews(order, patient, tests, status, reason)
        sent = status_message(news, work.catalog, ADDRESS).decode().split("\r")
    lytes, coags = (f"P{n}-H0001^HIS|{accession}-{code}^LIS" for n, code in enumerate(("LYTES", "COAGS")))
    assert sent[2:6] == [
        f"ORC|{control}|{lytes}||{status}{end}",
        f"OBR|1|{lytes}|LYTES^Electrolytes^L{result}",
        f"ORC|{control}|{coags}||{status}{end}",
        f"OBR|2|{coags}|COAGS^PT and INR^L{result}",
    ]
