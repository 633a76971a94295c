"""Signing in and out, and choosing a laboratory."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from lis.kernel.errors import Refusal
from lis.web.deps import (
    COOKIE,
    STATION_COOKIE,
    PlainForm,
    Posted,
    SignedIn,
    SignInNeeded,
    person_of,
    settings_of,
)
from lis.web.pages import go, pages_of
from lis.web.security_sessions import ABSOLUTE, Begun, SignInRefused, Throttled

router = APIRouter()
STATION_KEPT = 365 * 24 * 3600


@router.get("/")
def front(request: Request) -> Response:
    """The laboratory of whoever is signed in, else the sign-in page."""
    try:
        person = person_of(request)
    except SignInNeeded:
        return _sign_in_page(request)
    if len(person.labs) == 1:
        return go(f"/lab/{next(iter(person.labs))}/")
    return go("/labs")


@router.get("/sign-in")
def sign_in_page(request: Request) -> Response:
    return _sign_in_page(request)


def _sign_in_page(request: Request, refused: Refusal | None = None, status: int = 200) -> Response:
    return pages_of(request).bare(
        "signing/sign_in.html",
        status=status,
        refused=refused,
        back_to=safe_path(request.query_params.get("next", "/")),
        station=request.cookies.get(STATION_COOKIE, ""),
    )


@router.post("/sign-in")
def sign_in(request: Request, form: PlainForm) -> Response:
    """By user name and password, or by the barcode of a name card and its PIN."""
    doorkeeper = settings_of(request).doorkeeper
    at = {"address": request.client.host if request.client else "", "station": form.text("station")}
    try:
        if form.text("card"):
            begun = doorkeeper.sign_in_by_card(form.text("card"), form.text("pin"), **at)
        else:
            begun = doorkeeper.sign_in(form.text("username"), form.text("password"), **at)
    except SignInRefused as refused:
        return _sign_in_page(request, refused, 401)
    except Throttled as refused:
        answer = _sign_in_page(request, refused, 429)
        answer.headers["Retry-After"] = str(refused.details["seconds"])
        return answer
    return _with_cookies(request, go(safe_path(form.text("next"))), begun)


@router.post("/sign-out")
def sign_out(request: Request, person: SignedIn, form: Posted) -> Response:
    settings_of(request).doorkeeper.sign_out(person.session)
    answer = go("/")
    answer.delete_cookie(COOKIE, path="/")
    return answer


@router.get("/labs")
def labs(request: Request, person: SignedIn) -> Response:
    """The laboratories a person may enter."""
    known = [entry for entry in settings_of(request).house.labs() if entry.slug in person.labs]
    return pages_of(request).bare(
        "signing/labs.html", labs=known, account=person.account, csrf=person.session.csrf
    )


def safe_path(path: str) -> str:
    """A path of this server, or the front page: nobody is sent elsewhere by a link."""
    inside = path.startswith("/") and not path.startswith("//") and "\\" not in path
    return path if inside and path.isprintable() else "/"


def _with_cookies(request: Request, answer: Response, begun: Begun) -> Response:
    secure = settings_of(request).secure_cookies or request.url.scheme == "https"
    answer.set_cookie(
        COOKIE,
        begun.token,
        max_age=int(ABSOLUTE.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=secure,
        path="/",
    )
    if begun.session.station:
        answer.set_cookie(
            STATION_COOKIE,
            begun.session.station,
            max_age=STATION_KEPT,
            httponly=True,
            samesite="lax",
            secure=secure,
            path="/",
        )
    return answer
