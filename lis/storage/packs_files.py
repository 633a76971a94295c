"""The files of a pack as they lie in its folder, and their fingerprint."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from lis.kernel.errors import Invalid


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
