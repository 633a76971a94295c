"""Pages out of templates: what every page shows around its own content, and how times, names and flags are written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from starlette.responses import HTMLResponse, RedirectResponse, Response

from lis.documents.texts import printable
from lis.domain.people import Act
from lis.interfaces.inspect import visible
from lis.kernel.clock import local
from lis.lab import Reading, clock_state_of
from lis.web.deps import Here
from lis.web.queries.people import names
from lis.web.words import MARKS, STATE_WORDS, age_text, spelled

FOLDER = Path(__file__).parent
ENVIRONMENTS = {
    "T": "TRAINING — synthetic patients, not for clinical use",
    "D": "DEBUGGING — not for clinical use",
}
SEE_OTHER = 303
MOST_IN_LINE = 9


@dataclass(frozen=True, slots=True)
class NavItem:
    """One entry of the navigation; `path` is below the laboratory's own unless it is `absolute`.

    A `minor` one moves into the menu More when there are too many for one line.
    """

    label: str
    path: str
    act: Act | None = None
    absolute: bool = False
    minor: bool = False

    def href(self, here: Here) -> str:
        return self.path if self.absolute else here.path + self.path


@dataclass(frozen=True, slots=True)
class NavLink:
    """An entry as one page shows it."""

    label: str
    href: str
    is_current: bool


NavHook = Callable[[Here], Sequence[NavItem]]

NAV = (
    NavItem("Home", "/"),
    NavItem("Order", "/orders/new", Act.ORDER_ENTER),
    NavItem("Receive", "/receive", Act.SPECIMEN_RECEIVE),
    NavItem("Worklist", "/worklist", Act.SPECIMEN_PROCESS),
    NavItem("Review", "/review", Act.RESULT_VERIFY_PASSED),
    NavItem("Calls", "/calls", Act.CALL_RECORD),
    NavItem("QC", "/qc", Act.QC_VIEW),
    NavItem("Board", "/boards/pending", Act.PATIENT_VIEW),
    NavItem("Inquiry", "/inquiry", Act.PATIENT_VIEW),
    NavItem("Occurrences", "/occurrences", Act.OCCURRENCE_OPEN, minor=True),
    NavItem("Messages", "/messages", Act.MESSAGE_VIEW, minor=True),
    NavItem("Catalogue", "/catalogue", Act.CONTENT_EDIT),
)


class Pages:
    """Renders templates; `folders` come after the LIS's own, `nav_hook` adds entries to the navigation.

    `static` is the path by which they name files of style and script.
    """

    def __init__(
        self, folders: Sequence[Path] = (), nav_hook: NavHook | None = None, static: str = "/static"
    ) -> None:
        self._nav_hook = nav_hook
        self.environment = Environment(
            loader=FileSystemLoader([FOLDER / "templates", *folders]),
            autoescape=True,
            undefined=StrictUndefined,
            auto_reload=False,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.environment.globals["static"] = static
        self.environment.filters |= {
            "when": _when,
            "moment": _moment,
            "hm": _hm,
            "day": _day,
            "age": _age,
            "ago": _ago,
            "span": _span,
            "who": _who,
            "words": lambda text: STATE_WORDS.get(str(text), str(text).replace("_", " ")),
            "printable": printable,
            "mark": lambda flag: MARKS.get(flag, flag),
            "controls": lambda raw: [spelled(line) for line in visible(raw or b"")],
        }

    def bare(self, template: str, *, status: int = 200, **context: Any) -> HTMLResponse:
        """A page of nobody's laboratory: sign-in, errors."""
        return HTMLResponse(self.environment.get_template(template).render(**context), status)

    def show(self, request: Request, here: Here, template: str, **context: Any) -> HTMLResponse:
        """A page in a laboratory, as its person may see it."""
        return HTMLResponse(self.text(request, here, template, **context))

    def text(
        self, request: Request, here: Here, template: str, *, reading: Reading | None = None, **context: Any
    ) -> str:
        """A template's text with all that pages of a laboratory have around them.

        `reading` is the caller's, where it has one open: what is shown is then of one instant.
        """
        with nullcontext(reading) if reading is not None else here.lab.reading() as reading:
            around = {
                "here": here,
                "base": here.path,
                "csrf": here.person.session.csrf,
                "may": lambda act: here.may(Act(act)),
                "lab_name": reading.head.name,
                "environment_text": ENVIRONMENTS.get(reading.head.environment, ""),
                "zone": reading.zone,
                "now": reading.now,
                "catalog": reading.catalog,
                "clock": clock_state_of(reading.head),
                "nav": self._nav(here, request.url.path),
                "current": request.url.path,
                "staff": cache(partial(names, reading)),
            }
            return self.environment.get_template(template).render(**(around | context))

    def _nav(self, here: Here, path: str) -> tuple[list[NavLink], list[NavLink]]:
        """The entries a person may follow: those in the line, and those in the menu beside it."""
        hooked = tuple(self._nav_hook(here)) if self._nav_hook else ()
        items = [item for item in (*NAV, *hooked) if item.act is None or here.may(item.act)]
        roomy = len(items) <= MOST_IN_LINE
        inline = [_link(item, here, path) for item in items if roomy or not item.minor]
        menu = [_link(item, here, path) for item in items if item.minor and not roomy]
        return inline, menu


