"""What stands below the bars of a chart fits there, in either script."""

from __future__ import annotations

import re

import pytest

from cti.reports.chart import BOTTOM, bars
from cti.reports.document import Series

NAMES = ["11-22 06:00 3003 somebody", "销售服务配件投诉救援租赁总机", "ab销售服务配件投诉救援", "short", "销售"]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_below_a_bar_is_not_cut_off_by_the_end_of_the_figure(name):
    svg = str(bars([name], [Series(name="x", colour="blue", values=[1])], stacked=True))
    (shown,) = re.findall(r'text-anchor="end">([^<%]*)</text>', svg[svg.index("rotate") :])
    wide = sum(2 if letter > "⺀" else 1 for letter in shown)
    assert shown == name if len(name) < 10 else shown.endswith("…")
    assert 16 + wide * 6.2 * 0.5 + 4 < BOTTOM  # begins 16 below the axis, 6.2 a letter, falling by 30°
