"""The content that ships: whole, consistent, and safe in what it lets pass."""

from __future__ import annotations

import re
import runpy
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from lis.domain.catalog import CODED, NO_AGE_LIMIT, Catalog, Unit
from lis.domain.critical import critical_check, is_critical
from lis.domain.expressions import parse
from lis.domain.people import LIS_ADMIN, PROCESSOR, SUPERVISOR, TECHNICIAN, TECHNOLOGIST
from lis.domain.ranges import flag_for, interval_for, row_for_age
from lis.kernel.quantity import parse_decimal, parse_quantity
from lis.storage.packs import check_pack, read_pack

PACK = Path(__file__).parents[2] / "seed" / "packs" / "core"


@pytest.fixture(scope="module")
def core() -> Catalog:
    return read_pack(PACK).catalog


def test_core_pack_has_no_problem() -> None:
    assert [str(problem) for problem in check_pack(PACK) if not problem.note] == []


def test_rules_in_words_are_listed_as_manual() -> None:
    notes = [p.reason.split(":")[0] for p in check_pack(PACK) if p.note and p.file == "consistency_rules.csv"]

    assert notes == ["R35", "R37", "R40", "R44", "R45", "R46", "R47", "R48", "R51", "R53"]


def test_core_pack_holds_the_whole_catalogue(core: Catalog) -> None:
    assert (len(core.tests), len(core.containers), len(core.specimen_types)) == (338, 31, 31)
    assert [code for code, panel in core.orderables.items() if not panel.items] == []


def test_control_targets_are_what_the_other_tables_give() -> None:
    derived = runpy.run_path(str(PACK / "derive_control_targets.py"))["derived"]()

    assert (PACK / "control_targets.csv").read_text(encoding="utf-8") == derived


def test_every_numeric_chemistry_hematology_and_coagulation_test_is_measured_calculated_or_read_by_hand(
    core: Catalog,
) -> None:
    by_hand = [
        test.code
        for test in core.tests.values()
        if test.department in ("CHEM", "HEME", "COAG")
        and test.result_type == "NM"
        and test.code not in core.measured_by
        and test.code not in core.calculated
        and test.section != "MDIFF"
    ]

    assert by_hand == ["SMUDGE", "ESR", "HGBA", "HGBA2", "HGBF", "HGBS", "MALPCT", "OSMO", "UOSM"]


def test_controls_of_hematology_and_coagulation_have_three_levels_and_of_the_others_two(
    core: Catalog,
) -> None:
    levels = {
        analyzer: {len(rows) for (code, _), rows in core.targets_for.items() if code == analyzer}
        for analyzer in core.analyzers
    }

    assert levels == {"CHEM-1": {2}, "HEME-1": {3}, "COAG-1": {3}, "UA-1": {2}, "BG-1": {2}}


def test_controls_are_run_as_often_as_results_need_them(core: Catalog) -> None:
    """Coagulation and blood gases each eight hours (42 CFR 493.1269, 493.1267), the others each day."""
    devices = yaml.safe_load((PACK / "world" / "world.yaml").read_text(encoding="utf-8"))["analyzers"]
    longest = {device["code"]: max(_hours_between(device["controls_at"])) for device in devices}
    needed = {code: analyzer.qc_hours for code, analyzer in core.analyzers.items()}

    assert needed == {"CHEM-1": 24, "HEME-1": 24, "COAG-1": 8, "UA-1": 24, "BG-1": 8}
    assert longest == needed


def _hours_between(times: list[str]) -> list[float]:
    """From each time of day to the next one, around the clock."""
    hours = [int(text[:2]) + int(text[3:]) / 60 for text in times]
    return [(later - hour) % 24 or 24 for hour, later in zip(hours, [*hours[1:], hours[0]], strict=True)]


def test_tubes_are_drawn_in_the_order_of_the_standards(core: Catalog) -> None:
    """From a vein (CLSI GP41): culture, citrate, serum, heparin, EDTA, fluoride. Through skin (GP42): serum last."""
    places = {code: core.containers[code].order_of_draw or 0 for code in core.containers}
    for drawn in (("BCA", "LBL", "SST", "PST", "LAV", "GRY"), ("CAPG", "LAVM", "CAPB"), ("LAV", "CAPB")):
        order = [places[code] for code in drawn]
        assert order == sorted(set(order)), drawn


def test_the_refrigerators_of_the_store_are_those_of_the_bench(core: Catalog) -> None:
    bench = yaml.safe_load((PACK / "world" / "bench.yaml").read_text("utf-8"))
    cold = tuple(place["code"] for place in bench["places"] if 2 <= place["celsius"] <= 8)
    assert cold == core.refrigerated


