"""What every answer carries and every unsafe request must show, before a route is asked.

Headers: a content policy without inline code or styles, no framing, no sniffing, no shared caches. Unsafe methods:
`Origin` (or `Referer`) must name this server; on plain http browsers send no `Sec-Fetch-Site`, so nothing rests on it.
The form token is the second lock: `lis.web.deps` compares it with the session's.
"""

from __future__ import annotations

import hmac
import secrets
from hashlib import sha256
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lis.kernel.errors import Refusal

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "object-src 'self'",  # a report opened in the browser's own PDF viewer
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
HTTPS_ONLY = {"Strict-Transport-Security": "max-age=31536000"}


class Forged(Refusal):
    """An unsafe request that did not come from a page of this server, or without the session's token."""


class SecurityHeaders:
    """Adds the headers to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add_headers(MutableHeaders(scope=message), scope)
            await send(message)

        await self.app(scope, receive, send_with_headers)


def is_same_origin(scope: Scope) -> bool:
    """Whether the page that sent this is one of this server's; a request that does not say is not."""
    headers = Headers(scope=scope)
    sent = headers.get("origin") or headers.get("referer", "")
    return names_this_server(sent, scope["scheme"], headers.get("host", ""))


def names_this_server(url: str, scheme: str, host: str) -> bool:
    """Whether an address lies on this server as the browser sees it."""
    parts = urlsplit(url)
    return bool(parts.netloc) and (parts.scheme, parts.netloc) == (scheme, host)


async def require_same_origin(request: Request) -> None:
    """Refuse an unsafe request that was not sent from a page of this server. Every route depends on it.

    Asynchronous because it waits for nothing: a thread for it would cost more than it does.
    """
    if request.method not in SAFE_METHODS and not is_same_origin(request.scope):
        raise Forged(
            "request.other_origin",
            "This was not sent from a page of this laboratory system.",
            "Open the page here and do it again.",
        )


def require_token(sent: str, expected: str) -> None:
    """Refuse unless the form or header carried the session's token."""
    if not hmac.compare_digest(sent.encode(), expected.encode()):
        raise Forged(
            "request.no_token",
            "The page is from another sign-in; nothing was done.",
            "Reload the page and do it again.",
        )


def new_token() -> str:
    """A secret that cannot be guessed: session ids, form tokens."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What is stored of a session's id: a stolen database opens no session."""
    return sha256(token.encode()).hexdigest()


def _add_headers(headers: MutableHeaders, scope: Scope) -> None:
    for name, value in (HEADERS | (HTTPS_ONLY if scope["scheme"] == "https" else {})).items():
        headers.setdefault(name, value)
    headers.setdefault("Cache-Control", "no-store")
