"""Publish the tables' JSON Schemas: `python -m lis.storage.packs_schema [FOLDER]` (default docs/generated/schema)."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from lis.storage import packs_rows as rows
from lis.storage.packs_tables import CSV_TABLES, PACK_FILE, TEXTS_FILE, YAML_LISTS

FOLDER = Path("docs/generated/schema")


def schemas() -> dict[str, str]:
    """File name → schema of one row of a table, or of one entry of a YAML file's list."""
    models: dict[str, type[rows.Row]] = {
        **CSV_TABLES,
        **YAML_LISTS,
        PACK_FILE: rows.PackRow,
        TEXTS_FILE: rows.TextRow,
    }
    return {f"{Path(file).stem}.json": _schema(file, model) for file, model in models.items()}


def _schema(file: str, model: type[rows.Row]) -> str:
    schema = model.model_json_schema(by_alias=True)
    for column in schema["properties"].values():
        column.pop("default", None)  # an empty cell is left out, so a row has no defaults to show
    schema |= {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": file}
    return json.dumps(schema, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def publish(folder: Path) -> None:
    """Write every schema, and take away those of tables that are no more."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.json"):
        old.unlink()
    for name, text in schemas().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    publish(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
