"""Messages by the thousand for measuring: the shapes of the world without a world; equal seeds, equal bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from simulators.analyzers.events import Finished, Sip, Work
from simulators.analyzers.measuring import Measured, reported
from simulators.dice import Dice
from simulators.hl7 import law, oru
from simulators.hl7.envelope import Envelope
from simulators.hl7.hospital import Encounter, OrderLine, Requisition, order_message
from simulators.station import dialect_of
from simulators.world_content import WorldContent

PACE = timedelta(seconds=1)


def results(
    content: WorldContent,
    device: str,
    containers: Iterable[str],
    tests: Sequence[str],
    at: datetime,
    *,
    seed: int = 1,
    by_law: bool = False,
) -> Iterator[bytes]:
    """One message of results per container: ORU^R01, or OUL^R22; values lie within each test's measuring range."""
    dice, dialect = Dice(seed, "loads"), dialect_of(content.place.devices[device], content.analytes)
    voice = law if by_law else oru
    for number, container in enumerate(containers, 1):
        now = at + number * PACE
        measured = tuple(_measured(content, test, dice.unit(f"{number}/{test}")) for test in tests)
        work = tuple(
            Work(container, test, dialect.assays[test].code, f"{container}-{test}", "R") for test in tests
        )
        sip = Sip("", container, "", False, True, 0.0, 1.0, 0.0, now, {}, {})
        done = Finished(now, now, sip, work, measured, number)
        yield voice.results_message(_envelope(content, device, number, now), dialect, done)


def orders(
    content: WorldContent, codes: Sequence[str], count: int, at: datetime, *, seed: int = 1
) -> Iterator[bytes]:
    """OML^O21 of so many requisitions, each for another person and the same orders."""
    people = content.people(Dice(seed, "loads"))
    hospital = content.place.hospital
    ward = next(ward for ward in hospital.wards if ward.message == "OML")
    for number in range(1, count + 1):
        now = at + number * PACE
        person = people.person(number, ward.population, now)
        visit = Encounter(person, ward, "1", f"V{number:07d}", hospital.providers[0], now)
        lines = tuple(_line(content, code, number, place) for place, code in enumerate(codes, 1))
        requisition = Requisition(
            f"R{number:07d}", "R", now, now, hospital.providers[0], ward.collectors[0], lines
        )
        yield order_message(_envelope(content, hospital.peer, number, now), visit, requisition)


def _measured(content: WorldContent, test: str, share: float) -> Measured:
    analyte = content.analytes[test]
    low, high = analyte.amr_low or 0.0, analyte.amr_high or 100.0
    raw = low + (high - low) * share
    return Measured(test, raw, raw, reported(raw, analyte)[0])


def _line(content: WorldContent, code: str, number: int, place: int) -> OrderLine:
    order = content.place.orderables[code]
    return OrderLine(
        placer=f"R{number:07d}-{place}",
        code=code,
        name=order.name,
        specimen_type=order.specimen_type,
        container_code=order.container,
        container_number=f"C{number:07d}{place}",
        specimen_set=place,
    )


def _envelope(content: WorldContent, sender: str, number: int, at: datetime) -> Envelope:
    place = content.place
    hospital = place.hospital
    is_hospital = sender == hospital.peer
    return Envelope(
        app=hospital.application if is_hospital else sender,
        facility=hospital.facility if is_hospital else place.lab_facility,
        to_app="LIS",
        to_facility=place.lab_facility,
        at=at,
        control=f"{sender}-L{number:08d}",
        processing=place.environment,
        zone=place.zone,
    )
