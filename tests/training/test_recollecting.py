"""From the bench to the ward and back: a rejected tube is drawn again, and the laboratory knows it when it comes."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from lis.services import accessioning, rejecting
from lis.storage import tables as t
from lis.training.people import actor
from lis.training.preparing import loopback
from simulators.admitting import DISCHARGED
from tests.training import pasts


def test_a_rejected_tube_comes_again_and_closes_the_question(tmp_path: Path) -> None:
    house = pasts.open_house(tmp_path)
    made = pasts.live(house, hours=2, seed="18")
    lab, world = made.lab, made.world
    say = loopback(lab, world)
    outside = {ward.code for ward in world.content.place.hospital.wards if ward.couriers}
    arrived = [tube for tube in world.tray() if tube.lab_label is None and tube.ward not in outside]
    with lab.work(actor("processor1", "RECEIVING"), at=world.now) as work:
        rejected = accessioning.scan(work, arrived[0].id).container_id
    with lab.work(actor("technologist1", "CORE-2"), at=world.now) as work:
        new = rejecting.reject_container(work, rejected, "RJ08", recollect=True).replacement
    say()
    number = ""
    for _ in range(18):  # a new tube is drawn within 75 minutes and carried within 80
        world.step(world.now + timedelta(minutes=10))
        with lab.database.reading() as connection:
            awaited = connection.execute(select(t.container).where(t.container.c.container_id == new)).one()
        number = awaited.collection_number
        if number in {tube.id for tube in world.tray()}:
            break
    with lab.database.reading() as connection:
        loop = connection.execute(select(t.recollection)).one()
    with lab.work(actor("processor1", "RECEIVING"), at=world.now) as work:
        receipt = accessioning.scan(work, number)

    assert loop.state == "collected"
    assert (receipt.outcome, receipt.container_id) == ("received", new)
    house.close()


def test_what_nobody_can_draw_again_is_cancelled_by_the_ward(tmp_path: Path) -> None:
    house = pasts.open_house(tmp_path)
    made = pasts.live(house, hours=2, seed="18")
    lab, world = made.lab, made.world
    say, admitting = loopback(lab, world), made.world.hospital.admitting
    staying = {
        encounter.person.mrn: encounter.visit
        for ward in world.content.place.hospital.wards
        for encounter in admitting.inside(ward.code)
        if ward.patient_class != "O"
    }
    tube = next(
        one for one in world.tray() if not one.lab_label and world.bench.tubes[one.id].patient in staying
    )
    with lab.work(actor("processor1", "RECEIVING"), at=world.now) as work:
        rejected = accessioning.scan(work, tube.id).container_id
    with lab.work(actor("technologist1", "CORE-2"), at=world.now) as work:
        new = rejecting.reject_container(work, rejected, "RJ08", recollect=True).replacement
    say()
    admitting._discharge(staying[world.bench.tubes[tube.id].patient])
    world.step(world.now + timedelta(minutes=80))

    with lab.database.reading() as connection:
        (awaited,) = connection.execute(select(t.container).where(t.container.c.container_id == new)).all()
        query = select(t.ordered_test).where(t.ordered_test.c.order_id == awaited.order_id)
        asked = [(row.state, row.reason) for row in connection.execute(query) if row.state == "cancelled"]
    assert awaited.state == "cancelled"
    assert set(asked) == {("cancelled", DISCHARGED)}
    house.close()
