"""Faults in words: `simulate fault list`, `simulate fault describe NAME`, `--fault NAME@LEVEL`, a page of the docs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from simulators.content import load_content
from simulators.content_types import Effect
from simulators.faults.preanalytical_model import FaultError
from simulators.faults.registry import Entry, FaultCatalog, load_faults
from simulators.place_reading import load_place

CORE_PACK = Path(__file__).resolve().parents[2] / "seed" / "packs" / "core"
USUAL_LEVEL = 0.5
STAGES = {
    "tube": "Specimens",
    "analyzer": "Analyzers",
    "message": "Messages",
    "link": "Links",
}
Pack = Annotated[Path, typer.Option(help="content pack with a folder `world`")]
Stage = Annotated[str, typer.Option(help="only what can befall this: tube, analyzer, message or link")]

app = typer.Typer(add_completion=False, help="What can go wrong, by name.", rich_markup_mode=None)


def catalog_of(pack: Path) -> FaultCatalog:
    """The faults of a content pack."""
    return load_faults(pack, load_content(pack), load_place(pack))


@app.command("list")
def list_faults(pack: Pack = CORE_PACK, stage: Stage = "") -> None:
    """Every fault: name, kind, what it is."""
    for entry in catalog_of(pack).entries():
        if stage in ("", entry.stage):
            typer.echo(f"{entry.name:24} {entry.kind:16} {entry.title}")


@app.command()
def describe(name: str, pack: Pack = CORE_PACK) -> None:
    """All about one fault."""
    try:
        typer.echo("\n".join(described(catalog_of(pack).entry(name))))
    except FaultError as unknown:
        raise typer.BadParameter(str(unknown)) from None


def injection_of(text: str, number: int) -> dict[str, Any]:
    """The action's arguments for `NAME` or `NAME@LEVEL`, level 0 to 1."""
    name, _, level = text.partition("@")
    try:
        strength = float(level) if level else USUAL_LEVEL
    except ValueError:
        strength = -1.0
    if not 0 <= strength <= 1:
        raise typer.BadParameter(f"--fault is NAME or NAME@LEVEL with a level from 0 to 1, not {text}")
    return {"id": f"fault-{number}", "fault": name, "level": strength}


def described(entry: Entry) -> Iterator[str]:
    """One fault as lines of text."""
    yield f"{entry.name} ({entry.stage}, {entry.kind})"
    yield entry.title
    for head, text in (
        ("specimens", ", ".join(entry.specimens)),
        ("parameters", _parameters(entry.parameters)),
        ("effects", "; ".join(_effect(effect) for effect in entry.effects)),
        ("seen by", entry.clue),
        ("right action", entry.action),
        ("rejection code", entry.rejection),
    ):
        if text:
            yield f"  {head}: {text}"


def page(catalog: FaultCatalog) -> str:
    """All faults as a page of Markdown."""
    entries = catalog.entries()
    patterns = [entry for entry in entries if entry.clue]
    parts = [_INTRO, "\n## Patterns of pre-analytical error\n\n", *_pattern_table(patterns)]
    for stage, head in STAGES.items():
        of_stage = [entry for entry in entries if entry.stage == stage and not entry.clue]
        if of_stage:
            parts += [f"\n## {head}\n\n", *_kind_table(of_stage)]
    return "".join(parts)


def _pattern_table(entries: list[Entry]) -> Iterator[str]:
    yield "| name | what | kind | specimens | effects (central 95 %) | rejection |\n|---|---|---|---|---|---|\n"
    for entry in entries:
        effects = "; ".join(_effect(effect) for effect in entry.effects) or "none on values"
        cells = (
            f"`{entry.name}`",
            entry.title,
            entry.kind,
            ", ".join(entry.specimens),
            effects,
            entry.rejection,
        )
        yield _row(cells)


def _kind_table(entries: list[Entry]) -> Iterator[str]:
    yield "| name | kind | what | parameters |\n|---|---|---|---|\n"
    for entry in entries:
        yield _row((f"`{entry.name}`", entry.kind, entry.title, _parameters(entry.parameters)))


def _row(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def _parameters(given: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {_plain(value)}" for name, value in given.items())


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return " ".join(f"{key}={_plain(item)}" for key, item in value.items())
    if isinstance(value, (list, tuple)):
        numbers = all(isinstance(item, (int, float)) for item in value)
        return ("–" if numbers else "+").join(_plain(item) for item in value)
    return f"{value}"


def _effect(effect: Effect) -> str:
    if effect.op == "cat":
        return f"{effect.analyte} {' or '.join(effect.weights)}"
    mark = {"set": "=", "mult": "×", "shift": "+"}[effect.op]
    return f"{effect.analyte} {mark} {effect.low:g}…{effect.high:g}"


_INTRO = """# Faults

What can go wrong outside the laboratory's software. Put in by the action `inject`, by `--fault NAME@LEVEL` of
`simulate`, or by `faults:` in a place's `world.yaml`. The level runs from 0 to 1; at 0.5 a pattern lies in the middle
of its ranges.

    {id: any name, fault: NAME, level: 0.5, parameters: {of the kind}, trigger: {...}}    waits for its trigger
    {id: any name, fault: NAME, tube: C0000012}                                           strikes this tube at once

Trigger: `since`, `until` (instants with offset), `chance`, `times` (at most), `every` (n-th of those that match), and
`matching`:

- tubes: `ward`, `container`, `order`, `priority`, `collector`, `requisition`, `patient`, `tube`
- messages: `peer`, `kind` (MSH-9), `container`; links: `peer`
- what an analyzer says: `analyzer`, `container`, `material`, `level`
"""
