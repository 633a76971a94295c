"""Content packs: a folder of tables, kept verbatim in the laboratory's database as one version, read into a Catalog.

`read_pack` reads the folder, `catalog_from_files` is pure on its text (the database has the text, not the folder), and
`check_pack` says everything that is wrong with it. Folders inside the pack are not the laboratory's business.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lis.domain.catalog import Catalog
from lis.kernel.errors import Invalid
from lis.storage.packs_building import build_catalog
from lis.storage.packs_reading import PackProblem
from lis.storage.packs_tables import read_tables


@dataclass(frozen=True, slots=True)
class PackContent:
    """The files of a pack, verbatim, and what they say."""

    files: dict[str, str]
    digest: str
    catalog: Catalog


def read_pack(folder: Path) -> PackContent:
    """Read a pack from its folder. Refused with its first problem; `check_pack` lists all."""
    files = pack_files(folder)
    catalog = catalog_from_files(files)
    return PackContent(files, catalog.digest, catalog)


def pack_files(folder: Path) -> dict[str, str]:
    """The tables in the folder itself, by name. A byte that is no UTF-8 is refused, never replaced."""
    if not folder.is_dir():
        raise Invalid(
            "pack.missing", f"There is no pack in {folder}.", "Name the folder that holds pack.yaml."
        )
    paths = sorted(path for path in folder.iterdir() if path.suffix in (".csv", ".yaml") and path.is_file())
    return {path.name: _text(path) for path in paths}


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as broken:
        raise Invalid("pack.charset", f"{path.name} is not UTF-8 at byte {broken.start}.") from broken


def digest_of(files: Mapping[str, str]) -> str:
    """One fingerprint of all names and texts; the same files in any order give the same."""
    digest = hashlib.sha256()
    for name, text in sorted(files.items()):
        for part in (name.encode(), text.encode()):
            digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


def catalog_from_files(files: Mapping[str, str]) -> Catalog:
    """The catalogue that the files of a pack say. Pure: the same text gives the same catalogue."""
    tables = read_tables(files)
    problems: list[PackProblem] = [problem for table in tables.values() for problem in table.problems]
    if problems:
        raise Invalid(
            "pack.broken",
            f"The pack cannot be read: {problems[0]}"
            + (f" (and {len(problems) - 1} more)" if problems[1:] else "."),
            "Run `lis pack check` on its folder.",
        )
    return build_catalog(tables, digest_of(files))
