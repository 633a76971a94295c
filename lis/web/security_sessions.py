"""Signing in: passwords and PINs, throttles, and server-side sessions, all in wall time.

A browser holds a random id; the control database holds its hash, so that a session can be ended from here and a copied
database opens none. A session ends 30 minutes after the last act of its person, and 12 hours after sign-in.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection

from lis.kernel.clock import Clock
from lis.kernel.errors import Refusal
from lis.storage import control
from lis.storage.control import Account, Session
from lis.storage.house import House
from lis.web.security import new_token, token_hash

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
FAILURES_PER_ACCOUNT, FAILURES_PER_ADDRESS = 5, 50  # a whole class may share one address
FIRST_BLOCK, LONGEST_BLOCK = timedelta(minutes=1), timedelta(minutes=15)


class SignInRefused(Refusal):
    """Name and secret do not belong together; which of the two was wrong is not said."""


class Throttled(Refusal):
    """Too many failed attempts; nothing is even compared."""


class Passwords:
    """Argon2id at the library's recommended cost, or a lighter one where tests ask for it."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._nobody = self._hasher.hash("nobody's")

    def hash(self, secret: str) -> str:
        return self._hasher.hash(secret)

    def matches(self, stored: str | None, secret: str) -> bool:
        """Whether a secret is the stored one. Unknown accounts cost as much time as known ones."""
        try:
            self._hasher.verify(stored or self._nobody, secret)
        except (VerificationError, InvalidHashError):
            return False
        return bool(stored)


@dataclass(frozen=True, slots=True)
class Begun:
    """A session that has begun, and the id that only its browser keeps."""

    token: str
    session: Session
    account: Account


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody whose session lives, and the laboratories they may enter with their staff code there."""

    session: Session
    account: Account
    labs: dict[str, str]


class Doorkeeper:
    """Lets people in and out."""

    def __init__(self, house: House, wall: Clock, passwords: Passwords | None = None) -> None:
        self._house, self._wall = house, wall
        self.passwords = passwords or Passwords()

    def sign_in(self, username: str, password: str, *, address: str, station: str) -> Begun:
        """Begin a session by user name and password."""
        with self._house.control.reading() as connection:
            found = control.account_by_username(connection, username.strip())
        stored = found.password_hash if found else None
        key = f"account:{username.strip()}"
        return self._begin(self._checked(found, stored, password, key=key, address=address), station)

    def sign_in_by_card(self, card: str, pin: str, *, address: str, station: str) -> Begun:
        """Begin a session by the barcode of a name card and its PIN."""
        return self._begin(self.holder_of(card, pin, address=address), station)

    def holder_of(self, card: str, pin: str, *, address: str) -> Account:
        """The account of a name card whose PIN is right: who signs as second person begins no session."""
        with self._house.control.reading() as connection:
            found = control.account_by_card(connection, card.strip()) if card.strip() else None
        key = f"account:{found.username}" if found else f"card:{card.strip()}"
        return self._checked(found, found.pin_hash if found else None, pin, key=key, address=address)

    def _checked(
        self, found: Account | None, stored: str | None, secret: str, *, key: str, address: str
    ) -> Account:
        keys = {key[:128]: FAILURES_PER_ACCOUNT, f"address:{address}": FAILURES_PER_ADDRESS}
        now = self._wall.now()
        self._refuse_blocked(list(keys), now)
        good = self.passwords.matches(stored, secret)
        if not good or found is None or found.disabled:
            self._count_failure(keys, now)
            raise SignInRefused(
                "sign_in.wrong", "Name and secret do not belong together.", "Try again, or ask for a new one."
            )
        with self._house.control.writing() as connection:
            for tried in keys:
                control.clear_failures(connection, tried)
        return found

    def _refuse_blocked(self, keys: list[str], now: datetime) -> None:
        with self._house.control.reading() as connection:
            until = [control.blocked_until(connection, key) for key in keys]
        longest = max((at for at in until if at is not None and at > now), default=None)
        if longest is not None:
            minutes = -(-int((longest - now).total_seconds()) // 60)
            raise Throttled(
                "sign_in.throttled",
                "Too many attempts failed; signing in is closed for a while.",
                f"Wait {minutes} {'minute' if minutes == 1 else 'minutes'}, then try again.",
                seconds=int((longest - now).total_seconds()) + 1,
            )

    def _count_failure(self, keys: dict[str, int], now: datetime) -> None:
        with self._house.control.writing() as connection:
            for key, allowed in keys.items():
                failures = control.note_failure(connection, key)
                if failures >= allowed:
                    control.block(connection, key, now + block_for(failures - allowed))
            control.record(connection, now, "system", "sign_in.refused", next(iter(keys)))

    def _begin(self, found: Account, station: str) -> Begun:
        with self._house.control.writing() as connection:
            return self._begun(connection, found, self._wall.now(), station)

    def _begun(self, connection: Connection, found: Account, now: datetime, station: str) -> Begun:
        token = new_token()
        labs = control.memberships(connection, found.id)
        session = Session(
            token_hash=token_hash(token),
            account_id=found.id,
            lab=next(iter(labs), ""),
            station=station.strip()[:32],
            csrf=new_token(),
            created_at=now,
            seen_at=now,
            expires_at=now + IDLE,
        )
        control.purge_sessions(connection, now)
        control.start_session(connection, session)
        control.record(connection, now, found.username, "session.started", found.username)
        return Begun(token, session, found)

    def visitor_of(self, token: str) -> Visitor | None:
        """Whoever has a living session under a browser's id."""
        if not token:
            return None
        with self._house.control.reading() as connection:
            session = control.find_session(connection, token_hash(token), self._wall.now())
            account = control.account_by_id(connection, session.account_id) if session else None
            if session is None or account is None:
                return None
            return Visitor(session, account, control.memberships(connection, account.id))

    def seen(self, session: Session) -> None:
        """Its person did something: the idle time starts anew, never past the absolute end."""
        now = self._wall.now()
        if not control.needs_touch(session, now):
            return
        expires_at = min(now + IDLE, session.created_at + ABSOLUTE)
        with self._house.control.writing() as connection:
            control.touch_session(connection, session.token_hash, now, expires_at)

    def sign_out(self, session: Session) -> None:
        with self._house.control.writing() as connection:
            control.end_session(connection, session.token_hash)


def block_for(excess: int) -> timedelta:
    """How long attempts are refused after so many failures beyond what is allowed: it doubles each time."""
    return min(FIRST_BLOCK * 2 ** min(excess, 8), LONGEST_BLOCK)
