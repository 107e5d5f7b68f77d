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
    """Make the screen of ``display`` (":N") that large, in pixels.

    Blocks for as long as a program on the desktop keeps the X server for itself (XGrabServer(3)),
    so it is to be called in a thread. The cookie is found through ``$XAUTHORITY``. Raises
    ``NotReady`` where the X server does not do it.
    """
    try:
        connection: Any = xcffib.connect(display)  # type: ignore[no-untyped-call]
        try:
            _Screen(connection).resize(width, height)
        finally:
            connection.disconnect()
    except xcffib.XcffibException as error:
        raise NotReady(f"The screen cannot be made {width}x{height}: {error!r}.") from error


@dataclass(frozen=True)
class _Place:
    """The output that shows the screen, the controller that feeds it, and the modes there are."""

    output: int
    crtc: int
    of_output: list[int]
    modes: dict[str, int]


class _Screen:
    """The screen of one connection."""

    def __init__(self, connection: Any) -> None:
        self._core = connection.core
        self._randr = connection(xcffib.randr.key)
        self._root: int = connection.get_setup().roots[0].root

    def resize(self, width: int, height: int) -> None:
        self._randr.QueryVersion(1, 3).reply()
        self._core.GrabServer()
        place = self._place()
        mode = self._mode(place, width, height)
        # A controller must fit into the screen at all times: so it is off while the screen changes.
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
        """Return the mode of that size, made if there is none yet."""
        name = f"{width}x{height}"
        mode = place.modes.get(name)
        if mode is None:
            # No monitor sees the timing; it has to be plausible, that is all.
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
    """Return the modes by name; their names stand in one text, one after the other."""
    text = bytes(resources.names.buf() if hasattr(resources.names, "buf") else resources.names)
    names, start = {}, 0
    for mode in resources.modes:
        names[text[start : start + mode.name_len].decode("latin-1")] = mode.id
        start += mode.name_len
    return names
