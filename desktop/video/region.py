"""Rectangles of the screen, in pixels."""

from __future__ import annotations

from typing import NamedTuple

# H.264 codes blocks of this size, in pixels. Firefox shows the padding of other sizes.
_BLOCK = 16


class Region(NamedTuple):
    """A rectangle of the screen, in pixels."""

    x: int
    y: int
    width: int
    height: int

    @property
    def area(self) -> int:
        """The number of its pixels."""
        return self.width * self.height

    @property
    def coded(self) -> tuple[int, int]:
        """Width and height of its encoded picture: whole blocks."""
        return _blocks(self.width), _blocks(self.height)

    def within(self, other: Region) -> Region:
        """Return the part that it shares with ``other``; without width or height if none."""
        left, top = max(self.x, other.x), max(self.y, other.y)
        right = min(self.x + self.width, other.x + other.width)
        bottom = min(self.y + self.height, other.y + other.height)
        return Region(left, top, max(0, right - left), max(0, bottom - top))

    def joined(self, other: Region) -> Region:
        """Return the smallest rectangle that holds both."""
        left, top = min(self.x, other.x), min(self.y, other.y)
        right = max(self.x + self.width, other.x + other.width)
        bottom = max(self.y + self.height, other.y + other.height)
        return Region(left, top, right - left, bottom - top)


def _blocks(side: int) -> int:
    return -(-side // _BLOCK) * _BLOCK
