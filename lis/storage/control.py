"""The control database: accounts, sessions, throttles, and the events that say what was done to whole laboratories.

Functions on an open connection; the caller owns the transaction and says the wall time. Hashes come ready-made:
passwords and tokens are never seen here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, literal, select, update

from lis.kernel.errors import Conflict, NotFound
from lis.storage.tables.control import account, control_event, membership, session, throttle

TOUCH_EVERY = timedelta(
    minutes=1
)  # how stale a session's last sight may be: reading pages must not write each time


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may sign in. `card` is what the barcode of the name card says."""

    id: int
    username: str
    name: str
    password_hash: str
    card: str | None
    pin_hash: str
    disabled: bool


@dataclass(frozen=True, slots=True)
class Session:
    """A sign-in that has not ended, and where its person stands."""

    token_hash: str
    account_id: int
    lab: str
    station: str
    csrf: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ControlEvent:
    """One thing done to a laboratory, an account or a session."""

    seq: int
    at: datetime
    actor: str
    verb: str
    subject: str
    data: dict[str, Any]


# events


def record(connection: Connection, at: datetime, actor: str, verb: str, subject: str, **data: object) -> None:
    """Append one event."""
    row = {"at": at, "actor": actor, "verb": verb, "subject": subject, "data": data}
    connection.execute(insert(control_event).values(row))


def events(connection: Connection, subject: str = "") -> Iterator[ControlEvent]:
    """What was recorded, oldest first; of one laboratory or account, where it is named."""
    query = select(control_event).order_by(control_event.c.seq)
    chosen = query.where(control_event.c.subject == subject) if subject else query
    for row in connection.execute(chosen).mappings():
        yield ControlEvent(**row)


# accounts and memberships


def create_account(
    connection: Connection,
    *,
    username: str,
    name: str,
    password_hash: str,
    at: datetime,
    actor: str,
    card: str | None = None,
    pin_hash: str = "",
) -> int:
    """A new account's id; refused when the user name or the card is somebody's."""
    if account_by_username(connection, username):
        raise Conflict("account.exists", f"There is already an account {username}.")
    if card and account_by_card(connection, card):
        raise Conflict("account.card_taken", f"The card {card} is somebody's already.")
    row = {"username": username, "name": name, "password_hash": password_hash, "card": card}
    made = connection.execute(
        insert(account)
        .values(**row, pin_hash=pin_hash, disabled=False, created_at=at)
        .returning(account.c.id)
    )
    record(connection, at, actor, "account.created", username, name=name)
    return int(made.scalar_one())


def account_by_id(connection: Connection, account_id: int) -> Account | None:
    row = connection.execute(_BY_ID, {"of_id": account_id}).one_or_none()
    return Account(*row) if row else None


def account_by_username(connection: Connection, username: str) -> Account | None:
    return _account(connection, account.c.username == username)


def account_by_card(connection: Connection, card: str) -> Account | None:
    return _account(connection, account.c.card == card)


def accounts(connection: Connection) -> list[Account]:
    """Every account, by user name."""
    return [Account(**row) for row in connection.execute(_accounts().order_by(account.c.username)).mappings()]


def _accounts() -> Any:
    return select(*(account.c[name] for name in Account.__slots__))


_BY_ID = _accounts().where(account.c.id == bindparam("of_id"))


def _account(connection: Connection, condition: Any) -> Account | None:
    row = connection.execute(_accounts().where(condition)).mappings().one_or_none()
    return Account(**row) if row else None


def set_disabled(connection: Connection, username: str, disabled: bool, *, at: datetime, actor: str) -> None:
    """Close or reopen an account; closing ends its sessions."""
    found = _change_account(connection, username, disabled=disabled)
    if disabled:
        end_sessions(connection, found)
    record(connection, at, actor, "account.disabled" if disabled else "account.enabled", username)


def set_password(
    connection: Connection, username: str, password_hash: str, *, at: datetime, actor: str
) -> None:
    """Another password; sessions begun with the former one end."""
    found = _change_account(connection, username, password_hash=password_hash)
    end_sessions(connection, found)
    record(connection, at, actor, "account.password_set", username)


def _change_account(connection: Connection, username: str, **values: object) -> int:
    change = update(account).where(account.c.username == username).values(**values).returning(account.c.id)
    found = connection.execute(change).scalar_one_or_none()
    if found is None:
        raise no_account(username)
    return int(found)


def no_account(username: str) -> NotFound:
    """The refusal of a user name that nobody has."""
    return NotFound("account.unknown", f"There is no account {username}.")


