"""A content pack for a command that puts it in force."""

from __future__ import annotations

from pathlib import Path

from lis.kernel.errors import Invalid
from lis.storage.packs import PackContent, read_pack
from lis.storage.packs_check import check_pack

SHOWN = 5


def sound_pack(folder: Path) -> PackContent:
    """The pack of a folder; one that contradicts itself is refused with its places, not half believed."""
    content = read_pack(folder)
    problems = [str(problem) for problem in check_pack(folder) if not problem.note]
    if problems:
        raise Invalid(
            "pack.broken",
            f"The pack in {folder} has {len(problems)} problems: {'; '.join(problems[:SHOWN])}.",
            "`lis pack check` lists them all.",
        )
    return content
