"""The viewers of one desktop: pages that are connected, each by one stream or several."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ..errors import UnknownViewer
from ..system import foreign_text
from ..system.access import Access
from ..system.streams import DESKTOP
from . import metrics

_REMEMBERED = 1000  # pages whose numbers are kept


@dataclass
class Viewer:
    """A connected page or other program.

    ``user`` is a name for display, ``link`` the number of its share link, 0 for none. ``tell``
    sends it a text, if it is our page.
    """

    id: int
    user: str
    access: Access
    tell: Callable[[str], None] = field(repr=False)
    link: int = 0
    streams: dict[int, str] = field(default_factory=dict)  # by the connection's number

    def as_json(self) -> dict[str, Any]:
        """Return it as the API shows it."""
        return {"id": self.id, "user": self.user, "access": self.access}

    def __str__(self) -> str:
        """Describe it for the log."""
        by = f" by link {self.link}" if self.link else ""
        user = foreign_text.line(self.user)
        return f"viewer {self.id} ({user}{by}, {self.access.value} access)"


@dataclass
class _Page:
    """A page that is or was connected, or has a ticket.

    ``streams`` are those that it has connected to since the desktop was started.
    """

    number: int
    streams: set[str] = field(default_factory=set)


class Viewers:
    """The viewers of the desktop called ``name``; ``changed`` is called after every change.

    A page has the same number whenever it connects, and counts once, however many streams it has.
    """

    def __init__(self, name: str, log: logging.Logger, changed: Callable[[], None]) -> None:
        self._name = name
        self._log = log
        self._changed = changed
        self._last = 0  # the last number given to a page
        self._pages: dict[str, _Page] = {}  # most recently used last
        self._present: dict[int, Viewer] = {}  # by their numbers
        self._of_connection: dict[int, Viewer] = {}  # by the connection's number

    def __len__(self) -> int:
        return len(self._present)

    def __iter__(self) -> Iterator[Viewer]:
        return iter(list(self._present.values()))

    def get(self, number: int) -> Viewer:
        """Return the viewer with this number; raises ``UnknownViewer``."""
        try:
            return self._present[number]
        except KeyError:
            raise UnknownViewer("This viewer has already disconnected.") from None

    def number(self, page: str) -> int:
        """Return the number of ``page``, whether it is connected or not."""
        return self._page(page).number

    def begin(self) -> None:
        """Note that the desktop is started: the next connection of each page is its first."""
        for page in self._pages.values():
            page.streams.clear()

    def join(
        self,
        page: str,
        connection: int,
        stream: str,
        *,
        user: str,
        access: Access,
        tell: Callable[[str], None],
        link: int,
    ) -> None:
        """Add a connection of ``page`` for ``stream``; ``tell`` sends the page a text over it."""
        known = self._page(page)
        viewer = self._present.get(known.number)
        if viewer is None:
            viewer = self._present[known.number] = Viewer(known.number, user, access, tell, link)
            metrics.VIEWERS.inc()
        if stream == DESKTOP:
            viewer.tell = tell
        viewer.streams[connection] = stream
        self._of_connection[connection] = viewer
        again = stream in known.streams
        known.streams.add(stream)
        metrics.RECONNECTS.inc(again)
        self._log_change(viewer, stream, "connected again." if again else "connected.")
        self._changed()

    def leave(self, connection: int, why: str) -> None:
        """Remove a connection, and with its last one the viewer."""
        viewer = self._of_connection.pop(connection)
        stream = viewer.streams.pop(connection)
        if viewer.streams:
            self._log_change(viewer, stream, f"has one connection less: {why}.")
        else:
            del self._present[viewer.id]
            metrics.VIEWERS.dec()
            self._log_change(viewer, stream, f"left: {why}.")
        self._changed()

    def _log_change(self, viewer: Viewer, stream: str, what: str) -> None:
        # The default stream is not mentioned.
        named = "" if stream == DESKTOP else f" (stream {stream!r})"
        self._log.info("Desktop %r: %s%s %s", self._name, viewer, named, what)

    def _page(self, page: str) -> _Page:
        known = self._pages.pop(page, None)
        if known is None:
            self._last += 1
            known = _Page(self._last)
        self._pages[page] = known
        self._forget_one()
        return known

    def _forget_one(self) -> None:
        """Forget the least recently used page that is not connected, if there are too many."""
        if len(self._pages) > _REMEMBERED:
            absent = (name for name, one in self._pages.items() if one.number not in self._present)
            self._pages.pop(next(absent, ""), None)
