"""`lis inspect`: messages of files held against the standard, without any laboratory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from lis.interfaces.batch import arrivals_of
from lis.interfaces.hl7.conformance import Report, check
from lis.interfaces.hl7.envelope import read_envelopes
from lis.main.telling import BAD, harmless, say


def inspect(
    files: Annotated[
        list[Path], typer.Argument(help="Files: raw HL7, or .bin framed.", exists=True, dir_okay=False)
    ],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per message and line.")] = False,
) -> None:
    """Print how each HL7 message of the files stands to the standard: what breaks it, and what is worth knowing."""
    for path in files:
        for number, report in enumerate(_reports(path), 1):
            if as_json:
                typer.echo(json.dumps(_as_data(path, number, report), ensure_ascii=False))
            else:
                _tell(path, number, report)


def _reports(path: Path) -> Iterator[Report]:
    """One for each message; what has no header is reported on in words."""
    for arrival in arrivals_of(path, path.read_bytes())[0]:
        for envelope in read_envelopes(arrival.raw):
            if envelope.message is None:
                yield Report(envelope.problem_text or "No usable MSH segment.")
            else:
                yield check(envelope.message)


def _tell(path: Path, number: int, report: Report) -> None:
    name = " ".join(
        filter(None, (harmless(path.name), f"message {number}:", report.version, report.structure))
    )
    if report.problem:
        say(f"{name} ", (harmless(report.problem), BAD))
        return
    segments = "1 segment" if report.segments == 1 else f"{report.segments} segments"
    say(f"{name}: {segments}, {report.words}")
    for words in report.unchecked:
        say(f"  not checked: {harmless(words)}")
    for one in report.told():
        weight = (one.remark.weight, BAD) if one.remark.weight == "breach" else one.remark.weight
        say("  ", weight, f" line {one.where}: {harmless(one.remark.text)}")


def _as_data(path: Path, number: int, report: Report) -> dict[str, Any]:
    found = [
        {
            "weight": one.remark.weight,
            "kind": one.remark.kind,
            "place": one.remark.place,
            "text": one.remark.text,
            "lines": one.lines,
        }
        for one in report.told()
    ]
    return {
        "file": path.name,
        "message": number,
        "problem": report.problem,
        "version": report.version,
        "structure": report.structure,
        "unchecked": report.unchecked,
        "findings": found,
    }
