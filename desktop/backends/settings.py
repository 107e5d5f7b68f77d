"""Settings of a display, chosen by a user or an administrator."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from ..errors import BadRequest

_SMALLEST, _LARGEST = 64, 16384  # pixels; the maximum is TigerVNC's


class Clipboard(str, Enum):
    """The allowed directions of the clipboard; "in" is from the browser to the desktop."""

    BOTH = "both"
    IN = "in"
    OUT = "out"
    OFF = "off"

    @property
    def inbound(self) -> bool:
        """Whether text may go from the browser to the desktop."""
        return self in (Clipboard.BOTH, Clipboard.IN)

    @property
    def outbound(self) -> bool:
        """Whether text may go from the desktop to the browser."""
        return self in (Clipboard.BOTH, Clipboard.OUT)


@dataclass(frozen=True)
class XpraSettings:
    """Settings for Xpra only.

    ``mode`` is "desktop" or "seamless" (each application a window of its own), ``x_server``
    "auto", "xorg" (with the dummy driver) or "xvfb", ``encryption`` "required" or "off".
    """

    mode: str = "desktop"
    x_server: str = "auto"
    encryption: str = "required"
    executable: str = ""
    arguments: tuple[str, ...] = ()
    mdns: bool = False


@dataclass(frozen=True)
class DisplaySettings:
    """Settings for all kinds of display server.

    ``geometry`` is "WIDTHxHEIGHT" in pixels; ``arguments`` are added unchanged to the VNC server's
    command line.
    """

    geometry: str = "1920x1080"
    clipboard: Clipboard = Clipboard.BOTH
    title: str = "Desktop"
    executable: str = ""
    arguments: tuple[str, ...] = ()
    xpra: XpraSettings = field(default_factory=XpraSettings)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> DisplaySettings:
        """Return the settings in ``values``, as ``dataclasses.asdict`` and JSON made them."""
        xpra = XpraSettings(**_with_tuple(values.get("xpra", {})))
        clipboard = Clipboard(values.get("clipboard", Clipboard.BOTH))
        return cls(**{**_with_tuple(values), "clipboard": clipboard, "xpra": xpra})


def check_geometry(geometry: str) -> str:
    """Return ``geometry``; raises ``BadRequest`` if it is not WIDTHxHEIGHT in pixels."""
    match = re.fullmatch(r"(\d{2,5})x(\d{2,5})", geometry, re.ASCII)
    if not match or not all(_SMALLEST <= int(side) <= _LARGEST for side in match.groups()):
        raise BadRequest(
            f"{geometry[:40]!r} is not a size.",
            remedy=f"It must be WIDTHxHEIGHT in pixels, such as '1920x1080', each {_SMALLEST} to "
            f"{_LARGEST}.",
        )
    return geometry


def size(geometry: str) -> tuple[int, int]:
    """Return width and height, in pixels, of a valid geometry."""
    width, height = geometry.split("x")
    return int(width), int(height)


def _with_tuple(values: dict[str, Any]) -> dict[str, Any]:
    return {**values, "arguments": tuple(values.get("arguments", ()))}
