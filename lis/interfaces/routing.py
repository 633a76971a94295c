"""Which interface a message came over: by its port, or by who MSH-3 and MSH-4 say the sender is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row

from lis.domain.catalog import Catalog
from lis.interfaces.astm_envelope import AstmEnvelope
from lis.interfaces.hl7.envelope import Envelope
from lis.interfaces.profiles import Profile, names, profile

OUR_APPLICATION, OUR_FACILITY = "LIS", "LAB"
_BY_KIND = {"hospital": "hospital", "printer": "printer"}


@dataclass(frozen=True)
class Line:
    """An interface with its profile, and how it names both ends."""

    row: Row[Any]
    profile: Profile
    zone: ZoneInfo
    charset: str
    application: str
    facility: str

    @cached_property
    def code(self) -> str:
        return str(self.row.code)

    @cached_property
    def our_application(self) -> str:
        return str(self.row.settings.get("our_application", OUR_APPLICATION))

    @cached_property
    def our_facility(self) -> str:
        return str(self.row.settings.get("our_facility", OUR_FACILITY))

    @cached_property
    def accepts(self) -> frozenset[str]:
        """Message types that are taken: the profile's, and what the settings add."""
        return self.profile.accepts | frozenset(self.row.settings.get("accepts", ()))

    @cached_property
    def matches_orders(self) -> bool:
        """Whether order numbers may name a container."""
        return self.profile.match_orders or bool(self.row.settings.get("match_orders"))

    def takes_processing(self, code: str, environment: str) -> bool:
        """Whether MSH-11 (table 0103) is acceptable: the laboratory's own environment, and what is added to it."""
        return code == environment or code in self._processing

    @cached_property
    def _processing(self) -> frozenset[str]:
        return self.profile.processing | frozenset(self.row.settings.get("processing", ()))


class Lines:
    """The interfaces of a laboratory as one transaction sees them."""

    def __init__(self, rows: Iterable[Row[Any]], catalog: Catalog, zone: str) -> None:
        self._rows = {row.code: row for row in rows}
        self._catalog = catalog
        self._zone = zone
        self._known: dict[str, Line | None] = {}

    def get(self, code: str) -> Line | None:
        """The interface of a code; None when there is none, or its profile is not known here."""
        if code not in self._known:
            row = self._rows.get(code)
            name = (row.profile or _BY_KIND.get(row.kind, "")) if row is not None else ""
            self._known[code] = self._line(row, name) if row is not None and name in names() else None
        return self._known[code]

    def of(self, envelope: Envelope | AstmEnvelope, code: str | None) -> Line | None:
        """The interface a message came over: the port's own, else the sender's; None when nobody is known."""
        if code is not None:
            return self.get(code)
        application, facility = envelope.application, envelope.facility
        for row in self._rows.values():
            line = self.get(row.code)
            if line is not None and _is_sender(line, application, facility):
                return line
        return None

    def _line(self, row: Row[Any], name: str) -> Line:
        peer = self._catalog.peers.get(row.code)
        settings = row.settings
        traits = profile(name)
        return Line(
            row,
            traits,
            ZoneInfo(settings.get("zone") or (peer.zone if peer else "") or self._zone),
            settings.get("charset") or (peer.charset if peer else "") or traits.charset,
            settings.get("application") or (peer.application if peer else "") or row.code,
            settings.get("facility") or (peer.facility if peer else ""),
        )


def _is_sender(line: Line, application: str, facility: str) -> bool:
    if not application and not facility:
        return False
    return application == line.application and (not line.facility or facility == line.facility)
