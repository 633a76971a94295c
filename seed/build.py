"""`python -m seed.build [SLUG] [--days N]`: make a laboratory with its past from the core pack."""

from __future__ import annotations

import argparse
from datetime import timedelta
from pathlib import Path

from lis.kernel.clock import WallClock
from lis.main.housekeeping import open_house
from lis.main.settings import Settings
from lis.training import demo, preparing
from lis.web.security_sessions import Passwords

PACK = Path(__file__).parent / "packs" / "core"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("slug", nargs="?", default=demo.SLUG)
    parser.add_argument("--days", type=float, default=demo.DAYS)
    parser.add_argument("--seed", default=demo.SEED)
    options = parser.parse_args()
    with open_house(Settings(), exclusive=True) as house:
        preparing.prepare(
            house,
            options.slug,
            preparing.Past(PACK, options.seed, demo.END - timedelta(days=options.days), demo.END),
            hashed=Passwords().hash,
            wall=WallClock(),
        )


if __name__ == "__main__":
    main()
