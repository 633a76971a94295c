"""The published JSON Schemas are those of the models."""

from __future__ import annotations

from pathlib import Path

from lis.storage.packs_schema import publish, schemas

PUBLISHED = Path(__file__).parents[2] / "docs" / "generated" / "schema"


def test_published_schemas_are_fresh() -> None:
    assert {path.name: path.read_text(encoding="utf-8") for path in PUBLISHED.glob("*.json")} == schemas()


def test_publishing_replaces_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "gone.json").write_text("{}")

    publish(tmp_path)

    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(schemas())
