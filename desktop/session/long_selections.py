"""Selections that are too long for a display server.

An X program hands over a long selection in pieces (ICCCM, section 2.7.2, "INCR"): GTK from
256 KiB, xclip from 1 MiB. TigerVNC 1.12 does not read those (nor, so it is assumed, TurboVNC), and
Xpra 3.1.3 takes the first piece for the whole: such a text would never reach a viewer. Here it is
read, and offered once more as PRIMARY, in one piece. CLIPBOARD stays with its owner, who can give
it in more ways than as plain text.
"""

from __future__ import annotations

import io
import struct
from typing import Any

import xcffib
import xcffib.xfixes
import xcffib.xproto

from .x_connection import XConnection

_LONGEST = 16 * 1024 * 1024 - 1024  # bytes; the longest request an X server takes (BIG-REQUESTS)
_ANY_TYPE = 0
_CHANGE_PROPERTY = 18  # the request's opcode (X Window System Protocol, appendix B)
_PropertyMode = xcffib.xproto.PropMode
_Atom = xcffib.xproto.Atom


class LongSelections:
    """Offers texts again, in one piece, that come in pieces."""

    def __init__(self, x: XConnection) -> None:
        self._x = x
        self._core = x.core
        self._window: int = x.connection.generate_id()
        self._utf8, self._targets, self._incr = map(x.atom, ("UTF8_STRING", "TARGETS", "INCR"))
        self._pieces: dict[int, bytearray] = {}  # by property, which has the selection's name
        self._text = b""
        self._create_window()
        self._watch([_Atom.PRIMARY, x.atom("CLIPBOARD")])

    def handle(self, event: Any) -> None:
        """Follow the owners of selections, the pieces that come, and who asks for ours."""
        match event:
            case xcffib.xfixes.SelectionNotifyEvent():
                self._owner_changed(event)
            case xcffib.xproto.SelectionNotifyEvent(property=property) if property:
                self._first_piece(property)
            case xcffib.xproto.PropertyNotifyEvent(
                window=self._window, state=xcffib.xproto.Property.NewValue
            ):
                self._next_piece(event.atom)
            case xcffib.xproto.SelectionRequestEvent():
                self._answer(event)
            case xcffib.xproto.SelectionClearEvent():
                self._text = b""

    def _create_window(self) -> None:
        """Create the window that owns and asks; it is never shown."""
        self._core.CreateWindow(
            0,  # depth and visual: the parent's
            self._window,
            self._x.root,
            *(0, 0, 1, 1, 0),
            xcffib.xproto.WindowClass.InputOnly,
            0,
            xcffib.xproto.CW.EventMask,
            [xcffib.xproto.EventMask.PropertyChange],
        )

    def _watch(self, selections: list[int]) -> None:
        fixes = self._x.connection(xcffib.xfixes.key)
        fixes.QueryVersion(5, 0).reply()
        mask = xcffib.xfixes.SelectionEventMask.SetSelectionOwner
        for selection in selections:
            fixes.SelectSelectionInput(self._window, selection, mask)

    def _owner_changed(self, event: Any) -> None:
        """Ask a new owner for its text, unless it is this window or the display server itself."""
        self._pieces.pop(event.selection, None)
        if event.owner == self._window or not event.owner & ~self._x.setup.resource_id_mask:
            return
        self._core.ConvertSelection(
            self._window, event.selection, self._utf8, event.selection, event.timestamp
        )

    def _first_piece(self, property: int) -> None:  # noqa: A002
        """Begin to read a text in pieces; one that came whole is of no interest."""
        kind = self._core.GetProperty(False, self._window, property, _ANY_TYPE, 0, 0).reply().type
        if kind == self._incr:
            self._pieces[property] = bytearray()
        # For a text in pieces this asks for the next one (ICCCM, section 2.7.2).
        self._core.DeleteProperty(self._window, property)

    def _next_piece(self, property: int) -> None:  # noqa: A002
        if property not in self._pieces:
            return
        reply = self._core.GetProperty(
            True, self._window, property, _ANY_TYPE, 0, _LONGEST // 4
        ).reply()
        piece = reply.value.buf()
        if piece and len(self._pieces[property]) + len(piece) <= _LONGEST:
            self._pieces[property] += piece
        elif text := self._pieces.pop(property):
            self._offer(b"" if piece else bytes(text))

    def _offer(self, text: bytes) -> None:
        """Become the owner of PRIMARY, and so tell the VNC server that there is a new text."""
        if text:
            self._text = text
            self._core.SetSelectionOwner(
                self._window, _Atom.PRIMARY, xcffib.xproto.Time.CurrentTime
            )

    def _answer(self, event: Any) -> None:
        """Hand the text over, or say that it is not to be had in that way (ICCCM, 2.2)."""
        property = event.property or event.target  # noqa: A001
        if event.target == self._utf8:
            self._put(event.requestor, property, self._utf8, 8, self._text)
        elif event.target == self._targets:
            atoms = struct.pack("=II", self._targets, self._utf8)
            self._put(event.requestor, property, _Atom.ATOM, 32, atoms)
        else:
            property = 0  # noqa: A001
        notice = xcffib.xproto.SelectionNotifyEvent.synthetic(  # type: ignore[no-untyped-call]
            event.time, event.requestor, event.selection, event.target, property
        )
        self._core.SendEvent(False, event.requestor, 0, notice.pack())

    def _put(self, window: int, property: int, kind: int, width: int, data: bytes) -> None:  # noqa: A002
        # As xcffib's ChangeProperty, which however makes a Python object of each byte.
        head = (_PropertyMode.Replace, window, property, kind, width, len(data) * 8 // width)
        request = io.BytesIO(struct.pack("=xB2xIIIB3xI", *head) + data)
        self._core.send_request(_CHANGE_PROPERTY, request)
