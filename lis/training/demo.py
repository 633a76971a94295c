"""The demonstration: one laboratory with its hospital, whose past ends late on a Friday evening."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from lis.kernel.clock import Clock
from lis.storage.house import House
from lis.training import chronicle, preparing
from lis.training.chronicle import PACKS
from lis.training.people import STAFF, Hash
from lis.training.tables import TRAINING

SLUG = "demo"
SEED = "core"
PACK = PACKS / "core"
# A fixed instant, so that the same seed is the same laboratory on any day: the evening shift goes home.
END = datetime(2026, 11, 27, 22, 45, tzinfo=ZoneInfo("America/Chicago"))
DAYS = 14


def prepare_if_missing(
    house: House, *, days: float, hashed: Hash, wall: Clock, console: Console, pack: Path = PACK
) -> bool:
    """Make the demonstration unless it is there; one that was left half made is made anew.

    Laboratories of an earlier version are brought forward first: what is there must be opened to go on.
    """
    house.migrate_all()
    house.add_to_control(TRAINING)
    with house.control.reading() as connection:
        head = chronicle.find_head(connection, SLUG)
    exists = any(entry.slug == SLUG for entry in house.labs())
    if exists and (head is None or head.prepared_at is not None):
        return False
    preparing.remove(house, SLUG)
    with _shown(console, days) as progress:
        preparing.prepare(
            house,
            SLUG,
            preparing.Past(pack, SEED, END - timedelta(days=days), END),
            hashed=hashed,
            wall=wall,
            progress=progress,
        )
    return True


@contextmanager
def _shown(console: Console, days: float) -> Iterator[preparing.Progress]:
    """A bar of lab time, for people who wait."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[at]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task(f"Living {days:g} days of the laboratory's past", total=1.0, at="")

        def progress(start: datetime, now: datetime, end: datetime) -> None:
            at = f"{now.astimezone(END.tzinfo):%a %d %b %H:%M}"
            bar.update(task, completed=(now - start) / (end - start), at=at)

        yield progress


def sign_ins() -> Table:
    """One sign-in per member of staff, to be read and typed."""
    table = Table("role", "user name", "password", "card", "PIN", title="Sign in as")
    for member in STAFF:
        table.add_row(member.role.replace("_", " "), member.code, member.password, member.card, member.pin)
    return table
