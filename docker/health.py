"""Ends with status 0 when the process in this container serves pages. Standard library only."""

import sys
from urllib.request import urlopen

with urlopen("http://127.0.0.1:8000/health", timeout=4) as answer:
    sys.exit(0 if answer.status == 200 else 1)
