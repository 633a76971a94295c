"""What stands where on the lab's container label, in printer dots; drawn by `labels`.

50.8 x 25.4 mm at 203 dpi is 406 x 203 dots; every edge lies on a whole dot. Patient name top left, then
two identifiers, collection time and collector, as CLSI AUTO12 asks by its public summaries.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from lis.documents.barcodes import bars, code128_modules, widest_module
from lis.documents.texts import printable

WIDTH, HEIGHT, DOTS_PER_INCH = 406, 203, 203
MARGIN = 8
GLYPH_WIDTH = 0.64
"""Mean width of a capital letter as a part of its size: the room for a text is judged by it."""
SET_SIZE = 0.92
"""Type size as a part of the height of its box."""
CONDENSED = 0.65
"""How far a line may be condensed before letters are cut off."""


@dataclass(frozen=True)
class LabelData:
    """What one label says, already as text in the lab's zone; `priority` is empty for routine work."""

    container_id: str
    accession: str
    patient_name: str
    mrn: str
    birth_date: str
    sex: str
    collected_at_text: str
    collected_by: str
    specimen: str
    container_code: str
    container_name: str
    tests: tuple[str, ...]
    priority: str = ""
    department: str = ""
    copy_text: str = ""
    environment: str = "TRAINING"


@dataclass(frozen=True)
class Text:
    """One line of text in a box of `width` x `size` dots whose top left corner is (x, y)."""

    name: str
    x: int
    y: int
    width: int
    size: int
    text: str
    face: Literal["sans", "strong", "mono"] = "sans"
    align: Literal["left", "center", "right"] = "left"
    inverse: bool = False

    @property
    def condensed(self) -> float:
        """The part of its normal width at which the text should fit; 1 when it needs no squeezing."""
        natural = self.size * SET_SIZE * sum(map(_glyph_width, self.text))
        return min(1.0, self.width / natural) if natural else 1.0


def _glyph_width(char: str) -> float:
    if char.isdigit():
        return 0.6
    return (0.66 if char.isupper() else 0.55) if char.isalpha() else 0.34


@dataclass(frozen=True)
class Bars:
    """A Code 128 symbol: modules of `module` dots from x on; quiet zones are left white around it."""

    x: int
    y: int
    height: int
    module: int
    digits: str

    def rectangles(self) -> list[tuple[int, int]]:
        """(x, width) of every bar, in dots of the label."""
        modules = code128_modules(self.digits)
        return [(self.x + offset * self.module, width * self.module) for offset, width in bars(modules)]


@dataclass(frozen=True)
class Layout:
    """Everything on a label; texts that would be empty are absent."""

    texts: tuple[Text, ...]
    bars: Bars


def room_for(width: int, size: int) -> int:
    """How many characters of `size` dots a box of `width` dots holds when condensed to the limit."""
    return int(width / (size * GLYPH_WIDTH * CONDENSED))


def truncate(text: str, room: int) -> str:
    """At most `room` characters; what was cut ends in an ellipsis."""
    return text if len(text) <= room else text[: room - 1].rstrip(" ,") + "…"


def truncate_name(name: str, room: int) -> str:
    """Cuts "FAMILY, GIVEN" in both parts, the given name to no less than a third of the room.

    Cutting the tail alone would make a family's members look alike.
    """
    family, comma, given = name.partition(", ")
    if len(name) <= room or not comma:
        return truncate(name, room)
    given = truncate(given, max(room // 3, room - len(family) - 2))
    return truncate(family, room - 2 - len(given)) + ", " + given


def shorten_list(items: Sequence[str], room: int) -> str:
    """As many whole items as `room` characters hold, then how many were left out: "BMP, TSH +3"."""
    if len(", ".join(items)) <= room:
        return ", ".join(items)
    kept = list(items)
    while len(kept) > 1 and len(", ".join(kept)) > room - len(f" +{len(items)}"):
        kept.pop()
    left_out = len(items) - len(kept)
    return ", ".join(kept) + (f" +{left_out}" if left_out else "")


def layout(data: LabelData) -> Layout:
    """Places everything on the label; refuses a container id that is not an even number of digits."""
    symbol = _bars(data.container_id)
    full, side, badge = WIDTH - 2 * MARGIN, 110, 68
    name_width = full - (badge + 6 if data.priority else 0)
    tests_width = full - (side if data.department else 0)
    name = truncate_name(printable(data.patient_name), room_for(name_width, 26))
    tests = shorten_list(data.tests, room_for(tests_width, 19) - len(data.container_code) - 1)
    identity = _joined(f"MRN {data.mrn}", data.birth_date and f"DOB {data.birth_date}", data.sex)
    collection = _joined(f"Coll {data.collected_at_text}", data.collected_by)
    foot = _joined(data.specimen, data.container_name, data.accession)
    wanted = (
        Text("patient", MARGIN, 4, name_width, 26, name, "strong"),
        Text("priority", WIDTH - MARGIN - badge, 4, badge, 24, data.priority, "strong", "center", True),
        Text("identity", MARGIN, 32, full, 20, identity),
        Text("collection", MARGIN, 54, full, 20, collection),
        Text("environment", MARGIN, 141, side, 17, data.environment, "strong"),
        Text("container", MARGIN + side, 140, full - 2 * side, 19, data.container_id, "mono", "center"),
        Text("copy", WIDTH - MARGIN - side, 141, side, 17, data.copy_text, "strong", "right"),
        Text("tests", MARGIN, 161, tests_width, 19, f"{data.container_code} {tests}", "strong"),
        Text("department", WIDTH - MARGIN - side, 161, side, 19, data.department, "strong", "right"),
        Text("foot", MARGIN, 182, full, 16, foot),
    )
    return Layout(tuple(filter(_is_visible, map(_cut, wanted))), symbol)


def _joined(*parts: str) -> str:
    return " · ".join(filter(None, parts))


def _cut(text: Text) -> Text:
    return replace(text, text=truncate(printable(text.text), room_for(text.width, text.size)))


def _is_visible(text: Text) -> bool:
    return bool(text.text)


def _bars(digits: str) -> Bars:
    if not (digits.isascii() and digits.isdigit() and len(digits) % 2 == 0):
        raise ValueError(f"not an even number of digits: {digits!r}")
    modules = code128_modules(digits)
    module = widest_module(modules, WIDTH)
    return Bars((WIDTH - len(modules) * module) // 2, 78, 60, module, digits)
