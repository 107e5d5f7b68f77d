"""Where film.py draws the number of a picture, and the block that a click changes."""

from __future__ import annotations

BLOCK = 44  # pixels, the side of a bit
BITS = 22  # white, black, 16 of the number, 4 of its checksum
NUMBERS = 1 << 16
CLICK_SIDE = 96
GAP = 16
"""Pixels between the rectangle's edge and the bar code; also rows in one request."""

_BESIDE = (200, 400)  # the block's place if there is room to the left of the rectangle


def bits(number: int) -> list[int]:
    """Return the bar code of a number: 1 is white."""
    number %= NUMBERS
    checksum = number ^ number >> 4 ^ number >> 8 ^ number >> 12
    return [1, 0, *(number >> i & 1 for i in range(16)), *(checksum >> i & 1 for i in range(4))]


def code_place(left: int, top: int) -> tuple[int, int]:
    """Return the place of the bar code in a rectangle at that place."""
    return left + GAP, top + GAP


def click_place(left: int, top: int, width: int, height: int) -> tuple[int, int]:
    """Return the place of the block: to the left of the rectangle, or else in it."""
    if left > _BESIDE[0] + CLICK_SIDE:
        return _BESIDE
    return left + GAP + BITS * BLOCK + 64, top + GAP
