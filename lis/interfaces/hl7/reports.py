"""Released results to whoever ordered them: ORU^R01 2.5.1, one ORC/OBR per ordered test, its specimen after its OBX.

HL7 v2.5.1 chapter 7; tables 0078 (flags), 0085 (OBX-11), 0123 (OBR-25), 0125 (value types), 0396 (LN, UCUM). What was
corrected says what readers held before, in a note of its own.
"""

from __future__ import annotations

from lis.domain.catalog import CODED, Catalog
from lis.interfaces.hl7.outgoing import Address, pid, pv1, written
from lis.interfaces.hl7.replies import filler_number
from lis.interfaces.hl7.times import write_instant
from lis.kernel.quantity import parse_decimal, parse_titre
from lis.services.reporting import CORRECTED, Report, ReportGroup, ReportLine
from lis.wire.er7 import Comps, Seg, Value, comps, reps

WITHDRAWN = "D"
_ORDER_STATUS = {"F": "CM", "C": "CM", "P": "IP", "X": "CA"}


def report_message(report: Report, catalog: Catalog, address: Address) -> bytes:
    """The report as one message; groups without a released value are left out."""
    body = [pid(report.patient, address.to_facility)]
    if report.visit is not None:
        body.append(pv1(report.visit, address.to_facility))
    groups = [group for group in report.groups if group.lines]
    for number, group in enumerate(groups, 1):
        calls = [call.text(address.zone) for call in report.calls]
        notes = [*report.notes, *calls] if number == 1 else []
        body += _group(report, group, catalog, address, number, notes)
    return written(address, "ORU^R01^ORU_R01", body)


def _group(
    report: Report, group: ReportGroup, catalog: Catalog, address: Address, number: int, notes: list[str]
) -> list[Seg]:
    own = filler_number(report.order.accession, group.code)
    return [
        _orc(report, group, own, address),
        _obr(report, group, own, address, number),
        *(_nte(index, text) for index, text in enumerate(notes, 1)),
        *(
            segment
            for index, line in enumerate(group.lines, 1)
            for segment in (_obx(line, catalog, address, index), *_line_notes(line))
        ),
        _spm(group, address),
    ]


def _orc(report: Report, group: ReportGroup, own: str, address: Address) -> Seg:
    return Seg(
        "ORC",
        {
            1: "RE",
            2: _placed(group.placer_number, address),
            3: comps(own, address.application),
            4: _placed(report.order.placer_group, address),
            5: _ORDER_STATUS.get(group.status, "IP"),
            12: _person(report.order.provider),
        },
    )


def _obr(report: Report, group: ReportGroup, own: str, address: Address, number: int) -> Seg:
    zone = address.zone
    released = [line.released_at for line in group.lines if line.released_at]
    return Seg(
        "OBR",
        {
            1: str(number),
            2: _placed(group.placer_number, address),
            3: comps(own, address.application),
            4: _coded(group.loinc, group.code, group.name),
            7: write_instant(group.collected_at, zone),
            10: _person(group.collected_by),
            14: write_instant(group.received_at, zone),
            16: _person(report.order.provider),
            22: write_instant(max(released, default=None), zone),
            25: group.status,
        },
    )


def _obx(line: ReportLine, catalog: Catalog, address: Address, number: int) -> Seg:
    kind, value = _value(line, catalog)
    fields: dict[int, Value] = {
        1: str(number),
        2: kind,
        3: _coded(line.loinc, line.test, line.name),
        5: value,
        6: comps(line.unit, line.unit_text, "UCUM") if line.unit and kind in ("NM", "SN") else "",
        7: line.interval_text,
        8: reps(*line.flags),
        11: WITHDRAWN if line.status == "W" else line.status,
        14: write_instant(line.observed_at, address.zone),
        16: _person(line.verified_by),
        18: line.analyzer,
        19: write_instant(line.observed_at, address.zone),
        23: catalog.laboratory.name,
    }
    return Seg("OBX", fields)


def _value(line: ReportLine, catalog: Catalog) -> tuple[str, Value]:
    """OBX-2 and OBX-5: a comparator and a titre are structured (SN), so that no reader takes them for a number."""
    if line.status == "X" or not line.value:
        return "", ""
    if line.result_type == CODED:
        code = next((c.code for c in catalog.value_set_of(line.test) if c.display == line.value), "")
        return "CWE", comps(code, line.value, "L" if code else "")
    titre = parse_titre(line.value)
    if titre:
        return "SN", comps(line.comparator, str(titre[0]), ":", str(titre[1]))
    if parse_decimal(line.value) is None:
        return "ST", line.value
    if line.comparator:
        return "SN", comps(line.comparator, line.value)
    return "NM", line.value


def _line_notes(line: ReportLine) -> list[Seg]:
    texts = [line.comment] if line.comment else []
    if line.status == CORRECTED:
        texts.append(f"Corrected result. Reported before: {line.replaced or 'no value'}.")
    return [_nte(number, text) for number, text in enumerate(texts, 1)]


def _nte(number: int, text: str) -> Seg:
    return Seg("NTE", {1: str(number), 2: "L", 3: text})


def _spm(group: ReportGroup, address: Address) -> Seg:
    return Seg(
        "SPM",
        {
            1: "1",
            2: comps("", group.container_id),
            4: comps(group.specimen_type, "", "HL70487") if group.specimen_type else "",
            11: comps("P", "", "HL70369"),
            17: write_instant(group.collected_at, address.zone),
            18: write_instant(group.received_at, address.zone),
        },
    )


def _coded(loinc: str, code: str, name: str) -> Comps:
    """LOINC first, the laboratory's own code beside it (table 0396)."""
    return comps(loinc, name, "LN", code, name, "L") if loinc else comps(code, name, "L")


def _placed(number: str, address: Address) -> Value:
    return comps(number, address.to_application) if number else ""


def _person(name: str) -> Value:
    """A person we know by name or code only (XCN): as family and given name, or as number."""
    family, comma, given = name.partition(", ")
    return comps("", family, given) if comma else name
