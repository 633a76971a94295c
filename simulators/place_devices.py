"""What an analyzer needs to be kept going: kits, calibrators, calibrations, maintenance; and what it notices of a tube.

Read from `world/devices.yaml`. A device that the file does not name, or a pack without the file, has none of it: such a
device runs for ever on nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

FILE = Path("world") / "devices.yaml"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
ROUND_AT = time(5)


@dataclass(frozen=True, slots=True)
class Kit:
    """A reagent or a calibrator as it is bought: `pack` uses each, `slots` packs on board, `lot_packs` of one lot.

    `open_days` is how long a pack keeps once it is opened, `shelf_days` about how long from delivery to expiry.
    `lot_sd` is the spread of its lots among each other, in SDs of the controls.
    """

    code: str
    name: str
    tests: tuple[str, ...] = ()
    pack: int = 100
    slots: int = 2
    warn_below: int = 10
    open_days: float = 30
    shelf_days: int = 360
    lot_packs: int = 6
    lot_sd: float = 0.0
    calibrator: str = ""
    calibration_hours: float = 0.0
    calibration_uses: int = 4


@dataclass(frozen=True, slots=True)
class CalibrationPlan:
    """How a device is calibrated: time for the first kit and for each more; how it wanders between calibrations.

    `drift_sd` per day and `residual_sd` are in SDs of the controls. Results are flagged so long after the due time,
    and not made at all after another while. `at` is the local time when calibrations of whole days fall due.
    """

    minutes: float = 10.0
    more_minutes: float = 0.5
    at: time = time(6)
    drift_sd: float = 0.0
    residual_sd: float = 0.0
    fail_share: float = 0.0
    flag_after_hours: float = 26.0
    refuse_after_hours: float = 74.0
    is_automatic: bool = False


@dataclass(frozen=True, slots=True)
class MaintenanceTask:
    """What has to be done each day, or each week on one weekday (Monday is 0), at a local time."""

    code: str
    name: str
    at: time
    minutes: float
    weekday: int | None = None
    grace_hours: float = 12.0


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A flag on tests when something is so in the tube; the device notices it in this share of such tubes."""

    flag: str
    when: str
    tests: tuple[str, ...]
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Detection:
    """A sign of the tube that stops the aspiration when it is noticed, in this share of such tubes."""

    sign: str
    code: str
    text: str
    share: float = 1.0


@dataclass(frozen=True)
class Upkeep:
    """All of it for one device. `flags` are its own words for what is wrong with a result (OBX-8)."""

    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    kits: tuple[Kit, ...] = ()
    calibrators: tuple[Kit, ...] = ()
    calibration: CalibrationPlan = field(default_factory=CalibrationPlan)
    maintenance: tuple[MaintenanceTask, ...] = ()
    dilutes: Mapping[str, float] = field(default_factory=dict)
    suspicions: tuple[Suspicion, ...] = ()
    detections: tuple[Detection, ...] = ()
    flags: Mapping[str, str] = field(default_factory=dict)
    round_at: time = ROUND_AT


class DevicesError(ValueError):
    """devices.yaml names a test or a calibrator that the device does not have."""


def with_upkeep(devices: Mapping[str, Any], pack: Path, zone: ZoneInfo) -> dict[str, Any]:
    """Device plans with what each of them needs; broken references are refused."""
    path = pack / FILE
    if not path.is_file():
        return dict(devices)
    file = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)
    round_at = time.fromisoformat(file["round_at"])
    made = dict(devices)
    for code, raw in file["devices"].items():
        if code in made:
            menu = tuple(assay.test for assay in made[code].menu)
            made[code] = replace(made[code], upkeep=_upkeep(code, raw, zone, menu, round_at))
    return made


def _upkeep(
    code: str, raw: Mapping[str, Any], zone: ZoneInfo, menu: tuple[str, ...], round_at: time
) -> Upkeep:
    calibration = dict(raw.get("calibration", {}))
    if "at" in calibration:
        calibration["at"] = time.fromisoformat(calibration["at"])
    made = Upkeep(
        zone=zone,
        kits=tuple(_kits(raw, menu)),
        calibrators=tuple(Kit(**kit) for kit in raw.get("calibrators", ())),
        calibration=CalibrationPlan(**calibration),
        maintenance=tuple(_task(task) for task in raw.get("maintenance", ())),
        dilutes={test: float(factor) for factor, tests in raw.get("dilutes", {}).items() for test in tests},
        suspicions=tuple(_lists(Suspicion, one) for one in raw.get("suspicions", ())),
        detections=tuple(Detection(**one) for one in raw.get("detections", ())),
        flags=raw.get("flags", {}),
        round_at=round_at,
    )
    _refuse_unknown(code, made, frozenset(menu))
    return made


def _kits(raw: Mapping[str, Any], menu: tuple[str, ...]) -> list[Kit]:
    """The kits that are named, then one for each test of each group; a group without tests takes all that are left."""
    made = [_lists(Kit, kit) for kit in raw.get("kits", ())]
    for group in raw.get("kit_for_each", ()):
        taken = {test for kit in made for test in kit.tests} | set(raw.get("without_kit", ()))
        tests = group.get("tests") or [test for test in menu if test not in taken]
        made += [_lists(Kit, {**group, "code": test, "name": test, "tests": [test]}) for test in tests]
    return made


def _lists(kind: Any, raw: Mapping[str, Any]) -> Any:
    return kind(**{**raw, "tests": tuple(raw["tests"])})


def _task(raw: Mapping[str, Any]) -> MaintenanceTask:
    return MaintenanceTask(**{**raw, "at": time.fromisoformat(raw["at"])})


def _refuse_unknown(code: str, made: Upkeep, menu: frozenset[str]) -> None:
    calibrators = {kit.code for kit in made.calibrators}
    for kit in made.kits:
        if unknown := sorted(set(kit.tests) - menu):
            raise DevicesError(f"{code} cannot do {', '.join(unknown)}, which kit {kit.code} is for")
        if kit.calibration_hours and kit.calibrator not in calibrators:
            raise DevicesError(f"{code} has no calibrator {kit.calibrator}, which kit {kit.code} needs")
    if unknown := sorted(set(made.dilutes) - menu):
        raise DevicesError(f"{code} cannot do {', '.join(unknown)}, which it should dilute")
