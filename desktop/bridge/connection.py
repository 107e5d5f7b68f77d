"""One browser's connection, from the request head to the last byte."""

from __future__ import annotations

import errno
import io
import logging
import socket
from typing import Any, BinaryIO

from websockify.websockifyserver import WebSockifyRequestHandler

from .closing import Closing, End
from .messages import Handoff, Report
from .relay import Relay
from .timeouts import TIMEOUTS, Timeouts
from .websocket import BrowserSocket

_log = logging.getLogger("jupyter_desktop.bridge")


class Connection:
    """Runs in its own thread; other threads may call ``close`` and ``tell``."""

    def __init__(
        self,
        handoff: Handoff,
        browser: socket.socket,
        target: socket.socket,
        timeouts: Timeouts = TIMEOUTS,
    ) -> None:
        self.handoff = handoff
        self._browser = browser
        self._target = target
        self._timeouts = timeouts
        self._relay: Relay | None = None  # None until the handshake is done
        self._closing: Closing | None = None  # of the first ``close``; None before it
        self._text: str | None = None  # of the last ``tell``; None before it
        self._end = End.LOST  # until the relay returns another one

    @property
    def report(self) -> Report:
        """The bytes carried so far."""
        relay = self._relay
        return Report(self.handoff.id, relay.sent if relay else 0, relay.received if relay else 0)

    def close(self, closing: Closing) -> None:
        """Request the end; the close frame has the first reason."""
        self._closing = self._closing or closing
        if self._relay:
            self._relay.close(self._closing)

    def tell(self, text: str) -> None:
        """Send the page ``text``, at once or after the handshake."""
        self._text = text
        if self._relay:
            self._relay.tell(text)

    def drop(self) -> None:
        """Close both sockets of a connection that has no thread."""
        self._browser.close()
        self._target.close()

    def run(self) -> End:
        """Do the handshake, relay, close both sockets, and return why the connection is over.

        Raises ``OSError`` if no more files can be opened.
        """
        with self._browser, self._target:
            self._browser.settimeout(self._timeouts.handshake)
            try:
                # socketserver handles the whole connection in its handler's constructor.
                _RequestHandler(self._browser, self)
            except OSError as error:
                if error.errno in (errno.EMFILE, errno.ENFILE):
                    raise
                _log.debug("Connection %d broke off: %s", self.handoff.id, error)
        return self._end

    def relay(self, browser: BrowserSocket) -> None:
        """Carry bytes; called after the handshake."""
        _without_delay(browser)
        browser.setblocking(False)
        self._target.setblocking(False)
        self._relay = Relay(browser, self._target, self.handoff.greeting, self._timeouts)
        if self._closing:
            self._relay.close(self._closing)
        if self._text is not None:
            self._relay.tell(self._text)
        self._end = self._relay.run()


class _RequestHandler(WebSockifyRequestHandler):  # type: ignore[misc]
    """websockify's request handler; its "server" is the ``Connection``."""

    SocketClass = BrowserSocket
    server_version = "jupyter-desktop"
    sys_version = ""

    def __init__(self, browser: socket.socket, connection: Connection) -> None:
        # Disables websockify's file server. Its constructor resets this, so ``setup`` repeats it.
        self.only_upgrade = True
        super().__init__(browser, ("", 0), connection)

    def setup(self) -> None:
        """Read the request head from the hand-off, if the Jupyter server has read it."""
        super().setup()
        self.only_upgrade = True
        head = self.server.handoff.head
        if head:
            self.rfile.close()
            self.rfile: BinaryIO = io.BytesIO(head.encode("latin-1"))

    def new_websocket_client(self) -> None:
        """Relay (websockify calls this after the handshake)."""
        self.server.relay(self.request)

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002
        """Log messages of http.server, which are for developers only."""
        _log.debug(format, *arguments)


def _without_delay(browser: BrowserSocket) -> None:
    # Not for Unix sockets, which have no such option: Jupyter itself may listen on one.
    if browser.socket.family in (socket.AF_INET, socket.AF_INET6):
        browser.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
