"""Boxes in columns: nothing overlaps, lines run to the right, rounds are told instead of drawn."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from cti.core.flow import Place
from cti.core.layered import Layout, Line, Point, lay_out

WIDTH, GAP = 100.0, Point(50.0, 10.0)
A, B, C, D = (Place("menu", name) for name in "abcd")


def laid(heights: dict[Place, float], *lines: Line) -> Layout:
    return lay_out(heights, lines, width=WIDTH, gap=GAP, entry=5.0)


def test_a_row_stands_in_columns_with_straight_lines() -> None:
    found = laid({A: 20.0, B: 20.0}, Line(A, 5.0, B))
    assert found.boxes[B] == Point(WIDTH + GAP.x, found.boxes[A].y)
    assert found.routes[Line(A, 5.0, B)] == (Point(WIDTH, 5.0), Point(WIDTH + GAP.x, 5.0))


def test_a_way_back_is_told_and_not_drawn() -> None:
    forth, back = Line(A, 5.0, B), Line(B, 5.0, A)
    found = laid({A: 20.0, B: 20.0}, forth, back)
    assert found.back == {back}
    assert set(found.routes) == {forth}


def test_a_long_line_runs_beside_the_boxes_between() -> None:
    long = Line(A, 15.0, C)
    found = laid({A: 20.0, B: 20.0, C: 20.0}, Line(A, 5.0, B), Line(B, 5.0, C), long)
    through = [point.y for point in found.routes[long] if point.x == found.boxes[B].x]
    assert through
    assert not any(found.boxes[B].y <= y <= found.boxes[B].y + 20.0 for y in through)


@given(st.lists(st.tuples(st.integers(0, 7), st.floats(0, 40), st.integers(0, 7)), max_size=20))
def test_no_two_boxes_overlap_and_every_line_leads_to_the_right(pairs: list[tuple[int, float, int]]) -> None:
    places = [Place("menu", str(number)) for number in range(8)]
    heights = {place: 20.0 + 5 * index for index, place in enumerate(places)}
    lines = [Line(places[one], port, places[other]) for one, port, other in pairs if one != other]
    found = laid(heights, *lines)
    assert set(found.routes) | found.back == set(lines)
    assert not set(found.routes) & found.back
    for one, other in combinations(places, 2):
        left, right = found.boxes[one], found.boxes[other]
        apart = left.y + heights[one] < right.y or right.y + heights[other] < left.y
        assert left.x != right.x or apart
    for line, points in found.routes.items():
        assert [point.x for point in points] == sorted(point.x for point in points)
        assert found.boxes[line.start].x < found.boxes[line.end].x
