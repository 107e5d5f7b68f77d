"""Texts on the clipboard that a display server cannot read: too long ones, and those with NUL.

An X program hands over a long selection in pieces (ICCCM, section 2.7.2, "INCR"): GTK from
256 KiB, xclip from 1 MiB. TigerVNC 1.12 does not read those (nor, so it is assumed, TurboVNC), and
Xpra 3.1.3 takes the first piece for the whole: such a text would never reach a viewer. Here it is
read, and offered once more in one piece: as CLIPBOARD, with all that its owner could give beside
the text, or as another selection that the display server looks at, too (``Backend.long_texts``). So
is one with NUL, but without that: a VNC server takes it for the end.
"""

from __future__ import annotations

import struct
from typing import Any

import xcffib
import xcffib.xfixes
import xcffib.xproto

from .connection import XConnection
from .selection_window import MAX_LENGTH, Content, SelectionWindow

_MAX_TOTAL = 4 * MAX_LENGTH  # bytes in all formats together

# Targets of an owner that are no formats of the text (ICCCM, section 2.6.2; the
# clipboard manager's specification of freedesktop.org).
_NO_FORMATS = (
    *("TARGETS", "MULTIPLE", "TIMESTAMP", "SAVE_TARGETS", "DELETE"),
    *("INSERT_PROPERTY", "INSERT_SELECTION", "COMPOUND_TEXT"),
)


class LongSelections:
    """Offers as ``selection`` what programs give of the clipboard in pieces, or with NUL."""

    def __init__(self, x: XConnection, selection: str) -> None:
        self._window = SelectionWindow(x)
        self._clipboard, self._selection = x.atom("CLIPBOARD"), x.atom(selection)
        self._no_formats = set(map(x.atom, _NO_FORMATS))
        self._offered: dict[int, Content] = {}
        self._forget()
        self._window.watch([self._clipboard])

    def handle(self, event: Any) -> None:
        """Follow the clipboard's owners, and requests for texts that were taken over."""
        match event:
            case xcffib.xfixes.SelectionNotifyEvent(window=self._window.id):
                self._owner_changed(event)
            case xcffib.xproto.SelectionNotifyEvent(requestor=self._window.id):
                self._given(event)
            case xcffib.xproto.PropertyNotifyEvent(
                window=self._window.id, state=xcffib.xproto.Property.NewValue
            ):
                self._next_piece(event.atom)
            case xcffib.xproto.SelectionRequestEvent(owner=self._window.id):
                self._window.answer(event, self._offered)
            case xcffib.xproto.SelectionClearEvent(owner=self._window.id):
                self._offered = {}

    def _forget(self) -> None:
        """Begin anew: nothing is read yet, and nothing is wanted."""
        self._target = self._property = 0  # what was asked for last, and where it comes
        self._pieces: bytearray | None = None  # of that
        self._wanted: list[int] = []  # targets to ask for after that
        self._read: dict[int, Content] = {}
        self._since = 0  # X server's time since which the owner has it

    def _owner_changed(self, event: Any) -> None:
        """Ask a new owner for its text, unless it is this window or the display server itself."""
        self._forget()
        if self._offered and self._selection != self._clipboard:
            self._offered = {}
            self._window.give_up(self._selection)  # there is a newer text
        if event.owner in (0, self._window.id) or self._window.is_display_servers(event.owner):
            return
        self._since = event.selection_timestamp
        self._ask(self._window.utf8)

    def _ask(self, target: int) -> None:
        self._target, self._property = target, self._window.ask(self._clipboard, target)

    def _given(self, event: Any) -> None:
        """Look at an answer; a text that came whole and can be read is of no interest."""
        if event.property == self._property:
            content = self._window.read(self._property)
            if content.kind == self._window.incr:
                self._pieces = bytearray()
            elif self._read or b"\0" in content.data.rstrip(b"\0"):
                self._keep(content)
        elif not event.property and event.target == self._target and self._read:
            self._next()  # this format is not to be had

    def _next_piece(self, property: int) -> None:  # noqa: A002
        if property != self._property or self._pieces is None:
            return
        piece = self._window.read(property)
        if piece.data and len(self._pieces) + len(piece.data) <= MAX_LENGTH:
            self._pieces += piece.data
            return
        whole = Content(piece.kind, piece.width or 8, b"" if piece.data else bytes(self._pieces))
        self._pieces = None
        if whole.data:
            self._keep(whole)
        else:
            self._forget()

    def _keep(self, content: Content) -> None:
        if self._target == self._window.targets:
            known = {*self._no_formats, *self._read}
            atoms = struct.unpack(f"={len(content.data) // 4}I", content.data)
            self._wanted = [atom for atom in atoms if atom not in known]
        elif not self._read:
            self._read = self._window.contents(content.data.replace(b"\0", b""))
            # The owner of the clipboard goes on to give the rest, unless it is replaced.
            self._wanted = [self._window.targets] if self._selection == self._clipboard else []
        elif sum(len(one.data) for one in self._read.values()) + len(content.data) <= _MAX_TOTAL:
            self._read[self._target] = content
        self._next()

    def _next(self) -> None:
        """Ask for the next format; take over when all have come."""
        if self._wanted:
            self._ask(self._wanted.pop(0))
            return
        replaces = self._selection == self._clipboard
        # A program that has copied something meanwhile goes on to own the clipboard.
        since = self._since if replaces else xcffib.xproto.Time.CurrentTime
        self._offered = self._read
        self._forget()
        self._window.take(self._selection, since)
