"""What a browser sees when something cannot be done: what, why, and what to do. Fetches get a fragment."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import urlsplit

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from lis.kernel.errors import Conflict, Invalid, NotAllowed, NotFound, Refusal
from lis.web.deps import SignInNeeded
from lis.web.pages import SEE_OTHER, pages_of
from lis.web.security import HEADERS, Forged, names_this_server
from lis.web.security_sessions import Throttled

log = structlog.get_logger(__name__)

STATUS_OF: tuple[tuple[type[Refusal], int], ...] = (
    (NotFound, 404),
    (NotAllowed, 403),
    (Forged, 403),
    (Conflict, 409),
    (Invalid, 422),
    (Throttled, 429),
)
STORAGE_REFUSED, CHANGED_SINCE = 503, 409
HEADINGS = {
    403: "Not allowed",
    404: "Not found",
    405: "Not possible here",
    409: "This cannot be done now",
    413: "Too large",
    422: "This cannot be used as it stands",
    429: "Too many attempts",
    500: "Something went wrong",
    503: "The laboratory cannot answer now",
}


def install(app: FastAPI) -> None:
    """Register the handlers."""
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(SignInNeeded, _sign_in_first)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _no_such_address)
    app.add_exception_handler(Exception, _crashed)


def status_of(refusal: Refusal) -> int:
    """The HTTP status of a refusal; those of the storage are not due to the request."""
    return next((status for kind, status in STATUS_OF if isinstance(refusal, kind)), STORAGE_REFUSED)


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    status = status_of(error)
    return failure(request, status, error.message, error.advice, code=error.code)


def _sign_in_first(request: Request, error: Exception) -> Response:
    assert isinstance(error, SignInNeeded)
    if request.headers.get("HX-Request") or request.headers.get("X-Fetch"):
        return Response(status_code=401, headers={"HX-Redirect": error.location})
    if "text/event-stream" in request.headers.get("Accept", ""):
        return Response(status_code=401)
    return RedirectResponse(error.location, SEE_OTHER)


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    words = {
        404: "There is no such page.",
        405: "This address does not take that kind of request.",
        413: "More was sent than is taken.",
    }
    message = words.get(error.status_code, HTTPStatus(error.status_code).phrase + ".")
    return failure(request, error.status_code, message, "Go back, or start from the home page.")


def _no_such_address(request: Request, error: Exception) -> Response:
    return failure(request, 404, "There is no such page.", "Go back, or start from the home page.")


def _crashed(request: Request, error: Exception) -> Response:
    log.error("request.failed", path=request.url.path, method=request.method, exc_info=error)
    answer = failure(
        request,
        500,
        "The program met something it did not expect. Nothing of this was saved.",
        "Do it again; if it happens again, tell the LIS admin what you did.",
    )
    answer.headers.update(HEADERS)  # this answer is made outside the middleware
    return answer


def failure(request: Request, status: int, message: str, advice: str, *, code: str = "") -> Response:
    """The page or fragment of a failure."""
    is_fetch = request.headers.get("HX-Request") or request.headers.get("X-Fetch")
    return pages_of(request).bare(
        "errors/_failure.html" if is_fetch else "errors/failure.html",
        status=status,
        heading=HEADINGS.get(status, "This was not done"),
        message=message,
        advice=advice,
        code=code,
        back=_back(request),
        is_stale=status == CHANGED_SINCE,
    )


def _back(request: Request) -> str:
    """The page one came from, when it is one of this server's."""
    referer = request.headers.get("Referer", "")
    if not names_this_server(referer, request.url.scheme, request.headers.get("Host", "")):
        return "/"
    parts = urlsplit(referer)
    return parts.path + (f"?{parts.query}" if parts.query else "") or "/"
