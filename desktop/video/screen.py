"""The X screen: the parts that have changed, and their pixels.

Extensions: DAMAGE and XFIXES (regions), MIT-SHM if the X server has it.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import xcffib
import xcffib.damage
import xcffib.shm
import xcffib.xfixes
from xcffib.xproto import CW, ConfigureNotifyEvent, EventMask, ImageFormat, ImageOrder

from ..session.x11.connection import XConnection
from .region import Region
from .shared_memory import SharedMemory

_BYTES = 4  # of a pixel
_ALL_PLANES = 0xFFFFFFFF


class ScreenUnusable(Exception):
    """The screen cannot be captured; the text is the reason."""


class Screen:
    """The screen of ``display`` (":N").

    While ``watch`` is on, ``changed`` is called after the first change since the last ``changes``;
    ``resized`` is called after each change of the size. Requests block while a program grabs the X
    server (XGrabServer(3)). Raises ``ScreenUnusable`` or ``xcffib.ConnectionException``.
    """

    def __init__(
        self, display: str, changed: Callable[[], None], resized: Callable[[], None]
    ) -> None:
        self._x = XConnection(display)
        self._changed = changed
        self._resized = resized
        screen = self._x.setup.roots[0]
        self.size = (screen.width_in_pixels, screen.height_in_pixels)
        self._check_format(screen)
        self._damage_extension = self._extension(xcffib.damage.key, "DAMAGE", 1, 1)
        self._fixes = self._extension(xcffib.xfixes.key, "XFIXES", 2, 0)
        self._changes = self._x.connection.generate_id()
        self._fixes.CreateRegion(self._changes, 0, [])
        self._damage = 0  # the XID of the damage object while ``watch`` is on
        self._memory = _memory(self._x)
        self._x.core.ChangeWindowAttributes(self._x.root, CW.EventMask, [EventMask.StructureNotify])
        self._x.connection.flush()

    def fileno(self) -> int:
        """Return the file descriptor that becomes readable when there are events."""
        return int(self._x.connection.get_file_descriptor())

    def handle_events(self) -> None:
        """Handle all events that have arrived.

        Call it after each ``changes`` and ``capture`` as well: xcb may read events together with
        their replies, and then the file descriptor does not become readable.
        """
        while event := self._next_event():
            if isinstance(event, xcffib.damage.NotifyEvent):
                self._changed()
            elif isinstance(event, ConfigureNotifyEvent) and event.window == self._x.root:
                self._set_size((event.width, event.height))

    def _next_event(self) -> Any:
        """Return the next event that has arrived; None if there is none."""
        while True:
            try:
                return self._x.connection.poll_for_event()
            except xcffib.Error:
                pass  # of a request without a reply

    def watch(self, on: bool) -> None:
        """Turn calls of ``changed`` on or off; they cost the X server time for each drawing."""
        if on and not self._damage:
            self._damage = self._x.connection.generate_id()
            level = xcffib.damage.ReportLevel.NonEmpty
            self._damage_extension.Create(self._damage, self._x.root, level)
        elif not on and self._damage:
            self._damage_extension.Destroy(self._damage)
            self._damage = 0
        self._x.connection.flush()

    def changes(self) -> list[Region]:
        """Return the changes since the last call, as rectangles that do not overlap."""
        self._damage_extension.Subtract(self._damage, 0, self._changes)
        reply = self._fixes.FetchRegion(self._changes).reply()
        return [Region(one.x, one.y, one.width, one.height) for one in reply.rectangles]

    def capture(self, region: Region) -> int:
        """Return the address of the pixels of ``region``.

        They are lines of B, G, R and an unused byte, without gaps, until the next call. Raises
        ``xcffib.Error`` if the region is not on the screen, which may have been resized.
        """
        return self._memory.capture(region)

    def close(self) -> None:
        """Disconnect."""
        self._memory.close()
        self._x.connection.disconnect()

    def _set_size(self, size: tuple[int, int]) -> None:
        if self.size != size:
            self.size = size
            self._resized()

    def _check_format(self, screen: Any) -> None:
        setup = self._x.setup
        sizes = {one.depth: one.bits_per_pixel for one in setup.pixmap_formats}
        bits = sizes.get(screen.root_depth)
        little = setup.image_byte_order == ImageOrder.LSBFirst
        if screen.root_depth != 24 or bits != 8 * _BYTES or not little:
            raise ScreenUnusable(
                f"The screen has {screen.root_depth} bits of colour in {bits} bits per pixel; "
                "video needs 24 in 32."
            )

    def _extension(self, key: Any, name: str, *version: int) -> Any:
        if not _has(self._x, name):
            raise ScreenUnusable(f"The X server has no {name} extension.")
        extension = self._x.connection(key)
        extension.QueryVersion(*version).reply()
        return extension


class _Memory:
    """Pixels by MIT-SHM: the X server writes them into memory shared with this process."""

    def __init__(self, x: XConnection, extension: Any) -> None:
        self._x = x
        self._extension = extension
        self._segment: SharedMemory | None = None  # as large as the largest region so far
        self._xid = 0

    def reserve(self, size: int) -> SharedMemory:
        """Return a segment of at least ``size`` bytes; raises ``OSError`` or ``xcffib.Error``."""
        if self._segment and self._segment.size >= size:
            return self._segment
        self.close()
        segment = SharedMemory(size)
        try:
            self._xid = self._x.connection.generate_id()
            self._extension.Attach(self._xid, segment.id, False, is_checked=True).check()
        except xcffib.Error:
            segment.close()
            raise
        self._segment = segment
        return segment

    def capture(self, region: Region) -> int:
        """Return the address of the pixels of ``region`` (see ``Screen.capture``)."""
        segment = self.reserve(region.area * _BYTES)
        self._extension.GetImage(
            self._x.root, *region, _ALL_PLANES, ImageFormat.ZPixmap, self._xid, 0
        ).reply()
        return segment.address

    def close(self) -> None:
        """Release the segment."""
        if self._segment:
            self._extension.Detach(self._xid)
            self._segment.close()
            self._segment = None


class _Copies:
    """Pixels in replies of the X server, if it shares no memory with this process."""

    def __init__(self, x: XConnection) -> None:
        self._x = x
        self._answer: Any = None  # keeps the memory of the last reply

    def capture(self, region: Region) -> int:
        """Return the address of the pixels of ``region`` (see ``Screen.capture``)."""
        reply = self._x.core.GetImage(
            ImageFormat.ZPixmap, self._x.root, *region, _ALL_PLANES
        ).reply()
        data = bytes(reply.data.buf())
        self._answer = ctypes.create_string_buffer(data, len(data))
        return ctypes.addressof(self._answer)

    def close(self) -> None:
        """Release the memory."""
        self._answer = None


def _memory(x: XConnection) -> _Memory | _Copies:
    """Return the fastest way to get pixels that works with this X server."""
    if not _has(x, "MIT-SHM"):
        return _Copies(x)
    try:
        memory = _Memory(x, x.connection(xcffib.shm.key))
        memory.reserve(_BYTES)
    except (OSError, xcffib.Error):  # a limit of the kernel, or the X server is in a container
        return _Copies(x)
    return memory


def _has(x: XConnection, name: str) -> bool:
    """Whether the X server has an extension; a request to a missing one ends the connection."""
    return bool(x.core.QueryExtension(len(name), name).reply().present)
