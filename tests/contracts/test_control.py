"""Accounts, memberships, sessions and throttles."""

from __future__ import annotations

from datetime import timedelta

import pytest

from lis.kernel.errors import Conflict, NotFound
from lis.storage import control
from lis.storage.control import Session
from lis.storage.database import LabDatabase
from lis.storage.house import House
from tests.databases import WALL_START

HOUR = timedelta(hours=1)


@pytest.fixture
def ada(house: House) -> int:
    with house.control.writing() as connection:
        return control.create_account(
            connection,
            username="ada",
            name="Ada King",
            password_hash="$hash",
            card="C-1",
            at=WALL_START,
            actor="admin",
        )


def begun(account_id: int, token: str = "t1", lab: str = "demo") -> Session:
    return Session(token, account_id, lab, "BENCH-1", "csrf", WALL_START, WALL_START, WALL_START + HOUR)


def test_an_account_is_found_by_id_name_and_card(house: House, ada: int) -> None:
    with house.control.reading() as connection:
        found = control.account_by_id(connection, ada)
        assert found == control.Account(ada, "ada", "Ada King", "$hash", "C-1", "", False)
        assert control.account_by_username(connection, "ada") == found
        assert control.account_by_card(connection, "C-1") == found
        assert control.account_by_username(connection, "Ada") is None
        assert control.accounts(connection) == [found]


@pytest.mark.parametrize(
    ("username", "card", "code"), [("ada", "C-2", "account.exists"), ("bea", "C-1", "account.card_taken")]
)
def test_a_name_or_card_is_one_accounts(house: House, ada: int, username: str, card: str, code: str) -> None:
    with pytest.raises(Conflict) as refused, house.control.writing() as connection:
        control.create_account(
            connection,
            username=username,
            name="",
            password_hash="",
            card=card,
            at=WALL_START,
            actor="admin",
        )
    assert refused.value.code == code


def test_a_member_of_staff_is_one_accounts(house: House, lab: LabDatabase, ada: int) -> None:
    with house.control.writing() as connection:
        bea = control.create_account(
            connection, username="bea", name="Bea", password_hash="", at=WALL_START, actor="admin"
        )
        control.set_membership(connection, ada, "demo", "T1", at=WALL_START, actor="admin")
        control.set_membership(connection, ada, "demo", "T2", at=WALL_START, actor="admin")
        with pytest.raises(Conflict):
            control.set_membership(connection, bea, "demo", "T2", at=WALL_START, actor="admin")
        assert control.memberships(connection, ada) == {"demo": "T2"}
        assert control.memberships(connection, bea) == {}


def test_memberships_and_sessions_end_with_the_lab(house: House, lab: LabDatabase, ada: int) -> None:
    with house.control.writing() as connection:
        control.set_membership(connection, ada, "demo", "T1", at=WALL_START, actor="admin")
        control.start_session(connection, begun(ada))
    house.drop("demo", "admin")
    with house.control.reading() as connection:
        assert control.memberships(connection, ada) == {}
        assert control.find_session(connection, "t1", WALL_START) is None


def test_a_session_lives_until_it_expires(house: House, ada: int) -> None:
    with house.control.writing() as connection:
        control.start_session(connection, begun(ada))
        found = control.find_session(connection, "t1", WALL_START + HOUR - timedelta(microseconds=1))
        assert found == begun(ada)
        assert control.find_session(connection, "t1", WALL_START + HOUR) is None
        assert control.find_session(connection, "t2", WALL_START) is None


def test_a_session_is_touched_once_a_minute(house: House, ada: int) -> None:
    now = WALL_START + timedelta(minutes=1)
    assert not control.needs_touch(begun(ada), now - timedelta(microseconds=1))
    assert control.needs_touch(begun(ada), now)
    with house.control.writing() as connection:
        control.start_session(connection, begun(ada))
        control.touch_session(connection, "t1", now, now + HOUR)
        found = control.find_session(connection, "t1", WALL_START + HOUR)
    assert found is not None
    assert (found.seen_at, found.expires_at) == (now, now + HOUR)


@pytest.mark.parametrize("how", ["disabled", "password", "all", "one", "purged"])
def test_ways_in_which_sessions_end(house: House, ada: int, how: str) -> None:
    with house.control.writing() as connection:
        control.start_session(connection, begun(ada))
        if how == "disabled":
            control.set_disabled(connection, "ada", True, at=WALL_START, actor="admin")
        elif how == "password":
            control.set_password(connection, "ada", "$other", at=WALL_START, actor="ada")
        elif how == "all":
            assert control.end_sessions(connection, ada) == 1
        elif how == "one":
            control.end_session(connection, "t1")
        else:
            assert control.purge_sessions(connection, WALL_START + HOUR) == 1
        assert control.find_session(connection, "t1", WALL_START) is None
        assert control.purge_sessions(connection, WALL_START + 2 * HOUR) == 0


def test_a_closed_account_has_no_session_even_if_one_is_left(house: House, ada: int) -> None:
    with house.control.writing() as connection:
        control.set_disabled(connection, "ada", True, at=WALL_START, actor="admin")
        control.start_session(connection, begun(ada))
        assert control.find_session(connection, "t1", WALL_START) is None


def test_changing_an_unknown_account_is_refused(house: House) -> None:
    with pytest.raises(NotFound), house.control.writing() as connection:
        control.set_password(connection, "nobody", "$hash", at=WALL_START, actor="admin")


def test_failures_are_counted_until_cleared(house: House) -> None:
    with house.control.writing() as connection:
        assert [control.note_failure(connection, "ada") for _ in range(3)] == [1, 2, 3]
        assert control.blocked_until(connection, "ada") is None
        control.block(connection, "ada", WALL_START + HOUR)
        assert control.blocked_until(connection, "ada") == WALL_START + HOUR
        control.clear_failures(connection, "ada")
        assert control.blocked_until(connection, "ada") is None
        assert control.note_failure(connection, "ada") == 1


def test_events_are_told_in_order_and_of_one_subject(house: House, ada: int) -> None:
    with house.control.writing() as connection:
        for subject in ("north", "south", "north"):
            control.record(connection, WALL_START, "admin", "lab.migrated", subject, revision="0001")
        told = list(control.events(connection))[-4:]
        mine = list(control.events(connection, "north"))
    assert [event.subject for event in told] == ["ada", "north", "south", "north"]
    assert mine == [told[1], told[3]]


def test_who_may_enter_a_laboratory_is_let_into_its_copy(house: House, lab: LabDatabase, ada: int) -> None:
    house.fork("demo", "copy", "admin")
    with house.control.writing() as connection:
        control.set_membership(connection, ada, "demo", "AL", at=WALL_START, actor="admin")
        control.let_in(connection, "demo", "copy")
        control.let_in(connection, "demo", "copy")
        assert control.memberships(connection, ada) == {"copy": "AL", "demo": "AL"}
