"""What became of ordered tests, told to whoever placed them: OML^O21 with SC or OC (IHE LAB-1; HL7 table 0119)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from lis.domain.catalog import Catalog
from lis.interfaces.hl7.outgoing import Address, pid, written
from lis.interfaces.hl7.replies import filler_number
from lis.wire.er7 import Seg, Value, comps

CANCELLED = "CA"  # HL7 table 0038
_CONTROL = {CANCELLED: "OC"}
_RESULT_STATUS = {CANCELLED: "X"}  # HL7 table 0123


@dataclass(frozen=True, slots=True)
class StatusNews:
    """What is said of ordered tests: their status and why; without a reason, each test's own."""

    order: Row[Any]
    patient: Row[Any]
    tests: Sequence[Row[Any]]
    status: str
    reason: str


def status_message(news: StatusNews, catalog: Catalog, address: Address) -> bytes:
    """One ORC/OBR per ordered test with its status (ORC-5) and the reason (ORC-16)."""
    body = [pid(news.patient, address.to_facility)]
    for number, test in enumerate(news.tests, 1):
        placer = comps(test.placer_number, address.to_application) if test.placer_number else ""
        filler = comps(filler_number(news.order.accession, test.code), address.application)
        body.append(_orc(news, test, {2: placer, 3: filler}, address))
        body.append(_obr(news, test, {1: str(number), 2: placer, 3: filler}, catalog))
    return written(address, "OML^O21^OML_O21", body)


def _orc(news: StatusNews, test: Row[Any], numbers: dict[int, Value], address: Address) -> Seg:
    group, words = news.order.placer_group, news.reason or test.reason
    fields: dict[int, Value] = {
        1: _CONTROL.get(news.status, "SC"),
        4: comps(group, address.to_application) if group else "",
        5: news.status,
        16: comps("", words) if words else "",
    }
    return Seg("ORC", numbers | fields)


def _obr(news: StatusNews, test: Row[Any], numbers: dict[int, Value], catalog: Catalog) -> Seg:
    orderable = catalog.orderable(test.code)
    name = orderable.name if orderable else ""
    status = _RESULT_STATUS.get(news.status, "")
    return Seg("OBR", numbers | {4: comps(test.code, name, "L"), 25: status})
