"""docs/generated says what the code says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from lis.storage.packs_schema import schemas
from tests.harness import ROOT

KEPT = ROOT / "docs" / "generated"


def pages(folder: Path) -> dict[str, str]:
    return {file.name: file.read_text("utf-8") for file in folder.glob("*.md")}


def test_generated_pages_are_fresh(tmp_path: Path) -> None:
    subprocess.run([sys.executable, ROOT / "docs" / "generate.py", tmp_path], check=True)
    fresh, kept = pages(tmp_path), pages(KEPT)
    stale = sorted(name for name in fresh | kept if fresh.get(name) != kept.get(name))
    assert stale == [], "run: .venv/bin/python docs/generate.py"


def test_published_schemas_are_fresh() -> None:
    published = {file.name: file.read_text("utf-8") for file in (KEPT / "schema").glob("*.json")}
    fresh = schemas()
    stale = sorted(name for name in fresh | published if fresh.get(name) != published.get(name))
    assert stale == [], "run: .venv/bin/python -m lis.storage.packs_schema"
