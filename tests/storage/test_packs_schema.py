"""JSON Schemas are published whole."""

from __future__ import annotations

from pathlib import Path

from lis.storage.packs_schema import publish, schemas


def test_publishing_replaces_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "gone.json").write_text("{}")

    publish(tmp_path)

    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(schemas())
