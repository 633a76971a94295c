"""`lis inbox`: files of messages through the real inbox into a throw-away laboratory, and what became of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from lis.interfaces.batch import Feeder
from lis.main.preload import orders_in
from lis.main.telling import harmless, say
from lis.storage.packs import pack_files

# The pack that lies beside the program when it is used from its source folder.
CORE = Path(__file__).parents[2] / "seed" / "packs" / "core"


def inbox(
    files: Annotated[
        list[Path], typer.Argument(help="Files: raw HL7, .bin framed, .astm.", exists=True, dir_okay=False)
    ],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per file and line.")] = False,
    preload: Annotated[Path | None, typer.Option(help="YAML file of orders to match against.")] = None,
    profile: Annotated[str, typer.Option(help="Profile of the sender; generic when not given.")] = "",
    orders: Annotated[bool, typer.Option("--orders", help="Take inbound orders too.")] = False,
    pack: Annotated[Path, typer.Option(help="Folder of the content pack.")] = CORE,
) -> None:
    """Feed files through the inbox, a fresh laboratory for each, and print what was answered, filed and held."""
    wanted = orders_in(preload) if preload else []
    with Feeder(pack_files(pack), preload=wanted, profile=profile, orders=orders) as feeder:
        for told in feeder.feed_all(files):
            if as_json:
                typer.echo(json.dumps(told, ensure_ascii=False))
            else:
                say(harmless(_in_words(told)))


def _in_words(told: dict[str, Any]) -> str:
    replies = ", ".join(f"{reply['msa1']} to {reply['msa2'] or '(no id)'}" for reply in told["replies"])
    held = "; ".join(one["reason"] for one in told["held"])
    counts = f"{len(told['filed'])} filed, {len(told['held'])} held, {len(told['qc'])} control"
    return f"{told['file']}: {replies or 'no reply'}; {counts}{f' ({held})' if held else ''}"
