"""The demo needs Asterisk, SIPp and espeak-ng: without them its tests skip at a desk and fail in CI."""

import os

import pytest

from cti.config import Config
from cti.pbx import find_asterisk, find_tool


@pytest.fixture(scope="session")
def machine(tmp_path_factory):
    found = [find_asterisk(Config(home=tmp_path_factory.mktemp("machine"))), find_tool("sipp"), find_tool("espeak-ng")]
    if None in found:
        missing = "no Asterisk, SIPp or espeak-ng on this machine; bring them with: cti pbx fetch"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
