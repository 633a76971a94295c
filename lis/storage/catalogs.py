"""The catalogue in force, and every one that was: pack files kept verbatim, built into a Catalog once per version."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, insert, select, update

from lis.domain.catalog import Catalog
from lis.kernel.errors import NotFound
from lis.storage.packs import catalog_from_files
from lis.storage.tables import catalog_file, catalog_version, lab

# Keyed by content digest: equal packs in many laboratories are built once.
_built: dict[str, Catalog] = {}
_DIGEST = select(catalog_version.c.digest).where(catalog_version.c.id == bindparam("version_id"))


def store(
    connection: Connection, files: Mapping[str, str], *, at: datetime, reason: str
) -> tuple[int, Catalog]:
    """Keep a pack's files as a new version and put it in force; earlier versions stay readable."""
    built = catalog_from_files(files)
    _built[built.digest] = built
    newest = connection.execute(select(func.coalesce(func.max(catalog_version.c.id), 0))).scalar_one()
    version_id = int(newest) + 1
    head = {"id": version_id, "pack": built.pack, "version": built.version, "digest": built.digest}
    connection.execute(insert(catalog_version), {**head, "loaded_at": at, "reason": reason})
    rows = [{"version_id": version_id, "name": name, "content": text} for name, text in sorted(files.items())]
    connection.execute(insert(catalog_file), rows)
    connection.execute(update(lab).values(catalog_version_id=version_id))
    return version_id, built


def files_of(connection: Connection, version_id: int) -> dict[str, str]:
    """A version's files as they were loaded."""
    query = select(catalog_file.c.name, catalog_file.c.content).where(catalog_file.c.version_id == version_id)
    return {row.name: row.content for row in connection.execute(query)}


def load(connection: Connection, version_id: int | None, digest: str | None = None) -> Catalog:
    """The Catalog of a version; NotFound while the laboratory has none. `digest`: the version's, where it is known."""
    if version_id is None:
        raise NotFound("catalog.none", "This laboratory has no catalogue yet.", "Load a content pack first.")
    if digest is None:
        digest = connection.execute(_DIGEST, {"version_id": version_id}).scalar_one()
    if digest not in _built:
        _built[digest] = catalog_from_files(files_of(connection, version_id))
    return _built[digest]
