"""What a pack and one file can add: a new test and a new analyzer work from order to report, no code changed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

import simulators.analyzers
from lis.storage.packs import check_pack
from tests.training import pasts
