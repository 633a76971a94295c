"""Posts that a page makes by script: they are told where the browser's own would have gone."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lis.web.pages import SEE_OTHER


class Told:
    """Answers `X-Post` with 200 and `Location` in place of a redirection, which a script follows without seeing it.

    The page then goes there itself, so that it is fetched, and written down as seen, once.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or Headers(scope=scope).get("x-post") != "1":
            await self.app(scope, receive, send)
            return

        async def send_told(message: Message) -> None:
            is_redirection = message["type"] == "http.response.start" and message["status"] == SEE_OTHER
            await send({**message, "status": 200} if is_redirection else message)

        await self.app(scope, receive, send_told)
