"""A broken pack: every problem with its file, its line and a reason in words."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from lis.storage.packs import PackProblem, check_pack, read_pack
from lis.storage.packs_rows import _check_digit_right

PACK = Path(__file__).parents[1] / "data" / "pack"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(PACK, tmp_path / "pack"))


def _change(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert text.count(old) >= 1, f"{old!r} is not in {file}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def _problems(folder: Path) -> list[str]:
    return [str(problem) for problem in check_pack(folder) if not problem.note]


def test_small_pack_has_no_problem_and_one_note() -> None:
    assert [(p.file, p.line, p.note) for p in check_pack(PACK)] == [("consistency_rules.csv", 5, True)]


# file, what is changed, into what, and the one problem that must be found
BROKEN = [
    (
        "tests.csv",
        "SER,SST,NM,,,80,200",
        "SER,GLD,NM,,,80,200",
        "tests.csv:2: container GLD is not in containers.csv",
    ),
    ("tests.csv", "NM,,F_AGAP", "NM,,F_GAP", "tests.csv:6: formula F_GAP is not in formulas.csv"),
    ("tests.csv", ",,,,{titer}", ",,,,{titre}", "tests.csv:16: unit {titre} is not in units.csv"),
    ("tests.csv", "TITER2,,1,1024", "TITER2,,1024,1", "tests.csv:16: RPRT: measuring range 1024 to 1"),
    ("tests.csv", "CE,POSNEG", "CE,", "tests.csv:15: HCGS: a coded test has a value set"),
    ("panels.csv", "LYTES,3,CL", "LYTES,3,CHLOR", "panels.csv:4: test CHLOR is not in tests.csv"),
    ("panels.csv", "LYTES,3,CL", "LYTES,3,K", "panels.csv:4: LYTES K is there twice (line 3)"),
    ("orderables.csv", "45,90,8,", "45,90,9,", "orderables.csv:2: LYTES says 9 tests and has 8"),
    (
        "containers.csv",
        "CHEM,,Full",
        "CHEM,LAV;SSTM,Full",
        "containers.csv:3: in_place_of SSTM is not in containers.csv",
    ),
    ("containers.csv", "2.7,2.43", "2.7,3.43", "containers.csv:2: LBL: minimum above the volume drawn"),
    (
        "reference_intervals.csv",
        "NA,A,0,43800,136,145",
        "NA,A,0,43800,145,136",
        "reference_intervals.csv:2: NA: low 145 above high 136",
    ),
    (
        "reference_intervals.csv",
        "K,A,31,43800",
        "K,A,30,43800",
        "reference_intervals.csv:4: K: meets the interval of line 3",
    ),
    (
        "reference_intervals.csv",
        "98,107",
        "98.5,107",
        "reference_intervals.csv:5: CL: more decimals than the result has (0)",
    ),
    (
        "reference_intervals.csv",
        "22,29,,mmol/L",
        "22,29,,mEq/L",
        "reference_intervals.csv:6: unit 'mEq/L' where CO2 has 'mmol/L'",
    ),
    ("critical_values.csv", "2.5,7.0", "2.5,5.8", "critical_values.csv:4: K: high 5.8 below normal 5.9"),
    ("critical_values.csv", "K,0,30", "K,0,31", "critical_values.csv:4: K: ages meet those of line 3"),
    (
        "delta_limits.csv",
        "NA,72,8,,ABS",
        "NA,72,8,,PCT",
        "delta_limits.csv:2: NA: limits do not fit logic PCT",
    ),
    (
        "autoverification.csv",
        "3.0,6.0,100",
        "2.5,6.0,100",
        "autoverification.csv:3: K: low 2.5 would pass the critical value 2.5",
    ),
    (
        "autoverification.csv",
        "3.0,6.0,100",
        "3.0,6.0,150",
        "autoverification.csv:3: K: index H up to 150 passes, its effect begins at 100",
    ),
    (
        "formulas.csv",
        "NA-CL-CO2",
        "NA-CL-",
        "formulas.csv:2: F_AGAP: Not an expression",
    ),
    (
        "formulas.csv",
        '"NA,CL,CO2"',
        '"NA,CL,CO2,K"',
        "formulas.csv:2: F_AGAP: inputs NA, CL, CO2, K where the expression uses CL, CO2, NA",
    ),
    (
        "formula_checks.csv",
        "CO2=24,12",
        "CO2=24,13",
        "formula_checks.csv:2: F_AGAP: gives 12.0000 where 13 is expected",
    ),
    (
        "consistency_rules.csv",
        "3<=AGAP<=30",
        "3<=AGAP<=30 mostly",
        "consistency_rules.csv:2: C01: Not an expression",
    ),
    (
        "consistency_rules.csv",
        "3<=AGAP<=30",
        "3<=GAP<=30",
        "consistency_rules.csv:2: C01: GAP are neither tests nor constants",
    ),
    ("units.csv", "mmol/l;mM", "mmol/l;mg/dl", "units.csv:3: mg/dl is written for mmol/L and for mg/dL"),
    (
        "analyzers.yaml",
        "unit: sec",
        "unit: min",
        "analyzers.yaml:18: COAG-1: unit 'min' of PT is not of the size of s",
    ),
    ("control_targets.csv", "1,120,1.2,", "1,120,0,", "control_targets.csv:2: CHEM-1 NA: SD 0"),
    (
        "control_targets.csv",
        "1,120,1.2,",
        "1,120,,",
        "control_targets.csv:2: CHEM-1 NA: a numeric test has mean and SD",
    ),
    (
        "control_targets.csv",
        "2027-12-31",
        "2027-13-31",
        "control_targets.csv:2: CHEM-1 NA: 2027-13-31 is no date",
    ),
    (
        "roles.csv",
        "Manage staff,N,N,N,N,Y",
        "Manage staff,N,N,N,N,N",
        "roles.csv:29: no role carries staff.manage",
    ),
    ("pack.yaml", "America/Chicago", "America/Gotham", "pack.yaml:1: America/Gotham is no IANA time zone"),
    ("pack.yaml", "I: IIDX", "I: ICTX", "pack.yaml:1: index I: ICTX is not in tests.csv"),
    (
        "value_sets.csv",
        "POSNEG,2,POS",
        "POSNEG,2,NEG",
        "value_sets.csv:3: POSNEG NEG is there twice (line 2)",
    ),
    ("critical_values.csv", "0,43800,,5.0", "0,43800,,", "critical_values.csv:9: INR: no limit at all"),
]


@pytest.mark.parametrize(("file", "old", "new", "expected"), BROKEN)
def test_broken_pack_is_named_by_file_line_and_reason(
    folder: Path, file: str, old: str, new: str, expected: str
) -> None:
    _change(folder, file, old, new)

    problems = _problems(folder)
    assert [p.startswith(expected) for p in problems] == [True], problems


def test_all_problems_are_found_at_once(folder: Path) -> None:
    _change(folder, "tests.csv", "2951-2", "2951-9")
    _change(folder, "panels.csv", "LYTES,3,CL", "LYTES,three,CL")
    _change(folder, "units.csv", "mg/dl;mg%", "mg/dl;g/dl")

    assert [(p.file, p.line) for p in check_pack(folder) if not p.note] == [
        ("panels.csv", 4),
        ("tests.csv", 2),
        ("units.csv", 4),
    ]


def test_refused_row_does_not_make_references_to_it_wrong(folder: Path) -> None:
    _change(folder, "containers.csv", "SST,Serum separator tube", "SST,")

    assert _problems(folder) == ["containers.csv:3: name is empty or missing"]


def test_number_without_source_is_refused(folder: Path) -> None:
    _change(folder, "critical_values.csv", "mmol/L,test data", "mmol/L,")

    assert _problems(folder) == ["critical_values.csv:2: source is empty or missing"]


def test_numeric_test_without_two_control_levels_is_named(folder: Path) -> None:
    path = folder / "control_targets.csv"
    path.write_text(
        "".join(line for line in path.read_text().splitlines(keepends=True) if ",K,CHEMCTL,C2402" not in line)
    )

    assert _problems(folder) == ["analyzers.yaml:2: CHEM-1 K: fewer than two control levels"]


def test_coded_test_is_controlled_by_expected_codes_of_its_value_set(folder: Path) -> None:
    _change(folder, "analyzers.yaml", "unit: mg/dL}", "unit: mg/dL}\n      - {test: HCGS, code: HCG}")
    path = folder / "control_targets.csv"
    head, *lines = path.read_text().splitlines()
    rows = [
        "CHEM-1,HCGS,HCGCTL,H1,1,,,,2027-12-31,test data,NEG",
        "CHEM-1,HCGS,HCGCTL,H2,2,,,,2027-12-31,test data,POS;MAYBE",
        "CHEM-1,HCGS,HCGCTL,H3,3,,,,2027-12-31,test data,",
    ]
    path.write_text("\n".join([head + ",expected", *(line + "," for line in lines), *rows]) + "\n")
    last = len(lines) + 3

    assert _problems(folder) == [
        f"control_targets.csv:{last}: CHEM-1 HCGS: codes MAYBE are not in value set POSNEG",
        f"control_targets.csv:{last + 1}: CHEM-1 HCGS: a coded test has expected codes, no mean and no SD",
    ]


def test_line_number_is_of_the_row_even_after_a_cell_with_line_breaks(folder: Path) -> None:
    _change(folder, "rejection_reasons.csv", "Prioritise tests with", '"Prioritise\ntests')
    _change(folder, "rejection_reasons.csv", "provider,C,,provider", 'provider",C,,provider')
    _change(folder, "rejection_reasons.csv", "right tube,Y", "right tube,Q")

    assert _problems(folder) == ["rejection_reasons.csv:7: recollect: Input should be 'Y', 'N' or 'C'"]


def test_new_test_is_rows_only(folder: Path) -> None:
    """A test, its interval and its place on a menu: three rows, and it can be ordered and measured."""
    with (folder / "tests.csv").open("a") as tests:
        tests.write(
            "GLU,Glucose,CHEM,CARB,,,,mg/dL,0,1,SER,SST,NM,,,5,750,1.5,8,6,normal,8,72,,Hexokinase,Y,,test data\n"
        )
    with (folder / "reference_intervals.csv").open("a") as intervals:
        intervals.write("GLU,A,0,43800,70,99,,mg/dL,,test data\n")
    with (folder / "control_targets.csv").open("a") as targets:
        for level, mean in ((1, 60), (2, 250)):
            row = f"CHEM-1,GLU,CHEMCTL,C240{level},{level},{mean},3,mg/dL,2027-12-31,test data\n"
            targets.write(row)
    _change(
        folder, "analyzers.yaml", "    menu:\n", '    menu:\n      - {test: GLU, code: "106", unit: mg/dl}\n'
    )

    assert _problems(folder) == []
    catalog = read_pack(folder).catalog
    assert catalog.orderables["GLU"].tests == ("GLU",)
    assert catalog.measured_by["GLU"] == ("CHEM-1",)


def test_file_that_is_no_table_is_named(folder: Path) -> None:
    (folder / "test.csv").write_text("code\n")

    assert _problems(folder) == ["test.csv:0: is no table of a content pack"]


def test_table_for_later_is_checked_by_columns_and_key(folder: Path) -> None:
    (folder / "culture_media.csv").write_text("code,name,selects,incubation,note\nBAP,a,b,c,d\nBAP,a,b,c,d\n")
    (folder / "mic_scale.csv").write_text("log2,nominal\n")

    assert _problems(folder) == [
        "culture_media.csv:3: BAP is there twice",
        "mic_scale.csv:1: columns are log2,nominal and should be log2,nominal_mg_l,exact_mg_l,source",
    ]


def test_folder_without_pack_is_one_problem(tmp_path: Path) -> None:
    assert check_pack(tmp_path / "no") == [
        PackProblem("no", 0, f"There is no pack in {tmp_path / 'no'}.", note=False)
    ]


@pytest.mark.parametrize("loinc", ["2951-2", "718-7", "58410-2", "6298-4", "94558-4"])
def test_loinc_check_digit_accepts_published_codes(loinc: str) -> None:
    assert _check_digit_right(loinc) == loinc


def test_loinc_check_digit_refuses_every_other_digit() -> None:
    refused = []
    for digit in range(10):
        try:
            _check_digit_right(f"2951-{digit}")
        except ValueError:
            refused.append(digit)
    assert refused == [0, 1, 3, 4, 5, 6, 7, 8, 9]
