"""A machine that can play: Asterisk and SIPp there, and a stage for whoever asks for one.

Without them these tests are skipped at a desk and fail where CI=true.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from cti.config import Config
from cti.pbx import Installation, find_asterisk, find_tool

sys.path.insert(0, str(Path(__file__).parent))  # the tests import `scene` by name
sys.path.insert(0, str(Path(__file__).parents[1] / "core"))  # how recorded calls are compared


@pytest.fixture(scope="session")
def asterisk(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """The Asterisk that instances on this machine will use; SIPp is there too."""
    found = find_asterisk(Config(home=tmp_path_factory.mktemp("machine")))
    if found is not None and find_tool("sipp") is not None:
        return found
    missing = "no Asterisk or no SIPp on this machine; bring them with: cti pbx fetch"
    if os.environ.get("CI") == "true":
        pytest.fail(missing)
    pytest.skip(missing)
