"""`lis pack`: check a content pack, load one into a laboratory."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lis.domain.people import system
from lis.lab import Lab
from lis.main.content import sound_pack
from lis.main.housekeeping import open_house
from lis.main.settings import Settings
from lis.main.telling import BAD, say
from lis.services import cataloguing
from lis.storage.packs_check import check_pack

app = typer.Typer(no_args_is_help=True, help="Check and load content packs.")
Folder = Annotated[Path, typer.Argument(help="Folder of the pack.")]


@app.command()
def check(folder: Folder) -> None:
    """Say everything that is wrong with a pack, with file, line and reason. Status 1 when there is anything."""
    found = check_pack(folder)
    problems = [row for row in found if not row.note]
    for row in found:
        mark = "note" if row.note else ("problem", BAD)
        say(mark, f" {row.file}:{row.line}: {row.reason}")
    say(f"{len(problems)} problems, {len(found) - len(problems)} notes")
    if problems:
        raise SystemExit(1)


@app.command()
def load(
    folder: Folder,
    slug: Annotated[str, typer.Argument(help="Laboratory that takes it.")],
    reason: Annotated[str, typer.Option(help="Why, for the journal.")],
) -> None:
    """Put a pack in force in a laboratory; the former catalogue is kept."""
    content = sound_pack(folder)
    with open_house(Settings()) as house, Lab(house.lab(slug)).work(system("admin", "command line")) as work:
        cataloguing.load_pack(work, content.files, reason=reason)
    say(f"{content.catalog.title or content.catalog.pack} is in force in {slug}.")
