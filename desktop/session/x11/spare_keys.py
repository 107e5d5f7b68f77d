"""Keys of an X server that stand for nothing, for characters that its keyboard lacks.

A VNC server puts a character that a viewer types, and that is on none of its keys, on one that
stands for nothing. TigerVNC's American keyboard has 19 of those; when all are taken, further
characters are lost, and a Russian alphabet needs 33. So the keys of multimedia keyboards stand for
nothing here, and before the last spare key is taken, those that were taken first are spare again.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

from xcffib.xproto import Mapping, MappingNotifyEvent

from .connection import XConnection

# XFree86's own keysyms, and those that Linux's keys have there (XF86keysym.h).
_MULTIMEDIA = range(0x10080000, 0x1008FFFF + 1)
_MIN_SPARE = 16  # spare keys: then others are made spare


class SpareKeys:
    """Sees to it that there are some."""

    def __init__(self, x: XConnection) -> None:
        self._x = x
        self._spare: set[int] = set()  # keycodes, also those that are taken
        self._taken: list[int] = []  # those of them that stand for a character, oldest first
        self._begin()

    def handle(self, event: Any) -> None:
        """Follow what keys stand for."""
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
            # Not those that may still be down.
            self._clear(self._taken[: len(self._taken) // 2])

    def _clear(self, keys: Iterable[int]) -> None:
        # All programs hear of each request, so neighbours go together.
        for _, pairs in itertools.groupby(enumerate(sorted(keys)), lambda at: at[1] - at[0]):
            run = [key for _, key in pairs]
            self._x.core.ChangeKeyboardMapping(len(run), run[0], 1, [0] * len(run))
