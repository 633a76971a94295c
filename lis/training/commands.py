"""Sub-commands that the training side adds to the `lis` command."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from lis.kernel.clock import WallClock
from lis.main.housekeeping import open_house
from lis.main.settings import Settings
from lis.training import commands_world, demo, preparing
from lis.web.security_sessions import Passwords

demo_app = typer.Typer(no_args_is_help=True, help="The demonstration laboratory.")


def register(app: typer.Typer) -> None:
    """Called by the `lis` command."""
    app.add_typer(demo_app, name="demo")
    app.add_typer(commands_world.app, name="world")


@demo_app.command()
def prepare(
    days: Annotated[float, typer.Option(help="Days of past.")] = demo.DAYS,
    again: Annotated[bool, typer.Option("--again", help="Remove the one that exists first.")] = False,
) -> None:
    """Make the demonstration laboratory and live its past."""
    console = Console()
    with open_house(Settings(), exclusive=True) as house:
        if again:
            preparing.remove(house, demo.SLUG)
        made = demo.prepare_if_missing(
            house, days=days, hashed=Passwords().hash, wall=WallClock(), console=console
        )
    console.print(demo.sign_ins() if made else "The demonstration is there already; --again makes it anew.")
