"""Content packs: a folder of tables, kept verbatim in the laboratory's database as one version, read into a Catalog.

`read_pack` reads the folder, `catalog_from_files` is pure on its text (the database has the text, not the folder), and
`check_pack` says everything that is wrong with it. Folders inside the pack are not the laboratory's business.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lis.domain.catalog import Catalog
from lis.kernel.errors import Invalid
from lis.storage.packs_building import build_catalog
from lis.storage.packs_check import check_pack
from lis.storage.packs_files import digest_of, pack_files
from lis.storage.packs_reading import PackProblem
from lis.storage.packs_tables import read_tables

__all__ = [
    "PackContent",
    "PackProblem",
    "catalog_from_files",
    "check_pack",
    "digest_of",
    "pack_files",
    "read_pack",
]


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


def catalog_from_files(files: Mapping[str, str]) -> Catalog:
    """The catalogue that the files of a pack say. Pure: the same text gives the same catalogue."""
    tables = read_tables(files)
    problems = [problem for table in tables.values() for problem in table.problems]
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else "."
        raise Invalid(
            "pack.broken",
            f"The pack cannot be read: {problems[0]}{more}",
            "Run `lis pack check` on its folder.",
        )
    return build_catalog(tables, digest_of(files))
