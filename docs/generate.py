"""Make docs/generated from the tables in the code: `python docs/generate.py [FOLDER]`. A test finds it stale."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from lis.domain import events, workflow  # noqa: E402 -- found through the path above
from lis.storage import packs_schema  # noqa: E402
from simulators.faults import registry_command as faults  # noqa: E402

MADE = "<!-- Made by docs/generate.py. Do not edit. -->\n\n"
SUBJECTS: dict[str, Mapping[tuple[StrEnum, StrEnum], StrEnum]] = {
    "Order": workflow.ORDER,
    "Ordered test": workflow.ORDERED_TEST,
    "Container": workflow.CONTAINER,
    "Result": workflow.RESULT,
}


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / "workflow.md", workflow_page())
    write(folder / "events.md", events_page())
    write(folder / "faults.md", faults.page(faults.catalog_of(ROOT / "seed" / "packs" / "core")))
    packs_schema.publish(folder / "schema")


def write(file: Path, text: str) -> None:
    file.write_text(MADE + text, encoding="utf-8", newline="\n")


def workflow_page() -> str:
    """One state diagram per table; a transition that is not drawn is refused."""
    intro = "# Workflow\n\nFrom `lis/domain/workflow.py`. A transition that is not drawn here is refused.\n"
    return intro + "".join(diagram(name, table) for name, table in SUBJECTS.items())


def diagram(name: str, table: Mapping[tuple[StrEnum, StrEnum], StrEnum]) -> str:
    first = next(iter(table))[0]
    arrows = [f"    {before} --> {after}: {action}" for (before, action), after in table.items()]
    lines = ["stateDiagram-v2", f"    [*] --> {first}", *arrows]
    return f"\n## {name}\n\n```mermaid\n" + "\n".join(lines) + "\n```\n"


def events_page() -> str:
    """Every verb of the journal with its meaning."""
    rows = [f"| `{verb}` | {events.MEANINGS[verb]} |" for verb in events.Verb]
    head = ["# Journal", "", "From `lis/domain/events.py`.", "", "| verb | what happened |", "|---|---|"]
    return "\n".join([*head, *rows]) + "\n"


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "generated")