def test_prothrombin_time_is_critical_where_its_inr_is(core: Catalog) -> None:
    """The seconds mean nothing without the lot: its constants and this limit change together."""
    seconds, ratio = (core.criticals[test][0].high for test in ("PT", "INR"))
    assert seconds is not None and ratio is not None
    mean, index = core.constants["MNPT"], core.constants["ISI"]
    assert isinstance(mean, Decimal) and isinstance(index, Decimal)
    assert (seconds / mean) ** index == ratio


def test_a_coded_value_names_no_other_unit_than_its_test(core: Catalog) -> None:
    named = {
        (test.code, found[0], core.unit_text(test.unit))
        for test in core.tests.values()
        if test.result_type == CODED and test.unit
        for one in core.value_set_of(test.code)
        if (found := re.search(r"\S+/\S+$", one.display))
    }
    assert {(unit, own) for _, unit, own in named} == {("CFU/mL", "CFU/mL")}


def test_which_containers_stand_in_place_of_others(core: Catalog) -> None:
    """The same additive is not enough: no anaerobic bottle for an aerobic one, no lavender tube for the blood bank."""
    kinds = core.containers
    found = {(code, one) for code, kind in kinds.items() for one in kind.in_place_of}
    assert found == {
        ("LAVM", "LAV"),
        ("LAV", "LAVM"),
        ("PNK", "LAV"),
        ("CAPB", "SST"),
        ("SST", "CAPB"),
        ("GRN", "PST"),
        ("UCUP", "UTUB"),
    }
    for code, one in found:
        assert (kinds[code].additive_code, kinds[code].specimen_type) == (
            kinds[one].additive_code,
            kinds[one].specimen_type,
        )


def test_citrated_plasma_alone_keeps_from_its_draw(core: Catalog) -> None:
    assert [code for code, row in core.specimen_types.items() if row.keeps_from_draw] == ["PPP"]


@pytest.mark.parametrize(
    ("test", "value", "age", "is_low_or_high"),
    [
        ("K", "6.4", 14600, False),
        ("K", "6.5", 14600, True),
        ("K", "2.5", 14600, True),
        ("NA", "120", 14600, True),
        ("PHOS", "1.0", 14600, True),
        ("GLU", "50", 14600, True),
        ("GLU", "400", 14600, True),
        ("HGB", "6.0", 14600, True),
        ("INR", "5.0", 14600, True),
        ("CREA", "2.0", 300, True),
        ("CREA", "2.4", 3000, False),
        ("CREA", "2.5", 3000, True),
        ("CREA", "3.0", 5000, True),
        ("CREA", "9.9", 5840, False),
        ("CREA", "10.0", 5840, True),
        ("CL", "80", 14600, False),  # posted as below 80
    ],
)
def test_a_value_at_a_posted_limit_is_critical_where_the_list_says_so(
    core: Catalog, test: str, value: str, age: int, is_low_or_high: bool
) -> None:
    row, known = row_for_age(core.criticals[test], age)
    assert is_critical(critical_check(row, known=known, quantity=parse_quantity(value))) is is_low_or_high


def test_critical_limits_leave_out_no_age_but_where_they_are_for_newborns_and_infants_only(
    core: Catalog,
) -> None:
    ages = (0, 30, 31, 364, 365, 729, 730, 4379, 4380, 5839, 5840, 6569, 6570, NO_AGE_LIMIT)
    without = {
        test: [age for age in ages if row_for_age(rows, age)[0] is None]
        for test, rows in core.criticals.items()
    }
    assert {test: gaps[0] for test, gaps in without.items() if gaps} == {"TBIL": 31, "UKET": 365}


