"""Who is asking, in which laboratory: from the browser's cookie to an actor of that laboratory's staff."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Depends, Request
from sqlalchemy import Row, bindparam, select
from starlette.datastructures import FormData

from lis.domain.people import Act, Actor
from lis.kernel.errors import NotAllowed
from lis.lab import Lab, Reading
from lis.storage import control
from lis.storage import tables as t
from lis.storage.control import Account, Session
from lis.storage.house import House
from lis.web import moments
from lis.web.laboratories import Laboratories
from lis.web.security import require_token
from lis.web.security_sessions import Doorkeeper, SignInRefused

COOKIE = "lis_session"
STATION_COOKIE = "lis_station"


@dataclass(frozen=True, slots=True)
class Settings:
    """How this process serves: what it opens laboratories with, and whether cookies are sent over https alone."""

    house: House
    laboratories: Laboratories
    doorkeeper: Doorkeeper
    secure_cookies: bool = False


class SignInNeeded(Exception):
    """Nobody is signed in; the page goes to the sign-in page and comes back afterwards."""

    def __init__(self, back_to: str) -> None:
        super().__init__(back_to)
        self.back_to = back_to

    @property
    def location(self) -> str:
        return f"/sign-in?next={quote(self.back_to, safe='/')}"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is signed in, wherever they are."""

    session: Session
    account: Account
    labs: dict[str, str]


@dataclass(frozen=True, slots=True)
class Here:
    """A person in a laboratory: what routes act with. `acts` are what the role carries."""

    lab: Lab
    actor: Actor
    acts: frozenset[str]
    role_name: str
    person: Person

    @property
    def slug(self) -> str:
        return self.lab.slug

    @property
    def path(self) -> str:
        return f"/lab/{self.lab.slug}"

    def may(self, act: Act) -> bool:
        return act in self.acts

    def require(self, act: Act) -> None:
        """Refuse a page to a role that does not carry the act."""
        if not self.may(act):
            raise NotAllowed(
                "page.not_allowed",
                f"The role {self.role_name} does not see this page.",
                "Ask a colleague whose role does.",
            )


class Form:
    """A posted form whose token was right."""

    def __init__(self, data: FormData) -> None:
        self._data = data

    def text(self, name: str) -> str:
        """A field's text without surrounding space; "" when it was not sent."""
        value = self._data.get(name, "")
        return value.strip() if isinstance(value, str) else ""

    def texts(self, name: str) -> list[str]:
        """Every value of a field, as of ticked boxes."""
        return [value for value in self._data.getlist(name) if isinstance(value, str)]

    def number(self, name: str) -> int:
        """A whole number; 0 when it is none, which no version and no key ever is."""
        text = self.text(name)
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0

    def instant(self, name: str, zone: str, now: datetime) -> datetime:
        """A day and hour as a person in the laboratory's zone types it, or a refusal that says how."""
        return moments.instant(self.text(name), zone, now)


def settings_of(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


def is_automatic(request: Request) -> bool:
    """A fetch that the page made by itself; it keeps nobody signed in and is nobody's viewing."""
    return request.headers.get("X-Live") == "1"


def person_of(request: Request) -> Person:
    """The person of the browser's session, or SignInNeeded."""
    settings = settings_of(request)
    visitor = settings.doorkeeper.visitor_of(request.cookies.get(COOKIE, ""))
    if visitor is None:
        raise SignInNeeded(_back_to(request))
    if not is_automatic(request):
        settings.doorkeeper.seen(visitor.session)
    return Person(visitor.session, visitor.account, visitor.labs)


def here(request: Request, slug: str, person: Annotated[Person, Depends(person_of)]) -> Here:
    """The person in the laboratory of the address, or a refusal when they do not belong to it."""
    if slug not in person.labs:
        raise NotAllowed(
            "lab.no_member", "You do not work in this laboratory, or there is none.", "Choose one of yours."
        )
    lab = settings_of(request).laboratories.get(slug)
    with lab.reading() as reading:
        member = _member(reading, person.labs[slug])
        if member is None:
            raise NotAllowed(
                "staff.inactive", "Your place in this laboratory is closed.", "Ask its LIS admin."
            )
        role = reading.catalog.roles.get(member.role)
    return Here(
        lab=lab,
        actor=_actor(member, person.session.station),
        acts=role.acts if role else frozenset(),
        role_name=role.name if role else member.role,
        person=person,
    )


def second_person(request: Request, here: Here, *, card: str, pin: str) -> Actor:
    """Who signs beside the person at this station: their card and PIN were right, and they work in this laboratory."""
    settings = settings_of(request)
    address = request.client.host if request.client else ""
    try:
        account = settings.doorkeeper.holder_of(card, pin, address=address)
    except SignInRefused as refused:
        raise NotAllowed(refused.code, "Card and PIN do not belong together.", refused.advice) from None
    with settings.house.control.reading() as connection:
        code = control.memberships(connection, account.id).get(here.slug, "")
    with here.lab.reading() as reading:
        member = _member(reading, code)
    if member is None:
        raise NotAllowed("countersign.no_member", "The second person does not work in this laboratory.")
    return _actor(member, here.actor.station)


async def form_of(request: Request, person: Annotated[Person, Depends(person_of)]) -> Form:
    """The posted form, after its token (field or header) was compared with the session's."""
    data = await request.form(max_files=4, max_fields=600, max_part_size=1 << 20)
    sent = request.headers.get("X-CSRF-Token") or data.get("csrf", "")
    require_token(sent if isinstance(sent, str) else "", person.session.csrf)
    return Form(data)


async def plain_form_of(request: Request) -> Form:
    """A posted form of somebody who is not signed in yet: there is no token to compare."""
    return Form(await request.form(max_files=0, max_fields=20, max_part_size=1 << 14))


def _member(reading: Reading, code: str) -> Row[Any] | None:
    return reading.connection.execute(_MEMBER, {"of_code": code}).first()


_MEMBER = select(t.staff).where(t.staff.c.code == bindparam("of_code"), t.staff.c.active)


def _actor(member: Row[Any], station: str) -> Actor:
    return Actor(member.id, member.code, member.name, member.role, station=station, via="web")


def _back_to(request: Request) -> str:
    """Where to come back to: the page itself, or for a fetch the page that fetched; forms are not repeated."""
    if request.method != "GET" or request.headers.get("HX-Request"):
        return "/"
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


SomeoneHere = Annotated[Here, Depends(here)]
SignedIn = Annotated[Person, Depends(person_of)]
Posted = Annotated[Form, Depends(form_of)]
PlainForm = Annotated[Form, Depends(plain_form_of)]
