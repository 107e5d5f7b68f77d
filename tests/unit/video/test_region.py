"""Regions: intersection, bounding rectangle, and the size of the encoded picture."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_desktop.video.region import Region

sides = st.integers(0, 40)
regions = st.builds(Region, sides, sides, st.integers(1, 40), st.integers(1, 40))


def pixels(region: Region) -> set[tuple[int, int]]:
    """Return the pixels of a region."""
    columns = range(region.x, region.x + region.width)
    return {(x, y) for x in columns for y in range(region.y, region.y + region.height)}


@given(regions, regions)
def test_within_is_the_part_that_two_regions_share(one: Region, other: Region) -> None:
    shared = one.within(other)
    assert pixels(shared) == pixels(one) & pixels(other)
    assert shared.area == len(pixels(shared))
    assert min(shared.width, shared.height) >= 0


@given(regions, regions)
def test_joined_is_the_smallest_rectangle_that_holds_both(one: Region, other: Region) -> None:
    joined = one.joined(other)
    both = pixels(one) | pixels(other)
    assert pixels(joined) >= both
    xs, ys = zip(*both, strict=True)
    assert joined == Region(min(xs), min(ys), max(xs) - min(xs) + 1, max(ys) - min(ys) + 1)


@pytest.mark.parametrize(
    ("size", "coded"),
    [
        ((1920, 1080), (1920, 1088)),
        ((16, 16), (16, 16)),
        ((17, 15), (32, 16)),
        ((1, 1), (16, 16)),
    ],
)
def test_coded_pictures_have_whole_blocks(size: tuple[int, int], coded: tuple[int, int]) -> None:
    assert Region(5, 7, *size).coded == coded
