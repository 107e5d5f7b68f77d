"""A window that owns selections and requests those of others (ICCCM, section 2)."""

from __future__ import annotations

import io
import itertools
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import xcffib
import xcffib.xfixes
import xcffib.xproto

from .connection import XConnection

MAX_LENGTH = 16 * 1024 * 1024 - 1024  # bytes; the longest request an X server takes (BIG-REQUESTS)

# Name of the window with which Xpra owns the clipboard for its viewers (Xpra 3.1.3,
# xpra/x11/gtk_x11/clipboard.py). A VNC server is an X server and uses a window of the server.
_XPRA = "Xpra-Clipboard"

# Number of properties for answers, used in turn: an owner may write a text into one of them long
# after the wait for it has ended (ICCCM, section 2.7.2).
_PROPERTIES = 8

_ANY_TYPE = 0
_CHANGE_PROPERTY = 18  # the request's opcode (X Window System Protocol, appendix B)
_Atom = xcffib.xproto.Atom
_Events = xcffib.xfixes.SelectionEventMask
_CHANGES = _Events.SetSelectionOwner | _Events.SelectionWindowDestroy | _Events.SelectionClientClose


@dataclass(frozen=True)
class Content:
    """The contents of a property: its type (an atom), the width of its items in bits, its bytes."""

    kind: int
    width: int
    data: bytes


class SelectionWindow:
    """A window that is never shown, and its operations on selections."""

    def __init__(self, x: XConnection) -> None:
        self._x = x
        self._core = x.core
        self.id: int = x.connection.generate_id()
        names = ("UTF8_STRING", "TARGETS", "INCR", "TEXT", "text/plain")
        self.utf8, self.targets, self.incr, self._text, self._plain = map(x.atom, names)
        self._plain_utf8 = x.atom("text/plain;charset=utf-8")
        properties = [x.atom(f"JUPYTER_DESKTOP_{number}") for number in range(_PROPERTIES)]
        self._properties = itertools.cycle(properties)
        self._core.CreateWindow(
            0,  # depth and visual: the parent's
            self.id,
            x.root,
            *(0, 0, 1, 1, 0),
            xcffib.xproto.WindowClass.InputOnly,
            0,
            xcffib.xproto.CW.EventMask,
            [xcffib.xproto.EventMask.PropertyChange],
        )

    def watch(self, selections: Iterable[int]) -> None:
        """Select an XFIXES event for each change of an owner of ``selections``."""
        fixes = self._x.connection(xcffib.xfixes.key)
        fixes.QueryVersion(5, 0).reply()
        for selection in selections:
            fixes.SelectSelectionInput(self.id, selection, _CHANGES)

    def is_display_servers(self, owner: int) -> bool:
        """Whether ``owner`` is the display server's window, for the clipboard of a viewer."""
        if not owner & ~self._x.setup.resource_id_mask:
            return owner != 0
        try:
            return self._x.text(owner, _Atom.WM_NAME) == _XPRA
        except xcffib.xproto.WindowError:
            return False  # the window is gone

    def take(self, selection: int, time: int) -> None:
        """Become the owner, unless another client did so after ``time``."""
        self._core.SetSelectionOwner(self.id, selection, time)

    def give_up(self, selection: int) -> None:
        """Release ``selection``."""
        self._core.SetSelectionOwner(0, selection, xcffib.xproto.Time.CurrentTime)

    def ask(self, selection: int, target: int) -> int:
        """Request ``target`` from the owner; return the property that will receive it."""
        property = next(self._properties)  # noqa: A001
        now = xcffib.xproto.Time.CurrentTime
        self._core.ConvertSelection(self.id, selection, target, property, now)
        return property

    def read(self, property: int) -> Content:  # noqa: A002
        """Return and delete a property, which requests the next piece (ICCCM, section 2.7.2)."""
        reply = self._core.GetProperty(
            True, self.id, property, _ANY_TYPE, 0, MAX_LENGTH // 4
        ).reply()
        return Content(reply.type, reply.format, bytes(reply.value.buf()))

    def contents(self, text: bytes) -> dict[int, Content]:
        """Return ``text`` (UTF-8) for each target with which programs request text."""
        whole = Content(self.utf8, 8, text)
        targets = (self._plain, self._plain_utf8)
        latin = text.decode(errors="replace").encode("latin-1", "replace")
        return {
            self.utf8: whole,
            self._text: whole,
            _Atom.STRING: Content(_Atom.STRING, 8, latin),
            **{target: Content(target, 8, text) for target in targets},
        }

    def answer(self, request: Any, contents: Mapping[int, Content]) -> None:
        """Answer ``request`` with its target, or refuse it (ICCCM, section 2.2)."""
        property = request.property or request.target  # noqa: A001
        if request.target == self.targets:
            atoms = [self.targets, *contents]
            packed = struct.pack(f"={len(atoms)}I", *atoms)
            self._put(request.requestor, property, Content(_Atom.ATOM, 32, packed))
        elif request.target in contents:
            self._put(request.requestor, property, contents[request.target])
        else:
            property = 0  # noqa: A001
        notice = xcffib.xproto.SelectionNotifyEvent.synthetic(  # type: ignore[no-untyped-call]
            request.time, request.requestor, request.selection, request.target, property
        )
        self._core.SendEvent(False, request.requestor, 0, notice.pack())

    def _put(self, window: int, property: int, content: Content) -> None:  # noqa: A002
        # Packed here, because xcffib's ChangeProperty makes a Python object of each byte.
        kind, width, data = content.kind, content.width, content.data
        items = len(data) * 8 // width
        head = (xcffib.xproto.PropMode.Replace, window, property, kind, width, items)
        padded = data + bytes(-len(data) % 4)
        request = io.BytesIO(struct.pack("=xB2xIIIB3xI", *head) + padded)
        self._core.send_request(_CHANGE_PROPERTY, request)
