"""The `lis` command: laboratories, accounts, packs, backups, serving, a self-check.

Other packages add sub-commands by entry point.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated

import typer

from lis.kernel.errors import Refusal
from lis.main import (
    commands_account,
    commands_db,
    commands_inbox,
    commands_inspect,
    commands_lab,
    commands_log,
    commands_pack,
)
from lis.main.settings import Settings
from lis.main.telling import BAD, say

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Laboratories, accounts, packs, backups, serving, a self-check.",
)
app.add_typer(commands_lab.app, name="lab")
app.add_typer(commands_account.app, name="account")
app.add_typer(commands_pack.app, name="pack")
app.add_typer(commands_db.app, name="db")
app.command()(commands_inbox.inbox)
app.command()(commands_inspect.inspect)
app.command()(commands_log.log)

GROUP = "lis.commands"
# Found by name when the project is used from its source folder, where no entry points are installed.
BESIDE = ("lis.training.commands",)


def cli() -> None:
    """Run the command; a refusal is printed in words and ends with status 1."""
    _add_sub_commands()
    with refusals():
        app()


@contextmanager
def refusals() -> Iterator[None]:
    """Say a refusal in plain words instead of a traceback."""
    try:
        yield
    except Refusal as refusal:
        say((refusal.message, BAD), f" {refusal.advice}" if refusal.advice else "", to_errors=True)
        raise SystemExit(1) from refusal


@app.command()
def serve(
    port: Annotated[int | None, typer.Option(help="Port of the web pages.")] = None,
    data: Annotated[Path | None, typer.Option(help="Folder of the SQLite databases.")] = None,
    hl7_port: Annotated[int | None, typer.Option(help="First port of the HL7 listeners.")] = None,
) -> None:
    """Serve every laboratory of the house: web pages, HL7 listeners, senders."""
    from lis.main.product import Product  # noqa: PLC0415 -- slow import

    given = {"port": port, "data": data, "hl7_port": hl7_port}
    changes = {name: value for name, value in given.items() if value is not None}
    Product(Settings().model_copy(update=changes)).run()


@app.command()
def doctor() -> None:
    """Look whether everything the laboratories need is there and in order."""
    from lis.main.doctor import examine  # noqa: PLC0415 -- slow import

    findings = examine(Settings())
    for finding in findings:
        say(("ok  ", "green") if finding.good else ("bad ", BAD), finding.text)
    if not all(finding.good for finding in findings):
        raise SystemExit(1)


def _add_sub_commands() -> None:
    """Call `register(app)` of every installed entry point, and of what lies beside this package."""
    points = {point.value.partition(":")[0]: point for point in entry_points(group=GROUP)}
    for name in sorted(set(points) | set(BESIDE)):
        if importlib.util.find_spec(name.rpartition(".")[0]) is None:
            continue
        register = points[name].load() if name in points else importlib.import_module(name).register
        register(app)
