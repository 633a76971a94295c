"""The catalogue in force and the staff, for the LIS admin."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from lis.domain.people import Act
from lis.web.deps import SomeoneHere
from lis.web.pages import show
from lis.web.queries import catalogue

router = APIRouter(prefix="/lab/{slug}")


@router.get("/catalogue")
def catalogue_page(request: Request, here: SomeoneHere) -> Response:
    here.require(Act.CONTENT_EDIT)
    with here.lab.reading() as reading:
        context = {
            "versions": catalogue.versions(reading),
            "files": catalogue.files(reading),
            "staff": catalogue.staff(reading),
        }
    return show(request, here, "cataloguing/catalogue.html", **context)
