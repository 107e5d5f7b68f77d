"""The PRIMARY selection, for a text that was copied outside the desktop.

X programs paste PRIMARY with the middle button, terminals also with Shift+Insert. PRIMARY is the
text that was marked last: a new owner unmarks text elsewhere. So display servers set CLIPBOARD
only, and this window takes PRIMARY when the user is about to paste it and has marked nothing
since. The X server reports the button and the key to this window first (XGrabButton(3),
XGrabKey(3), with GrabModeSync), after all earlier events.
"""

from __future__ import annotations

import itertools
from typing import Any

import xcffib
import xcffib.xfixes
from xcffib.xproto import (
    Allow,
    Atom,
    ButtonPressEvent,
    EventMask,
    GrabMode,
    KeyPressEvent,
    Mapping,
    MappingNotifyEvent,
    ModMask,
    SelectionClearEvent,
    SelectionNotifyEvent,
    SelectionRequestEvent,
    Time,
)

from .connection import XConnection
from .selection_window import Content, SelectionWindow

_MIDDLE = 2
_INSERT = 0xFF63  # the keysym (X Window System Protocol, appendix A)
# Caps Lock and, by convention, Num Lock may be on; other modifiers do not paste.
_LOCKS = [caps | num for caps, num in itertools.product((0, ModMask.Lock), (0, ModMask._2))]


class Primary:
    """Takes PRIMARY when a text from outside is pasted from it."""

    def __init__(self, x: XConnection) -> None:
        self._x = x
        self._window = SelectionWindow(x)
        self._clipboard = x.atom("CLIPBOARD")
        self._newest = False  # the text from outside is newer than marked or copied text
        self._owner = False  # this window owns PRIMARY
        self._offered: dict[int, Content] = {}  # empty until the text is requested
        self._waiting: list[Any] = []  # requests for the text
        self._property = 0  # that receives it
        self._keys: set[int] = set()  # keycodes of the grabbed keys
        self._window.watch([Atom.PRIMARY, self._clipboard])
        self._grab_button()
        self._grab_keys()

    def handle(self, event: Any) -> None:
        """Handle changes of owners, pressed keys and buttons, and requests for the text."""
        match event:
            case ButtonPressEvent():
                self._pressed(Allow.ReplayPointer, event.time)
            case KeyPressEvent():
                self._pressed(Allow.ReplayKeyboard, event.time)
            case xcffib.xfixes.SelectionNotifyEvent(window=self._window.id):
                self._owner_changed(event.selection, event.owner)
            case SelectionRequestEvent(owner=self._window.id):
                self._asked(event)
            case SelectionNotifyEvent(requestor=self._window.id):
                self._given(event.property)
            case SelectionClearEvent(owner=self._window.id):
                self._owner, self._offered = False, {}
            case MappingNotifyEvent(request=Mapping.Keyboard):
                self._grab_keys()

    # If another client has the same grab, the error is ignored (``XConnection.serve``), and PRIMARY
    # stays the marked text.

    def _grab_button(self) -> None:
        modes = (GrabMode.Sync, GrabMode.Async)
        for locks in _LOCKS:
            self._x.core.GrabButton(
                *(False, self._x.root, EventMask.ButtonPress, *modes, 0, 0, _MIDDLE, locks)
            )

    def _grab_keys(self) -> None:
        """Grab the present "Insert" keys, with Shift."""
        root, keys = self._x.root, self._x.keycodes(_INSERT)
        for key in self._keys - keys:
            for locks in _LOCKS:
                self._x.core.UngrabKey(key, root, ModMask.Shift | locks)
        for key in keys - self._keys:
            for locks in _LOCKS:
                modes = (GrabMode.Async, GrabMode.Sync)
                self._x.core.GrabKey(False, root, ModMask.Shift | locks, key, *modes)
        self._keys = keys

    def _pressed(self, replay: int, time: int) -> None:
        """Take PRIMARY if needed; then have the X server replay the button or key."""
        if self._newest:
            self._newest, self._owner, self._offered = False, True, {}
            self._window.take(Atom.PRIMARY, Time.CurrentTime)
        self._x.core.AllowEvents(replay, time)

    def _owner_changed(self, selection: int, owner: int) -> None:
        if selection == self._clipboard:
            self._newest = self._window.is_display_servers(owner)
            if self._waiting:
                self._ask()
            elif not self._newest and not self._offered:
                self._give_up()  # the text from outside was replaced
        elif owner not in (0, self._window.id):
            self._newest = False

    def _asked(self, request: Any) -> None:
        """Answer a request; fetch the text first, which happens only on request."""
        known = self._window.contents(b"")
        if self._offered or request.target == self._window.targets or request.target not in known:
            self._window.answer(request, self._offered or known)
            return
        self._waiting.append(request)
        if len(self._waiting) == 1:
            self._ask()

    def _ask(self) -> None:
        self._property = self._window.ask(self._clipboard, self._window.utf8)

    def _given(self, property: int) -> None:  # noqa: A002
        """Pass the text to all clients that wait for it."""
        if property not in (0, self._property):
            return  # the answer of an earlier owner
        content = self._window.read(property) if property else None
        text = content.data if content and content.kind != self._window.incr else b""
        contents = self._window.contents(text) if text else {}
        for request in self._waiting:
            self._window.answer(request, contents)
        self._waiting = []
        if not text:
            self._give_up()
        elif self._owner:
            self._offered = contents

    def _give_up(self) -> None:
        if self._owner:
            self._owner = False
            self._window.give_up(Atom.PRIMARY)
