"""The catalogue in force, its files, the acts of each role, and the staff: the LIS admin's pages."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from lis.domain.people import Act
from lis.kernel.errors import Invalid
from lis.services import cataloguing
from lis.web.deps import Posted, SomeoneHere
from lis.web.pages import go, show
from lis.web.queries import catalogue, messages

router = APIRouter(prefix="/lab/{slug}")
BROKEN = 422


@router.get("/catalogue")
def catalogue_page(request: Request, here: SomeoneHere) -> Response:
    """What is in force, what was before, and the interfaces."""
    here.require(Act.CONTENT_EDIT)
    with here.lab.reading() as reading:
        context = {
            "versions": catalogue.versions(reading),
            "files": catalogue.files(reading),
            "links": messages.links(reading),
        }
    return show(request, here, "cataloguing/catalogue.html", **context)


@router.get("/catalogue/tests")
def tests_page(request: Request, here: SomeoneHere, q: str = "") -> Response:
    """The tests that match what was typed; as a fragment while it is typed."""
    here.require(Act.CONTENT_EDIT)
    text = q.strip()[:64]
    with here.lab.reading() as reading:
        found = catalogue.tests(reading, text)
    is_typed = request.headers.get("HX-Request")
    template = "cataloguing/_tests.html" if is_typed else "cataloguing/tests.html"
    return show(request, here, template, text=text, found=found)


@router.get("/catalogue/units")
def units_page(request: Request, here: SomeoneHere) -> Response:
    here.require(Act.CONTENT_EDIT)
    return show(request, here, "cataloguing/units.html")


@router.get("/catalogue/roles")
def roles_page(request: Request, here: SomeoneHere) -> Response:
    """Which role carries which act."""
    here.require(Act.CONTENT_EDIT)
    with here.lab.reading() as reading:
        acts = catalogue.acts(reading)
    return show(request, here, "cataloguing/roles.html", acts=acts)


@router.get("/catalogue/staff")
def staff_page(request: Request, here: SomeoneHere) -> Response:
    here.require(Act.STAFF_MANAGE)
    with here.lab.reading() as reading:
        staff = catalogue.staff(reading)
    return show(request, here, "cataloguing/staff.html", staff=staff)


@router.get("/catalogue/files/{name}")
def file_page(request: Request, here: SomeoneHere, name: str) -> Response:
    """A file of the pack, to be read and changed."""
    here.require(Act.CONTENT_EDIT)
    with here.lab.reading() as reading:
        content = catalogue.file(reading, name)
        version = reading.head.catalog_version_id
    return show(
        request, here, "cataloguing/file.html", name=name, content=content, version=version, refusal=None
    )


@router.post("/catalogue/files/{name}")
def change_file(request: Request, here: SomeoneHere, form: Posted, name: str) -> Response:
    """Put a changed file in force. Broken content comes back as it was typed, with every reason."""
    content = form.text("content").replace("\r\n", "\n") + "\n"
    try:
        with here.lab.work(here.actor) as work:
            cataloguing.refuse_stale(work, form.number("version"))
            cataloguing.change_file(work, name, content, reason=form.text("reason"))
    except Invalid as refusal:
        page = show(
            request,
            here,
            "cataloguing/file.html",
            name=name,
            content=content,
            version=form.number("version"),
            refusal=refusal,
        )
        page.status_code = BROKEN
        return page
    return go(f"{here.path}/catalogue")
