"""Clipboard texts that a display server cannot read: INCR transfers, and texts with NUL.

An X program transfers a long selection in pieces (ICCCM, section 2.7.2, "INCR"): GTK from 256 KiB,
xclip from 1 MiB. TigerVNC 1.12 does not read these (nor, as is assumed, does TurboVNC), and Xpra
3.1.3 takes the first piece for the whole, so such a text would not reach viewers. This module reads
the text and offers it again in one piece: as CLIPBOARD, with all other formats of its owner, or as
another selection that the display server reads (``Backend.long_texts``). A text with NUL is offered
without NUL, which a VNC server takes for the end.
"""

from __future__ import annotations

import struct
from typing import Any

import xcffib
import xcffib.xfixes
import xcffib.xproto

from .connection import XConnection
from .selection_window import MAX_LENGTH, Content, SelectionWindow

_MAX_TOTAL = 4 * MAX_LENGTH  # bytes of all formats together

# Targets of an owner that are not formats of the text (ICCCM, section 2.6.2; the Clipboard Manager
# Specification of freedesktop.org).
_NO_FORMATS = (
    *("TARGETS", "MULTIPLE", "TIMESTAMP", "SAVE_TARGETS", "DELETE"),
    *("INSERT_PROPERTY", "INSERT_SELECTION", "COMPOUND_TEXT"),
)


class LongSelections:
    """Offers clipboard texts that come in pieces, or with NUL, again as ``selection``."""

    def __init__(self, x: XConnection, selection: str) -> None:
        self._window = SelectionWindow(x)
        self._clipboard, self._selection = x.atom("CLIPBOARD"), x.atom(selection)
        self._no_formats = set(map(x.atom, _NO_FORMATS))
        self._offered: dict[int, Content] = {}  # by target; empty if nothing is offered
        self._forget()
        self._window.watch([self._clipboard])

    def handle(self, event: Any) -> None:
        """Handle changes of the clipboard's owner, and requests for texts that are offered."""
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
        """Reset the transfer."""
        self._target = self._property = 0  # of the last request
        self._pieces: bytearray | None = None  # read so far of an INCR transfer
        self._wanted: list[int] = []  # targets to request next
        self._read: dict[int, Content] = {}  # received so far, by target
        self._since = 0  # X server's time at which the owner took the clipboard

    def _owner_changed(self, event: Any) -> None:
        """Request a new owner's text, unless the owner is this window or the display server."""
        self._forget()
        if self._offered and self._selection != self._clipboard:
            self._offered = {}
            self._window.give_up(self._selection)  # the clipboard has a newer text
        if event.owner in (0, self._window.id) or self._window.is_display_servers(event.owner):
            return
        self._since = event.selection_timestamp
        self._ask(self._window.utf8)

    def _ask(self, target: int) -> None:
        self._target, self._property = target, self._window.ask(self._clipboard, target)

    def _given(self, event: Any) -> None:
        """Handle an answer; a text in one piece without NUL needs no action."""
        if event.property == self._property:
            content = self._window.read(self._property)
            if content.kind == self._window.incr:
                self._pieces = bytearray()
            elif self._read or b"\0" in content.data.rstrip(b"\0"):
                self._keep(content)
        elif not event.property and event.target == self._target and self._read:
            self._next()  # the owner does not provide this format

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
            # The other formats are needed only where this window replaces the owner.
            self._wanted = [self._window.targets] if self._selection == self._clipboard else []
        elif sum(len(one.data) for one in self._read.values()) + len(content.data) <= _MAX_TOTAL:
            self._read[self._target] = content
        self._next()

    def _next(self) -> None:
        """Request the next format; after the last one, become the owner."""
        if self._wanted:
            self._ask(self._wanted.pop(0))
            return
        replaces = self._selection == self._clipboard
        # With the owner's time, a program that has copied something meanwhile keeps the clipboard.
        since = self._since if replaces else xcffib.xproto.Time.CurrentTime
        self._offered = self._read
        self._forget()
        self._window.take(self._selection, since)
