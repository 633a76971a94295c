"""`lis lab`: make, list, copy, put back and drop laboratories."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress

from lis.domain.people import system
from lis.kernel.clock import WallClock
from lis.lab import Lab
from lis.main.content import sound_pack
from lis.main.housekeeping import open_house
from lis.main.settings import Settings
from lis.main.telling import listing, say
from lis.services import cataloguing
from lis.storage import control
from lis.storage.directory import SNAPSHOT
from lis.storage.export import canonical_digest, canonical_lines

app = typer.Typer(
    no_args_is_help=True,
    help="Make, list, copy, put back and drop laboratories: the database alone, not what is simulated around it.",
)
BY = "command line"
Slug = Annotated[str, typer.Argument(help="Short name of the laboratory.")]


@app.command("list")
def list_labs() -> None:
    """The laboratories and their snapshots."""
    table = listing("laboratory", "name", "kind", "taken from", "made")
    with open_house(Settings()) as house:
        for entry in house.entries():
            made = f"{entry.created_at:%Y-%m-%d %H:%M} UTC"
            table.add_row(entry.slug, escape(entry.name), entry.kind, entry.parent, made)
    Console().print(table)


@app.command()
def create(
    slug: Slug,
    pack: Annotated[Path, typer.Option(help="Folder of the content pack.")],
    name: Annotated[
        str, typer.Option(help="Name on screens and reports; the pack's own when not given.")
    ] = "",
    at: Annotated[
        datetime | None, typer.Option(help="Lab time to begin at, UTC; now when not given.")
    ] = None,
) -> None:
    """Make a laboratory from a content pack."""
    content = sound_pack(pack)
    about = content.catalog.laboratory
    with open_house(Settings()) as house:
        database = house.create_lab(
            slug,
            name=name or about.name,
            zone=about.zone,
            environment=about.environment,
            lab_anchor=at.replace(tzinfo=UTC) if at else WallClock().now(),
            actor=BY,
        )
        with Lab(database).work(system("admin", BY)) as work:
            cataloguing.load_pack(work, content.files)
    say(f"Laboratory {slug} is made.")


@app.command()
def migrate() -> None:
    """Bring every laboratory to this program's tables."""
    with open_house(Settings()) as house, Progress() as progress:
        task = progress.add_task("migrating", total=None)
        behind = house.migrate_all(
            lambda slug, done, total: progress.update(task, description=slug, completed=done, total=total)
        )
    say(f"{behind} brought up to date.")


@app.command()
def snapshot(slug: Slug, label: Annotated[str, typer.Argument(help="Name of the snapshot.")]) -> None:
    """Keep a laboratory as it is now."""
    with open_house(Settings()) as house:
        say(f"Snapshot {house.snapshot(slug, label, BY)} is taken.")


@app.command()
def fork(slug: Slug, new: Annotated[str, typer.Argument(help="Short name of the copy.")]) -> None:
    """Make a laboratory that begins as a copy of a laboratory or snapshot, for the same people."""
    with open_house(Settings()) as house:
        house.fork(slug, new, BY)
        source = house.entry(slug)
        with house.control.writing() as connection:
            control.let_in(connection, source.parent if source.kind == SNAPSHOT else slug, new)
    say(f"Laboratory {new} is made from {slug}.")


@app.command()
def reset(slug: Slug, to: Annotated[str, typer.Argument(help="The snapshot to put it back to.")]) -> None:
    """Put a laboratory back to a snapshot."""
    with open_house(Settings()) as house:
        house.reset(slug, to, BY)
    say(f"Laboratory {slug} is back at {to}.")


@app.command()
def digest(
    slug: Slug,
    file: Annotated[Path | None, typer.Argument(help="File to write the history to, as text.")] = None,
) -> None:
    """Say the digest of a laboratory's history: equal for equal histories, whenever they were lived."""
    with open_house(Settings()) as house, house.lab(slug).reading() as connection:
        if file:
            with file.open("w", encoding="utf-8", newline="\n") as out:
                out.writelines(f"{line}\n" for line in canonical_lines(connection))
        say(canonical_digest(connection), f"  {slug}")


@app.command()
def drop(slug: Slug, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False) -> None:
    """Remove a laboratory or snapshot for good."""
    if not yes:
        typer.confirm(f"Remove {slug} for good?", abort=True)
    with open_house(Settings()) as house:
        house.drop(slug, BY)
    say(f"{slug} is removed.")
