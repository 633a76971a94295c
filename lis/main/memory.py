"""How the garbage collector goes about its work in a process that serves laboratories."""

from __future__ import annotations

import gc

YOUNG = 20_000
"""Objects that came and did not go before it looks at them: more than one transaction makes and lets go by itself, and
few enough that connections which have ended, and are left to it by asyncio, do not pile up."""


def set_aside_what_lasts() -> None:
    """Content and code that were read stay: the collector leaves them alone, and looks at the rest less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 10, 10)
