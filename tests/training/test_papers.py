"""Requisitions on paper: the site sends no message, the crew enters what the paper says, the tube is received."""

from __future__ import annotations

import shutil
from pathlib import Path

from sqlalchemy import select

from lis.storage import tables as t
from lis.training import chronicle
from tests.training import pasts


def test_what_came_on_paper_is_entered_by_hand_and_received(tmp_path: Path) -> None:
    """Every requisition of the site is on paper here."""
    pack = tmp_path / "paper"
    shutil.copytree(pasts.CORE, pack)
    file = pack / "world" / "world.yaml"
    text = file.read_text("utf-8")
    assert "paper_share: 0.12" in text
    file.write_text(text.replace("paper_share: 0.12", "paper_share: 1.0"), "utf-8")
    house = pasts.open_house(tmp_path / "house")
    made = pasts.live(house, hours=5, seed="past", pack=pack)  # the courier of a quarter to one has come

    with house.control.reading() as connection:
        entries = list(chronicle.entries_of(connection, "past"))
    asked = {e.subject: e.data for e in entries if e.kind == "order.placed" and e.data["ward"] == "NPC"}
    tubes = [tube for tube in made.world.bench.tubes.values() if tube.ward == "NPC"]
    with made.lab.database.reading() as connection:
        orders = connection.execute(select(t.lab_order).where(t.lab_order.c.location == "NPC")).all()
        containers = connection.execute(select(t.container.c.collection_number, t.container.c.state)).all()
    states = {row.collection_number: row.state for row in containers}
    assert tubes
    assert {tube.id: states.get(tube.id) for tube in tubes} == {tube.id: "labelled" for tube in tubes}
    assert {order.notes for order in orders} == {f"Requisition {tube.requisition} on paper" for tube in tubes}
    assert {order.priority for order in orders} <= {data["priority"] for data in asked.values()}
    house.close()
