"""Looks whether what the laboratories need is there: database, tables, catalogue, fonts, doors."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass

from lis.documents.labels import LabelData, label_pdf
from lis.kernel.errors import Refusal
from lis.lab import Lab
from lis.main.housekeeping import open_house
from lis.main.settings import Settings
from lis.storage.house import House


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    good: bool
    text: str


def examine(settings: Settings) -> list[Finding]:
    """Everything looked at, good or bad, in words."""
    return [*_house(settings), _documents(), *_doors(settings)]


def _house(settings: Settings) -> Iterator[Finding]:
    where = "PostgreSQL" if settings.database_url else f"SQLite in {settings.data}"
    try:
        with open_house(settings) as house:
            yield Finding(True, f"The control database opens ({where}).")
            yield from _labs(house)
    except Refusal as refusal:
        yield Finding(False, f"{where}: {refusal}")


def _labs(house: House) -> Iterator[Finding]:
    for entry in house.labs():
        try:
            with Lab(house.lab(entry.slug)).reading() as reading:
                title = reading.catalog.title or reading.catalog.pack
                yield Finding(True, f"Laboratory {entry.slug} opens; its catalogue is {title}.")
        except Refusal as refusal:
            yield Finding(False, f"Laboratory {entry.slug}: {refusal}")


def _documents() -> Finding:
    label = LabelData(
        container_id="260010001014",
        accession="260010001",
        patient_name="DOCTOR, TEST",
        mrn="0",
        birth_date="2000-01-01",
        sex="U",
        collected_at_text="",
        collected_by="",
        specimen="",
        container_code="",
        container_name="",
        tests=(),
    )
    is_pdf = label_pdf([label]).startswith(b"%PDF")
    return Finding(is_pdf, "Labels and reports are typeset." if is_pdf else "No PDF can be made.")


def _doors(settings: Settings) -> Iterator[Finding]:
    for name, port in (("web", settings.port), ("HL7", settings.hl7_port)):
        with socket.socket() as door:
            free = door.connect_ex((settings.host, port)) != 0
        state = "free" if free else "in use: by this product if it runs, else choose another"
        yield Finding(True, f"The {name} port {port} is {state}.")
