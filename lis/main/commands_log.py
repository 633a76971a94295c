"""`lis log`: what was done to whole laboratories, snapshots and accounts, and by whom."""

from __future__ import annotations

from typing import Annotated

import typer

from lis.kernel.canonical import canonical_json
from lis.main.housekeeping import open_house
from lis.main.settings import Settings
from lis.main.telling import say
from lis.storage import control


def log(
    subject: Annotated[str, typer.Argument(help="Of this laboratory, snapshot or account alone.")] = "",
) -> None:
    """Print what was done to whole laboratories and to accounts, oldest first; times are UTC."""
    with open_house(Settings()) as house, house.control.reading() as connection:
        for event in control.events(connection, subject):
            at = f"{event.at:%Y-%m-%d %H:%M:%S}"
            say(f"{at}  {event.verb}  {event.subject}  by {event.actor}  {canonical_json(event.data)}")
