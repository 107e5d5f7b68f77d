"""Spare keys of an X server (keycodes without a keysym), for characters its keyboard lacks.

If a viewer types a character that is on no key, a VNC server assigns it to a spare key. TigerVNC's
American keyboard has 19 spare keys; when all are taken, further characters are lost, and a Russian
alphabet needs 33. So the keys of multimedia keyboards are made spare here, and before the last
spare key is taken, the keys that were taken first are made spare again.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

from xcffib.xproto import Mapping, MappingNotifyEvent

from .connection import XConnection

# XFree86's vendor keysyms, and those for Linux's keys (XF86keysym.h).
_MULTIMEDIA = range(0x10080000, 0x1008FFFF + 1)
_MIN_SPARE = 16  # with fewer spare keys, others are made spare


class SpareKeys:
    """Keeps at least ``_MIN_SPARE`` keys spare."""

    def __init__(self, x: XConnection) -> None:
        self._x = x
        self._spare: set[int] = set()  # keycodes, taken ones included
        self._taken: list[int] = []  # those that have a character now, oldest first
        self._begin()

    def handle(self, event: Any) -> None:
        """Handle changes of the keyboard mapping."""
        match event:
            case MappingNotifyEvent(request=Mapping.Keyboard, count=1):
                self._follow()
            case MappingNotifyEvent(request=Mapping.Keyboard):
                self._begin()  # a user has chosen another keyboard

    def _begin(self) -> None:
        keymap = self._x.keymap()
        free = {key for key, keysyms in keymap.items() if not keysyms}
        multimedia = {
            key
            for key, keysyms in keymap.items()
            if keysyms and all(keysym in _MULTIMEDIA for keysym in keysyms)
        }
        self._spare = free | multimedia | set(self._taken)
        self._clear(multimedia)
        self._follow()

    def _follow(self) -> None:
        keymap = self._x.keymap()
        taken = [key for key in self._spare if keymap.get(key)]
        known = [key for key in self._taken if key in taken]
        self._taken = known + sorted(set(taken) - set(known))
        if len(self._spare) - len(self._taken) < _MIN_SPARE:
            # The oldest half: newer keys may still be pressed.
            self._clear(self._taken[: len(self._taken) // 2])

    def _clear(self, keys: Iterable[int]) -> None:
        # All programs get an event for each request, so adjacent keys share one.
        for _, pairs in itertools.groupby(enumerate(sorted(keys)), lambda at: at[1] - at[0]):
            run = [key for _, key in pairs]
            self._x.core.ChangeKeyboardMapping(len(run), run[0], 1, [0] * len(run))
