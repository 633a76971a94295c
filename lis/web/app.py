"""The application: routes, middleware, error pages, and the seams where others add theirs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import APIRouter, Depends, FastAPI
from starlette.middleware.body_limit import RequestBodyLimitMiddleware

from lis.kernel.clock import Clock
from lis.storage.house import House
from lis.web import failures, statics
from lis.web.deps import Settings
from lis.web.feed import Feed
from lis.web.laboratories import Laboratories
from lis.web.metrics import Metrics, MetricsMiddleware
from lis.web.pages import FOLDER, NavHook, Pages
from lis.web.posting import Told
from lis.web.routes import (
    accessioning,
    boards,
    cataloguing,
    controlling,
    home,
    inquiry,
    inspecting,
    labelling,
    mapping,
    messages,
    notifying,
    occurring,
    ordering,
    processing,
    rejecting,
    resolving,
    resulting,
    service,
    signing,
    verifying,
    working,
)
from lis.web.security import SecurityHeaders, require_same_origin
from lis.web.security_sessions import Doorkeeper, Passwords

LARGEST_BODY = 2 * 1024 * 1024
ROUTERS = (
    service.router,
    signing.router,
    home.router,
    ordering.router,
    accessioning.router,
    labelling.router,
    rejecting.router,
    processing.router,
    working.router,
    resulting.router,
    verifying.router,
    inquiry.router,
    controlling.router,
    messages.router,
    inspecting.router,
    mapping.router,
    resolving.router,
    notifying.router,
    boards.router,
    occurring.router,
    cataloguing.router,
)


def create_app(
    house: House,
    *,
    wall: Clock,
    clocks: dict[str, Clock] | None = None,
    secure_cookies: bool = False,
    passwords: Passwords | None = None,
    extra_routers: Sequence[APIRouter] = (),
    extra_templates: Sequence[Path] = (),
    extra_static: Mapping[str, Path] | None = None,
    nav_hook: NavHook | None = None,
) -> FastAPI:
    """The web application over a house of laboratories.

    Others add routers, template folders (they may extend `base.html`), folders of static files by their path below
    `/static/`, and entries of the navigation. `clocks` gives laboratories another clock than their own.
    `app.state.feed.close()` lets open streams end, so that a server can stop.
    """
    feed = Feed()

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        feed.close()

    app = FastAPI(
        title="Laboratory",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        dependencies=[Depends(require_same_origin)],
    )
    app.state.settings = Settings(
        house, Laboratories(house, wall, clocks), Doorkeeper(house, wall, passwords), secure_cookies
    )
    app.state.feed = feed
    app.state.metrics = Metrics()
    for router in (*ROUTERS, *extra_routers):
        app.include_router(router)
    static = statics.mount(app, FOLDER / "static", extra_static or {})
    app.state.pages = Pages(extra_templates, nav_hook, static)
    failures.install(app)
    app.add_middleware(RequestBodyLimitMiddleware, max_body_size=LARGEST_BODY)
    app.add_middleware(MetricsMiddleware, metrics=app.state.metrics)
    app.add_middleware(Told)
    app.add_middleware(SecurityHeaders)
    return app
