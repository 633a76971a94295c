"""Files of messages through the real inbox into a throw-away laboratory, one fresh one per file: what became of them.

    for told in Feeder(pack_files(folder), preload=orders).feed_all(paths): print(json.dumps(told))

Orders to match against are preloaded: `[{patient: {id, family, given, birth_date, sex}, placer, filler, container,
specimen, tests: [{code, unit}], received: true}]`, codes as they are sent.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any

from lis.domain.people import system
from lis.domain.requests import OrderRequest, PatientDetails, RequestedTest
from lis.domain.workflow import ContainerState
from lis.interfaces.arrivals import ASTM, HL7, Arrival, items_of
from lis.interfaces.astm_envelope import AstmEnvelope
from lis.interfaces.astm_records import read_records
from lis.interfaces.batch_content import with_codes
from lis.interfaces.batch_report import reply_told, told_of
from lis.interfaces.hl7.results import Reading, read_results
from lis.interfaces.inbox import Inbox
from lis.interfaces.profiles import profile as profile_of
from lis.interfaces.profiles import recognised
from lis.interfaces.routing import Lines
from lis.kernel.clock import WallClock
from lis.kernel.errors import Invalid
from lis.lab import Lab
from lis.services import cataloguing, ordering
from lis.storage.house import House
from lis.storage.work import Work
from lis.wire.astm import FrameError, records_from_text
from lis.wire.mllp import VT, Framer, Oversize, Payload

SLUG, INTERFACE = "throw-away", "FEED"
GENERIC = {HL7: "generic", ASTM: "generic-records"}
ORDER_TYPES = ("OML^O21", "ORM^O01")
PROCESSING = ("P", "T", "D", "Q")


class Feeder:
    """Makes a laboratory once, and a copy of it for each file."""

    def __init__(
        self,
        pack: Mapping[str, str],
        *,
        preload: Sequence[Mapping[str, Any]] = (),
        profile: str = "",
        orders: bool = False,
    ) -> None:
        self._profile = profile_of(profile).name if profile else ""
        self._accepts = ORDER_TYPES if orders else ()
        self._folder = Path(tempfile.mkdtemp(prefix="lis-inbox-"))
        wanted = [
            (str(test["code"]), str(test.get("unit") or "")) for one in preload for test in one["tests"]
        ]
        self._files, self._codes = with_codes(pack, wanted)
        with _open(self._folder / "template") as house:
            house.create_lab(
                SLUG, name=SLUG, zone="UTC", environment="T", lab_anchor=WallClock().now(), actor="inbox"
            )
            with Lab(house.lab(SLUG)).work(system("admin")) as work:
                cataloguing.load_pack(work, self._files, is_guessed=True)
                work.interfaces.add(
                    code=INTERFACE,
                    kind="analyzer",
                    profile=GENERIC[HL7],
                    host="",
                    port=None,
                    enabled=True,
                    settings={},
                    stopped_reason="",
                    held_tests={},
                )
                for number, one in enumerate(preload, 1):
                    _preload(work, one, self._codes, f"PRELOAD{number}")

    def __enter__(self) -> Feeder:
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def feed_all(self, paths: Iterable[Path]) -> Iterator[dict[str, Any]]:
        """What became of each file, in order."""
        for number, path in enumerate(paths):
            yield self.feed(path, f"file-{number}")

    def feed(self, path: Path, name: str = "file") -> dict[str, Any]:
        """One file into a laboratory of its own."""
        try:
            raw = path.read_bytes()
        except OSError as error:
            raise Invalid("file.unreadable", f"{path} cannot be read: {error.strerror}.") from error
        folder = self._folder / name
        shutil.copytree(self._folder / "template", folder)
        with _open(folder) as house:
            lab = Lab(house.lab(SLUG))
            arrivals, is_whole = arrivals_of(path, raw)
            self._refuse_other_wire(path, arrivals)
            codes = self._prepare(lab, arrivals)
            replies = Inbox(lab).answer_many(arrivals)
            with lab.database.reading() as connection:
                told = told_of(connection, {test: code for code, test in codes.items()})
        shutil.rmtree(folder)
        said = [reply_told(reply) for one in replies for reply in one]
        told["dead_letter"] |= not is_whole
        return {"file": os.fsencode(path.name).decode("utf-8", "replace"), "replies": said, **told}

    def _refuse_other_wire(self, path: Path, arrivals: Sequence[Arrival]) -> None:
        """A profile of records says nothing of segments, nor the other way round."""
        protocol = arrivals[0].protocol if arrivals else HL7
        if self._profile and profile_of(self._profile).protocol != protocol:
            kind = "LIS02 records" if protocol == ASTM else "HL7"
            raise Invalid(
                "profile.protocol", f"{path} is read as {kind}, which {self._profile} does not speak."
            )

    def _prepare(self, lab: Lab, arrivals: Sequence[Arrival]) -> dict[str, str]:
        """Set the interface up for this file's sender, and let its controls have tests; every code with its test."""
        with lab.work(system("admin")) as work:
            name = self._profile or _profile_for(arrivals)
            work.interfaces.change(INTERFACE, profile=name, settings=self._settings(self._codes))
            controls = sorted(_control_codes(work, arrivals) - set(self._codes))
            if not controls:
                return self._codes
            added, codes = with_codes(self._files, [(code, "") for code in controls], self._codes)
            cataloguing.load_pack(work, added, reason="control codes", is_guessed=True)
            work.interfaces.change(INTERFACE, settings=self._settings(codes))
            return codes

    def _settings(self, codes: Mapping[str, str]) -> dict[str, Any]:
        return {
            "code_map": dict(codes),
            "processing": PROCESSING,
            "match_orders": True,
            "accepts": self._accepts,
        }


