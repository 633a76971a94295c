"""`lis world`: laboratories with their hospital and bench, kept, forked and put back to an instant."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.progress import Progress as Bar

from lis.kernel.clock import WallClock, local
from lis.main.housekeeping import open_house
from lis.main.settings import Settings
from lis.main.telling import listing, say
from lis.training import contents, following, snapshots
from lis.training.chronicle import WorldHead
from lis.training.preparing import Progress
from lis.training.snapshots import Snapshot
from lis.training.travelling import Shut, Travel
from lis.web.security_sessions import Passwords

app = typer.Typer(
    no_args_is_help=True,
    help="Keep, fork and put back laboratories with the hospital and bench around them, while nobody serves them."
    " `lis lab` does it to a laboratory alone: its copies have no hospital and no bench.",
)
BY = "command line"
Slug = Annotated[str, typer.Argument(help="Short name of the laboratory.")]
Label = Annotated[str, typer.Argument(help="Name of the snapshot.")]


@contextmanager
def _travel() -> Iterator[Travel]:
    wall = WallClock()
    with open_house(Settings(), exclusive=True) as house:
        yield Travel(house, Shut(house, wall), wall, Passwords().hash)


@app.command("list")
def list_worlds() -> None:
    """The worlds, where they stand, and their snapshots."""
    worlds = listing("laboratory", "snapshot", "kind", "stands at", "taken by", "content", typed=2)
    with open_house(Settings()) as house:
        labs = {entry.slug for entry in house.labs()}
        for head in following.open_worlds(house):
            if head.lab not in labs:
                continue
            zone = snapshots.zone_of(house.lab(head.lab))
            worlds.add_row(head.lab, "", "", _moment(head.stood_at, zone), "", _content(head))
            for one in snapshots.of(house, head.lab):
                worlds.add_row("", one.label, one.kind, _moment(one.at, zone), one.by, "")
    Console().print(worlds)


def _moment(at: datetime, zone: str) -> str:
    return f"{local(at, zone):%Y-%m-%d %H:%M}"


def _content(head: WorldHead) -> str:
    kept = f"{head.pack} {head.content[:8]}".strip()
    return f"{kept}, changed since" if contents.has_changed(head) else kept


@app.command()
def snapshot(slug: Slug, label: Label) -> None:
    """Keep a laboratory and its world as they are now."""
    with _travel() as travel:
        taken = travel.keep(slug, label, BY)
    say(f"Snapshot {taken.label} of {slug} is taken.")


@app.command()
def fork(
    slug: Slug,
    new: Annotated[str, typer.Argument(help="Short name of the copy.")],
    snapshot: Annotated[str, typer.Option(help="From this snapshot on; from now when not given.")] = "",
) -> None:
    """Make a laboratory of its own, with its world, from a laboratory or one of its snapshots."""
    with _travel() as travel:
        travel.fork(slug, new, BY, snapshot)
    say(f"Laboratory {new} is made from {slug}.")


@app.command()
def rewind(
    slug: Slug,
    to: Annotated[
        str, typer.Argument(help="A snapshot, or the laboratory's day and hour: 2026-11-27T08:00.")
    ],
    new: Annotated[
        str, typer.Option("--new", help="Make a laboratory of this name instead of changing this one.")
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Put a laboratory and its world back to an instant; what they are now is kept as a snapshot first."""
    if not new and not yes:
        typer.confirm(f"Put {slug} back to {to}?", abort=True)
    with _travel() as travel:
        before = _rewound(travel, slug, to, new)
    if before is None:
        say(f"Laboratory {new} stands at {to} of {slug}.")
    else:
        say(f"Laboratory {slug} is back at {to}; what it was before is its snapshot {before.label}.")


def _rewound(travel: Travel, slug: str, to: str, new: str) -> Snapshot | None:
    at = _instant(to, snapshots.zone_of(travel.house.lab(slug)))
    if at is not None:
        console = Console()
        with Bar(console=console, transient=True, disable=not console.is_terminal) as bar:
            return travel.back_to(slug, at, BY, new, _shown(bar))
    if new:
        travel.fork(slug, new, BY, to)
        return None
    return travel.back(slug, to, BY)


def _instant(text: str, zone: str) -> datetime | None:
    """A day and hour as the laboratory's wall shows it; None for a name."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))
    except ValueError:
        return None


def _shown(bar: Bar) -> Progress:
    task = bar.add_task("Living its past again", total=1.0)

    def progress(start: datetime, now: datetime, end: datetime) -> None:
        bar.update(task, completed=(now - start) / (end - start))

    return progress


@app.command()
def drop(slug: Slug, label: Label) -> None:
    """Remove a snapshot and the world kept with it."""
    with _travel() as travel:
        snapshots.drop(travel.house, snapshots.find(travel.house, slug, label), BY)
    say(f"Snapshot {label} of {slug} is removed.")
