"""The review queue."""

from __future__ import annotations

import re

from tests.web.site import Site


def test_queue_shows_what_held_each_result_and_passes_go_in_one_act(own_site: Site) -> None:
    small, browser = own_site.small, own_site.browser("supervisor")
    stat = small.order("COAGS", numbers=("V1",), priority="S")
    routine = small.order("LYTES", numbers=("V2",))
    small.receive(*stat.container_ids, *routine.container_ids)
    small.enter(routine.accession, HIDX="5", IIDX="1", LIDX="10", NA="140", K="7.2", CL="104", CO2="24")
    small.enter(stat.accession, PT="12.0")

    held = browser.page("/review?show=on_hold").text
    assert "! Critical: above 6.5." in held

    page = browser.page("/review?show=resulted").text
    section = page[page.index(f'aria-label="Accession {routine.accession}"') :]
    section = section[: section.index("</section>")]
    fields: dict[str, object] = {"test": re.findall(r'name="test" value="(\w+)"', section)}
    fields |= dict(re.findall(r'name="(seen-\w+)" value="(\d+)"', section))
    fields["back"] = "/lab/small/review?show=resulted"
    assert "NA" in fields["test"]  # type: ignore[operator]
    assert "K" not in fields["test"]  # type: ignore[operator]
    answer = browser.act(f"/accessions/{routine.accession}/verify", fields)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/lab/small/review?show=resulted")
    assert f'aria-label="Accession {routine.accession}"' in browser.page("/review?show=verified").text


def test_queue_begins_with_stat_and_is_filtered_by_department(own_site: Site) -> None:
    small, browser = own_site.small, own_site.browser("technician")
    routine = small.order("LYTES", numbers=("V3",))
    stat = small.order("COAGS", numbers=("V4",), priority="S")
    small.receive(*routine.container_ids, *stat.container_ids)
    small.enter(routine.accession, K="7.2")
    small.enter(stat.accession, PT="99")
    page = browser.page("/review?show=on_hold").text
    assert page.find(stat.accession) < page.find(routine.accession)
    chemistry = browser.page("/review?show=on_hold&department=CHEM").text
    assert (stat.accession in chemistry, routine.accession in chemistry) == (False, True)


def test_neighbours_in_the_queue_are_one_key_away(own_site: Site) -> None:
    small, browser = own_site.small, own_site.browser("technologist")
    orders = [small.order("LYTES", numbers=(f"N{n}",)) for n in range(3)]
    for order in orders:
        small.receive(*order.container_ids)
        small.enter(order.accession, K="7.2")
    first, second, third = (order.accession for order in orders)
    page = browser.page(f"/accessions/{second}?queue=on_hold").text
    assert f'data-key="PageUp" href="/lab/small/accessions/{first}?queue=on_hold"' in page
    assert f'data-key="PageDown" href="/lab/small/accessions/{third}?queue=on_hold"' in page