def _link(item: NavItem, here: Here, path: str) -> NavLink:
    href = item.href(here)
    is_current = path == href or (path.startswith(href) and not href.endswith("/"))
    return NavLink(item.label, href, is_current)


def pages_of(request: Request) -> Pages:
    pages: Pages = request.app.state.pages
    return pages


def show(request: Request, here: Here, template: str, **context: Any) -> HTMLResponse:
    """`Pages.show` of the application that answers."""
    return pages_of(request).show(request, here, template, **context)


def fragment(request: Request, here: Here, template: str, **context: Any) -> str:
    """A template's text, to be sent inside something else."""
    return pages_of(request).text(request, here, template, **context)


def go(location: str) -> Response:
    """After a post: the browser fetches the page that shows what was done."""
    return RedirectResponse(location, SEE_OTHER)


@pass_context
def _when(context: Context, at: datetime | None) -> str:
    """An instant short: the hour today, with the day otherwise."""
    if at is None:
        return ""
    shown, today = local(at, context["zone"]), local(context["now"], context["zone"])
    return f"{shown:%H:%M}" if shown.date() == today.date() else f"{shown:%Y-%m-%d %H:%M}"


@pass_context
def _moment(context: Context, at: datetime | None) -> str:
    """An instant in full, to the second."""
    return f"{local(at, context['zone']):%Y-%m-%d %H:%M:%S}" if at else ""


@pass_context
def _hm(context: Context, at: datetime | None) -> str:
    return f"{local(at, context['zone']):%H:%M:%S}" if at else ""


def _day(day: date | None) -> str:
    return day.isoformat() if day else "not known"


@pass_context
def _age(context: Context, birth_on: date | None) -> str:
    return age_text(birth_on, context["now"], context["zone"]) if birth_on else "age not known"


@pass_context
def _ago(context: Context, at: datetime | None) -> str:
    """How long ago in lab time, in hours and minutes."""
    if at is None:
        return ""
    return _span(context["now"] - at)


def _span(lasting: timedelta) -> str:
    """Hours and minutes."""
    minutes = int(lasting.total_seconds() // 60)
    sign = "−" if minutes < 0 else ""
    return f"{sign}{abs(minutes) // 60}:{abs(minutes) % 60:02d}"


@pass_context
def _who(context: Context, code: str) -> str:
    """A member of staff by name, the same everywhere; a code that is nobody's, as an interface's, as it is.

    The staff is asked for once in a page, and in one that names somebody alone.
    """
    found: str = context["staff"]().get(code, code)
    return found