@pytest.mark.parametrize(
    ("rule", "values", "holds"),
    [
        ("R22", {"PT": "24.0", "INR": "2.0"}, True),
        ("R22", {"PT": "24.0", "INR": "2.3"}, False),
        ("R03", {"HGB": "3.5", "RBC": "1.01", "MCH": "35.3"}, True),  # 3.55 over 1.005
        ("R03", {"HGB": "12.0", "RBC": "4.00", "MCH": "30.7"}, False),
        ("R07", {"WBC": "265.5", "NEUTP": "21.1", "NEUTA": "55.92"}, True),  # 265.45 x 21.07 %
        ("R07", {"WBC": "265.5", "NEUTP": "21.1", "NEUTA": "55.80"}, False),
        ("R07", {"WBC": "8.0", "NEUTP": "60.0", "NEUTA": "4.91"}, False),
        ("R43", {"CSFNEU": "22", "CSFLYM": "59", "CSFMON": "20"}, True),  # 21.6 + 58.7 + 19.7
        ("R43", {"CSFNEU": "23", "CSFLYM": "59", "CSFMON": "20"}, False),
        ("R56", {"PLT": "149", "PLTCL": "PRES"}, False),
        ("R56", {"PLT": "150", "PLTCL": "PRES"}, True),
        ("R56", {"PLT": "149", "PLTCL": "ABS"}, True),
    ],
)
def test_rules_of_the_catalogue(core: Catalog, rule: str, values: dict[str, str], holds: bool) -> None:
    row = next(row for row in core.consistency if row.id == rule)
    known = {name: parse_decimal(text) or text for name, text in values.items()}
    assert parse(row.rule).decides({**core.constants, **known}) is holds


def test_rule_of_the_inr_follows_the_lot(core: Catalog) -> None:
    row = next(row for row in core.consistency if row.id == "R22")
    lot = {"MNPT": Decimal("12.0"), "ISI": Decimal("1.2"), "PT": Decimal("24.0")}
    assert parse(row.rule).decides(lot | {"INR": Decimal("2.3")}) is True


@pytest.mark.parametrize(
    ("test", "value", "flag"),
    [
        ("EGFR", "180", "N"),  # printed as >=60
        ("EGFR", "59", "L"),
        ("DDIM", "499", "N"),
        ("DDIM", "500", "H"),  # excludes nothing
        ("HBSAB", ">1000", "N"),
        ("RUBG", ">500", "N"),
        ("PGLU", "139", "N"),  # when the patient ate is not known, in the laboratory and at the bedside alike
        ("PGLUB", "139", "N"),
        ("GLU", "139", "N"),
    ],
)
def test_flags_say_what_the_printed_interval_says(core: Catalog, test: str, value: str, flag: str) -> None:
    quantity = parse_quantity(value)
    choice = interval_for(core.intervals[test], sex="M", age_days=14600)
    assert quantity is not None and choice.row is not None
    assert flag_for(quantity, choice.row) == flag


def test_nothing_passes_alone_that_is_critical_at_any_age_it_passes_for(core: Catalog) -> None:
    reaching = [
        (test, row.low, row.high)
        for test, ranges in core.autoverification.items()
        for row in ranges
        for limit in core.criticals.get(test, ())
        if limit.age_high_days >= row.min_age_days
        and (
            (limit.low is not None and (row.low is None or row.low <= limit.low))
            or (limit.high is not None and (row.high is None or row.high >= limit.high))
        )
    ]

    assert reaching == []


def test_calculated_tests_come_from_tests_that_are_measured_or_calculated(core: Catalog) -> None:
    known = {*core.measured_by, *core.calculated, *core.constants, "AGE", "SEX"}
    loose = {
        code: set(formula.inputs) - known
        for code, formula in core.calculated.items()
        if set(formula.inputs) - known
    }

    assert loose == {"OSMG": {"OSMO"}}  # measured by freezing point, entered by hand


def test_each_step_of_the_bench_carries_the_acts_of_the_one_below_and_the_administrator_no_results(
    core: Catalog,
) -> None:
    acts = {role: row.acts for role, row in core.roles.items()}

    assert acts[PROCESSOR] < acts[TECHNICIAN] < acts[TECHNOLOGIST] < acts[SUPERVISOR]
    assert [
        act for act in acts[LIS_ADMIN] if act.startswith(("result.", "patient.", "order.", "specimen."))
    ] == []


def test_what_is_for_an_age_of_years_begins_on_the_birthday(core: Catalog) -> None:
    rows = [row for tables in (core.intervals, core.criticals) for rows in tables.values() for row in rows]
    begin = {row.age_low_days for row in rows if row.age_low_days > 365}
    end = {row.age_high_days + 1 for row in rows if row.age_high_days > 365} - {NO_AGE_LIMIT + 1}
    begin |= {
        row.min_age_days for rows in core.autoverification.values() for row in rows if row.min_age_days > 31
    }

    assert {days for days in begin | end if days % 365} == set()


def test_tests_with_conditional_intervals_only_have_one_for_when_nothing_is_known(core: Catalog) -> None:
    without = {
        test
        for test, rows in core.intervals.items()
        if not any(row.condition == "" or row.when_unknown for row in rows)
    }

    assert without == {"CORT", "GENT"}  # by time of day, peak or trough: nobody can choose without asking


