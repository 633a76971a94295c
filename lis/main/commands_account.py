"""`lis account`: who may sign in, and into which laboratories."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from lis.domain.people import system
from lis.kernel.clock import WallClock
from lis.kernel.errors import Invalid
from lis.lab import Lab
from lis.main.housekeeping import open_house
from lis.main.settings import Settings
from lis.main.telling import listing, say
from lis.services import staffing
from lis.storage import control
from lis.storage.control import Account
from lis.storage.house import House
from lis.web.security_sessions import Passwords

app = typer.Typer(no_args_is_help=True, help="List, make, close and open accounts, and set their passwords.")
BY = "command line"
SHORTEST = 8
Username = Annotated[str, typer.Argument(help="What its person types to sign in.")]


@app.command("list")
def list_accounts() -> None:
    """Every account, with the laboratories it may enter."""
    table = listing("account", "name", "enters", "state")
    with open_house(Settings()) as house, house.control.reading() as connection:
        for one in control.accounts(connection):
            labs = ", ".join(control.memberships(connection, one.id))
            table.add_row(escape(one.username), escape(one.name), labs, "closed" if one.disabled else "open")
    Console().print(table)


@app.command()
def add(
    username: Username,
    slug: Annotated[str, typer.Argument(help="Laboratory that it may enter.")],
    role: Annotated[str, typer.Option(help="Role there, for somebody who is not on its staff yet.")] = "",
    name: Annotated[str, typer.Option(help="Name of its person, for a new account.")] = "",
) -> None:
    """Let somebody into a laboratory; what is missing is made: the account, the place on the staff."""
    with open_house(Settings()) as house:
        known = _found(house, username)
        if known is None and not name.strip():
            raise Invalid("account.name", f"There is no account {username} yet.", "Say whose it is: --name.")
        with Lab(house.lab(slug)).work(system("admin", BY)) as work:
            if not staffing.is_member(work, username):
                staffing.add_member(work, username, known.name if known else name, role)
        account_id = known.id if known else _made(house, username, name)
        with house.control.writing() as connection:
            control.set_membership(connection, account_id, slug, username, at=WallClock().now(), actor=BY)
    say(f"{username} may enter {slug}.")


@app.command()
def password(username: Username) -> None:
    """Set another password, which is asked for; sessions begun with the former one end."""
    with open_house(Settings()) as house:
        if _found(house, username) is None:
            raise control.no_account(username)
        hashed = _new_hash()
        with house.control.writing() as connection:
            control.set_password(connection, username, hashed, at=WallClock().now(), actor=BY)
    say(f"The password of {username} is set.")


@app.command()
def close(username: Username) -> None:
    """Let nobody sign in with an account any more; its sessions end."""
    _set_disabled(username, True)
    say(f"{username} is closed.")


@app.command("open")
def reopen(username: Username) -> None:
    """Let an account that was closed be used again."""
    _set_disabled(username, False)
    say(f"{username} is open.")


def _found(house: House, username: str) -> Account | None:
    with house.control.reading() as connection:
        return control.account_by_username(connection, username)


def _made(house: House, username: str, name: str) -> int:
    hashed = _new_hash()
    with house.control.writing() as connection:
        return control.create_account(
            connection, username=username, name=name, password_hash=hashed, at=WallClock().now(), actor=BY
        )


def _set_disabled(username: str, disabled: bool) -> None:
    with open_house(Settings()) as house, house.control.writing() as connection:
        control.set_disabled(connection, username, disabled, at=WallClock().now(), actor=BY)


def _new_hash() -> str:
    """Of a password asked for twice at a terminal; elsewhere it is the first line of what is piped in."""
    if sys.stdin.isatty():
        given = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        given = sys.stdin.readline().rstrip("\r\n")
    if len(given) < SHORTEST:
        raise Invalid("account.password", f"A password has {SHORTEST} characters or more.")
    return Passwords().hash(given)
