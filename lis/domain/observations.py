"""What a message says was measured, as facts: the wire's own words, nothing interpreted yet.

Readers of messages make these; `services.resulting` and `services.controlling` decide what becomes of them. An unmapped
code or an unknown container is a value here, never an exception.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

# Whose material it is, as far as the message says: a patient's, a control's, or no one can tell.
Role = Literal["patient", "control", "doubtful"]


@dataclass(slots=True)  # nobody changes one; frozen, each would take eight times as long to make
class ReportedObservation:
    """One value as it came. `code` is the sender's own; `loinc` is set when the message names the LN system."""

    seq: int
    code: str
    name: str
    loinc: str
    value_type: str
    value: str
    unit: str
    flags: tuple[str, ...]
    status: str
    observed_at: datetime | None
    supplemental: bool = False
    extra: dict[str, Any] = field(default_factory=dict)
    doubt: str = ""  # why it may not be what it seems: such an observation is held


@dataclass(frozen=True, slots=True)
class ReportedControl:
    """Which control material a message says was measured."""

    material: str
    lot: str
    level: int | None
    run: str = ""


@dataclass(frozen=True, slots=True)
class ReportedSpecimen:
    """The observations of one container, or of one control. `container` is the barcode the analyzer read."""

    role: Role
    container: str
    patient_id: str
    patient_name: str
    observations: tuple[ReportedObservation, ...]
    control: ReportedControl | None = None
    doubt: str = ""
