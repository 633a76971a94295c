"""What messages that came together will ask the laboratory about, read for all of them at once."""

from __future__ import annotations

from collections.abc import Iterable

from lis.interfaces.handling import Received
from lis.services import collected
from lis.storage.work import Work


def read_ahead(work: Work, messages: Iterable[Received]) -> None:
    """Fetch the facts about every container that results are reported of."""
    collected.read_ahead(
        work,
        {
            reading.specimen.container.strip()
            for message in messages
            if message.reports
            for reading in message.readings
            if reading.specimen.role == "patient"
        },
    )
