"""What a sender's codes and spellings of units mean: rows of an interface's own map, before the analyzer's menu.

The interface holds what is so now; the journal holds every change of it, with who, when, why and what was before.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from lis.domain.events import Verb
from lis.domain.people import Act
from lis.domain.units import ucum_for
from lis.kernel.errors import Conflict, Invalid, NotFound
from lis.services import observing
from lis.storage.work import Work

CLOSED = ""  # in a map: the code means nothing here


def map_code(work: Work, interface: str, code: str, test: str, *, reason: str) -> list[int]:
    """Say which test a sender's code means from now on. Returns the held observations that may be tried again."""
    row = _mappable(work, interface, code, reason)
    if test not in work.catalog.tests:
        raise Invalid("map.test", f"{test or '(none)'} is no test of this laboratory.")
    if row.settings.get("code_map", {}).get(code) == test:
        raise Conflict("map.same", f"{code} means {test} already.")
    _change_map(work, row, code, test, reason)
    held = work.observations.having(state=observing.HELD, interface=interface, code_sent=code)
    return [observation.id for observation in held]


def close_code(work: Work, interface: str, code: str, *, reason: str) -> None:
    """A sender's code means nothing from now on, whatever the analyzer's menu says: its values are held."""
    row = _mappable(work, interface, code, reason)
    if row.settings.get("code_map", {}).get(code) == CLOSED:
        raise Conflict("map.closed", f"{code} is closed already.")
    _change_map(work, row, code, CLOSED, reason)


def map_unit(work: Work, interface: str, sent: str, unit: str, *, reason: str) -> None:
    """Say which unit a sender's own spelling means; "" ends that. One that the catalogue knows is never another.

    A spelling is not a conversion: a number in another size of unit stays held.
    """
    sent = sent.strip()
    row = _mappable(work, interface, sent, reason)
    catalog = work.catalog
    if ucum_for(sent, catalog) is not None:
        raise Conflict(
            "map.unit_known",
            f"The catalogue knows {sent} as {ucum_for(sent, catalog)}.",
            "Map spellings that nobody knows; ask the sender to send the test's unit.",
        )
    if unit and unit not in catalog.units:
        raise Invalid("map.unit", f"{unit} is no unit of the catalogue.", "Choose one of those listed.")
    units = dict(row.settings.get("unit_map", {}))
    was = units.get(sent, "")
    if was == unit:
        raise Conflict("map.same", f"{sent} means {unit or 'nothing'} already.")
    work.interfaces.change(row.code, settings=row.settings | {"unit_map": units | {sent: unit}})
    work.journal.append(
        Verb.INTERFACE_CHANGED,
        f"interface:{row.code}",
        reason=reason,
        unit_sent=sent,
        unit=unit,
        was=was or None,
    )


def _mappable(work: Work, interface: str, code: str, reason: str) -> Row[Any]:
    work.require(Act.INTERFACE_MANAGE)
    if not reason.strip():
        raise Invalid("reason.missing", "A reason is needed.", "Say what the change rests on.")
    row = work.interfaces.find(interface)
    if row is None:
        raise NotFound("interface.unknown", f"There is no interface {interface}.")
    if not code.strip():
        raise Invalid("map.code", "No code was given.", "Write it as the sender does.")
    return row


def _change_map(work: Work, row: Row[Any], code: str, test: str, reason: str) -> None:
    """The map holds what is so; each change, with what was before, is in the journal for good."""
    codes = dict(row.settings.get("code_map", {}))
    was = codes.get(code)
    work.interfaces.change(row.code, settings=row.settings | {"code_map": codes | {code: test}})
    work.journal.append(
        Verb.INTERFACE_CHANGED, f"interface:{row.code}", reason=reason, code=code, test=test, was=was
    )
