"""Colours: libyuv and FFmpeg convert to the same, the values of ITU-R BT.601."""

from __future__ import annotations

import ctypes
import ctypes.util
import random
from typing import Any

import pytest

from jupyter_desktop.video import colours
from jupyter_desktop.video.colours import Picture
from jupyter_desktop.video.region import Region
from tests import programs

TOLERANCE = 2  # of 255
SEED = 7

COLOURS = [
    (0, 0, 0),
    (255, 255, 255),
    (255, 0, 0),
    (0, 255, 0),
    (0, 0, 255),
    (255, 255, 0),
    (128, 128, 128),
    (10, 100, 200),
]


@pytest.fixture
def without_libyuv(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(colours, "_convert", None)


def bt_601(red: int, green: int, blue: int) -> tuple[float, float, float]:
    """Return Y', Cb and Cr with the ranges of video (ITU-R BT.601, section 3.5)."""
    brightness = 0.299 * red + 0.587 * green + 0.114 * blue
    return (
        16 + brightness * 219 / 255,
        128 + (blue - brightness) / 1.772 * 224 / 255,
        128 + (red - brightness) / 1.402 * 224 / 255,
    )


def converted(region: Region, pixels: bytes) -> list[list[bytes]]:
    """Return the lines of each plane of the picture of ``pixels`` (B, G, R, unused)."""
    picture = Picture(region)
    memory = ctypes.create_string_buffer(pixels, len(pixels))
    picture.take(ctypes.addressof(memory))
    return [lines(plane) for plane in picture.frame.planes]


def lines(plane: Any) -> list[bytes]:
    data, size = bytes(plane), plane.line_size
    return [data[size * y :][: plane.width] for y in range(plane.height)]


def flat(colour: tuple[int, int, int], region: Region) -> bytes:
    red, green, blue = colour
    return bytes((blue, green, red, 0x55)) * region.area


def assert_flat(colour: tuple[int, int, int]) -> None:
    region = Region(0, 0, 32, 32)
    planes = converted(region, flat(colour, region))
    for plane, expected in zip(planes, bt_601(*colour), strict=True):
        values = b"".join(plane)
        assert abs(min(values) - expected) <= TOLERANCE
        assert abs(max(values) - expected) <= TOLERANCE


@pytest.mark.parametrize("colour", COLOURS)
def test_flat_colours(colour: tuple[int, int, int]) -> None:
    assert_flat(colour)


@pytest.mark.usefixtures("without_libyuv")
@pytest.mark.parametrize("colour", COLOURS)
def test_flat_colours_without_libyuv(colour: tuple[int, int, int]) -> None:
    assert_flat(colour)


def test_libyuv_and_ffmpeg_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the middle of squares of one colour each; at their edges FFmpeg filters more."""
    programs.require("libyuv", ctypes.util.find_library("yuv") or "")
    random_bytes = random.Random(SEED).randbytes
    side, columns, rows = 16, 7, 5
    region = Region(9, 9, side * columns, side * rows)
    pixels = b"".join(
        b"".join(random_bytes(4) * side for _ in range(columns)) * side for _ in range(rows)
    )
    by_libyuv = converted(region, pixels)
    monkeypatch.setattr(colours, "_convert", None)
    by_ffmpeg = converted(region, pixels)
    for scale, one, other in zip((1, 2, 2), by_libyuv, by_ffmpeg, strict=True):
        middle, distance = side // scale // 2, side // scale
        for x in range(columns):
            for y in range(rows):
                line, column = middle + y * distance, middle + x * distance
                assert abs(one[line][column] - other[line][column]) <= TOLERANCE


def assert_padded(region: Region, pixels: bytes) -> None:
    planes = converted(region, pixels)
    width, height = region.coded
    assert [(len(plane[0]), len(plane)) for plane in planes] == [
        (width, height),
        (width // 2, height // 2),
        (width // 2, height // 2),
    ]
    brightness = planes[0]
    for y, line in enumerate(brightness):
        inside = region.width if y < region.height else 0
        assert min(line[:inside], default=235) >= 235 - TOLERANCE
        assert max(line[inside:], default=16) <= 16 + TOLERANCE


@pytest.mark.parametrize("size", [(37, 21), (1, 1), (16, 17), (31, 16)])
def test_a_region_is_the_top_left_part_of_its_picture(size: tuple[int, int]) -> None:
    """Beyond it the picture is black."""
    region = Region(5, 6, *size)
    assert_padded(region, flat((255, 255, 255), region))


@pytest.mark.usefixtures("without_libyuv")
@pytest.mark.parametrize("size", [(37, 21), (1, 1), (16, 17), (31, 16)])
def test_a_region_is_the_top_left_part_without_libyuv(size: tuple[int, int]) -> None:
    region = Region(5, 6, *size)
    assert_padded(region, flat((255, 255, 255), region))
