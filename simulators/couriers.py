"""How tubes come to the laboratory: bag by bag from a ward, all together with the courier from a site outside."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from simulators.collecting import Asked
from simulators.hospital_plan import Ward
from simulators.stage import Stage
from simulators.tubes import Tube

READY = timedelta(minutes=10)
"""What is drawn later than this before a run waits for the next one."""
URGENT_SHARE = 0.5
"""How much of the usual time an urgent tube is on its way."""


class Couriers:
    """Plans arrivals; tubes that arrive are handed to `deliver`."""

    def __init__(self, stage: Stage, deliver: Callable[[Tube], None]) -> None:
        self._stage = stage
        self._dice = stage.dice.fork("couriers")
        self._deliver = deliver

    def carry(self, asked: Asked, tubes: Sequence[Tube]) -> datetime:
        """Take these tubes on their way; when they leave where they were drawn."""
        bags: dict[timedelta, list[Tube]] = {}
        for tube in tubes:
            tube.spot = "transport"
            bags.setdefault(tube.kept_back, []).append(tube)
        leaves, road = self._with_the_run(asked.ward, tubes) if asked.ward.couriers else self._on_foot(asked)
        for kept_back, bag in bags.items():
            self._stage.plan(leaves + road + kept_back, partial(self._hand_over, bag))
        return leaves

    def _on_foot(self, asked: Asked) -> tuple[datetime, timedelta]:
        minutes = asked.dice.uniform(*asked.ward.transport_minutes)
        share = URGENT_SHARE if asked.priority == "S" else 1.0
        return self._stage.now, timedelta(minutes=minutes * share)

    def _with_the_run(self, ward: Ward, tubes: Iterable[Tube]) -> tuple[datetime, timedelta]:
        """When the next run leaves and how long it drives; what the site centrifuges is spun, if there is time."""
        leaves = next_run(self._stage.now.astimezone(self._stage.zone) + READY, ward)
        for tube in tubes:
            tube.bag = f"{ward.code} {leaves:%m-%d %H:%M}"
            if tube.kind.code in ward.spins:
                self._spin(tube, leaves)
        dice = self._dice.fork(f"{ward.code}/{leaves.isoformat()}")
        road = timedelta(minutes=dice.uniform(*ward.transport_minutes))
        return leaves.astimezone(self._stage.now.tzinfo), road

    def _spin(self, tube: Tube, leaves: datetime) -> None:
        """The site lets it clot and centrifuges it, and says so on the label; not when the courier is there already."""
        done = self._stage.now + timedelta(minutes=tube.kind.clot_minutes + tube.kind.spin_minutes)
        if done > leaves:
            return
        tube.spun_at = done
        if tube.collection_label is not None:
            note = f"Spun {done.astimezone(self._stage.zone):%H:%M}"
            written = ", ".join(filter(None, (tube.collection_label.note, note)))
            tube.collection_label = replace(tube.collection_label, note=written)
        self._stage.tell("tube.spun_at_site", tube.id, {"at": done})

    def _hand_over(self, tubes: Sequence[Tube]) -> None:
        for tube in tubes:
            self._deliver(tube)


def next_run(after: datetime, ward: Ward) -> datetime:
    """The site's next run at or after this local instant, today or on the day that follows."""
    today = [after.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0) for at in ward.couriers]
    return next((run for run in today if run >= after), today[0] + timedelta(days=1))
