"""What people see of a specimen, in coded words, and whether it lets a value pass.

Haemolysis, icterus and lipaemia are judged test by test (`interference`). A clot, fibrin or foreign matter speaks
against everything measured from the container.
"""

from __future__ import annotations

from lis.domain.checks import Check, failed, passed
from lis.domain.interference import SEEN
from lis.domain.specimens import SpecimenFacts

NAME = "condition"
SPOILING = ("clotted", "fibrin", "contaminated", "unmixed")
HARMLESS = ("clear", "bubbles", "leaking")
CONDITIONS = (*SEEN, *SPOILING, *HARMLESS)


def condition_check(specimen: SpecimenFacts) -> Check:
    """Hold what is measured from a container in which something spoiling was seen."""
    seen = [word for word in SPOILING if word in specimen.conditions]
    if seen:
        return failed(NAME, f"condition.{seen[0]}", f"The specimen was seen to be {seen[0]}.")
    return passed(NAME)
