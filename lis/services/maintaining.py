"""Interfaces are stopped and started, and single tests kept from them, each with a reason."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from lis.domain.events import Verb
from lis.domain.people import Act
from lis.kernel.errors import Conflict, Invalid, NotFound
from lis.storage.work import Work


def stop_interface(work: Work, code: str, *, reason: str) -> None:
    """Take nothing more from an interface and send nothing to it; what is queued waits."""
    interface = _interface(work, code)
    _require_reason(reason)
    if not interface.enabled:
        raise Conflict("interface.stopped", f"{code} is stopped already: {interface.stopped_reason}")
    work.interfaces.change(code, enabled=False, stopped_reason=reason)
    work.journal.append(Verb.INTERFACE_STOPPED, f"interface:{code}", reason=reason)


def start_interface(work: Work, code: str, *, reason: str) -> None:
    """Take and send again."""
    interface = _interface(work, code)
    _require_reason(reason)
    if interface.enabled:
        raise Conflict("interface.running", f"{code} is not stopped.")
    work.interfaces.change(code, enabled=True, stopped_reason="")
    work.journal.append(
        Verb.INTERFACE_STARTED, f"interface:{code}", reason=reason, was=interface.stopped_reason
    )


def hold_test(work: Work, code: str, test: str, *, reason: str) -> None:
    """Keep one test from an interface: its values are held, and it is sent no work for it."""
    interface = _interface(work, code)
    _require_reason(reason)
    if test not in work.catalog.tests:
        raise Invalid("test.unknown", f"Not a test of this laboratory: {test or '(none)'}.")
    if test in interface.held_tests:
        raise Conflict("test.held", f"{test} is kept from {code} already: {interface.held_tests[test]}")
    _change_held(work, code, {**interface.held_tests, test: reason}, reason=reason, held=test)


def free_test(work: Work, code: str, test: str, *, reason: str) -> None:
    """Take a test from an interface again."""
    interface = _interface(work, code)
    _require_reason(reason)
    if test not in interface.held_tests:
        raise Conflict("test.not_held", f"{test} is not kept from {code}.")
    rest = {name: why for name, why in interface.held_tests.items() if name != test}
    _change_held(work, code, rest, reason=reason, freed=test)


def _interface(work: Work, code: str) -> Row[Any]:
    work.require(Act.INTERFACE_STOP)
    interface = work.interfaces.find(code)
    if interface is None:
        raise NotFound("interface.unknown", f"This laboratory has no interface {code}.")
    return interface


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise Invalid("reason.missing", "A reason is needed.", "Say why in a few words.")


def _change_held(work: Work, code: str, held_tests: dict[str, str], *, reason: str, **what: str) -> None:
    work.interfaces.change(code, held_tests=held_tests)
    work.journal.append(Verb.INTERFACE_CHANGED, f"interface:{code}", reason=reason, **what)
