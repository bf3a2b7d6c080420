"""SIPp for the tests: from PATH, or out of the fetched packages; a missing one skips at a desk and fails in CI."""

import os
from pathlib import Path

import pytest

from cti.pbx.find import find_tool, tool_in
from cti.phones import Phones


@pytest.fixture(scope="session")
def sipp():
    root = os.environ.get("CTI_SIPP_ROOT", "")
    tool = tool_in(Path(root), "sipp") if root else find_tool("sipp")
    if tool is None and os.environ.get("CI"):
        pytest.fail("no SIPp here")
    if tool is None:
        pytest.skip("no SIPp here")
    return tool


@pytest.fixture
async def phones(sipp, tmp_path):
    async with Phones(sipp, tmp_path / "phones") as phones:
        yield phones
