"""`lis inbox`: files of messages through the real inbox into a throw-away laboratory, and what became of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from lis.interfaces.batch import Feeder
from lis.kernel.errors import Invalid
from lis.main.telling import say
from lis.storage.packs import pack_files

# The pack that lies beside the program when it is used from its source folder.
CORE = Path(__file__).parents[2] / "seed" / "packs" / "core"


def inbox(
    files: Annotated[list[Path], typer.Argument(help="Files: raw HL7, .bin framed, .astm.", exists=True)],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per file and line.")] = False,
    preload: Annotated[Path | None, typer.Option(help="YAML file of orders to match against.")] = None,
    profile: Annotated[str, typer.Option(help="Profile of the sender; generic when not given.")] = "",
    orders: Annotated[bool, typer.Option("--orders", help="Take inbound orders too.")] = False,
    pack: Annotated[Path, typer.Option(help="Folder of the content pack.")] = CORE,
) -> None:
    """Feed files through the inbox, a fresh laboratory for each, and print what was answered, filed and held."""
    wanted = _orders_in(preload) if preload else []
    with Feeder(pack_files(pack), preload=wanted, profile=profile, orders=orders) as feeder:
        for told in feeder.feed_all(files):
            if as_json:
                typer.echo(json.dumps(told, ensure_ascii=False))
            else:
                say(_in_words(told))


def _orders_in(file: Path) -> list[dict[str, Any]]:
    """The `orders` of a preload file; refused in words when it has none."""
    try:
        content = yaml.safe_load(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise Invalid("preload.unreadable", f"{file} cannot be read: {error}") from error
    found = content.get("orders") if isinstance(content, dict) else None
    if not isinstance(found, list):
        raise Invalid("preload.no_orders", f"{file} has no list `orders`.")
    for number, order in enumerate(found, 1):
        if not _is_order(order):
            raise Invalid(
                "preload.order",
                f"{file} order {number} cannot be read.",
                "It needs `patient` with an `id`, and `tests`, each with a `code`.",
            )
    return found


def _is_order(order: Any) -> bool:
    patient, tests = (order.get("patient"), order.get("tests")) if isinstance(order, dict) else (None, None)
    has_patient = isinstance(patient, dict) and "id" in patient
    has_tests = isinstance(tests, list) and all(isinstance(test, dict) and "code" in test for test in tests)
    return has_patient and has_tests and bool(tests)


def _in_words(told: dict[str, Any]) -> str:
    replies = ", ".join(f"{reply['msa1']} to {reply['msa2'] or '(no id)'}" for reply in told["replies"])
    held = "; ".join(one["reason"] for one in told["held"])
    counts = f"{len(told['filed'])} filed, {len(told['held'])} held, {len(told['qc'])} control"
    return f"{told['file']}: {replies or 'no reply'}; {counts}{f' ({held})' if held else ''}"
