"""A connection to the session's X display, read as events come."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Any, TypeVar

import xcffib
import xcffib.xproto

from ..errors import StartFailed

_Self = TypeVar("_Self", bound="XConnection")


class XConnection:
    """A client of the display ``display`` (":N"); a context that closes it.

    The cookie is found through this process's ``$XAUTHORITY``. Subclasses get each event in
    ``handle``. When the display goes away nothing more happens: the session notices the end of
    the display server itself. Raises ``StartFailed`` where the display cannot be opened.
    """

    def __init__(self, display: str) -> None:
        try:
            connection: Any = xcffib.connect(display)  # type: ignore[no-untyped-call]
        except xcffib.ConnectionException as error:
            raise StartFailed(f"The X display {display} cannot be opened: {error}.") from error
        self.connection = connection
        self.core = connection.core
        self.setup = connection.get_setup()
        self.root: int = self.setup.roots[0].root
        # xcffib refuses to tell it once the display is gone.
        self._descriptor: int = connection.get_file_descriptor()

    def __enter__(self: _Self) -> _Self:
        asyncio.get_running_loop().add_reader(self._descriptor, self.drain)
        self.drain()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        asyncio.get_running_loop().remove_reader(self._descriptor)
        self.connection.disconnect()

    def handle(self, event: Any) -> None:
        """Act on one event."""
        raise NotImplementedError

    def drain(self) -> None:
        """Handle the events that are there.

        To be called also after a request with a reply: events that came with it wait in libxcb,
        where the socket does not show them.
        """
        try:
            self.connection.flush()
            while (event := self.connection.poll_for_event()) is not None:
                self._handle_if_possible(event)
            self.connection.flush()
        except xcffib.ConnectionException:
            asyncio.get_running_loop().remove_reader(self._descriptor)

    def is_lost(self) -> bool:
        """Whether the display is gone."""
        try:
            self.core.GetInputFocus().reply()
        except xcffib.ConnectionException:
            return True
        return False

    def atom(self, name: str) -> int:
        """Return the atom called ``name``."""
        atom: int = self.core.InternAtom(False, len(name), name.encode()).reply().atom
        return atom

    def _handle_if_possible(self, event: Any) -> None:
        try:
            self.handle(event)
        except xcffib.ProtocolException:
            pass  # a window that was there a moment ago; its program has gone
