"""The viewers of one desktop: pages that are connected, each by one stream or several."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ..errors import UnknownViewer
from ..system.access import Access
from ..system.streams import DESKTOP

_REMEMBERED = 1000  # pages whose numbers are kept


@dataclass
class Viewer:
    """A page, or another program, that is connected.

    ``user`` is for people to read, ``link`` the number of the share link that it came by, 0 for
    none. ``tell`` sends a text to it, if it is a page of ours.
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


class Viewers:
    """Who is connected; ``changed`` is called after every change.

    A page has the same number whenever it connects, and counts once, however many streams it has.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._last = 0
        self._numbers: dict[str, int] = {}  # by page; those asked for last are at the end
        self._present: dict[int, Viewer] = {}  # by their numbers
        self._of_connection: dict[int, Viewer] = {}

    def __len__(self) -> int:
        return len(self._present)

    def __iter__(self) -> Iterator[Viewer]:
        return iter(list(self._present.values()))

    def get(self, number: int) -> Viewer:
        """Return the viewer with this number; raises ``UnknownViewer``."""
        try:
            return self._present[number]
        except KeyError:
            raise UnknownViewer("This viewer has gone already.") from None

    def number(self, page: str) -> int:
        """Return the number that ``page`` has here, whether it is connected or not."""
        number = self._numbers.pop(page, 0)
        if not number:
            number = self._last = self._last + 1
        self._numbers[page] = number
        self._forget_one()
        return number

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
        """Take in that ``page`` has opened a connection for ``stream``, on which it can be told."""
        number = self.number(page)
        viewer = self._present.setdefault(number, Viewer(number, user, access, tell, link))
        if stream == DESKTOP:
            viewer.tell = tell
        viewer.streams[connection] = stream
        self._of_connection[connection] = viewer
        self._changed()

    def leave(self, connection: int) -> None:
        """Take in that a connection is over; the viewer goes with its last one."""
        viewer = self._of_connection.pop(connection)
        del viewer.streams[connection]
        if not viewer.streams:
            del self._present[viewer.id]
        self._changed()

    def _forget_one(self) -> None:
        """Forget the page that was heard of least recently, if there are too many."""
        if len(self._numbers) > _REMEMBERED:
            absent = (page for page, one in self._numbers.items() if one not in self._present)
            self._numbers.pop(next(absent, ""), None)
