"""The world's loop: same seed, same bytes and truths; the bench; the past lived again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from simulators.ledger import MemorySink, export
from simulators.world import Action, BenchRefusal, World
from tests.world.fake_lis import START, FakeLis, core, label, new_world, spun, work_for

HOUR = timedelta(hours=1)


def first_tube(world: World, container: str) -> str:
    """Step until a tube of this kind lies in the tray."""
    for _ in range(200):
        found = [tube.id for tube in world.tray() if tube.container == container]
        if found:
            return found[0]
        world.step(world.now + timedelta(minutes=15))
    raise AssertionError(f"no {container} came")


def test_same_seed_gives_the_same_bytes_and_truths() -> None:
    runs = []
    for _ in range(2):
        lis = FakeLis()
        world = new_world(lis)
        world.step(START + 8 * HOUR)
        runs.append((lis.received, world.ledger.digest, export(world.sink.entries)))
    assert runs[0] == runs[1]
    assert len(runs[0][0]) > 30


def test_another_seed_gives_another_day() -> None:
    one, other = new_world(seed=1), new_world(seed=2)
    for world in (one, other):
        world.step(START + 4 * HOUR)
    assert one.ledger.digest != other.ledger.digest


def test_step_size_does_not_change_what_happens() -> None:
    whole, parts = new_world(), new_world()
    whole.step(START + 6 * HOUR)
    for minutes in range(7, 361, 7):
        parts.step(START + timedelta(minutes=minutes))
    parts.step(START + 6 * HOUR)
    assert whole.ledger.digest == parts.ledger.digest
    assert parts.now == START + 6 * HOUR


def test_a_tube_runs_what_was_ordered_under_the_label_that_was_affixed() -> None:
    lis = FakeLis()
    world = new_world(lis)
    tube = first_tube(world, "SST")
    assert b"MSA|AA|" in world.receive("CHEM-1", work_for("263310001015", "101", "102"))
    assert world.receive("PRINTER-1", label("263310001015")) == b""
    world.affix(world.printed_labels()[0].id, tube)
    world.load("CHEM-1", [spun(world, tube)])
    world.step(world.now + HOUR)
    (result,) = [m for m in lis.of("CHEM-1", b"|OUL^R22") if b"263310001015" in m]
    codes = [line.split(b"|")[3].split(b"^")[0] for line in result.split(b"\r") if line.startswith(b"OBX")]
    assert codes == [b"101", b"102", b"SI-H", b"SI-I", b"SI-L"]
    assert [view.spot for view in world.tubes() if view.id == tube] == ["done"]


def test_the_last_label_counts_and_the_collection_label_stays_readable() -> None:
    world = new_world()
    tube = first_tube(world, "LAV")
    written = world.look(tube).collection_label
    for barcode in ("263310001015", "263310002011"):
        world.receive("PRINTER-1", label(barcode))
        world.affix(world.printed_labels()[0].id, tube)
    seen = world.look(tube)
    assert seen.lab_label is not None
    assert (seen.lab_label.barcode, seen.collection_label) == ("263310002011", written)
    assert world.printed_labels() == []


def test_a_tube_without_lab_label_comes_back_with_a_line_in_the_log() -> None:
    world = new_world()
    tube = first_tube(world, "LAV")
    world.load("HEME-1", [tube])
    world.step(world.now + HOUR)
    status = {item.code: item for item in world.analyzers_status()}["HEME-1"]
    assert [line.code for line in status.log] == ["no_barcode"]
    assert tube in [view.id for view in world.tray()]


def test_a_tube_nobody_ordered_is_not_run() -> None:
    lis = FakeLis()
    world = new_world(lis)
    tube = first_tube(world, "LAV")
    world.receive("PRINTER-1", label("263310001015"))
    world.affix(world.printed_labels()[0].id, tube)
    world.load("HEME-1", [tube])
    world.step(world.now + HOUR)
    assert world.stations["HEME-1"].analyzer.log[-1].code == "no_order"
    assert not [message for message in lis.of("HEME-1", b"ORU") if b"263310001015" in message]


@pytest.mark.parametrize(
    ("verb", "args", "reason"),
    [
        ("affix", {"label_id": "nothing", "tube_id": "TUBE"}, "label.unknown"),
        ("affix", {"label_id": "nothing", "tube_id": "C9999999"}, "tube.unknown"),
        ("load", {"analyzer": "NONE", "tube_ids": ["TUBE"]}, "analyzer.unknown"),
        ("spin", {"tube_ids": []}, "spin.empty"),
        ("juggle", {}, "action.unknown"),
    ],
)
def test_what_the_bench_cannot_do_is_refused_and_leaves_no_trace(
    verb: str, args: dict[str, object], reason: str
) -> None:
    world = new_world()
    tube = first_tube(world, "LAV")
    before = world.ledger.digest
    args = {key: tube if value == "TUBE" else value for key, value in args.items()}
    with pytest.raises(BenchRefusal) as refused:
        world.act(Action(world.now, verb, args))
    assert refused.value.reason == reason
    assert (world.ledger.digest, world.inputs) == (before, [])


def test_spinning_takes_time_and_shows_the_serum() -> None:
    world = new_world()
    tube = first_tube(world, "SST")
    assert world.look(tube).serum_look == ""
    world.spin([tube])
    assert tube not in [view.id for view in world.tray()]
    world.step(world.now + timedelta(minutes=12))
    seen = world.look(tube)
    assert seen.is_separated
    assert seen.serum_look != ""


def lived_shift(lis: FakeLis) -> World:
    """Six hours with messages from both sides and bench work."""
    world = new_world(lis)
    tube = first_tube(world, "LAV")
    world.receive("HEME-1", work_for("263310001015", "CBC", specimen="WB"))
    world.receive("PRINTER-1", label("263310001015"))
    world.affix(world.printed_labels()[0].id, tube, by="tech1")
    world.load("HEME-1", [tube], by="tech1")
    world.run_controls("COAG-1", by="tech1")
    world.step(START + 6 * HOUR)
    return world


def test_the_past_can_be_lived_again_without_sending_anything() -> None:
    lis, again = FakeLis(), FakeLis()
    world = lived_shift(lis)
    restored = World.restore(core(), 7, START, again.links(), past=world.inputs, until=world.now)
    assert again.received == []
    assert (restored.ledger.digest, restored.inputs) == (world.ledger.digest, world.inputs)
    for each in (world, restored):
        each.step(START + 8 * HOUR)
    assert restored.ledger.digest == world.ledger.digest
    assert lis.received[-len(again.received) :] == again.received


def test_a_past_without_cables_is_lived_again_too() -> None:
    world = new_world()
    world.run_controls("CHEM-1", at=START + HOUR)
    world.step(START + 2 * HOUR)
    restored = World.restore(core(), 7, START, past=world.inputs, until=world.now)
    assert (restored.ledger.digest, restored.inputs) == (world.ledger.digest, world.inputs)


class AnsweringLis(FakeLis):
    """Sends work while the world still awaits the answer to its order, as a loopback laboratory does."""

    world: World

    def take(self, peer: str, message: bytes) -> bytes:
        """Work for every order, then the acknowledgement."""
        if b"|OML^O21" in message:
            self.world.receive("CHEM-1", work_for(f"C{len(self.received)}", "101"))
        return super().take(peer, message)


def test_messages_that_came_while_an_answer_was_awaited_come_then_again() -> None:
    lis = AnsweringLis()
    world = lis.world = new_world(lis)
    world.step(START + 4 * HOUR)
    restored = World.restore(core(), 7, START, past=world.inputs, until=world.now)
    assert {item.kind for item in world.inputs} == {"message", "reply"}
    assert (restored.ledger.digest, restored.inputs) == (world.ledger.digest, world.inputs)
    open_orders = [status.open_orders for status in world.analyzers_status()]
    assert [status.open_orders for status in restored.analyzers_status()] == open_orders
    assert sum(open_orders) > 0


def test_a_past_of_another_world_is_refused() -> None:
    world = lived_shift(FakeLis())
    with pytest.raises(RuntimeError, match="another world"):
        World.restore(core(), 8, START, past=world.inputs, until=START + HOUR)


def test_a_message_to_nobody_is_no_input() -> None:
    world = new_world()
    with pytest.raises(KeyError, match="XRAY-1"):
        world.receive("XRAY-1", work_for("263310001015", "101"))
    assert world.inputs == []


def test_a_restored_world_tells_its_sink_nothing_twice() -> None:
    world = lived_shift(FakeLis())
    sink = MemorySink()
    World.restore(core(), 7, START, past=world.inputs, until=world.now, sink=sink, held=world.ledger.position)
    assert sink.entries == []


def test_a_message_without_answer_is_sent_again_before_the_next() -> None:
    lis = FakeLis()
    links = lis.links()
    world = World(core(), 7, START, links)
    told: list[bytes] = []
    deaf = {"left": 3}

    def hard_of_hearing(message: bytes) -> bytes | None:
        told.append(message)
        deaf["left"] -= 1
        return None if deaf["left"] >= 0 else lis.take("HIS", message)

    world.links["HIS"] = type(links["HIS"])(hard_of_hearing)
    world.step(START + 4 * HOUR)
    assert told[0] == told[1] == told[2] == told[3]
    controls = [message.split(b"|")[9] for message in told[3:]]
    assert controls == sorted(set(controls))


def test_controls_run_at_the_laboratorys_own_hour_on_both_sides_of_a_clock_change() -> None:
    start = datetime(2026, 10, 31, 3, tzinfo=UTC)  # two days before the clocks go back
    world = World(core(), 7, start)
    world.hospital.rate = 0.0
    world.step(start + timedelta(days=4))
    zone = core().place.zone
    entries = world.sink.of_kind("analyzer.controlled")  # type: ignore[attr-defined]
    runs = [entry.at.astimezone(zone) for entry in entries if entry.subject == "HEME-1"]
    later = {f"{at:%m-%d %H:%M}" for at in runs if at > start.astimezone(zone) + HOUR}
    assert sorted(later) == ["10-31 05:40", "11-01 05:40", "11-02 05:40", "11-03 05:40"]
