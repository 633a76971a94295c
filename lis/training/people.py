"""The staff of a prepared laboratory, one per role and a second technologist, and their sign-ins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection

from lis.domain.people import LIS_ADMIN, PROCESSOR, SUPERVISOR, TECHNICIAN, TECHNOLOGIST, Actor
from lis.kernel.clock import Clock
from lis.services import staffing
from lis.storage import control
from lis.storage.house import House
from lis.storage.work import Work


@dataclass(frozen=True, slots=True)
class Member:
    """One member of staff, with the sign-in that a demonstration prints for everybody to read."""

    code: str
    name: str
    initials: str
    role: str
    password: str
    card: str
    pin: str


STAFF = (
    Member("processor1", "Priya Raman", "PR", PROCESSOR, "receive-tubes-1", "LIS-1001", "2461"),
    Member("technician1", "Tomas Berg", "TB", TECHNICIAN, "load-racks-1", "LIS-1002", "3572"),
    Member("technologist1", "Maria Silva", "MS", TECHNOLOGIST, "review-results-1", "LIS-1003", "4683"),
    Member("technologist2", "Joon Park", "JP", TECHNOLOGIST, "review-results-2", "LIS-1004", "5794"),
    Member("supervisor1", "Ruth Adler", "RA", SUPERVISOR, "second-look-1", "LIS-1005", "6805"),
    Member("admin1", "Leila Haddad", "LH", LIS_ADMIN, "keep-running-1", "LIS-1006", "7916"),
)
Hash = Callable[[str], str]


def add_staff(work: Work) -> None:
    """Enter everybody into the laboratory."""
    for member in STAFF:
        staffing.add_member(work, member.code, member.name, member.role, initials=member.initials)


def actor(code: str, station: str) -> Actor:
    """A member of staff at a station."""
    number, member = next((n, item) for n, item in enumerate(STAFF, 1) if item.code == code)
    return Actor(number, member.code, member.name, member.role, station=station, via="web")


def open_accounts(house: House, slug: str, hashed: Hash, wall: Clock) -> None:
    """Give everybody a sign-in to the laboratory; accounts that exist already are left as they are."""
    with house.control.writing() as connection:
        for member in STAFF:
            account_id = _account(connection, member, hashed, wall)
            control.set_membership(
                connection, account_id, slug, member.code, at=wall.now(), actor="preparation"
            )


def _account(connection: Connection, member: Member, hashed: Hash, wall: Clock) -> int:
    found = control.account_by_username(connection, member.code)
    if found is not None:
        return found.id
    return control.create_account(
        connection,
        username=member.code,
        name=member.name,
        password_hash=hashed(member.password),
        at=wall.now(),
        actor="preparation",
        card=member.card,
        pin_hash=hashed(member.pin),
    )
