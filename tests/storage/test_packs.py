"""A pack is read into a Catalog from its text alone, or refused with file and line."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lis.kernel.errors import Invalid
from lis.storage.packs import catalog_from_files, digest_of, pack_files, read_pack
from lis.storage.packs_tables import read_tables

PACK = Path(__file__).parents[1] / "data" / "pack"


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    return pack_files(PACK)


def test_catalog_holds_rows_as_the_files_say(files: dict[str, str]) -> None:
    catalog = catalog_from_files(files)

    assert (catalog.pack, catalog.version, catalog.laboratory.zone) == ("small", "1", "America/Chicago")
    assert catalog.tests["K"].hil_sensitive == ("H",)
    assert catalog.tests["CREA"].amr_low == Decimal("0.10")
    assert [(row.age_low_days, row.high) for row in catalog.criticals["K"]] == [(31, 6.5), (0, 7)]
    assert catalog.value_set_of("HCGS")[1].abnormal_flag == "A"
    assert catalog.constants == {"MNPT": Decimal("12.0"), "ISI": Decimal("1.0")}
    assert [rule.id for rule in catalog.consistency if rule.manual] == ["C04"]
    assert catalog.analyzers["COAG-1"].menu[0].code == "PT-S"
    assert catalog.peers["PRINTER-1"].port == 9


def test_panel_keeps_order_and_single_test_takes_limits_of_smallest_panel(files: dict[str, str]) -> None:
    orderables = catalog_from_files(files).orderables

    assert orderables["LYTES"].tests[:3] == ("NA", "K", "CL")
    assert (orderables["K"].tests, orderables["K"].tat_routine_min) == (("K", "HIDX"), 90)
    assert (orderables["HGB"].tests, orderables["HGB"].tat_routine_min) == (("HGB",), None)
    assert [code for code in ("AGAP", "EGFR", "HIDX") if code in orderables] == []


def test_calculated_here_is_what_no_analyzer_reports(files: dict[str, str]) -> None:
    assert sorted(catalog_from_files(files).calculated) == ["AGAP", "EGFR"]


def test_roles_carry_the_acts_of_the_table(files: dict[str, str]) -> None:
    roles = catalog_from_files(files).roles

    assert "result.verify.held" in roles["technologist"].acts
    assert [act for act in roles["lis_admin"].acts if act.startswith("result.")] == []
    assert roles["lis_admin"].name == "LIS admin"


def test_digest_is_of_names_and_texts_in_any_order(files: dict[str, str]) -> None:
    backwards = dict(reversed(files.items()))

    assert read_pack(PACK).digest == digest_of(backwards) == catalog_from_files(files).digest
    assert digest_of({"a": "bc"}) != digest_of({"ab": "c"})


def test_spelling_of_same_size_is_the_unit_and_any_other_is_not(files: dict[str, str]) -> None:
    catalog = catalog_from_files(files)

    assert catalog.same_size("mmol/l", "mmol/L")
    assert [catalog.same_size(sent, "mmol/L") for sent in ("mg/dL", "MMOL/L", "", "mEq/L")] == [False] * 4


@pytest.mark.parametrize(
    ("file", "old", "new", "reason"),
    [
        ("tests.csv", "2951-2", "2951-3", "tests.csv:2: loinc: the check digit of LOINC 2951-3 is wrong"),
        ("tests.csv", "code,name", "code,nam", "tests.csv:1: column 'nam' is unknown"),
        ("panels.csv", "LYTES,2,K,Y", "LYTES,2,K", "panels.csv:3: 3 cells where the head has 4"),
        ("critical_values.csv", "120,160", "abc,160", "critical_values.csv:2: low: 'abc' is no number"),
        ("roles.csv", "order.enter,", "order.guess,", "roles.csv:3: act: Input should be 'patient.view'"),
        ("analyzers.yaml", "unit: sec", "unti: sec", "analyzers.yaml:26: menu.0.unti is unknown here"),
        ("peers.yaml", "peers:", "peers: [", "peers.yaml:2: is no YAML"),
        (
            "pack.yaml",
            "environment: T",
            "environment: Q",
            "pack.yaml:5: environment: Input should be 'P', 'T' or 'D'",
        ),
    ],
)
def test_broken_file_is_refused_with_file_line_and_reason(
    files: dict[str, str], file: str, old: str, new: str, reason: str
) -> None:
    with pytest.raises(Invalid) as refused:
        catalog_from_files(files | {file: files[file].replace(old, new, 1)})

    assert refused.value.message.removeprefix("The pack cannot be read: ").startswith(reason)


HEAD = "code,value,unit,meaning,source\n"


@given(
    st.sampled_from(["constants.csv", "peers.yaml", "texts.yaml", "pack.yaml"]),
    st.text("ab,:-[]{}&*!?<\"'\n #|>0\0"),
)
def test_any_text_is_read_or_refused_never_a_crash(file: str, text: str) -> None:
    found = read_tables({file: (HEAD if file == "constants.csv" else "") + text})[file]

    assert [(p.file, p.line > 0) for p in found.problems] == [(file, True)] * len(found.problems)


@pytest.mark.parametrize(
    "text",
    [
        "peers: [{? [a] : b}]",
        "? [a]\n: b",
        "peers: &a [*a]",
        "peers: [!!python/name:os.system {}]",
        "peers: [2001-99-99]",
    ],
)
def test_yaml_that_means_no_rows_is_refused(text: str) -> None:
    assert [problem.line for problem in read_tables({"peers.yaml": text})["peers.yaml"].problems] == [1]


def test_missing_file_is_refused_by_name(files: dict[str, str]) -> None:
    with pytest.raises(Invalid, match=r"units\.csv:0: is not in the pack"):
        catalog_from_files({name: text for name, text in files.items() if name != "units.csv"})


def test_folder_that_is_not_there_or_not_utf8_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="There is no pack"):
        pack_files(tmp_path / "nowhere")
    (tmp_path / "tests.csv").write_bytes(b"code\n\xff")
    with pytest.raises(Invalid, match=r"tests\.csv is not UTF-8 at byte 5"):
        pack_files(tmp_path)


def test_catalogue_older_than_the_column_still_holds_fluids_for_irreplaceable(files: dict[str, str]) -> None:
    old = "\n".join(
        [
            "code,in_hl70487,local_name,category,departments,default_container,transport_temp,max_transport_h,source",
            "SER,Y,Serum,blood,CHEM,SST,RT,2,test data",
            "PPP,Y,Platelet-poor plasma,fluid,COAG,LBL,RT,4,test data",
            "WB,Y,Whole blood (EDTA),blood,HEME,LAV,RT,8,test data",
        ]
    )
    types = catalog_from_files(files | {"specimen_types.csv": old}).specimen_types
    assert {code: row.irreplaceable for code, row in types.items()} == {
        "SER": False,
        "PPP": True,
        "WB": False,
    }
