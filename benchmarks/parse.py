"""Reading a message: our reader, a split into fields as the floor, and the libraries, over the same bytes.

Every contestant takes the control id, the container and five fields of each observation; their answers are compared.
All read the same stream of messages, each of another tube, patient and time, so that nobody lives on what he has just
read; codes, units and people recur, as they do in a laboratory. "With full checks" holds each message against the
standard besides: order and number of segments, required fields, repetitions, lengths, tables, the forms of values.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice

from benchmarks import content, messages
from benchmarks.common import Figures, parser, read, run, show
from lis.interfaces.hl7.conformance import check
from lis.wire.er7 import Message, decode

WIDTHS = (1, 10, 100, 1000)
WIDEST_FOR_PEERS = 100
Read = tuple[str, str, Sequence[tuple[str, ...]]]
Reader = Callable[[bytes], Read]
FIELDS = (3, 5, 6, 8, 11)
OBSERVATIONS = 10_000  # in a stream
START = datetime(2026, 6, 10, 6, tzinfo=UTC)


def by_split(raw: bytes) -> Read:
    """The floor: split, and take what is wanted by position."""
    control = container = ""
    rows: list[tuple[str, ...]] = []
    for line in raw.decode().split("\r"):
        fields = line.split("|")
        if fields[0] == "OBX":
            rows.append((fields[3].split("^")[0], fields[5], fields[6].split("^")[0], fields[8], fields[11]))
        elif fields[0] == "MSH":
            control = fields[9]
        elif fields[0] == "SPM":
            container = fields[2]
    return control, container, rows


def by_reader(raw: bytes) -> Read:
    """The product's reader."""
    return _taken(Message.parse(decode(raw)[0]))


def by_reader_with_checks(raw: bytes) -> Read:
    """The product's reader, and the message held against the standard."""
    message = Message.parse(decode(raw)[0])
    check(message)
    return _taken(message)


def _taken(message: Message) -> Read:
    specimen = message.first("SPM")
    rows = [tuple(obx.firsts(FIELDS)) for obx in message.all("OBX")]
    return message.header.value(10, 1), specimen.value(2, 1) if specimen else "", rows


def by_hl7apy(raw: bytes) -> Read:
    """hl7apy, without groups, which it is said to be fastest with."""
    from hl7apy.parser import parse_message  # noqa: PLC0415 -- only this contestant needs it

    message = parse_message(raw.decode(), find_groups=False)
    segments = message.children
    rows = [
        (
            obx.obx_3.obx_3_1.to_er7(),
            obx.obx_5.to_er7(),
            obx.obx_6.obx_6_1.to_er7(),
            obx.obx_8.to_er7(),
            obx.obx_11.to_er7(),
        )
        for obx in segments
        if obx.name == "OBX"
    ]
    specimen = next(segment for segment in segments if segment.name == "SPM")
    return message.msh.msh_10.to_er7(), specimen.spm_2.to_er7(), rows


def by_python_hl7(raw: bytes) -> Read:
    """python-hl7."""
    import hl7  # type: ignore[import-untyped]  # noqa: PLC0415 -- only this contestant needs it

    message = hl7.parse(raw.decode())
    rows = [
        (str(obx[3][0][0]), str(obx[5]), str(obx[6][0][0]), str(obx[8]), str(obx[11]))
        for obx in message.segments("OBX")
    ]
    return str(message.segment("MSH")[10]), str(message.segment("SPM")[2]), rows


CHECKED = "reader with full checks"
READERS: dict[str, Reader] = {
    "split (floor)": by_split,
    "reader": by_reader,
    CHECKED: by_reader_with_checks,
}
PEERS: dict[str, Reader] = {"python-hl7": by_python_hl7, "hl7apy": by_hl7apy}


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print; the status says whether all read the same."""
    options = read(parser(__doc__.splitlines()[0], rounds=5, seconds=0.5), argv)
    widths = WIDTHS[:2] if options.quick else WIDTHS
    tables = [figures_of(width, options.rounds, options.seconds) for width in widths]
    if not options.quick:
        tables.append(long_figures(options.rounds, options.seconds))
    show(*tables, options=options)
    return 0


def figures_of(width: int, rounds: int, seconds: float) -> Figures:
    """Messages of a width, read by everybody."""
    raws = list(_stream(width))
    figures = Figures(f"Reading {width} OBX, {len(raws[0]):,} bytes", ("cpu_us",), floor="split (floor)")
    contestants = READERS | (PEERS if width <= WIDEST_FOR_PEERS else {})
    expected = by_split(raws[0])
    for title, reader in contestants.items():
        if reader(raws[0]) != expected:
            raise AssertionError(f"{title} reads something else")
    for _ in range(rounds):
        for title, reader in contestants.items():
            figures.add(title, cpu_us=cpu_of(reader, raws, seconds))
    return figures


def long_figures(rounds: int, seconds: float) -> Figures:
    """A message of ten times the length takes ten times as long, not more."""
    figures = Figures("Reading one long value", ("cpu_us",), floor="100 KB")
    raws = {"100 KB": _with_note(100_000), "1 MB": _with_note(1_000_000)}
    for _ in range(rounds):
        for title, raw in raws.items():
            figures.add(title, cpu_us=cpu_of(by_reader, [raw], seconds))
            figures.add(f"{title}, {CHECKED}", cpu_us=cpu_of(by_reader_with_checks, [raw], seconds))
    figures.note("Linear is 10 x.")
    return figures


def _stream(width: int) -> Iterator[bytes]:
    """Messages of tubes that were not read before, as long as memory that is kept of texts would be."""
    for number in range(max(4, min(1000, OBSERVATIONS // width))):
        message = _message(width, number).replace(b"|Family^Given^", b"|Family%d^Given^" % number)
        yield message.replace(b"PID|1||", b"PID|1||M%d^^^HOSP^MR" % number).replace(
            b"|P1^", b"|P%d^" % number
        )


def _message(width: int, number: int = 1) -> bytes:
    """A message of any width: what the pack has no test for is counted on."""
    tube, measured_at = f"2606{number:05}010", START + timedelta(seconds=97 * number)
    whole = messages.result_message(tube, min(width, content.WIDEST), f"C{number}", measured_at).decode()
    lines = whole.split("\r")
    more = [line for line in lines if line.startswith("OBX|")]
    at = len(lines) - 2
    while sum(line.startswith("OBX|") for line in lines) < width:
        lacking = width - sum(line.startswith("OBX|") for line in lines)
        lines[at:at] = more[:lacking]
    return "\r".join(lines).encode()


def _with_note(length: int) -> bytes:
    return _message(1).replace(b"SPM|", b"NTE|1||" + b"x" * length + b"\rSPM|")


def cpu_of(reader: Reader, raws: Sequence[bytes], seconds: float) -> float:
    """CPU microseconds of one reading: the least of some batches, since others only ever add to it."""
    stream = cycle(raws)
    best = float("inf")
    spent = 0.0
    times = 1
    while spent < seconds:
        began = time.process_time()
        for raw in islice(stream, times):
            reader(raw)
        took = time.process_time() - began
        spent += max(took, 1e-6)
        best = min(best, took / times) if took > 0.002 else best
        times = times * 2 if took < 0.02 else times
    return best * 1e6 if best < float("inf") else spent * 1e6


if __name__ == "__main__":
    run(main)
