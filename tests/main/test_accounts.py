"""`lis account`: who may sign in, said on the command line and tried at the door."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from lis.storage.house import House
from lis.web.security_sessions import Doorkeeper, SignInRefused
from tests.main.conftest import WALL, Command, Said
from tests.main.test_cli import verbs

Typed = Callable[..., Said]


@pytest.fixture
def typed(lis: Command, monkeypatch: pytest.MonkeyPatch) -> Typed:
    """Run `lis account` with a line on standard input."""

    def run(line: str, *arguments: str) -> Said:
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{line}\n"))
        return lis("account", *arguments)

    return run


def enters(data: Path, username: str, secret: str) -> bool:
    """Whether somebody gets in at the door."""
    house = House.open(data=data, url=None, wall=WALL)
    try:
        Doorkeeper(house, WALL).sign_in(username, secret, address="here", station="BENCH-1")
    except SignInRefused:
        return False
    finally:
        house.close()
    return True


def listed(typed: Typed) -> list[list[str]]:
    """What `account list` shows."""
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in typed("", "list").lines]
    return [row for row in rows if row]


ADA = ("add", "ada", "small", "--role", "technologist", "--name", "Ada King")


def test_somebody_is_let_in_under_a_new_account(typed: Typed, small: Path) -> None:
    before = verbs(small, "small")
    assert typed("correct horse", *ADA).out == "ada may enter small.\n"
    assert listed(typed) == [["ada", "Ada King", "small", "open"]]
    assert verbs(small, "small") == [*before, "staff.added"]
    assert (enters(small, "ada", "correct horse"), enters(small, "ada", "correct hors")) == (True, False)


def test_who_has_an_account_is_let_into_another_laboratory(typed: Typed, lis: Command, small: Path) -> None:
    typed("correct horse", *ADA)
    assert lis("lab", "fork", "small", "late").status == 0
    assert lis("lab", "snapshot", "small", "noon").status == 0
    assert lis("lab", "fork", "small-noon", "later").status == 0
    assert listed(typed) == [["ada", "Ada King", "late, later, small", "open"]]
    assert typed("", "add", "ada", "late").out == "ada may enter late.\n"


def test_another_password_takes_the_place_of_the_first(typed: Typed, small: Path) -> None:
    typed("correct horse", *ADA)
    assert typed("battery staple", "password", "ada").out == "The password of ada is set.\n"
    assert [enters(small, "ada", secret) for secret in ("correct horse", "battery staple")] == [False, True]


def test_a_closed_account_opens_no_door_until_it_is_open_again(typed: Typed, small: Path) -> None:
    typed("correct horse", *ADA)
    assert typed("", "close", "ada").out == "ada is closed.\n"
    assert (listed(typed)[0][3], enters(small, "ada", "correct horse")) == ("closed", False)
    assert typed("", "open", "ada").out == "ada is open.\n"
    assert enters(small, "ada", "correct horse")


@pytest.mark.parametrize(
    ("line", "arguments", "words"),
    [
        ("", ("password", "ada"), "There is no account ada."),
        ("", ("close", "ada"), "There is no account ada."),
        ("", ("add", "ada", "small"), "There is no account ada yet. Say whose it is: --name."),
        ("short", ADA, "A password has 8 characters or more."),
        (
            "correct horse",
            ("add", "ada", "small", "--name", "Ada King", "--role", "porter"),
            "This laboratory has no role porter. It has: processor, technician, technologist, supervisor, lis_admin.",
        ),
    ],
)
def test_what_cannot_be_done_to_an_account_is_refused(
    typed: Typed, small: Path, line: str, arguments: tuple[str, ...], words: str
) -> None:
    said = typed(line, *arguments)
    assert (said.status, said.err.strip()) == (1, words)
    assert listed(typed) == []
