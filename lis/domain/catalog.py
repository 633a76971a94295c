"""What a content pack says: the types of the laboratory's catalogue.

Rows are data, read by `storage.packs`. Ages are in days, 365 to a year, inclusive; an empty cell is None.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any, Literal

from lis.domain.expressions import parse

NUMERIC, CODED, STRUCTURED = "NM", "CE", "SN"
ResultType = Literal["NM", "CE", "SN"]
NO_AGE_LIMIT = 43800
PREVIOUS = "_PREV"  # in a consistency rule, X_PREV is the patient's earlier result of X
# Of a consistency rule: `error`, `hold`, `stop` keep results back, `suppress` keeps one off the report, others speak.
Severity = Literal["error", "hold", "stop", "suppress", "warn", "comment"]


@dataclass(frozen=True, slots=True)
class Test:
    """One reportable analyte: what is measured, in what, how it is written."""

    __test__ = False

    code: str
    name: str
    department: str
    section: str
    loinc: str | None
    loinc_name: str | None
    unit: str
    decimals: int | None
    specimen_type: str
    container: str
    result_type: ResultType
    value_set: str | None
    formula: str | None
    amr_low: Decimal | None
    amr_high: Decimal | None
    cv_pct: Decimal | None
    tea_pct: Decimal | None
    tea_abs: Decimal | None
    stability_rt_h: Decimal | None
    stability_4c_h: Decimal | None
    hil_sensitive: tuple[str, ...]
    method: str
    note: str
    source: str
    transport_temp: str = ""  # how it is to be carried; empty: as its material


@dataclass(frozen=True, slots=True)
class PanelItem:
    """One test of a panel; `required` ones make the panel complete.

    `container` is filled when the panel's own container cannot serve this test (another additive).
    """

    test: str
    required: bool
    container: str = ""


@dataclass(frozen=True, slots=True)
class Orderable:
    """What a provider can order: a panel, or a single test under the same code."""

    code: str
    name: str
    department: str
    loinc: str | None
    loinc_name: str | None
    specimen_type: str
    container: str
    min_volume_ml: Decimal | None
    tat_stat_min: int | None
    tat_routine_min: int | None
    note: str
    source: str
    items: tuple[PanelItem, ...]

    @property
    def tests(self) -> tuple[str, ...]:
        return tuple(item.test for item in self.items)


@dataclass(frozen=True, slots=True)
class ContainerType:
    """A kind of tube or cup, with how it is drawn, mixed, clotted and spun."""

    code: str
    name: str
    cap_colour: str
    additive: str
    additive_code: str
    specimen_type: str
    draw_volume_ml: Decimal | None
    min_volume_ml: Decimal | None
    order_of_draw: int | None
    inversions: int | None
    clot_time_min: int | None
    centrifuge: bool
    rcf_g: int | None
    spin_min: int | None
    departments: tuple[str, ...]
    note: str
    in_place_of: tuple[str, ...] = ()  # the kinds that it does as well as, none but those


@dataclass(frozen=True, slots=True)
class SpecimenType:
    """A material (HL7 0487 where the table has it). `max_transport_h` limits unseparated blood.

    `irreplaceable`: it cannot simply be drawn again, so it is never rejected at the counter.
    """

    code: str
    in_hl70487: bool
    name: str
    category: str
    departments: tuple[str, ...]
    default_container: str | None
    transport_temp: str
    max_transport_h: Decimal | None
    note: str
    irreplaceable: bool = False
    keeps_from_draw: bool = False  # separated or not, its analytes' hours count from collection


@dataclass(frozen=True, slots=True)
class ReferenceInterval:
    """Normal when low <= value <= high, for this sex, age and condition. `text` is what people read beside them.

    A row with a condition (pregnancy, fasting, trough) holds where that is known to be so, and then goes before the row
    without one; `when_unknown` marks the conditional row that holds where nothing is known.
    """

    test: str
    sex: Literal["A", "M", "F"]
    age_low_days: int
    age_high_days: int
    low: Decimal | None
    high: Decimal | None
    text: str
    unit: str
    condition: str
    source: str
    when_unknown: bool = False


@dataclass(frozen=True, slots=True)
class CriticalLimit:
    """Critical when value < low or value > high, where `inclusive` at them too, or when the code is one of `codes`.

    `text_rule` is for people. A row that has nothing but a text cannot be judged by a rule: a person judges it.
    """

    test: str
    age_low_days: int
    age_high_days: int
    low: Decimal | None
    high: Decimal | None
    text_rule: str
    unit: str
    source: str
    codes: tuple[str, ...] = ()
    inclusive: bool = False


@dataclass(frozen=True, slots=True)
class DeltaLimit:
    """How far a value may move from the patient's last one within the window."""

    test: str
    window_hours: int
    abs_limit: Decimal | None
    pct_limit: Decimal | None
    logic: Literal["ABS", "PCT", "AND", "OR", "ANY"]
    unit: str
    purpose: str
    source: str


