"""What became of ordered tests, told to whoever placed them: OML^O21 with SC or OC (IHE LAB-1; HL7 table 0119)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row

from lis.domain.catalog import Catalog
from lis.interfaces.hl7.outgoing import Address, pid, written
from lis.interfaces.hl7.replies import filler_number
from lis.wire.er7 import Seg, comps

CANCELLED = "CA"  # HL7 table 0038
_CONTROL = {CANCELLED: "OC"}
_RESULT_STATUS = {CANCELLED: "X"}  # HL7 table 0123


def status_message(
    order: Row[Any],
    patient: Row[Any],
    tests: Sequence[Row[Any]],
    status: str,
    reason: str,
    catalog: Catalog,
    address: Address,
) -> bytes:
    """One ORC/OBR per ordered test with its status (ORC-5) and the reason (ORC-16)."""
    body = [pid(patient, address.to_facility)]
    for number, test in enumerate(tests, 1):
        body += _lines(order, test, number, status, reason, catalog, address)
    return written(address, "OML^O21^OML_O21", body)


def _lines(
    order: Row[Any],
    test: Row[Any],
    number: int,
    status: str,
    reason: str,
    catalog: Catalog,
    address: Address,
) -> list[Seg]:
    orderable = catalog.orderable(test.code)
    placer = comps(test.placer_number, address.to_application) if test.placer_number else ""
    filler = comps(filler_number(order.accession, test.code), address.application)
    words = reason or test.reason
    return [
        Seg(
            "ORC",
            {
                1: _CONTROL.get(status, "SC"),
                2: placer,
                3: filler,
                4: comps(order.placer_group, address.to_application) if order.placer_group else "",
                5: status,
                16: comps("", words) if words else "",
            },
        ),
        Seg(
            "OBR",
            {
                1: str(number),
                2: placer,
                3: filler,
                4: comps(test.code, orderable.name if orderable else "", "L"),
                25: _RESULT_STATUS.get(status, ""),
            },
        ),
    ]
