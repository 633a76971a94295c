"""`lis db`: back a laboratory up to one portable file, and restore it from one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lis.main.housekeeping import open_house
from lis.main.settings import Settings
from lis.main.telling import say

app = typer.Typer(no_args_is_help=True, help="Back up and restore laboratories.")
BY = "command line"


@app.command()
def backup(
    slug: Annotated[str, typer.Argument(help="Laboratory or snapshot.")],
    file: Annotated[Path, typer.Argument(help="File to write.")],
) -> None:
    """Write a laboratory to one file that either database can read."""
    with open_house(Settings()) as house:
        rows = house.backup(slug, file, BY)
    say(f"{rows} rows of {slug} are in {file}.")


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="File written by backup.")],
    slug: Annotated[str, typer.Argument(help="Name of the laboratory it becomes.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Put it in the place of one that exists.")
    ] = False,
) -> None:
    """Make a laboratory out of a backup file."""
    with open_house(Settings()) as house:
        house.restore(file, slug, BY, replace=replace)
    say(f"Laboratory {slug} is restored from {file}.")
