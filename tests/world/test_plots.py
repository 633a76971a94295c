"""The pictures of the simulated people are made by one command and are readable as SVG."""

from __future__ import annotations

import runpy
from pathlib import Path
from xml.etree import ElementTree

SVG = "{http://www.w3.org/2000/svg}"


def test_command_draws_the_population_and_a_course(tmp_path: Path) -> None:
    module = runpy.run_path(str(Path(__file__).parents[2] / "docs" / "plots.py"))
    module["main"](tmp_path, 40)
    panels = {}
    for name in ("population", "course"):
        root = ElementTree.parse(tmp_path / f"{name}.svg").getroot()
        panels[name] = [len(panel.findall(f"{SVG}polyline")) for panel in root.findall(f"{SVG}g")]
    assert panels == {"population": [2] * 24, "course": [1] * 8}