@dataclass(frozen=True, slots=True)
class AutoverificationRange:
    """Within this range, and below these index limits, a result may pass without a person."""

    test: str
    min_age_days: int
    low: Decimal | None
    high: Decimal | None
    h_max: Decimal | None
    i_max: Decimal | None
    l_max: Decimal | None
    delta_required: bool
    unit: str
    source: str


@dataclass(frozen=True, slots=True)
class Formula:
    """A calculated test: output = expression over reported inputs, rounded once.

    Holds only while the expression `valid_when` is true ("" = always); `validity` says the same and more to people.
    Inputs are tests, constants of the pack, and AGE (years) and SEX of the patient.
    """

    id: str
    output: str
    inputs: tuple[str, ...]
    expression: str
    validity: str
    source: str
    valid_when: str = ""


@dataclass(frozen=True, slots=True)
class ConsistencyRule:
    """A relation between results of one patient and time, and constants. Rules that are no expression are `manual`."""

    id: str
    rule: str
    scope: str
    severity: Severity
    clue: str
    action: str
    source: str
    manual: bool = False


@dataclass(frozen=True, slots=True)
class HilEffect:
    """How an index of haemolysis (H), icterus (I) or lipaemia (L) moves a test, and from which index on."""

    test: str
    interferent: Literal["H", "I", "L"]
    index_unit: str
    effect_type: str
    per_100_units: Decimal | None
    threshold_index: Decimal | None
    direction: str
    source: str


@dataclass(frozen=True, slots=True)
class RejectionReason:
    """Why a specimen is refused (HL7 0490 code and local code), and what follows.

    `findings`: what at the counter leads to it (`domain.findings`).
    """

    code: str
    hl70490: str
    reason: str
    applies_to: str
    detected_by: str
    action: str
    recollect: str
    exception: str
    notify: str
    findings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CodedValue:
    """One allowed value of a coded test."""

    code: str
    display: str
    abnormal_flag: str
    numeric_equivalent: Decimal | None


@dataclass(frozen=True, slots=True)
class Unit:
    """A UCUM unit, how screens and reports print it, and what senders write for the very same size.

    `factor` is its size in base units of `dimension`; two units of one size differ in name only (ng/L and pg/mL).
    """

    ucum: str
    text: str
    synonyms: tuple[str, ...]
    factor: Decimal
    dimension: str


@dataclass(frozen=True, slots=True)
class ControlTarget:
    """What a lot of control material should give for a test on an analyzer.

    A numeric test has mean and SD of the level, a coded one the codes that are `expected`.
    """

    analyzer: str
    test: str
    material: str
    lot: str
    level: int
    mean: Decimal | None
    sd: Decimal | None
    unit: str
    expires_on: str
    source: str
    expected: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MenuItem:
    """A test as one analyzer names it on the wire."""

    test: str
    code: str
    unit: str


@dataclass(frozen=True, slots=True)
class Analyzer:
    """A device of this laboratory: what it measures and which interface profile it speaks."""

    code: str
    name: str
    model: str
    department: str
    profile: str
    host: str
    port: int | None
    reports_indices: bool
    menu: tuple[MenuItem, ...]
    requires_qc: bool = True
    qc_hours: int = 24  # so long a good control run speaks for what is measured
    asks_for_work: bool = False  # nothing is sent unasked: it asks for each tube that it meets


@dataclass(frozen=True, slots=True)
class Peer:
    """Somebody the laboratory talks HL7 to who is no analyzer: the hospital, a label printer."""

    code: str
    kind: str
    name: str
    application: str
    facility: str
    host: str
    port: int | None
    zone: str
    charset: str


@dataclass(frozen=True, slots=True)
class RoleActs:
    """Which acts a role carries."""

    role: str
    name: str
    acts: frozenset[str]


@dataclass(frozen=True, slots=True)
class Laboratory:
    """Whose letterhead it is: what reports and labels print about the laboratory."""

    name: str
    address: tuple[str, ...]
    phone: str
    zone: str
    environment: str