def _open(folder: Path) -> _House:
    return _House(folder)


class _House:
    """A house for as long as it is used."""

    def __init__(self, folder: Path) -> None:
        self._house = House.open(data=folder, url=None, wall=WallClock())

    def __enter__(self) -> House:
        return self._house

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._house.close()


def _preload(work: Work, one: Mapping[str, Any], codes: Mapping[str, str], peer: str) -> None:
    """An order whose tests are all measured from one tube, under the numbers given."""
    who = one["patient"]
    details = PatientDetails(
        mrn=str(who["id"]),
        family=str(who.get("family") or ""),
        given=str(who.get("given") or ""),
        birth_on=_day(who.get("birth_date")),
        sex=str(who.get("sex") or ""),
    )
    placer = str(one.get("placer") or "")
    tests = tuple(
        RequestedTest(codes[str(test["code"])], placer if number == 0 else "")
        for number, test in enumerate(one["tests"])
    )
    placed = ordering.place_order(work, OrderRequest(patient=details, tests=tests, peer=peer))
    first, *others = work.containers.of_order(placed.order_id)
    for result in work.results.of_order(placed.order_id):
        work.results.change(result.id, container_pk=first.id)
    for other in others:
        work.containers.change(other.id, state=ContainerState.CANCELLED)
    number = str(one.get("container") or one.get("specimen") or first.container_id)
    state = ContainerState.RECEIVED if one.get("received", True) else ContainerState.EXPECTED
    filler = str(one.get("filler") or "")
    work.containers.change(
        first.id,
        container_id=_free(work, number, first.container_id),
        collection_number=filler,
        state=state,
        received_at=work.now if state == ContainerState.RECEIVED else None,
    )
    specimen = str(one.get("specimen") or "")
    if specimen and specimen != number:
        work.orders.change(placed.order_id, placer_group=specimen, accession=specimen)


def _free(work: Work, number: str, otherwise: str) -> str:
    return number if work.containers.by_container_id(number) is None else otherwise


def _day(text: str | None) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Invalid("preload.birth_date", f"{text!r} is no date.", "Write it as 1980-05-17.") from error


def arrivals_of(path: Path, raw: bytes) -> tuple[list[Arrival], bool]:
    """The payloads of a file: frames of a `.bin`, records of an `.astm`, anything else as it is.

    And whether that is all: a listener throws away a frame that does not end, or is too long.
    """
    kind = path.suffix.lower()
    if kind == ".astm":
        try:
            return [Arrival(records_from_text(raw), "file", INTERFACE, protocol=ASTM)], True
        except FrameError as error:
            return [Arrival(raw, "file", INTERFACE, protocol=ASTM, note=str(error))], True
    if kind == ".bin" or raw.startswith(VT):
        framer = Framer()
        events = framer.feed(raw)
        found = [Arrival(event.data, "file", INTERFACE) for event in events if isinstance(event, Payload)]
        is_whole = not framer.pending and not any(isinstance(event, Oversize) for event in events)
        return found, bool(found) and is_whole
    return [Arrival(raw, "file", INTERFACE)], True


def _profile_for(arrivals: Sequence[Arrival]) -> str:
    """The profile that recognises the first sender, else the generic one."""
    protocol = arrivals[0].protocol if arrivals else HL7
    first = next((item for item in items_of(arrivals) if item.envelope.message is not None), None)
    known = recognised(first.envelope.application, first.envelope.facility, protocol) if first else ""
    return known or GENERIC[protocol]


def _control_codes(work: Work, arrivals: Sequence[Arrival]) -> set[str]:
    """Codes of what is measured on control material in these messages."""
    line = Lines(work.interfaces.all(), work.catalog, work.zone).get(INTERFACE)
    readings: list[Reading] = []
    for item in items_of(arrivals):
        message = item.envelope.message
        if line is None or message is None:
            continue
        if isinstance(item.envelope, AstmEnvelope) and item.envelope.message is not None:
            readings += read_records(item.envelope.message, line.profile, line.zone)
        elif not isinstance(item.envelope, AstmEnvelope) and item.envelope.message is not None:
            readings += read_results(item.envelope.message, line.profile, line.zone)
    return {
        observation.code
        for reading in readings
        if reading.specimen.role == "control"
        for observation in reading.specimen.observations
        if observation.code and not observation.supplemental
    }
