"""The tube plan, tests asked twice, complete panels."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from lis.domain.catalog import Catalog, Orderable, PanelItem
from lis.domain.orders import PlannedContainer, duplicates, is_complete, plan


def planned(
    catalog: Catalog, *orderables: Orderable
) -> list[tuple[str, str, tuple[str, ...], tuple[str, ...]]]:
    return [(c.container_type, c.specimen_type, c.codes, c.tests) for c in plan(orderables, catalog)]


def named(catalog: Catalog, orderable: str, **changes: object) -> Orderable:
    row = catalog.orderable(orderable)
    assert row is not None
    return replace(row, **changes)  # type: ignore[arg-type]


def test_one_container_for_each_kind_in_order_of_draw(catalog: Catalog) -> None:
    orderables = [named(catalog, code) for code in ("HGB", "LYTES", "RENAL", "COAGS")]
    assert [(kind, codes) for kind, _, codes, _ in planned(catalog, *orderables)] == [
        ("LBL", ("COAGS",)),
        ("SST", ("LYTES", "RENAL")),
        ("LAV", ("HGB",)),
    ]


def test_a_test_of_two_panels_is_taken_once(catalog: Catalog) -> None:
    (serum,) = plan([named(catalog, "LYTES"), named(catalog, "RENAL"), named(catalog, "LYTES")], catalog)
    assert serum.codes == ("LYTES", "RENAL")
    assert sorted(serum.tests) == sorted(set(serum.tests))
    assert serum.tests[-2:] == ("CREA", "EGFR")


def test_tests_share_a_tube_while_it_holds_enough(catalog: Catalog) -> None:
    """A 5 mL tube whose least fill is 1 mL holds 4 mL beyond it."""
    big = [
        named(catalog, "NA", code=f"BIG{i}", min_volume_ml=Decimal(3), items=(PanelItem(f"T{i}", True),))
        for i in (1, 2, 3)
    ]
    assert [(c.codes, c.extra_ml) for c in plan(big, catalog)] == [
        (("BIG1", "BIG2"), Decimal(4)),
        (("BIG3",), Decimal(2)),
    ]


def test_a_citrate_tube_filled_to_its_mark_serves_every_clotting_test(catalog: Catalog) -> None:
    tests = [named(catalog, "COAGS"), named(catalog, "PT"), named(catalog, "INR")]
    assert [c.codes for c in plan(tests, catalog)] == [("COAGS", "PT", "INR")]


def test_panel_with_an_item_for_another_container_is_drawn_into_both(catalog: Catalog) -> None:
    items = (PanelItem("NA", True), PanelItem("PT", True, container="LBL"))
    mixed = named(catalog, "LYTES", code="MIXED", items=items)
    assert planned(catalog, mixed) == [
        ("LBL", "PPP", ("MIXED",), ("PT",)),
        ("SST", "SER", ("MIXED",), ("NA",)),
    ]


def test_other_specimen_type_is_another_container(catalog: Catalog) -> None:
    other = named(catalog, "RENAL", specimen_type="PLAS")
    assert [c.specimen_type for c in plan([named(catalog, "LYTES"), other], catalog)] == ["SER", "PLAS"]


def test_container_that_the_pack_does_not_know_is_drawn_last(catalog: Catalog) -> None:
    odd = named(catalog, "LYTES", container="JAR")
    assert [c.container_type for c in plan([odd, named(catalog, "HGB")], catalog)] == ["LAV", "JAR"]


def test_nothing_ordered_needs_no_container(catalog: Catalog) -> None:
    assert plan([], catalog) == list[PlannedContainer]()


def test_tests_asked_twice_in_one_order(catalog: Catalog) -> None:
    found = duplicates(["LYTES", "CREA", "RENAL", "NOSUCH"], catalog)
    assert found == {"CREA": ("CREA", "RENAL")}


def test_panel_is_complete_when_all_required_tests_are_settled(catalog: Catalog) -> None:
    panel = named(catalog, "LYTES")
    settled = {"NA", "K", "CL", "CO2", "AGAP"}
    assert (is_complete(panel, settled), is_complete(panel, settled - {"K"})) == (True, False)
    optional = replace(panel, items=tuple(replace(item, required=False) for item in panel.items))
    assert is_complete(optional, settled) is False
