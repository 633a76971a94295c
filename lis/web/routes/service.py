"""For whoever runs the process: is it well, and how busy."""

from __future__ import annotations

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import JSONResponse, Response

from lis.web.deps import settings_of

router = APIRouter()


@router.get("/health")
def health(request: Request) -> Response:
    """200 while the control database answers."""
    return JSONResponse({"status": "ok", "laboratories": len(settings_of(request).house.labs())})


@router.get("/metrics")
def metrics(request: Request) -> Response:
    return Response(generate_latest(request.app.state.metrics.registry), media_type=CONTENT_TYPE_LATEST)
