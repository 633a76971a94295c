"""What the content pack tells the world, as frozen records. Units are those of the tests table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

Value = float | str
Distribution = str  # normal | lognormal


@dataclass(frozen=True, slots=True)
class Analyte:
    """One row of tests.csv as far as the world needs it; `kind` is NM, CE or SN."""

    code: str
    name: str
    department: str
    unit: str
    kind: str
    value_set: str
    decimals: int | None
    resolution: float | None
    distribution: str
    cv_analytical: float | None
    amr_low: float | None
    amr_high: float | None
    specimen: str = ""


@dataclass(frozen=True, slots=True)
class Code:
    """One code of a value set; `level` is its numeric equivalent where it has one."""

    code: str
    display: str
    normal: bool
    level: float | None


@dataclass(frozen=True, slots=True)
class Interval:
    """Central 95 % of healthy people of this sex and age; ages in days, both ends included."""

    analyte: str
    sex: str
    low_days: int
    high_days: int
    low: float
    high: float
    condition: str = ""
    distribution: Distribution | None = None

    def holds_for(self, sex: str, days: int) -> bool:
        """Whether the row speaks of this sex at this age."""
        return self.sex in ("A", sex) and self.low_days <= days <= self.high_days

    def distance(self, days: int) -> int:
        """Days between the age and the row; 0 inside it."""
        return max(self.low_days - days, days - self.high_days, 0)


@dataclass(frozen=True, slots=True)
class Effect:
    """What an influence does to one analyte: set, mult, shift (low..high), or cat (weights of codes)."""

    analyte: str
    op: str
    low: float = 0.0
    high: float = 0.0
    weights: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Influence:
    """A disease profile or a treatment: effects, and how fast they come and go (None: as the analyte's kinetics)."""

    id: str
    name: str
    kind: str
    effects: tuple[Effect, ...]
    sex: str = "A"
    age_years: tuple[float, float] = (0.0, 120.0)
    departments: tuple[str, ...] = ()
    criticals: tuple[str, ...] = ()
    icd10: str = ""
    teaching: str = ""
    chronic: bool = False
    duration_hours: float | None = None
    rise_hours: float | None = None
    half_life_hours: float | None = None
    flags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Correlation:
    """Wanted correlation between two drawn quantities among people of one sex (`within`) and among all (`r`)."""

    a: str
    b: str
    r: float
    within: float


@dataclass(frozen=True, slots=True)
class Kinetics:
    """How long an analyte takes to follow an influence, and the half-life of its way back."""

    rise_hours: float
    half_life_hours: float


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the generation program: what is computed, from which formula, under which condition.

    A limit corrects a value that is there already, after influences have acted on it.
    """

    target: str
    formula: str
    condition: str = ""
    is_limit: bool = False


@dataclass(frozen=True, slots=True)
class Share:
    """Parts that make up a whole (a differential): moved parts first, the others share the rest by weight."""

    parts: tuple[str, ...]
    total: float
    whole_numbers: bool
    weights: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Program:
    """The machine-readable part of generation_order.yaml."""

    node_hours: float
    default_within_share: float
    least_between_share: float
    course: Kinetics
    conditions: Mapping[str, str]
    none: frozenset[str]
    categories: Mapping[str, Mapping[str, float]]
    blood_group: Mapping[str, str]
    pregnancy: Mapping[str, Any]
    steps: tuple[Step | Share, ...]
    drops: tuple[Step, ...]
    interpretive: frozenset[str]


@dataclass(frozen=True, slots=True)
class PreanalyticalError:
    """A way to spoil a specimen, with the clue, the right action and what it does to the values."""

    id: str
    name: str
    category: str
    detect_clue: str
    right_action: str
    rejection_code: str
    specimens: tuple[str, ...]
    effects: tuple[Effect, ...]
    mechanism: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Content:
    """All that the world reads from one content pack."""

    analytes: Mapping[str, Analyte]
    value_sets: Mapping[str, tuple[Code, ...]]
    intervals: tuple[Interval, ...]
    healthy: tuple[Interval, ...]
    formulas: Mapping[str, str]
    within_cv: Mapping[str, float]
    correlations: tuple[Correlation, ...]
    influences: Mapping[str, Influence]
    kinetics: Mapping[str, Kinetics]
    constants: Mapping[str, float]
    program: Program
    blood_groups: Mapping[str, Mapping[str, str]]
    fluids: Mapping[str, Mapping[str, float | str]]
    errors: Mapping[str, PreanalyticalError]
    case_mix: Mapping[str, Any]

    @cached_property
    def profiles(self) -> Mapping[str, Influence]:
        """The disease profiles alone, by id."""
        return {key: item for key, item in self.influences.items() if item.kind == "profile"}

    @cached_property
    def treatments(self) -> Mapping[str, Influence]:
        """The treatments alone, by id."""
        return {key: item for key, item in self.influences.items() if item.kind == "treatment"}

    def codes(self, analyte: str) -> tuple[Code, ...]:
        """The codes an analyte can take; none for numbers."""
        return self.value_sets.get(self.analytes[analyte].value_set, ())

    def usual_code(self, analyte: str) -> str:
        """The code of a healthy person: the first one flagged normal, else the first."""
        codes = self.codes(analyte)
        return next((code.code for code in codes if code.normal), codes[0].code)
