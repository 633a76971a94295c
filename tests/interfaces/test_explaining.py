"""How a message was read: which field became which fact, and by what."""

from __future__ import annotations

from lis.interfaces.arrivals import ASTM, HL7, Arrival, items_of
from lis.interfaces.explaining import Explanation, Fact, explain
from lis.interfaces.routing import Lines
from lis.services import mapping
from tests.interfaces.messages import PID, control, order, records, results
from tests.labs import SmallLab


def explained(small: SmallLab, text: str, *, interface: str = "CHEM-1", protocol: str = HL7) -> Explanation:
    with small.work() as work:
        line = Lines(work.interfaces.all(), work.catalog, work.zone).get(interface)
        assert line is not None
        item = next(items_of([Arrival(text.encode(), interface=interface, protocol=protocol)]))
        return explain(item, line, work.catalog)


def test_every_value_says_by_what_its_code_was_mapped(small: SmallLab) -> None:
    with small.work("lis_admin") as work:
        mapping.map_code(work, "CHEM-1", "Nax", "NA", reason="new channel")
        mapping.close_code(work, "CHEM-1", "103", reason="another analyte")
        loinc = work.catalog.tests["CREA"].loinc
    text = results(
        "260610001017",
        "Nax|141|mmol/L",
        "102|4.1|mg/dL",
        "103|104|mmol/L",
        f"OBX|4|NM|Cr^^99CHEM-1^{loinc}^Creatinine^LN||1.0|furlongs|||||P",
        "XX|1|",
    )
    found = explained(small, text, interface="CHEM-1").values
    assert [(one.seq, one.test, one.by, one.ucum, one.unit_answer, one.meaning) for one in found] == [
        (1, "NA", "own map", "mmol/L", "matched", "final"),
        (2, "K", "menu", "mg/dL", "mismatch", "final"),
        (3, "", "closed", "mmol/L", "", "final"),
        (4, "CREA", "LOINC", "", "unknown", "preliminary"),
        (5, "", "nothing", "", "", "final"),
    ]


def test_facts_of_a_result_message_say_where_they_stood(small: SmallLab) -> None:
    found = explained(small, results("260610001017", "101|141|mmol/L", pid=PID))
    assert found.places == ("OBX-3", "OBX-5", "OBX-6", "OBX-8", "OBX-11")
    assert found.facts == (
        Fact("sender", "CHEM-1 at LAB", "MSH-3, MSH-4", "CHEM-1"),
        Fact("type", "ORU^R01^ORU_R01", "MSH-9", "taken"),
        Fact("processing id", "T", "MSH-11"),
        Fact("container", "260610001017", "SPM-2"),
        Fact("patient", "M1001", "PID-3", "Archer, Ann"),
        Fact("whose material", "a patient's", ""),
    )


def test_a_control_is_told_by_its_mark(small: SmallLab) -> None:
    found = explained(small, control("QC-1", "L77", "101|141|mmol/L"))
    assert found.facts[-2:] == (
        Fact("whose material", "a control's", "SPM-11=Q"),
        Fact("control", "QC", "", "lot L77, level 1"),
    )


def test_orders_and_records_are_explained_too(small: SmallLab) -> None:
    asked = explained(small, order("LYTES", "NOSUCH"), interface="HIS").facts
    assert [(fact.text, fact.place, fact.meaning) for fact in asked if fact.place in ("ORC-1", "OBR-4")] == [
        ("NW", "ORC-1", "placer P1"),
        ("LYTES", "OBR-4", "Electrolytes"),
        ("NW", "ORC-1", "placer P2"),
        ("NOSUCH", "OBR-4", "not a test here"),
    ]
    said = explained(small, order("LYTES", placer="Q"), interface="HIS").facts
    assert [(fact.what, fact.text, fact.place, fact.meaning) for fact in said[3:7]] == [
        ("patient", "M1001", "PID-3", "Archer, Ann"),
        ("visit", "V77", "PV1-19", "ICU 12 1"),
        ("specimen", "H0001", "SPM-2", "SER"),
        ("tube as the sender numbers it", "H0001", "SAC-3", ""),
    ]
    assert Fact("priority", "S", "TQ1-9") in said
    with small.by_wire() as work:
        work.interfaces.change("CHEM-1", profile="generic-astm")
    link = explained(small, records("260610001017", "101|141|mmol/L"), protocol=ASTM)
    assert (link.places[0], [(one.test, one.by) for one in link.values]) == ("R-3", [("NA", "menu")])
    assert Fact("container", "260610001017", "O-3") in link.facts
