"""Files of style and script. Pages name them by an address that says what is in them, so a browser asks once and keeps
them; under their plain address it asks each time whether they have changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from starlette.applications import Starlette
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

ASKED_EACH_TIME = "no-cache"
KEPT = "public, max-age=31536000, immutable"


class Static(StaticFiles):
    """A folder whose files a browser may keep as `caching` says."""

    def __init__(self, folder: Path, caching: str) -> None:
        super().__init__(directory=folder)
        self._caching = caching

    def file_response(self, full_path, stat_result, scope: Scope, status_code: int = 200):  # type: ignore[no-untyped-def]
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["Cache-Control"] = self._caching
        return response


def mount(app: Starlette, folder: Path, extra: Mapping[str, Path]) -> str:
    """Serve the folder and, below their names, others; the path that pages name files by.

    One digest for all of them: what a style sheet names beside itself, as its fonts, is then kept as long.
    """
    version = _digest([folder, *extra.values()])
    for base, caching in ((f"/static/{version}", KEPT), ("/static", ASKED_EACH_TIME)):
        for name, other in extra.items():
            app.mount(f"{base}/{name}", Static(other, caching))
        app.mount(base, Static(folder, caching))
    return f"/static/{version}"


def _digest(folders: list[Path]) -> str:
    """Of every file of the folders, with its name."""
    found = sha256()
    for folder in folders:
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            content = file.read_bytes()
            found.update(f"{file.relative_to(folder).as_posix()} {len(content)}\n".encode() + content)
    return found.hexdigest()[:16]
