"""Resize a headless X screen with RandR (1.3 or newer)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import xcffib
import xcffib.randr

from ...errors import NotReady

_CONNECTED = 0
_ROTATE_0 = 1
_MM_PER_PIXEL = 25.4 / 96


def resize(display: str, width: int, height: int) -> None:
    """Set the size of the screen of ``display`` (":N"), in pixels.

    Blocks while a program on the desktop grabs the X server (XGrabServer(3)), so call it in a
    thread. The cookie comes from ``$XAUTHORITY``. Raises ``NotReady`` if the X server fails.
    """
    try:
        connection: Any = xcffib.connect(display)  # type: ignore[no-untyped-call]
        try:
            _Screen(connection).resize(width, height)
        finally:
            connection.disconnect()
    except xcffib.XcffibException as error:
        raise NotReady(f"The screen cannot be resized to {width}x{height}: {error!r}.") from error


@dataclass(frozen=True)
class _Place:
    """The output that shows the screen, its controller (CRTC), and the modes."""

    output: int
    crtc: int
    of_output: list[int]
    modes: dict[str, int]


class _Screen:
    """The screen of an X connection."""

    def __init__(self, connection: Any) -> None:
        self._core = connection.core
        self._randr = connection(xcffib.randr.key)
        self._root: int = connection.get_setup().roots[0].root

    def resize(self, width: int, height: int) -> None:
        self._randr.QueryVersion(1, 3).reply()
        self._core.GrabServer()
        place = self._place()
        mode = self._mode(place, width, height)
        # A CRTC must fit into the screen at all times, so turn it off while the screen changes.
        self._feed(place, 0, [])
        millimetres = [round(side * _MM_PER_PIXEL) for side in (width, height)]
        self._randr.SetScreenSize(self._root, width, height, *millimetres)
        self._feed(place, mode, [place.output])

    def _place(self) -> _Place:
        resources = self._randr.GetScreenResourcesCurrent(self._root).reply()
        for output in resources.outputs:
            found = self._randr.GetOutputInfo(output, 0).reply()
            if found.connection == _CONNECTED and found.crtcs:
                crtc = found.crtc or found.crtcs[0]
                return _Place(output, crtc, list(found.modes), _names(resources))
        raise xcffib.XcffibException("The X server has no output.")

    def _mode(self, place: _Place, width: int, height: int) -> int:
        """Return the mode of that size; create it if it is missing."""
        name = f"{width}x{height}"
        mode = place.modes.get(name)
        if mode is None:
            # There is no monitor: the timing only has to be valid.
            info = xcffib.randr.ModeInfo.synthetic(  # type: ignore[no-untyped-call]
                *(0, width, height, (width + 3) * (height + 3)),
                *(width + 1, width + 2, width + 3, 0),
                *(height + 1, height + 2, height + 3),
                *(len(name), 0),
            )
            mode = self._randr.CreateMode(self._root, info, len(name), name).reply().mode
        if mode not in place.of_output:
            self._randr.AddOutputModeChecked(place.output, mode).check()
        return int(mode)

    def _feed(self, place: _Place, mode: int, outputs: list[int]) -> None:
        self._randr.SetCrtcConfig(
            *(place.crtc, 0, 0, 0, 0, mode, _ROTATE_0, len(outputs), outputs)
        ).reply()


def _names(resources: Any) -> dict[str, int]:
    """Return the modes by name; the reply has all names concatenated."""
    text = bytes(resources.names.buf() if hasattr(resources.names, "buf") else resources.names)
    names, start = {}, 0
    for mode in resources.modes:
        names[text[start : start + mode.name_len].decode("latin-1")] = mode.id
        start += mode.name_len
    return names
