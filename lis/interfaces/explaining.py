"""How a message was read: which field became which fact, by which row of a map or trait of a profile.

The same readers that file a message are asked; nothing is decided here and nothing is written.
"""

from __future__ import annotations

from dataclasses import dataclass

from lis.domain.catalog import Catalog
from lis.domain.observations import ReportedObservation
from lis.domain.units import same_unit, ucum_for
from lis.interfaces.arrivals import Item
from lis.interfaces.astm_envelope import AstmEnvelope
from lis.interfaces.handling import source_of
from lis.interfaces.hl7.groups import orders_of
from lis.interfaces.hl7.results import Reading, container_place, is_leading, marks_of
from lis.interfaces.refiling import readings_of
from lis.interfaces.routing import Line
from lis.services.matching import Source, test_for
from lis.wire.er7 import Message

OWN_MAP, MENU, LOINC, NOTHING, CLOSED = "own map", "menu", "LOINC", "nothing", "closed"

# Where the facts of one value stand: code, value, unit, flags, status.
PLACES = {
    "hl7": ("OBX-3", "OBX-5", "OBX-6", "OBX-8", "OBX-11"),
    "astm": ("R-3", "R-4", "R-5", "R-7", "R-9"),
}

STATUSES = {
    "F": "final",
    "V": "verified: confirms the earlier value",
    "U": "final: confirms the earlier value",
    "P": "preliminary",
    "S": "partial",
    "R": "entered, not verified",
    "I": "pending in the laboratory",
    "C": "corrects the earlier value",
    "A": "amends the earlier value",
    "B": "adds to the earlier value",
    "X": "cannot be obtained: no value",
    "D": "takes the value back",
    "W": "was wrong: takes the value back",
    "N": "not asked for",
    "O": "order detail only",
    "": "none sent",
}


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that was read: what it is, as it came, where it stood, and what it was taken for."""

    what: str
    text: str
    place: str
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class Value:
    """How one value was read. `by` says what mapped its code, `unit_answer` how its unit stands to the test's."""

    seq: int
    container: str
    observation: ReportedObservation
    test: str
    by: str
    ucum: str
    unit_answer: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Facts of the message as a whole, its values, and where each part of a value stands."""

    facts: tuple[Fact, ...]
    values: tuple[Value, ...]
    places: tuple[str, ...]


def explain(item: Item, line: Line, catalog: Catalog) -> Explanation:
    """How the interface reads a message as it is set up now."""
    readings = readings_of(item, line) if item.envelope.message is not None else ()
    source = source_of(catalog, line, 0)
    values = tuple(
        _value(catalog, line, source, reading, observation)
        for reading in readings
        for observation in reading.specimen.observations
    )
    if isinstance(item.envelope, AstmEnvelope):
        facts = [Fact("sender", item.envelope.application, "H-5", line.code)]
        facts += [fact for reading in readings for fact in _specimen_facts(reading, "O-3", "P-3", "")]
        return Explanation(tuple(facts), values, PLACES["astm"])
    message = item.envelope.message
    facts = _message_facts(message, line, catalog, readings) if message is not None else []
    return Explanation(tuple(facts), tuple(sorted(values, key=lambda one: one.seq)), PLACES["hl7"])


def _message_facts(
    message: Message, line: Line, catalog: Catalog, readings: tuple[Reading, ...]
) -> list[Fact]:
    header = message.header
    facts = [
        Fact(
            "sender", f"{header.value(3, 1)} at {header.value(4, 1) or '(none)'}", "MSH-3, MSH-4", line.code
        ),
        Fact("type", header[9], "MSH-9", "taken" if _kind(message) in line.accepts else "not taken here"),
        Fact("processing id", header[11], "MSH-11"),
        Fact("acknowledgements", f"{header[15]}/{header[16]}".strip("/"), "MSH-15, MSH-16"),
    ]
    if readings:
        orders = [one for one in orders_of(message, is_leading(message, line.profile)) if one.observed]
        place = container_place(orders[0], line.profile) if orders else ""
        marks = ", ".join(dict.fromkeys(m for one in orders for m in marks_of(message, one, line.profile)))
        facts += [fact for reading in readings for fact in _specimen_facts(reading, place, "PID-3", marks)]
    else:
        facts += _people_facts(message)
    facts += _order_facts(message, catalog) if header.value(9, 1) in ("OML", "ORM") else []
    facts += [Fact("container asked about", qpd.value(3, 1), "QPD-3") for qpd in message.all("QPD")]
    return [fact for fact in facts if fact.text]


def _kind(message: Message) -> str:
    return f"{message.header.value(9, 1)}^{message.header.value(9, 2)}".strip("^")


def _specimen_facts(reading: Reading, container: str, patient: str, marks: str) -> list[Fact]:
    one = reading.specimen
    role = {"patient": "a patient's", "control": "a control's", "doubtful": "doubtful"}[one.role]
    facts = [
        Fact("container", one.container, container),
        Fact("patient", one.patient_id, patient, one.patient_name),
        Fact("whose material", role, marks, one.doubt),
    ]
    if one.control is not None:
        level = f"level {one.control.level}" if one.control.level else "no level"
        facts.append(Fact("control", one.control.material, "", f"lot {one.control.lot or '(none)'}, {level}"))
    return facts


def _people_facts(message: Message) -> list[Fact]:
    """Of whom and from where, for messages that report nothing measured."""
    pid, visit = message.first("PID"), message.first("PV1")
    facts: list[Fact] = []
    if pid is not None:
        name = ", ".join(part for n in (1, 2) if (part := pid.value(5, n, 1)))
        facts.append(Fact("patient", pid.value(3, 1), "PID-3", name))
    if visit is not None:
        place = " ".join(part for n in (1, 2, 3) if (part := visit.value(3, n)))
        facts.append(Fact("visit", visit.value(19, 1), "PV1-19", place))
    facts += [Fact("specimen", one.value(2, 1, 1), "SPM-2", one.value(4, 1)) for one in message.all("SPM")]
    facts += [
        Fact("tube as the sender numbers it", one.value(3, 1, 1), "SAC-3") for one in message.all("SAC")
    ]
    return facts


def _order_facts(message: Message, catalog: Catalog) -> list[Fact]:
    facts: list[Fact] = []
    for segment in message.segments:
        if segment.id == "ORC":
            facts.append(Fact("order control", segment.value(1), "ORC-1", f"placer {segment.value(2, 1)}"))
        if segment.id == "OBR":
            code = segment.value(4, 1)
            known = catalog.orderable(code)
            facts.append(Fact("test asked for", code, "OBR-4", known.name if known else "not a test here"))
        if segment.id == "TQ1":
            facts.append(Fact("priority", segment.value(9, 1), "TQ1-9"))
    return facts


def _value(
    catalog: Catalog, line: Line, source: Source, reading: Reading, observation: ReportedObservation
) -> Value:
    test = test_for(catalog, source, observation) or ""
    row = catalog.tests.get(test)
    return Value(
        seq=observation.seq,
        container=reading.specimen.container,
        observation=observation,
        test=test,
        by=_mapped_by(line, source, observation, test),
        ucum=ucum_for(source.unit(observation.unit), catalog)
        or source.units.get(observation.unit.strip(), ""),
        unit_answer=same_unit(row, source.unit(observation.unit), catalog) if row else "",
        meaning=STATUSES.get(observation.status, "not known"),
    )


def _mapped_by(line: Line, source: Source, observation: ReportedObservation, test: str) -> str:
    own = line.row.settings.get("code_map", {})
    for code in (observation.code, observation.loinc):
        if code in own:
            return OWN_MAP if test else CLOSED
        if code in source.code_map:
            return MENU
    return LOINC if test else NOTHING
