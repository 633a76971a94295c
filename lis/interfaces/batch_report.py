"""What became of the messages of a file, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select

from lis.interfaces.answers import read_answer
from lis.storage import tables as t
from lis.wire.astm_frames import ACK, NAK


def reply_told(reply: bytes) -> dict[str, Any]:
    """MSA-1, MSA-2 and the error codes (ERR-3, or ERR-1.4 of old versions); ACK or NAK of a link."""
    if reply in (ACK, NAK):
        return {"msa1": "ACK" if reply == ACK else "NAK", "msa2": "", "errors": []}
    answer = read_answer(reply)
    if answer is None:
        return {"msa1": "", "msa2": "", "errors": []}
    errors = [err.value(3, 1) or err.value(1, 4, 1) for err in answer.message.all("ERR")]
    return {"msa1": answer.code, "msa2": answer.answers, "errors": errors}


def told_of(connection: Connection, names: Mapping[str, str]) -> dict[str, Any]:
    """What the laboratory has of the messages: on charts, held, in quality control."""
    o, i = t.observation.c, t.inbound.c
    observations = connection.execute(select(t.observation).order_by(o.id)).all()
    messages = connection.execute(select(t.inbound).order_by(i.id)).all()
    held = [
        {"reason": row.reason, "what": " ".join(f"{row.code_sent} {row.value_sent} {row.unit_sent}".split())}
        for row in observations
        if row.state == "held"
    ]
    held += [
        {"reason": row.reason, "what": f"{row.message_type} {row.control_id}".strip() or row.detail}
        for row in messages
        if row.state in ("held", "unprocessed")
    ]
    return {
        "filed": _filed(connection, names),
        "held": held,
        "qc": _controls(connection, names),
        "dead_letter": any(row.state == "dead_letter" for row in messages),
    }


def _filed(connection: Connection, names: Mapping[str, str]) -> list[dict[str, Any]]:
    v, r, o, p = t.result_version, t.result, t.lab_order, t.patient
    query = (
        select(v, r.c.test, p.c.mrn, t.observation.c.unit_sent)
        .join(r, r.c.id == v.c.result_id)
        .join(o, o.c.id == r.c.order_id)
        .join(p, p.c.id == o.c.patient_id)
        .join(t.observation, t.observation.c.result_version_id == v.c.id)
        .order_by(v.c.id)
    )
    return [
        {
            "patient": row.mrn,
            "container": row.container_id,
            "test": names.get(row.test, row.test),
            "value": row.comparator + row.value,
            "unit": row.unit or row.unit_sent,
            "status": row.status,
        }
        for row in connection.execute(query)
    ]


def _controls(connection: Connection, names: Mapping[str, str]) -> list[dict[str, Any]]:
    c = t.control_observation.c
    return [
        {
            "material": row.material,
            "lot": row.lot,
            "level": row.level or None,
            "test": names.get(row.test, row.test),
            "value": row.value,
            "unit": row.unit,
        }
        for row in connection.execute(select(t.control_observation).order_by(c.id))
    ]
