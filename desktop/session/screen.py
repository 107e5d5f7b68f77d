"""The size of an X screen that nobody has before their eyes, changed by RandR (1.3 or newer)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import xcffib
import xcffib.randr
import xcffib.xproto

from ..errors import NotReady
from .x_connection import XConnection

_CONNECTED = 0
_ROTATE_0 = 1
_MM_PER_PIXEL = 25.4 / 96


@dataclass(frozen=True)
class _Place:
    """The output that shows the screen, the controller that feeds it, and the modes there are."""

    output: int
    crtc: int
    of_output: list[int]
    modes: dict[str, int]


class Screen(XConnection):
    """Gives the screen any size up to ``largest``, (width, height) in pixels."""

    def __init__(self, display: str, largest: tuple[int, int]) -> None:
        super().__init__(display)
        self._largest = largest

    def handle(self, event: Any) -> None:
        """Nothing is asked for, so nothing comes."""

    def resize(self, width: int, height: int) -> None:
        """Make the screen that large, in pixels, or as large as it can be.

        Raises ``NotReady`` where the X server does not do it.
        """
        try:
            self._try_to_resize(width, height)
        except xcffib.XcffibException as error:
            raise NotReady(f"The screen cannot be made {width}x{height}: {error!r}.") from error

    def _try_to_resize(self, width: int, height: int) -> None:
        randr = self.connection(xcffib.randr.key)
        randr.QueryVersion(1, 3).reply()
        # Not what RandR calls the largest: Xorg's dummy driver has no memory for that.
        width, height = min(width, self._largest[0]), min(height, self._largest[1])
        self.core.GrabServer()
        try:
            self._resize(randr, width, height)
        finally:
            self.core.UngrabServer()
            self.connection.flush()

    def _resize(self, randr: Any, width: int, height: int) -> None:
        place = self._place(randr)
        mode = self._mode(randr, place, width, height)
        # A controller must fit into the screen at all times: so it is off while the screen changes.
        self._feed(randr, place, 0, [])
        millimetres = [round(side * _MM_PER_PIXEL) for side in (width, height)]
        randr.SetScreenSize(self.root, width, height, *millimetres)
        self._feed(randr, place, mode, [place.output])

    def _place(self, randr: Any) -> _Place:
        resources = randr.GetScreenResourcesCurrent(self.root).reply()
        for output in resources.outputs:
            found = randr.GetOutputInfo(output, 0).reply()
            if found.connection == _CONNECTED and found.crtcs:
                crtc = found.crtc or found.crtcs[0]
                return _Place(output, crtc, list(found.modes), _names(resources))
        raise xcffib.XcffibException("The X server has no output.")

    def _mode(self, randr: Any, place: _Place, width: int, height: int) -> int:
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
            mode = randr.CreateMode(self.root, info, len(name), name).reply().mode
        if mode not in place.of_output:
            randr.AddOutputModeChecked(place.output, mode).check()
        return int(mode)

    def _feed(self, randr: Any, place: _Place, mode: int, outputs: list[int]) -> None:
        randr.SetCrtcConfig(
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
