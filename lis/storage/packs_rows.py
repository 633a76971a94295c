"""The rows of a content pack as they stand in its files: one strict model per table, named by the files' own columns.

What a model refuses is a problem of that line. An empty cell is left out before validation, so it takes the default:
a column without a default must be filled. JSON Schemas are generated from these models.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    model_validator,
)

from lis.domain.catalog import ResultType, Severity
from lis.domain.people import Act
from lis.kernel.quantity import parse_decimal


def _number(cell: Any) -> Decimal:
    value = parse_decimal(str(cell))
    if value is None:
        raise ValueError(f"{cell!r} is no number")
    return value


def _yes(cell: Any) -> bool:
    if cell not in ("Y", "N"):
        raise ValueError(f"{cell!r} is neither Y nor N")
    return bool(cell == "Y")


def _split(separator: str) -> Any:
    return lambda cell: tuple(part.strip() for part in str(cell).split(separator) if part.strip())


def _check_digit_right(loinc: str) -> str:
    """Mod 10 over the digits, as LOINC computes it."""
    digits, _, last = loinc.partition("-")
    if not (digits.isdecimal() and last.isdecimal()):
        raise ValueError(f"{loinc!r} is no LOINC code")
    doubled = [int(d) * (1 if i % 2 else 2) for i, d in enumerate(reversed(digits))]
    if -sum(d - 9 if d > 9 else d for d in doubled) % 10 != int(last):
        raise ValueError(f"the check digit of LOINC {loinc} is wrong")
    return loinc


_NUMBER_SCHEMA = WithJsonSchema({"type": "string", "pattern": r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$"})
Number = Annotated[Decimal, BeforeValidator(_number), _NUMBER_SCHEMA]
YesNo = Annotated[bool, BeforeValidator(_yes), WithJsonSchema({"type": "string", "enum": ["Y", "N"]})]
Semicolons = Annotated[
    tuple[str, ...],
    BeforeValidator(_split(";")),
    WithJsonSchema({"type": "string", "description": "separated by ;"}),
]
Commas = Annotated[
    tuple[str, ...],
    BeforeValidator(_split(",")),
    WithJsonSchema({"type": "string", "description": "separated by ,"}),
]
Letters = Annotated[
    tuple[str, ...],
    BeforeValidator(tuple),
    WithJsonSchema({"type": "string", "description": "one letter each"}),
]
Loinc = Annotated[str, AfterValidator(_check_digit_right)]
Sex = Literal["A", "M", "F"]
Age = Annotated[int, Field(ge=0, le=43800)]
Count = Annotated[int, Field(ge=0)]
Port = Annotated[int, Field(ge=1, le=65535)]


class Row(BaseModel):
    """One line of a table. Unknown columns are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class TestRow(Row):
    """tests.csv: one reportable analyte."""

    __test__ = False

    code: str
    name: str
    department: str
    section: str
    loinc: Loinc | None = None
    loinc_name: str | None = Field(None, alias="loinc_long_name")
    loinc_verified_in: str = ""
    unit: str = Field("", alias="ucum")
    decimals: Annotated[int, Field(ge=0, le=6)] | None = None
    resolution: Number | None = None
    specimen_type: str = Field(alias="specimen_hl70487")
    container: str
    result_type: ResultType
    value_set: str | None = None
    formula: str | None = Field(None, alias="calc_formula")
    amr_low: Number | None = None
    amr_high: Number | None = None
    cv_pct: Number | None = None
    tea_pct: Number | None = Field(None, alias="clia2025_tea_pct")
    tea_abs: Number | None = Field(None, alias="clia2025_tea_abs")
    distribution: Literal["normal", "lognormal", "derived", "categorical"]
    stability_rt_h: Number | None = None
    stability_4c_h: Number | None = None
    hil_sensitive: Letters = ()
    method: str = ""
    transport_temp: str = ""
    orderable: YesNo
    note: str = ""
    source: str


