"""docs/where-files-go.md knows every folder, and the documents' links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

from tests.architecture.sources import project_files, relative
from tests.harness import ROOT

TOP = ("lis", "simulators", "seed", "tests", "docs", "requirements")
LINK = re.compile(r"\]\((?!https?://|#)([^)#\s]+)")
PATH = re.compile(r"`?\b((?:[\w.-]+/)+(?:[\w-]+\.py)?)(?=[`\s,])")
# One entry speaks for all that lies in it.
SPOKEN_FOR = re.compile(r"(seed/packs/core/\w+|tests/\w+|docs/generated|lis/web/(static|templates))/.")


def folders() -> set[str]:
    """Every folder that holds a file of the project, with a closing slash."""
    parents = {parent for file in project_files() for parent in PurePosixPath(relative(file)).parents}
    named = {f"{parent}/" for parent in parents if parent.parts and parent.parts[0] in TOP}
    return {folder for folder in named if not SPOKEN_FOR.match(folder)}


def test_what_the_map_and_the_plan_name_is_there() -> None:
    """Folders and files of the project; a plain path may leave out the `lis/` that its page speaks of."""
    pages = [ROOT / "docs" / name for name in ("where-files-go.md", "architecture.md")]
    named = {path for page in pages for path in PATH.findall(page.read_text("utf-8"))}
    assert {path for path in named if not any((ROOT / top / path).exists() for top in ("", "lis"))} == set()


def test_every_folder_is_on_the_map() -> None:
    text = (ROOT / "docs" / "where-files-go.md").read_text("utf-8")
    assert folders() - set(re.findall(r"`([\w./-]+/)`", text)) == set()


def dead_links(page: Path) -> list[str]:
    links = LINK.findall(page.read_text("utf-8"))
    return [f"{relative(page)}: {link}" for link in links if not (page.parent / link).exists()]


def test_no_link_in_the_documents_is_dead() -> None:
    pages = [file for file in project_files() if file.suffix == ".md"]
    assert [link for page in pages for link in dead_links(page)] == []
