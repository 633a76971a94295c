"""What every message that this laboratory begins has: MSH with our names, and PID and PV1 out of our rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row

from lis.interfaces.hl7.ack import OUR_VERSION, UTF8
from lis.interfaces.hl7.times import write_day, write_instant
from lis.wire.er7 import Seg, Value, build, comps


@dataclass(frozen=True, slots=True)
class Address:
    """Who writes to whom, under which number, when; `zone` is the reader's."""

    application: str
    facility: str
    to_application: str
    to_facility: str
    control_id: str
    processing: str
    at: datetime
    zone: ZoneInfo


def written(address: Address, kind: str, body: list[Seg], header: dict[int, Value] | None = None) -> bytes:
    """The message as UTF-8; `header` adds fields to MSH."""
    fields: dict[int, Value] = {
        3: address.application,
        4: address.facility,
        5: address.to_application,
        6: address.to_facility,
        7: write_instant(address.at, address.zone),
        9: comps(*kind.split("^")),
        10: address.control_id,
        11: address.processing,
        12: OUR_VERSION,
        18: UTF8,
    }
    return build([Seg("MSH", fields | (header or {})), *body]).encode()


def pid(patient: Row[Any], authority: str) -> Seg:
    """The patient: number with its authority, name, birth date, sex."""
    return Seg(
        "PID",
        {
            1: "1",
            3: comps(patient.mrn, "", "", authority, "MR"),
            5: comps(patient.family, patient.given, patient.middle, "", "", "", "L"),
            7: write_day(patient.birth_on),
            8: patient.sex,
        },
    )


def pv1(visit: Row[Any], authority: str) -> Seg:
    """The visit an order belongs to."""
    return Seg(
        "PV1",
        {
            1: "1",
            2: visit.patient_class,
            3: visit.location,
            19: comps(visit.number, "", "", authority, "VN"),
        },
    )
