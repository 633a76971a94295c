"""ORU^R01 messages of any width, as an analyzer of the pack for measuring sends them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zlib import crc32

from benchmarks import content
from lis.kernel.clock import WallClock

_HEAD = (
    "MSH|^~\\&|{sender}|LAB|LIS|LAB|{at}||ORU^R01^ORU_R01|{control}|T|2.5.1||||||UNICODE UTF-8\r"
    "PID|1||{patient}||Family^Given^Q||19700101|F|||1 Main St^^Springfield^IL^62701\r"
    "PV1|1|I|ICU^12^1^HOSP||||7^House^Greta||||||||||||V77^^^HOSP^VN\r"
    "ORC|RE|P1^HOSP|{container}^LIS|||||||||7^House^Greta\r"
    "OBR|1|P1^HOSP|{container}^LIS|PANEL^Panel^99BENCH|||{at}||||||||SER|7^House^Greta\r"
)
_OBX = (
    "OBX|{n}|NM|{code}^Test {n}^99BENCH||{value}|{unit}^{unit}^UCUM|3.5-7.5|N|||F|||{at}||OP7^Operator"
    "||BENCH-1^Maker^0001^EUI-64|{at}\r"
)
_TAIL = "SPM|1|{container}||SER^Serum^HL70487|||||||P^Patient specimen^HL70369\r"


def result_message(
    container: str, width: int, control: str, at: datetime | None = None, *, first: int = 1
) -> bytes:
    """One tube's results: its observations from the `first` to that of number `width`, each within its limits.

    Measured now unless told otherwise.
    """
    instant = f"{at or WallClock().now():%Y%m%d%H%M%S}+0000"
    common = {"container": container, "at": instant, "patient": ""}
    lines = [_HEAD.format(sender=content.ANALYZER, control=control, **common)]
    seed = crc32(container.encode())
    for n in range(first, width + 1):
        value = content.VALUES[(seed + 11 * n) % len(content.VALUES)]
        code = content.sent_code(n)
        lines.append(_OBX.format(n=n, code=code, value=value, unit=content.UNIT, at=instant))
    lines.append(_TAIL.format(container=container))
    return "".join(lines).encode()


def framed(payload: bytes) -> bytes:
    """As it travels over MLLP."""
    return b"\x0b" + payload + b"\x1c\r"


def for_tubes(containers: Sequence[str], width: int, at: datetime | None = None) -> list[bytes]:
    """A framed message for each tube, each under a number of its own."""
    return [framed(result_message(container, width, f"C{container}", at)) for container in containers]


def one_by_one(containers: Sequence[str], width: int, at: datetime | None = None) -> list[bytes]:
    """Each observation of each tube in a framed message of its own: the first of every tube, then the second …"""
    return [
        framed(result_message(container, n, f"C{container}-{n}", at, first=n))
        for n in range(1, width + 1)
        for container in containers
    ]