@dataclass(frozen=True)
class Catalog:
    """The whole content of a pack, indexed. Lookups of unknown codes give None: absence is a value."""

    pack: str
    version: str
    digest: str
    tests: dict[str, Test]
    orderables: dict[str, Orderable]
    containers: dict[str, ContainerType]
    specimen_types: dict[str, SpecimenType]
    intervals: dict[str, tuple[ReferenceInterval, ...]]
    criticals: dict[str, tuple[CriticalLimit, ...]]
    deltas: dict[str, DeltaLimit]
    autoverification: dict[str, tuple[AutoverificationRange, ...]]
    formulas: dict[str, Formula]
    consistency: tuple[ConsistencyRule, ...]
    hil_effects: dict[str, tuple[HilEffect, ...]]
    rejection_reasons: dict[str, RejectionReason]
    value_sets: dict[str, tuple[CodedValue, ...]]
    units: dict[str, Unit]
    control_targets: tuple[ControlTarget, ...] = ()
    analyzers: dict[str, Analyzer] = field(default_factory=dict)
    peers: dict[str, Peer] = field(default_factory=dict)
    roles: dict[str, RoleActs] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    constants: dict[str, Decimal] = field(default_factory=dict)
    refrigerated: tuple[str, ...] = ()  # places in the store that are kept at 2–8 °C
    due_soon_share: Decimal = Decimal("0.25")  # of the promised turn-around: with less left, boards warn
    laboratory: Laboratory = Laboratory("", (), "", "UTC", "T")
    title: str = ""
    index_tests: dict[str, str] = field(default_factory=dict)  # interferent (H, I, L) → its index

    def orderable(self, code: str) -> Orderable | None:
        """A panel, or any test that can be ordered alone under its own code."""
        return self.orderables.get(code)

    def value_set_of(self, test: str) -> tuple[CodedValue, ...]:
        row = self.tests.get(test)
        return self.value_sets.get(row.value_set or "", ()) if row else ()

    def unit_text(self, ucum: str) -> str:
        """How a unit is written on screens and reports."""
        unit = self.units.get(ucum)
        return unit.text if unit else ucum

    @cached_property
    def chosen(self) -> dict[object, Any]:
        """What was chosen of this content and judged by it before, by who remembers it (`limits`, `as_sent`)."""
        return {}

    @cached_property
    def index_letters(self) -> dict[str, str]:
        """Test that is an index → its interferent."""
        return {test: letter for letter, test in self.index_tests.items()}

    @cached_property
    def separated_types(self) -> frozenset[str]:
        """Specimen types that are what is left of blood after the spin: serum and plasma."""
        spun = {row.code for row in self.containers.values() if row.centrifuge}
        rows = self.specimen_types.values()
        return frozenset(r.code for r in rows if r.category == "blood" and r.default_container in spun)

    @cached_property
    def ucum_of(self) -> dict[str, str]:
        """Sender's spelling → UCUM, for spellings of the same size only."""
        return {text: unit.ucum for unit in self.units.values() for text in (unit.ucum, *unit.synonyms)}

    def same_size(self, sent: str, ucum: str) -> bool:
        """Whether a number sent with this spelling is the number in this unit. Unknown spellings never are."""
        one, other = self.units.get(self.ucum_of.get(sent, "")), self.units.get(ucum)
        if one is None or other is None:
            return False
        return one == other or (one.factor, one.dimension) == (other.factor, other.dimension)

    @cached_property
    def menus(self) -> dict[str, dict[str, str]]:
        """Analyzer → its own codes → tests."""
        return {row.code: {item.code: item.test for item in row.menu} for row in self.analyzers.values()}

    @cached_property
    def measured_by(self) -> dict[str, tuple[str, ...]]:
        """Test → analyzers that have it on their menu."""
        found: dict[str, list[str]] = {}
        for analyzer in self.analyzers.values():
            for item in analyzer.menu:
                found.setdefault(item.test, []).append(analyzer.code)
        return {test: tuple(codes) for test, codes in found.items()}

    @cached_property
    def calculated(self) -> dict[str, Formula]:
        """Tests that this laboratory calculates itself: they have a formula and no analyzer reports them."""
        return {code: formula for code, formula in self.formula_for.items() if code not in self.measured_by}

    @cached_property
    def test_by_loinc(self) -> dict[str, tuple[str, ...]]:
        """LOINC → tests that carry it; a code on several tests (two specimen types) is no unique answer."""
        found: dict[str, list[str]] = {}
        for test in self.tests.values():
            if test.loinc:
                found.setdefault(test.loinc, []).append(test.code)
        return {loinc: tuple(codes) for loinc, codes in found.items()}

    @cached_property
    def formula_for(self) -> dict[str, Formula]:
        """Calculated test → its formula, named by the test's own row."""
        return {t.code: self.formulas[t.formula] for t in self.tests.values() if t.formula in self.formulas}

    @cached_property
    def rules_for(self) -> dict[str, tuple[ConsistencyRule, ...]]:
        """Test → the consistency rules it is judged by; `suppress` concerns only what it allows to be absent."""
        found: dict[str, list[ConsistencyRule]] = {}
        for rule in self.consistency:
            expression = None if rule.manual else parse(rule.rule)
            if expression is not None:
                suppressed = expression.optional if rule.severity == "suppress" else ()
                for test in {name.removesuffix(PREVIOUS) for name in suppressed or expression.names}:
                    found.setdefault(test, []).append(rule)
        return {test: tuple(rules) for test, rules in found.items()}

    @cached_property
    def targets_for(self) -> dict[tuple[str, str], tuple[ControlTarget, ...]]:
        """(analyzer, test) → control targets of every level and lot."""
        found: dict[tuple[str, str], list[ControlTarget]] = {}
        for target in self.control_targets:
            found.setdefault((target.analyzer, target.test), []).append(target)
        return {key: tuple(rows) for key, rows in found.items()}
