"""Tubes that nobody can receive: without a label, or with a number that is of no use here. They are not kept."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from lis.domain.people import Actor
from lis.lab import Lab
from lis.services import occurring
from lis.storage.work import Work
from lis.training.crew_papers import number_of
from simulators.tubes import TubeView
from simulators.world import World

CATEGORY = "identification"


def put_away(lab: Lab, world: World, who: Actor, puzzling: Collection[str], late: timedelta) -> None:
    """Throw away those of the `puzzling` that have lain in the tray for so long, each with an occurrence."""
    tray = world.tray() if puzzling else []
    gone = [
        tube
        for tube in tray
        if tube.id in puzzling
        and tube.lab_label is None
        and tube.arrived_at
        and world.now - tube.arrived_at >= late
    ]
    if not gone:
        return
    with lab.work(who) as work:
        for tube in gone:
            report(work, tube)
    for tube in gone:
        world.discard(tube.id, by=who.code)


def report(work: Work, tube: TubeView) -> None:
    """Open the occurrence of a tube that is thrown away: whose it is cannot be known, so its unit is called."""
    number, unit = number_of(tube), tube.ward or "the unit"
    kept = f"with the number {number}, by which nothing can be received" if number else "without a label"
    occurring.open_occurrence(
        work,
        f"collection:{number}" if number else f"location:{unit}",
        CATEGORY,
        what=f"A tube with a {tube.cap_colour} cap from {unit} came {kept}.",
        action=f"Called {unit}: draw again, with label and order, if it is still wanted. Thrown away.",
    )
