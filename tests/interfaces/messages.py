"""Messages as a hospital and an analyzer might send them, as text to be changed by tests."""

from __future__ import annotations

from lis.wire.er7 import Message, Segment, decode

MSH = "MSH|^~\\&|{app}|{facility}|LIS|LAB|20260302060500-0600||{kind}|{control}|T|{version}"
PID = "PID|1||M1001^^^SMALLHOSP^MR||Archer^Ann^Q||19800517|F|||1 Main St^^Springfield"


def msh(kind: str, control: str = "1", app: str = "HIS", version: str = "2.5.1", more: str = "") -> str:
    facility = "SMALLHOSP" if app == "HIS" else "LAB"
    return MSH.format(app=app, facility=facility, kind=kind, control=control, version=version) + more


def order(*codes: str, control: str = "1", pid: str = PID, placer: str = "P", tube: str = "H0001") -> str:
    """OML^O21: every code from one tube."""
    lines = [
        msh("OML^O21^OML_O21", control),
        pid,
        "PV1|1|I|ICU^12^1^SMALLHOSP||||||||||||||||V77^^^SMALLHOSP^VN",
    ]
    for number, code in enumerate(codes, 1):
        lines += [
            f"ORC|NW|{placer}{number}^SMALLHOSP||G1^SMALLHOSP|||||20260302055000-0600|||7^House^Greta",
            "TQ1|1||||||||S^Stat^HL70485",
            f"OBR|{number}|{placer}{number}^SMALLHOSP||{code}^^L|||20260302053000-0600|||RN7^Nurse^Nell",
            f"SPM|1|{tube}&SMALLHOSP||SER^^HL70487|||||||P^^HL70369||||||20260302053000-0600",
            f"SAC|||{tube}^SMALLHOSP",
        ]
    return joined(*lines)


def results(container: str, *obx: str, control: str = "1", pid: str = "", app: str = "CHEM-1") -> str:
    """ORU^R01 of one tube: observations as `code|value|unit`, or whole OBX segments."""
    lines = [msh("ORU^R01^ORU_R01", control, app)]
    lines += [pid] if pid else []
    lines.append(f"OBR|1||{container}|RESULTS^^L|||20260302055500-0600")
    for number, item in enumerate(obx, 1):
        code, value, unit = [*item.split("|"), "", ""][:3]
        made = f"OBX|{number}|NM|{code}^^99CHEM-1||{value}|{unit}|||||F|||20260302055500-0600"
        lines.append(item if item.startswith("OBX|") else made)
    lines.append(f"SPM|1|{container}||SER^^HL70487|||||||P^^HL70369")
    return joined(*lines)


def control(material: str, lot: str, *obx: str, control_id: str = "1") -> str:
    """ORU^R01 of one control level."""
    text = results(material, *obx, control=control_id)
    return text.replace(f"SPM|1|{material}||SER^^HL70487|||||||P", f"SPM|1|{material}|{lot}||||||||Q")


def joined(*lines: str) -> str:
    return "".join(f"{line}\r" for line in lines)


def read(reply: bytes | None) -> Message:
    assert reply is not None
    return Message.parse(decode(reply)[0])


def segment(reply: bytes | None, name: str) -> Segment:
    found = read(reply).first(name)
    assert found is not None, f"no {name} in {reply!r}"
    return found


def msa(reply: bytes | None) -> tuple[str, str]:
    """MSA-1 and MSA-2."""
    found = segment(reply, "MSA")
    return found[1], found[2]


def errors(reply: bytes | None) -> list[str]:
    """ERR-3 codes."""
    return [err.value(3, 1) for err in read(reply).all("ERR")]


def records(container: str, *results_: str, sender: str = "CHEM-1", number: str = "A1") -> str:
    """LIS02 records of one tube: results as `code|value|unit` or whole R records."""
    lines = [f"H|\\^&|{number}||{sender}^99|||||LIS||P|LIS2-A2|20260302060500", "P|1"]
    lines.append(f"O|1|{container}||^^^ALL|R")
    for place, item in enumerate(results_, 1):
        code, value, unit = [*item.split("|"), "", ""][:3]
        lines.append(
            item if item[1:2] == "|" else f"R|{place}|^^^{code}|{value}|{unit}||N||F||||20260302060400"
        )
    return joined(*lines, "L|1|N")
