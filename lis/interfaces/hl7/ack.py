"""Acknowledgements: MSH, MSA and ERR, in the sender's own delimiters, version and character set.

HL7 v2.5.1 sections 2.9.2, 2.9.3 (original and enhanced mode), 2.15.5 (ERR) and 2.15.8 (MSA); tables 0008, 0357, 0516.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo

from lis.interfaces.hl7.envelope import SUPPORTED, Envelope
from lis.interfaces.hl7.times import write_instant
from lis.wire.er7 import DEFAULT, Delimiters, Raw, Seg, Value, build, codec_of, comps, subs

OUR_VERSION = "2.5.1"
UTF8 = "UNICODE UTF-8"
ACCEPT = {"AA": "CA", "AE": "CE", "AR": "CR"}
_POINT_OF_CARE = (
    "R30",
    "R31",
    "R32",
)  # their acknowledgement has an event of its own (HL7 v2.5.1, chapter 7)

CONDITION_TEXTS = {
    "100": "Segment sequence error",
    "101": "Required field missing",
    "102": "Data type error",
    "103": "Table value not found",
    "198": "Non-Conformant Cardinality",
    "199": "Other HL7 Error",
    "200": "Unsupported message type",
    "201": "Unsupported event code",
    "202": "Unsupported processing id",
    "203": "Unsupported version id",
    "204": "Unknown key identifier",
    "205": "Duplicate key identifier",
    "206": "Application record locked",
    "207": "Application error",
}
"""HL7 table 0357: message error conditions."""


@dataclass(frozen=True, slots=True)
class ErrorCondition:
    """One error of a message: its HL7 0357 code, words for people, and where (`PID^1^3`)."""

    code: str
    text: str
    location: str = ""
    severity: str = "E"


@dataclass(frozen=True, slots=True)
class Reply:
    """What every reply needs of its sender: our names, our number for it, the instant and the zone of the interface."""

    application: str
    facility: str
    control_id: str
    at: datetime
    zone: ZoneInfo


def acknowledge(
    envelope: Envelope,
    reply: Reply,
    code: str,
    conditions: Sequence[ErrorCondition] = (),
    *,
    message_type: str = "",
    body: Iterable[Seg] = (),
) -> bytes:
    """The reply to a message: MSH, MSA, an ERR per condition, then `body`; an ACK unless told otherwise."""
    marks = _marks(envelope)
    kind = message_type or ack_type(envelope)
    segments = [
        _header(envelope, reply, kind, marks),
        _msa(envelope, code, conditions),
        *(_err(envelope.version, condition) for condition in conditions),
        *body,
    ]
    return _encoded(segments, envelope, marks)


def ack_type(envelope: Envelope) -> str:
    """MSH-9 of a plain acknowledgement; the third component came with version 2.3.1."""
    event = envelope.field(9, 2)
    if not event:
        return "ACK"
    if event in _POINT_OF_CARE:
        event = "R33"
    return f"ACK^{event}^ACK" if is_since(envelope.version, "2.4") else f"ACK^{event}"


def is_since(version: str, first: str) -> bool:
    """Whether a version is `first` or later; an unknown one counts as ours."""
    known = version if version in SUPPORTED else OUR_VERSION
    return _numbers(known) >= _numbers(first)


@cache
def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _marks(envelope: Envelope) -> Delimiters:
    """The sender's own delimiters, so that MSH-10 can be given back byte for byte."""
    if envelope.message is None or not envelope.message.well_declared:
        return DEFAULT
    return envelope.message.delimiters


def _header(envelope: Envelope, reply: Reply, kind: str, marks: Delimiters) -> Seg:
    header, version = envelope.header, envelope.version
    charset = header.value(18)
    fields: dict[int, Value] = {
        3: reply.application,
        4: reply.facility,
        5: Raw(header[3]),
        6: Raw(header[4]),
        7: write_instant(reply.at, reply.zone),
        9: comps(*kind.split("^")),
        10: reply.control_id,
        11: Raw(header[11]) if header[11] else "P",
        12: version if version in SUPPORTED else OUR_VERSION,
    }
    if codec_of(charset):
        fields[18] = charset
    if "IHE" in header[21]:
        fields[21] = Raw(header[21])
    if marks is DEFAULT and envelope.message is not None and not envelope.message.well_declared:
        fields = {number: _plain(value) for number, value in fields.items()}
    return Seg("MSH", fields)


def _plain(value: Value) -> Value:
    """Text of a badly declared message, which may hold our own delimiters, is escaped instead of copied."""
    return str(value) if isinstance(value, Raw) else value


def _msa(envelope: Envelope, code: str, conditions: Sequence[ErrorCondition]) -> Seg:
    fields: dict[int, Value] = {1: code, 2: Raw(envelope.control_id)}
    if conditions and not is_since(envelope.version, "2.5"):
        first = conditions[0]
        fields[3] = first.text
        fields[6] = comps(first.code, CONDITION_TEXTS[first.code], "HL70357")
    return Seg("MSA", fields)


def _err(version: str, condition: ErrorCondition) -> Seg:
    where = condition.location.split("^") if condition.location else []
    if not is_since(version, "2.5"):
        code = subs(condition.code, CONDITION_TEXTS[condition.code], "HL70357")
        return Seg("ERR", {1: comps(*[*where, "", "", ""][:3], code)})
    return Seg(
        "ERR",
        {
            2: comps(*where),
            3: comps(condition.code, CONDITION_TEXTS[condition.code], "HL70357"),
            4: condition.severity,
            8: condition.text,
        },
    )


def _encoded(segments: Sequence[Seg], envelope: Envelope, marks: Delimiters) -> bytes:
    """In the sender's character set; in UTF-8, and saying so, when our words do not fit in it."""
    try:
        text = build(segments, marks)
    except ValueError:  # the sender declared no escape character, and something needs one
        text = build(segments)
    try:
        return text.encode(_codec(envelope))
    except UnicodeEncodeError:
        header = Seg("MSH", {**segments[0].fields, 18: UTF8})
        return build([header, *segments[1:]], marks).encode()


def _codec(envelope: Envelope) -> str:
    declared = envelope.header.value(18)
    if envelope.codec == "latin-1" or not declared.strip():
        return envelope.codec if envelope.codec == "latin-1" else "ascii"
    return codec_of(declared) or envelope.codec
