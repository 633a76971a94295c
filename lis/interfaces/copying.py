"""An edited copy of a stored message goes its way as a message of its own, marked as made by hand.

The original stays as it is. The copy has another number, keeps the processing id (MSH-11, H-12), meets the real inbox
or waits in the real outbox, and the journal says who made it out of what, and why.
"""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import Row

from lis.domain.events import Verb
from lis.domain.people import Act
from lis.interfaces.arrivals import ASTM, HL7, Arrival, items_of
from lis.interfaces.astm_envelope import KIND
from lis.interfaces.astm_work import is_records
from lis.interfaces.composing import control_id
from lis.interfaces.inbox import Inbox
from lis.kernel.errors import Conflict, Invalid
from lis.storage import outbox
from lis.storage.work import Work
from lis.wire.er7 import CharsetError, decode

BY_HAND = "by_hand"
"""The kind of outbox rows that a person wrote: no use case reads them."""
PEER = "by hand: copy of in "
"""Before the original's key, where other messages say from which address they came."""

_LINES = re.compile(r"\r\n|\r|\n")
_NUMBER, _PROCESSING = {HL7: 10, ASTM: 3}, {HL7: 11, ASTM: 12}


def text_of(raw: bytes) -> str:
    """A message for a text box: a segment or record on each line."""
    return "\n".join(line for line in _LINES.split(_decoded(raw)[0].strip("\x0b\x1c\ufeff")) if line)


def copy_of(row: Row[Any]) -> int | None:
    """The key of the message that an inbound row is an edited copy of; None for one that came over a line."""
    key = str(row.peer).removeprefix(PEER)
    return int(key) if row.peer.startswith(PEER) and key.isdigit() else None


def make_inbound(work: Work, inbox: Inbox, original_id: int, text: str, *, reason: str) -> int:
    """Put an edited copy of a message that came before the inbox, as if it came now. The new message's key."""
    _require(work, reason)
    person, cause = work.actor, work.journal.cause
    key = take_copy(work, inbox, original_id, text)
    work.actor = work.journal.actor = person
    work.journal.cause = cause
    _tell(work, f"message:{key}", f"message:{original_id}", work.inbound.get(key).accession, reason)
    return key


def take_copy(work: Work, inbox: Inbox, original_id: int, text: str) -> int:
    """The same without asking who; previews take it back. The Work acts as the system then."""
    original = work.inbound.get(original_id)
    protocol = ASTM if original.message_type == KIND else HL7
    lines = _checked(original.raw, text, protocol)
    raw = _encoded(original.raw, _numbered(work, original, lines, protocol))
    arrival = Arrival(raw, f"{PEER}{original_id}", original.interface or None, protocol=protocol)
    items = list(items_of([arrival]))
    if len(items) != 1:
        raise Invalid("copy.one_message", f"These are {len(items)} messages.", "Send them one by one.")
    [(key, _)] = inbox.take_in(work, items)
    return key


def make_outbound(work: Work, original_id: int, text: str, *, reason: str) -> int:
    """Queue an edited copy of a message that was composed, under a number of its own. The new row's key."""
    _require(work, reason)
    original = work.outgoing.get(original_id)
    if original.body is None or original.kind == outbox.LABEL:
        raise Conflict(
            "copy.not_editable",
            "Only a composed message can be copied; a label is printed again from its tube.",
        )
    protocol = ASTM if is_records(original.body) else HL7
    lines = _checked(original.body, text, protocol)
    key = work.outbox.add(BY_HAND, original.peer, accession=original.accession, copy_of=original_id)
    work.flush()
    number = control_id(work.outgoing.get(key))
    body = _encoded(original.body, _with_field(lines, _NUMBER[protocol], number))
    work.outgoing.change(key, body=body, control_id=number)
    _tell(work, f"outbox:{key}", f"outbox:{original_id}", original.accession, reason)
    return key


def _require(work: Work, reason: str) -> None:
    work.require(Act.INTERFACE_MANAGE)
    if not reason.strip():
        raise Invalid(
            "reason.missing", "Sending a copy needs a reason.", "Say what it is to show or put right."
        )


def _tell(work: Work, subject: str, original: str, accession: str, reason: str) -> None:
    work.journal.append(
        Verb.MESSAGE_MADE, subject, accession=accession or None, reason=reason, copy_of=original
    )


def _checked(raw: bytes, text: str, protocol: str) -> list[str]:
    """The lines of a copy that has a header, and the processing id of its original."""
    lines = [line for line in _LINES.split(text) if line.strip()]
    head = "MSH" if protocol == HL7 else "H"
    if not lines or not lines[0].startswith(head) or len(lines[0]) <= len(head):
        raise Invalid(
            "copy.header", f"The copy does not begin with {head}.", "Leave the first line in place."
        )
    before = _LINES.split(text_of(raw))
    place = _PROCESSING[protocol]
    if _field(lines, place) != _field(before, place):
        raise Conflict(
            "copy.processing",
            f"{head}-{place} is {_field(lines, place) or '(empty)'} in the copy and "
            f"{_field(before, place) or '(empty)'} in the original.",
            "A copy stays what its original was: for training, for tests or for patients.",
        )
    return lines


def _numbered(work: Work, original: Row[Any], lines: list[str], protocol: str) -> list[str]:
    """The lines under a number that this interface has not seen: the person's own, else one that is given."""
    place = _NUMBER[protocol]
    wanted = _field(lines, place)
    if wanted in ("", original.control_id):
        return _with_field(lines, place, f"HAND{work.count('hand_message'):06d}")
    if work.inbound.first(interface=original.interface, control_id=wanted) is not None:
        raise Conflict("copy.number", f"{wanted} is the number of another message.", "Take another, or none.")
    return lines


def _field(lines: list[str], number: int) -> str:
    """A field of the header; the mark after the id is field 1 of MSH, the id itself that of H: both count alike."""
    mark = lines[0][3 if lines[0].startswith("MSH") else 1]
    fields = lines[0].split(mark)
    return fields[number - 1].strip() if number <= len(fields) else ""


def _with_field(lines: list[str], number: int, text: str) -> list[str]:
    mark = lines[0][3 if lines[0].startswith("MSH") else 1]
    fields = lines[0].split(mark)
    fields += [""] * (number - len(fields))
    fields[number - 1] = text
    return [mark.join(fields), *lines[1:]]


def _decoded(raw: bytes) -> tuple[str, str]:
    try:
        return decode(raw)
    except CharsetError:
        return raw.decode("latin-1"), "latin-1"


def _encoded(original: bytes, lines: list[str]) -> bytes:
    codec = _decoded(original)[1]
    text = "".join(f"{line}\r" for line in lines)
    try:
        return text.encode("utf-8" if codec == "ascii" else codec)
    except UnicodeEncodeError as error:
        letter = text[error.start]
        raise Invalid("copy.charset", f"{letter!r} is not in the character set of the original.") from error
