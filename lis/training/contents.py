"""The content that worlds are made from, kept word for word: a folder may change, a past may not."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from sqlalchemy import Connection, insert, select

from lis.kernel.errors import NotFound
from lis.storage.house import House
from lis.training.chronicle import WorldHead
from lis.training.tables import world_content
from simulators.world import WorldContent, load_world

LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the archive of equal files is equal


def digest_of(folder: Path) -> str:
    """Fingerprint of a pack: the names of its files and what is in them."""
    found = sha256()
    for name, content in _files(folder):
        found.update(f"{name}\0{len(content)}\0".encode() + content)
    return found.hexdigest()


def _files(folder: Path) -> Iterator[tuple[str, bytes]]:
    names = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    shown = (name for name in names if not any(part.startswith((".", "__")) for part in name.parts))
    for name in sorted(shown, key=Path.as_posix):
        yield name.as_posix(), (folder / name).read_bytes()


def keep(connection: Connection, folder: Path) -> str:
    """Keep a pack unless it is kept already; its digest."""
    digest = digest_of(folder)
    known = select(world_content.c.digest).where(world_content.c.digest == digest)
    if connection.execute(known).first() is None:
        connection.execute(insert(world_content).values(digest=digest, files=_archive(folder)))
    return digest


def _archive(folder: Path) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in _files(folder):
            archive.writestr(zipfile.ZipInfo(name, LONG_AGO), content, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def has_changed(head: WorldHead) -> bool:
    """Whether the folder is another than the world was made from; the world goes on with what was kept."""
    return bool(head.content) and not _is_as_it_was(head)


def _is_as_it_was(head: WorldHead) -> bool:
    return head.pack_folder.is_dir() and digest_of(head.pack_folder) == head.content


@contextmanager
def folder_of(house: House, head: WorldHead) -> Iterator[Path]:
    """The content a world was made from, as a folder: its own while that has not changed, else what was kept."""
    if not head.content or _is_as_it_was(head):
        yield head.pack_folder
        return
    with tempfile.TemporaryDirectory(prefix="lis-content-") as folder:
        with zipfile.ZipFile(io.BytesIO(_kept(house, head))) as archive:
            archive.extractall(folder)
        yield Path(folder)


def _kept(house: House, head: WorldHead) -> bytes:
    query = select(world_content.c.files).where(world_content.c.digest == head.content)
    with house.control.reading() as connection:
        found = connection.execute(query).scalar_one_or_none()
    if found is None:
        raise NotFound(
            "content.unknown", f"The content {head.content[:12]} that this world was made from was not kept."
        )
    return bytes(found)


def load(house: House, head: WorldHead) -> WorldContent:
    """The content of a world, read."""
    with folder_of(house, head) as folder:
        return load_world(folder)
