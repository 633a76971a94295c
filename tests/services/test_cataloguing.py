"""Content changes by a new version with a reason; what was filed under the old one says so."""

from __future__ import annotations

import pytest

from lis.kernel.errors import Invalid, NotAllowed, Refusal
from lis.services import cataloguing
from lis.storage import catalogs
from lis.storage import tables as t
from lis.storage.packs import pack_files
from tests.labs import PACK
from tests.services.bench import Bench


def limits(small: Bench) -> str:
    with small.lab.reading() as reading:
        return catalogs.files_of(reading.connection, 1)["critical_values.csv"]


def test_a_changed_file_is_a_new_version_in_force_at_once(small: Bench) -> None:
    changed = limits(small).replace("K,31,43800,2.5,6.5", "K,31,43800,2.5,6.3")
    with small.work("lis_admin") as work:
        before = work.catalog.criticals["K"]
        after = cataloguing.change_file(work, "critical_values.csv", changed, reason="agreed with the ED")
        assert work.catalog is after
        assert work.catalog_version_id == 2
        assert before != after.criticals["K"]
    assert [row.reason for row in small.rows(t.catalog_version)] == ["first load", "agreed with the ED"]
    assert small.row(t.lab).catalog_version_id == 2


@pytest.mark.parametrize(
    ("role", "name", "content", "reason", "refusal"),
    [
        ("supervisor", "critical_values.csv", "", "why", NotAllowed),
        ("lis_admin", "critical_values.csv", "", "", Invalid),
        ("lis_admin", "none.csv", "", "why", Invalid),
        ("lis_admin", "critical_values.csv", "analyte,low\nK,x\n", "why", Refusal),
    ],
)
def test_a_change_that_is_not_allowed_or_broken_changes_nothing(
    small: Bench, role: str, name: str, content: str, reason: str, refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal), small.work(role) as work:
        cataloguing.change_file(work, name, content, reason=reason)
    assert small.row(t.lab).catalog_version_id == 1


def test_broken_content_is_not_loaded_and_every_place_is_named(small: Bench) -> None:
    files = pack_files(PACK)
    broken = files | {"critical_values.csv": files["critical_values.csv"].replace("K,31,", "KK,31,")}
    with pytest.raises(Invalid) as refused, small.work("lis_admin") as work:
        cataloguing.load_pack(work, broken, reason="another")
    assert refused.value.code == "pack.broken"
    assert "critical_values.csv" in str(refused.value)
    assert [row.reason for row in small.rows(t.catalog_version)] == ["first load"]


@pytest.mark.parametrize("whole", [True, False])
def test_an_analyzer_that_is_to_speak_otherwise_is_heard_otherwise(small: Bench, whole: bool) -> None:
    """One that asks for its work from now on must not be refused for asking."""
    with small.work("lis_admin") as work:
        before = {row.code: row.profile for row in work.interfaces.all()}
        files = dict(pack_files(PACK))
        text = files["analyzers.yaml"]
        files["analyzers.yaml"] = text.replace(f"profile: {before['CHEM-1']}", "profile: ihe-law", 1)
        assert files["analyzers.yaml"] != text
        work.interfaces.change("COAG-1", profile="mindray-bs")  # as this laboratory set it
        if whole:
            cataloguing.load_pack(work, files, reason="LAW")
        else:
            cataloguing.change_file(work, "analyzers.yaml", files["analyzers.yaml"], reason="LAW")
    with small.by_wire() as work:
        found = {row.code: row.profile for row in work.interfaces.all()}
    assert found == before | {"CHEM-1": "ihe-law", "COAG-1": "mindray-bs"}
