"""Packs of one kit: those on board with what is left in them, and those on the shelf, lot by lot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import count, islice

from simulators.analyzers.events import DeviceRefusal
from simulators.dice import Dice
from simulators.place_devices import Kit

LOTS_ON_SHELF = 2
EMPTY, EXPIRED = "empty", "expired"
DAYS_OF_A_PACK = 30


@dataclass(slots=True)
class Pack:
    """One pack: its lot, and what is left of it; it ages from when it is opened."""

    lot: str
    expires_on: date
    left: int
    opened_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ShelfLot:
    """Packs of one lot in the refrigerator."""

    lot: str
    expires_on: date
    packs: int


class Supply:
    """One kit of one device. The pack in use stands first; the next one is opened when it is used up."""

    def __init__(self, kit: Kit, dice: Dice, since: datetime) -> None:
        self.kit = kit
        self._dice = dice
        self._began_on = since.date()
        self._taken = {0: int(self._draw("offset") * kit.lot_packs)}
        self.packs = [self._from_shelf("") for _ in range(kit.slots)]
        self._begin(since)

    @property
    def left(self) -> int:
        """Uses left on board."""
        return sum(pack.left for pack in self.packs)

    @property
    def has_room(self) -> bool:
        """Whether a place for a pack is free."""
        return len(self.packs) < self.kit.slots

    @property
    def lot(self) -> str:
        """The lot in use, "" when there is no pack on board."""
        return self.packs[0].lot if self.packs else ""

    def spoils_at(self, pack: Pack) -> datetime | None:
        """When the pack stops being good because it was opened; None while it is closed."""
        if pack.opened_at is None or not self.kit.open_days:
            return None
        return pack.opened_at + timedelta(days=self.kit.open_days)

    def state(self, now: datetime) -> str:
        """`empty`, `expired`, or "" when it can be used."""
        if not self.packs or not self.packs[0].left:
            return EMPTY
        pack = self.packs[0]
        spoils_at = self.spoils_at(pack)
        is_old = pack.expires_on < now.date() or (spoils_at is not None and spoils_at <= now)
        return EXPIRED if is_old else ""

    def use(self, now: datetime, uses: int = 1) -> bool:
        """Take so many uses; whether another pack was opened for it. What is missing is not taken."""
        was = self.packs[0] if self.packs else None
        while uses and self.packs:
            pack = self.packs[0]
            pack.opened_at = pack.opened_at or now
            taken = min(uses, pack.left)
            pack.left -= taken
            uses -= taken
            if not pack.left:
                self.packs.pop(0)
        if self.packs and self.packs[0] is not was:
            self.packs[0].opened_at = self.packs[0].opened_at or now
            return True
        return False

    def load(self, now: datetime, lot: str = "") -> Pack:
        """Put a pack on board, of this lot or else the oldest that is still good; what is no good is taken off first.

        DeviceRefusal when every place has a good pack, or the shelf has no such lot.
        """
        good = [pack for pack in self.packs if not self._is_spoilt(pack, now)]
        if len(good) >= self.kit.slots:
            raise DeviceRefusal("reagent.full", f"Every place for {self.kit.code} has a pack.")
        pack = self._from_shelf(lot or self._first_good(now))
        self.packs = [*good, pack]
        self.packs[0].opened_at = self.packs[0].opened_at or now
        return pack

    def shelf(self) -> tuple[ShelfLot, ...]:
        """What stands in the refrigerator: the rest of one lot and the next; more is delivered when it is needed."""
        return tuple(lot for _, lot in islice(self._lots(), LOTS_ON_SHELF))

    def renew(self, now: datetime) -> bool:
        """Take off what is no good by tomorrow and load where little is left; whether a pack was loaded."""
        tomorrow = now + timedelta(days=1)
        good = [pack for pack in self.packs if not self._is_spoilt(pack, tomorrow)]
        has_enough = sum(pack.left for pack in good) > self.kit.warn_below * 2
        if has_enough and len(good) == len(self.packs):
            return False
        if len(good) == self.kit.slots:  # the place of what is nearly used up is needed
            good = good[1:] if good[0].left <= self.kit.warn_below else good
        if len(good) == self.kit.slots:
            return False
        self.packs = good
        self.load(now)
        return True

    def _is_spoilt(self, pack: Pack, at: datetime) -> bool:
        spoils_at = self.spoils_at(pack)
        return pack.expires_on < at.date() or (spoils_at is not None and spoils_at <= at)

    def _begin(self, since: datetime) -> None:
        """Somebody opened the first pack some days ago and has used a part of it."""
        if not self.packs:
            return
        age = self._draw("age") * 0.6 * (self.kit.open_days or DAYS_OF_A_PACK)
        self.packs[0].opened_at = since - timedelta(days=age)
        self.packs[0].left = max(1, round(self.kit.pack * (1 - 0.5 * self._draw("used"))))

    def _from_shelf(self, lot: str) -> Pack:
        for number, shelf in islice(self._lots(), LOTS_ON_SHELF):
            if lot in ("", shelf.lot):
                self._taken[number] = self._taken.get(number, 0) + 1
                return Pack(shelf.lot, shelf.expires_on, self.kit.pack)
        raise DeviceRefusal("reagent.no_lot", f"No pack of {self.kit.code} lot {lot} is on the shelf.")

    def _first_good(self, now: datetime) -> str:
        today = now.date()
        return next((lot.lot for lot in self.shelf() if lot.expires_on >= today), self.shelf()[0].lot)

    def _lots(self) -> Iterator[tuple[int, ShelfLot]]:
        """Every lot that has packs left, the oldest first, without end."""
        for number in count():
            packs = self.kit.lot_packs - self._taken.get(number, 0)
            if packs > 0:
                yield number, ShelfLot(f"{self._lot_number(number)}", self._expires_on(number), packs)

    def _lot_number(self, number: int) -> int:
        return 10_000 + int(self._draw(f"lot/{number}") * 90_000)

    def _expires_on(self, number: int) -> date:
        kept = self.kit.shelf_days * (0.5 + 0.5 * self._draw(f"expiry/{number}"))
        in_use = number * self.kit.lot_packs * min(self.kit.open_days or DAYS_OF_A_PACK, DAYS_OF_A_PACK)
        return self._began_on + timedelta(days=round(kept + in_use))

    def _draw(self, name: str) -> float:
        return self._dice.unit(f"stock/{self.kit.code}/{name}")