class OrderableRow(Row):
    """orderables.csv: a panel as it is ordered."""

    code: str = Field(alias="panel_code")
    name: str
    department: str
    loinc: Loinc | None = None
    loinc_name: str | None = None
    specimen_type: str = Field(alias="specimen_hl70487")
    container: str
    min_volume_ml: Number | None = None
    tat_stat_min: Count | None = None
    tat_routine_min: Count | None = None
    n_analytes: Count
    note: str = Field("", alias="reflex_or_note")
    source: str


class PanelRow(Row):
    """panels.csv: one test of a panel, in order."""

    panel: str = Field(alias="panel_code")
    seq: Count
    test: str = Field(alias="analyte_code")
    required: YesNo
    container: str = ""


class ContainerRow(Row):
    """containers.csv: a kind of tube or cup."""

    code: str
    name: str
    cap_colour: str = Field(alias="cap_color")
    additive: str
    additive_code: str = Field(alias="hl70371_additive")
    specimen_type: str = Field(alias="specimen_hl70487")
    draw_volume_ml: Number | None = None
    min_volume_ml: Number | None = None
    order_of_draw: Count | None = None
    inversions: Count | None = None
    clot_time_min: Count | None = None
    centrifuge: YesNo
    rcf_g: Count | None = None
    spin_min: Count | None = None
    departments: Semicolons = ()
    in_place_of: Semicolons = ()
    note: str = ""
    source: str


class SpecimenTypeRow(Row):
    """specimen_types.csv: a material."""

    code: str
    in_hl70487: YesNo
    name: str = Field(alias="local_name")
    category: str
    departments: Semicolons = ()
    default_container: str | None = None
    transport_temp: str = ""
    max_transport_h: Number | None = None
    irreplaceable: YesNo = False
    keeps_from_draw: YesNo = False
    note: str = ""
    source: str

    @model_validator(mode="before")
    @classmethod
    def _said_by_older_packs(cls, cells: dict[str, str]) -> dict[str, str]:
        """Catalogues stored before there was the column meant fluids and tissue."""
        meant = "Y" if cells.get("category") in ("fluid", "tissue") else "N"
        return {"irreplaceable": meant} | cells


class IntervalRow(Row):
    """reference_intervals.csv: what is normal for a sex, an age and a condition."""

    test: str = Field(alias="analyte")
    sex: Sex
    age_low_days: Age
    age_high_days: Age
    low: Number | None = None
    high: Number | None = None
    text: str = ""
    unit: str = ""
    condition: str = ""
    when_unknown: YesNo = False
    source: str


class CriticalRow(Row):
    """critical_values.csv: what must be called. Limits are strict, unless `inclusive`: as each posted list has it."""

    test: str = Field(alias="analyte")
    age_low_days: Age
    age_high_days: Age
    low: Number | None = None
    high: Number | None = None
    inclusive: YesNo = False
    codes: Semicolons = ()
    text_rule: str = ""
    unit: str = ""
    source: str


class DeltaRow(Row):
    """delta_limits.csv: how far a value may move."""

    test: str = Field(alias="analyte")
    window_hours: Count
    abs_limit: Number | None = None
    pct_limit: Number | None = None
    logic: Literal["ABS", "PCT", "AND", "OR", "ANY"]
    unit: str = ""
    purpose: str = ""
    source: str


class AutoverificationRow(Row):
    """autoverification.csv: within which limits no person need look."""

    test: str = Field(alias="analyte")
    min_age_days: Age
    low: Number | None = Field(None, alias="av_low")
    high: Number | None = Field(None, alias="av_high")
    h_max: Number | None = None
    i_max: Number | None = None
    l_max: Number | None = None
    delta_required: YesNo
    unit: str = ""
    source: str


class FormulaRow(Row):
    """formulas.csv: a calculated test."""

    id: str
    output: str
    inputs: Commas
    expression: str
    validity: str = ""
    valid_when: str = ""
    source: str


