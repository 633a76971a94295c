"""A scripted shift: people at the bench and in the laboratory, each act with its lab instant."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from lis.lab import Lab
from lis.training.crew import Crew
from lis.training.rewinding import ScriptedAct
from simulators.dice import Dice
from simulators.world import World

MINUTE = timedelta(minutes=1)


def shift(start: datetime, rounds: int = 8, every: timedelta = 11 * MINUTE) -> list[ScriptedAct]:
    """Rounds of somebody who receives, labels, loads, verifies, releases and calls, and starts controls once."""
    acts = [ScriptedAct(start + number * every, _round(number)) for number in range(1, rounds + 1)]
    return [*acts, ScriptedAct(start + 20 * MINUTE, _controls)]


def _round(number: int) -> Callable[[Lab, World], object]:
    """What is done depends on what is seen at that instant alone: nobody remembers an earlier round."""

    def do(lab: Lab, world: World) -> None:
        crew = Crew(
            lab, world, Dice(f"round {number}", "crew"), lambda: world.after_turn and world.after_turn()
        )
        crew.work()

    return do


def _controls(_lab: Lab, world: World) -> None:
    world.run_controls("CHEM-1", by="technician1")