PREFIX = {"": 0, "d": -1, "c": -2, "m": -3, "u": -6, "n": -9, "p": -12, "f": -15, "k": 3}
SIZED = {
    "mass/volume",
    "substance/volume",
    "number/volume",
    "international units/volume",
    "enzyme activity/volume",
}


def _power(part: str) -> int | None:
    """The power of ten of one side of a unit, read from its spelling alone."""
    part = part.replace("µ", "u").replace("μ", "u").replace("mc", "u")
    count = re.fullmatch(r"x?10(?:[*^E]|e)(\d+)", part)
    if count:
        return int(count[1])
    words = {"K": 3, "k": 3, "thou": 3, "thousand": 3, "M": 6, "mill": 6, "million": 6, "G": 9, "Giga": 9}
    words |= {"T": 12, "Tera": 12, "": 0, "cells": 0, "{cells}": 0, "mm3": -6, "mm^3": -6, "gm": 0, "cmm": -6}
    if part in words:
        return words[part]
    sized = re.fullmatch(r"([dcmunpfk]?)(g|L|l|mol|\[[iI]U\]|IU|U)", part)
    return PREFIX[sized[1]] if sized else None


def _size(spelling: str) -> Decimal | None:
    above, _, below = spelling.partition("/")
    one, other = _power(above), _power(below)
    return None if one is None or other is None or not below else Decimal(10) ** (one - other)


def _sized(core: Catalog) -> list[tuple[Unit, str]]:
    return [
        (unit, spelling)
        for unit in core.units.values()
        if unit.dimension in SIZED
        for spelling in (unit.ucum, *unit.synonyms)
    ]


def test_every_spelling_has_the_size_of_its_unit(core: Catalog) -> None:
    wrong = [
        (unit.ucum, spelling) for unit, spelling in _sized(core) if _size(spelling) not in (None, unit.factor)
    ]
    unread = sorted(spelling for _, spelling in _sized(core) if _size(spelling) is None)

    assert wrong == []
    assert unread == [
        *("10*3.mm-3", "g%", "giga.l-1", "mM", "mg%", "mmol/dm3", "tera.l-1", "uM", "µM", "μM"),
    ]


def test_no_spelling_belongs_to_two_units_and_none_differs_from_another_size_by_case_alone(
    core: Catalog,
) -> None:
    spellings = [s for unit in core.units.values() for s in (unit.ucum, *unit.synonyms)]

    assert sorted(spellings) == sorted(set(spellings))
    assert len(core.ucum_of) == len(spellings)


@pytest.mark.parametrize(
    ("sent", "unit"),
    [
        *(
            (sent, "10*3/uL")
            for sent in ("10^3/uL", "x10^9/L", "K/uL", "10*9/L", "10E3/uL", "giga.l-1", "/nl")
        ),
        *((sent, "10*6/uL") for sent in ("10^12/L", "10*12/L", "mill/mm3", "10E6/uL", "/pl", "tera.l-1")),
        *((sent, "umol/L") for sent in ("µmol/L", "μmol/L", "umol/l")),
        ("IU/L", "U/L"),
        ("uIU/mL", "m[IU]/L"),
        ("[IU]/L", "m[IU]/mL"),
        ("pg/mL", "ng/L"),
        ("ug/mL", "mg/L"),
        ("k[IU]/L", "[IU]/mL"),
        ("mmHg", "mm[Hg]"),
        ("{Ratio}", "{ratio}"),
        ("ug/L FEU", "ng/mL{FEU}"),
    ],
)
def test_what_senders_write_for_the_same_size_is_accepted(core: Catalog, sent: str, unit: str) -> None:
    assert core.same_size(sent, unit)


@pytest.mark.parametrize(
    ("sent", "unit"),
    [
        ("mmol/L", "mg/dL"),
        ("MG/DL", "mg/dL"),
        ("Mg/dL", "mg/dL"),
        ("mg/L", "mg/dL"),
        ("g/L", "g/dL"),
        ("g/L", "10*3/uL"),
        ("mEq/L", "mmol/L"),
        ("ML/min/1.73m2", "mL/min/{1.73_m2}"),
        ("ng/mL", "ng/mL{FEU}"),
        ("[IU]/L", "U/L"),
        ("mU/L", "m[IU]/L"),
        ("%", "{ratio}"),
        ("/uL", "10*3/uL"),
        ("", "{ratio}"),
        ("", "[pH]"),
        ("eq1bvbvr", "mg/dL"),
    ],
)
def test_what_is_another_size_or_cannot_be_read_is_refused(core: Catalog, sent: str, unit: str) -> None:
    assert not core.same_size(sent, unit)