class FormulaCheckRow(Row):
    """formula_checks.csv: what a formula must give for known inputs."""

    formula: str
    inputs: Semicolons
    expected: Number
    tolerance: Number
    source: str


class ConstantRow(Row):
    """constants.csv: a number that formulas use and no analyzer reports (lot data of a reagent)."""

    code: str
    value: Number
    unit: str = ""
    meaning: str
    source: str


class ConsistencyRow(Row):
    """consistency_rules.csv: a relation between results; `manual` when it is said in words and a person applies it."""

    id: str = Field(alias="rule_id")
    rule: str
    scope: str
    severity: Severity
    clue: str = ""
    action: str = ""
    manual: YesNo
    source: str


class HilRow(Row):
    """hil_effects.csv: what an index does to a test."""

    test: str = Field(alias="analyte")
    interferent: Literal["H", "I", "L"]
    index_unit: str
    effect_type: Literal["pct", "abs"]
    per_100_units: Number | None = None
    threshold_index: Number | None = None
    direction: Literal["up", "down", "variable"]
    source: str


class RejectionRow(Row):
    """rejection_reasons.csv: why a specimen is refused."""

    code: str
    hl70490: str
    reason: str
    applies_to: str
    detected_by: str
    action: str
    recollect: Literal["Y", "N", "C"]
    exception: str = ""
    notify: str = ""
    findings: Semicolons = ()


class CodedValueRow(Row):
    """value_sets.csv: one allowed value of a coded test."""

    value_set: str
    seq: Count
    code: str
    display: str
    abnormal_flag: str = ""
    numeric_equivalent: Number | None = None
    source: str


class UnitRow(Row):
    """units.csv: a unit, and what senders write for the very same size."""

    ucum: str
    text: str = ""
    synonyms: Semicolons = ()
    factor: Number
    dimension: str
    note: str = ""
    source: str


class ControlTargetRow(Row):
    """control_targets.csv: one level of a control lot for a test on an analyzer: mean and SD, or expected codes."""

    analyzer: str
    test: str
    material: str
    lot: str
    level: Annotated[int, Field(ge=1, le=9)]
    mean: Number | None = None
    sd: Number | None = None
    expected: Semicolons = ()
    unit: str = ""
    expires_on: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    source: str


class RoleActRow(Row):
    """roles.csv: one act, and which roles carry it."""

    act: Act
    meaning: str
    processor: YesNo
    technician: YesNo
    technologist: YesNo
    supervisor: YesNo
    lis_admin: YesNo


class MenuItemRow(Row):
    """A test as one analyzer names it on the wire."""

    test: str
    code: str
    unit: str = ""


class AnalyzerRow(Row):
    """analyzers.yaml: a device of this laboratory."""

    code: str
    name: str
    model: str
    department: str
    profile: str
    host: str = ""
    port: Port | None = None
    reports_indices: bool
    requires_qc: bool = True
    qc_hours: int = Field(24, ge=1)
    asks_for_work: bool = False
    menu: tuple[MenuItemRow, ...] = Field(min_length=1)


class PeerRow(Row):
    """peers.yaml: a correspondent that is no analyzer."""

    code: str
    kind: str
    name: str
    application: str = ""
    facility: str = ""
    host: str = ""
    port: Port | None = None
    zone: str
    charset: str


class TextRow(Row):
    """texts.yaml: a sentence that reports or comments print."""

    key: str
    text: str


class LaboratoryRow(Row):
    """pack.yaml, `laboratory`: the letterhead."""

    name: str
    address: tuple[str, ...]
    phone: str = ""


class PackRow(Row):
    """pack.yaml: what this pack is."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
    version: str
    title: str
    zone: str
    environment: Literal["P", "T", "D"]
    laboratory: LaboratoryRow
    indices: dict[Literal["H", "I", "L"], str] = {}
    roles: dict[str, str]
    refrigerated: tuple[str, ...] = ()
    due_soon_share: Annotated[Decimal, Field(gt=0, le=1)] = Decimal("0.25")
