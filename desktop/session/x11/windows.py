"""The windows of programs on a display, and filling the screen with one of them.

A window manager is asked by Extended Window Manager Hints; without one, the window is resized to
the screen here.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager

import xcffib
from xcffib.xproto import (
    CW,
    Atom,
    ConfigWindow,
    DestroyNotifyEvent,
    EventMask,
    MapState,
    PropMode,
    WindowClass,
    WindowError,
)

from .connection import XConnection
from .names import APPLICATION, WINDOW_MANAGER

_ADD, _FROM_A_PAGER = 1, 2  # EWMH, "_NET_WM_STATE" and "Source indication in requests"
_NO_DECORATIONS = (2, 0, 0, 0, 0)  # _MOTIF_WM_HINTS (Xm/MwmUtil.h): flags, functions, decorations
_FRAME_ATTEMPTS = 5  # to remove the frame of a window that restores it
_MIN_SIZE, _MAX_SIZE = 1 << 4, 1 << 5  # WM_NORMAL_HINTS (ICCCM, 4.1.2.3)


class ClientWindows:
    """The windows of all programs on the display of ``x``, without menus and tooltips.

    With ``fill``, the first main window of an application fills the screen, without a frame; when
    it is closed, the next one does. Dialogs, splash screens and windows of a fixed size are left
    unchanged.
    """

    def __init__(self, x: XConnection, fill: bool) -> None:
        self._x = x
        self._fill = fill
        self._main = 0  # id of the window that fills the screen; 0 if none
        self._handed_over = False  # whether the window manager was asked to fill the screen
        self._without_manager = 0  # the main window that was resized without a window manager
        self._frame_attempts = 0  # attempts that are left for it
        self._seen = False  # there was a window; never reset
        self._list = x.atom("_NET_CLIENT_LIST")
        self._manager = x.atom(WINDOW_MANAGER)
        mask = EventMask.PropertyChange | EventMask.SubstructureNotify | EventMask.StructureNotify
        x.core.ChangeWindowAttributes(x.root, CW.EventMask, [mask])
        x.connection.flush()

    @property
    def seen(self) -> bool:
        """Whether there ever was a window."""
        return self._seen

    def update(self) -> bool:
        """Handle pending events; return whether there is a window.

        Raises ``xcffib.ConnectionException`` if the display is gone.
        """
        windows = self._look()
        # Reading replies may queue events, after which the socket is not readable.
        while self._take_events():
            windows = self._look()
        return bool(windows)

    def _look(self) -> list[int]:
        windows: list[int] = []
        with _while_windows_go():
            windows = self._windows()
        if windows and not self._seen:
            self._seen = True
            self._announce()
        if self._fill:
            with _while_windows_go():
                self._fill_screen(windows)
        self._x.connection.flush()
        return windows

    def _take_events(self) -> bool:
        """Handle the queued events; return whether there were any."""
        taken = False
        while True:
            with _while_windows_go():
                event = self._x.connection.poll_for_event()
                if event is None:
                    return taken
                # Ids are reused: the next window may have the same one.
                if isinstance(event, DestroyNotifyEvent) and event.window == self._main:
                    self._main = 0
            taken = True

    def _announce(self) -> None:
        window = self._x.connection.generate_id()
        self._x.core.CreateWindow(
            *(0, window, self._x.root, -1, -1, 1, 1, 0, WindowClass.InputOnly, 0, 0, [])
        )
        up = self._x.atom(APPLICATION)
        for holder in (window, self._x.root):
            self._x.core.ChangeProperty(PropMode.Replace, holder, up, Atom.WINDOW, 32, 1, [window])

    def _windows(self) -> list[int]:
        """Return the windows, oldest first."""
        if self._managed:
            return self._x.numbers(self._x.root, self._list)
        children = self._x.core.QueryTree(self._x.root).reply().children
        return [window for window in children if self._is_on_its_own(window)]

    def _is_on_its_own(self, window: int) -> bool:
        """Whether a window manager would manage the window."""
        told = self._x.core.GetWindowAttributes(window).reply()
        return told.map_state == MapState.Viewable and not told.override_redirect

    @property
    def _managed(self) -> bool:
        window = self._x.numbers(self._x.root, self._manager)
        try:
            return bool(window) and self._x.numbers(window[0], self._manager) == window
        except WindowError:
            return False  # the property was left by a window manager that has ended

    def _fill_screen(self, windows: list[int]) -> None:
        if self._main not in windows:
            self._main = next(filter(self._is_main, windows), 0)
            self._handed_over = False
            self._frame_attempts = _FRAME_ATTEMPTS
            if self._main:
                mask = [EventMask.StructureNotify | EventMask.PropertyChange]
                self._x.core.ChangeWindowAttributes(self._main, CW.EventMask, mask)
        if not self._main:
            return
        if not self._managed:
            self._handed_over = False
            self._without_manager = self._main
            self._stretch(self._main)
            return
        if not self._handed_over:
            self._maximise(self._main)
            if self._main == self._without_manager:
                self._activate(self._main)
            self._handed_over = True
        self._remove_frame(self._main)

    def _is_main(self, window: int) -> bool:
        kinds = self._x.numbers(window, self._x.atom("_NET_WM_WINDOW_TYPE"))
        normal = not kinds or self._x.atom("_NET_WM_WINDOW_TYPE_NORMAL") in kinds
        belongs_to_another = self._x.numbers(window, Atom.WM_TRANSIENT_FOR)
        return normal and not belongs_to_another and self._can_grow(window)

    def _can_grow(self, window: int) -> bool:
        hints = self._x.numbers(window, Atom.WM_NORMAL_HINTS)
        limited = len(hints) >= 9 and hints[0] & _MIN_SIZE and hints[0] & _MAX_SIZE
        return not limited or hints[5:7] != hints[7:9]

    def _maximise(self, window: int) -> None:
        states = [self._x.atom(f"_NET_WM_STATE_MAXIMIZED_{way}") for way in ("VERT", "HORZ")]
        self._ask_manager(window, "_NET_WM_STATE", _ADD, *states, _FROM_A_PAGER)

    def _activate(self, window: int) -> None:
        """Focus the window, which a window manager that starts later does not do."""
        # Only the first number is a window: xfwm4 adds a time.
        active = self._x.numbers(self._x.root, self._x.atom("_NET_ACTIVE_WINDOW"))
        if not any(active[:1]):
            self._ask_manager(window, "_NET_ACTIVE_WINDOW", _FROM_A_PAGER)

    def _ask_manager(self, window: int, request: str, *data: int) -> None:
        """Send a client message of the Extended Window Manager Hints."""
        numbers = struct.pack("=5I", *data, *[0] * (5 - len(data)))
        message = struct.pack("=BBHII", 33, 32, 0, window, self._x.atom(request)) + numbers
        mask = EventMask.SubstructureRedirect | EventMask.SubstructureNotify
        self._x.core.SendEvent(False, self._x.root, mask, message)

    def _remove_frame(self, window: int) -> None:
        """Remove the frame; repeatedly for programs that set this hint late (Blender)."""
        motif = self._x.atom("_MOTIF_WM_HINTS")
        hints = self._x.numbers(window, motif)
        decorated = len(hints) < 3 or not hints[0] & _NO_DECORATIONS[0] or hints[2]
        if decorated and self._frame_attempts:
            self._frame_attempts -= 1
            self._x.core.ChangeProperty(
                PropMode.Replace, window, motif, motif, 32, len(_NO_DECORATIONS), _NO_DECORATIONS
            )

    def _stretch(self, window: int) -> None:
        screen = self._x.core.GetGeometry(self._x.root).reply()
        now = self._x.core.GetGeometry(window).reply()
        wanted = (0, 0, screen.width, screen.height, 0)
        if (now.x, now.y, now.width, now.height, now.border_width) != wanted:
            parts = (ConfigWindow.X, ConfigWindow.Y, ConfigWindow.Width, ConfigWindow.Height)
            mask = ConfigWindow.BorderWidth
            for part in parts:
                mask |= part
            self._x.core.ConfigureWindow(window, mask, list(wanted))


@contextmanager
def _while_windows_go() -> Iterator[None]:
    """Ignore errors for windows that are gone: DestroyNotify reports them as well."""
    try:
        yield
    except xcffib.Error:
        pass