def let_in(connection: Connection, source: str, target: str) -> None:
    """Who may enter the one laboratory may enter the other, as the same member of its staff."""
    there = select(membership.c.account_id).where(membership.c.lab == target)
    mine = membership.c.lab == source, membership.c.account_id.not_in(there)
    rows = select(membership.c.account_id, literal(target), membership.c.staff_code).where(*mine)
    connection.execute(insert(membership).from_select(["account_id", "lab", "staff_code"], rows))


def set_membership(
    connection: Connection, account_id: int, lab: str, staff_code: str, *, at: datetime, actor: str
) -> None:
    """In a laboratory an account acts as one member of its staff; a member of staff is one account's."""
    holder = select(membership.c.account_id).where(
        membership.c.lab == lab, membership.c.staff_code == staff_code
    )
    if connection.execute(holder).scalar_one_or_none() not in (None, account_id):
        raise Conflict("membership.taken", f"{staff_code} of {lab} is another account's.")
    end_membership(connection, account_id, lab)
    connection.execute(insert(membership).values(account_id=account_id, lab=lab, staff_code=staff_code))
    record(connection, at, actor, "membership.set", lab, account=account_id, staff=staff_code)


def end_membership(connection: Connection, account_id: int, lab: str) -> None:
    connection.execute(
        delete(membership).where(membership.c.account_id == account_id, membership.c.lab == lab)
    )


def memberships(connection: Connection, account_id: int) -> dict[str, str]:
    """The laboratories an account may enter, each with its staff code there."""
    found = connection.execute(_MEMBERSHIPS, {"of_account": account_id})
    return {row.lab: row.staff_code for row in found}


_MEMBERSHIPS = (
    select(membership.c.lab, membership.c.staff_code)
    .where(membership.c.account_id == bindparam("of_account"))
    .order_by(membership.c.lab)
)


# sessions


def start_session(connection: Connection, begun: Session) -> None:
    connection.execute(insert(session).values({n: getattr(begun, n) for n in Session.__slots__}))


def find_session(connection: Connection, token_hash: str, now: datetime) -> Session | None:
    """The session of a token, unless it has expired or its account is closed."""
    row = connection.execute(_SESSION, {"token": token_hash, "now": now}).one_or_none()
    return Session(*row) if row else None


_SESSION = (
    select(*(session.c[name] for name in Session.__slots__))
    .join(account)
    .where(
        session.c.token_hash == bindparam("token"),
        ~account.c.disabled,
        session.c.expires_at > bindparam("now", type_=session.c.expires_at.type),
    )
)


def needs_touch(found: Session, now: datetime) -> bool:
    """Whether it is time to write down that the session was seen."""
    return now - found.seen_at >= TOUCH_EVERY


def touch_session(connection: Connection, token_hash: str, now: datetime, expires_at: datetime) -> None:
    seen = update(session).where(session.c.token_hash == token_hash)
    connection.execute(seen.values(seen_at=now, expires_at=expires_at))


def end_session(connection: Connection, token_hash: str) -> None:
    connection.execute(delete(session).where(session.c.token_hash == token_hash))


def end_sessions(connection: Connection, account_id: int) -> int:
    """End all sessions of an account; how many there were."""
    return connection.execute(delete(session).where(session.c.account_id == account_id)).rowcount


def purge_sessions(connection: Connection, now: datetime) -> int:
    """Remove expired sessions; how many there were."""
    return connection.execute(delete(session).where(session.c.expires_at <= now)).rowcount


# throttles


def blocked_until(connection: Connection, key: str) -> datetime | None:
    """Until when attempts under a key are refused; None when they are not, or not yet."""
    return connection.execute(
        select(throttle.c.blocked_until).where(throttle.c.key == key)
    ).scalar_one_or_none()


def note_failure(connection: Connection, key: str) -> int:
    """Count a failed attempt; how many there are now."""
    counted = update(throttle).where(throttle.c.key == key).values(failures=throttle.c.failures + 1)
    failures = connection.execute(counted.returning(throttle.c.failures)).scalar_one_or_none()
    if failures is None:
        connection.execute(insert(throttle).values(key=key, failures=1, blocked_until=None))
    return failures or 1


def block(connection: Connection, key: str, until: datetime) -> None:
    connection.execute(update(throttle).where(throttle.c.key == key).values(blocked_until=until))


def clear_failures(connection: Connection, key: str) -> None:
    """An attempt succeeded: the count starts anew."""
    connection.execute(delete(throttle).where(throttle.c.key == key))
