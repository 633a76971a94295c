"""What stands beside an order is read once: clinical information, the hour of a timed draw, notes."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from lis.interfaces.hl7.orders import read_orders
from lis.interfaces.profiles import profile
from lis.wire.er7 import Message
from tests.interfaces.messages import PID, joined, msh

ZONE = ZoneInfo("America/Chicago")


def notes_and_priority(*segments: str, kind: str = "OML^O21^OML_O21") -> tuple[str, str]:
    """What the order says of itself."""
    message = Message.parse(joined(msh(kind), PID, *segments))
    request = read_orders(message, profile("hospital"), "HIS", ZONE).request
    assert request is not None
    return request.notes, request.priority


def test_clinical_information_is_said_once_for_all_tests_of_a_requisition() -> None:
    tests = [f"ORC|NW|P{n}\rOBR|{n}|P{n}||LYTES|||||||||post dialysis" for n in (1, 2)]
    assert notes_and_priority(*tests) == ("Clinical information: post dialysis", "R")


@pytest.mark.parametrize(
    ("kind", "segments"),
    [
        (
            "OML^O21^OML_O21",
            ("ORC|NW|P1", "TQ1|1||||||20260302130000-0600||T^Timing critical", "OBR|1|P1||LYTES"),
        ),
        (
            "ORM^O01^ORM_O01",
            ("ORC|NW|P1", f"OBR|1|P1||LYTES{'|' * 23}^^^20260302130000-0600^^T"),
        ),
    ],
)
def test_a_timed_order_says_at_what_hour_it_was_to_be_drawn(kind: str, segments: tuple[str, ...]) -> None:
    assert notes_and_priority(*segments, kind=kind) == ("To be collected 2026-03-02 13:00", "T")


def test_a_start_time_of_an_order_that_is_not_timed_is_no_appointment() -> None:
    order = ("ORC|NW|P1", "TQ1|1||||||20260302130000-0600||S", "OBR|1|P1||LYTES", "NTE|1||left arm")
    assert notes_and_priority(*order) == ("left arm", "S")


def test_a_site_outside_says_when_it_separated_a_specimen() -> None:
    order = (
        "ORC|NW|P1\rOBR|1|P1||LYTES",
        "SPM|1|H1||SER|||||||P||||||20260302090000-0600",
        "OBX|1|TS|SEPARATED^Specimen separated at^L||20260302094200-0600||||||F\rSAC|||H1",
        "ORC|NW|P2\rOBR|2|P2||CBC",
        "SPM|2|H2||WB|||||||P||||||20260302090000-0600\rSAC|||H2",
    )
    message = Message.parse(joined(msh("OML^O21^OML_O21"), PID, *order))
    request = read_orders(message, profile("hospital"), "HIS", ZONE).request
    assert request is not None
    separated = {tube.collection_number: tube.separated_at for tube in request.specimens}
    assert separated == {"H1": datetime(2026, 3, 2, 15, 42, tzinfo=UTC), "H2": None}
