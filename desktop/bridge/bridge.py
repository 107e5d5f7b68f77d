"""The bridge: the connections of one Jupyter server, and its control socket."""

from __future__ import annotations

import contextlib
import logging
import resource
import select
import socket
import threading
import time
from dataclasses import replace

from . import messages
from .closing import ENDED, SERVER_ENDING, TAKEN_OVER, Closing, End
from .connection import Connection
from .timeouts import TIMEOUTS, Timeouts

_CLOSE_ALL_TIMEOUT = 1.0  # seconds to close all connections when the server ends
_log = logging.getLogger("jupyter_desktop.bridge")

_NO_FILE = (
    "Connection %d is refused: the bridge may have no more than %d files open, four for each page "
    "that shows a desktop. Raise that limit where Jupyter is started (ulimit -n), or close pages."
)
_NO_THREAD = (
    "Connection %d is refused: the bridge cannot start a thread for it (%s). Usually the limit of "
    "processes is reached: raise it where Jupyter is started (ulimit -u, or the limit of the "
    "container or job), or end unneeded programs. It may also be the limit of memory."
)


class Bridge:
    """Takes hand-offs from ``control`` until its other end closes."""

    def __init__(self, control: socket.socket, timeouts: Timeouts = TIMEOUTS) -> None:
        self._control = control
        self._timeouts = timeouts
        self.folder: str | None = None  # the server's, removed when the bridge ends
        self._connections: dict[int, Connection] = {}  # open ones, by the hand-off's id
        self._threads: dict[int, threading.Thread] = {}  # running ones, by the hand-off's id
        self._reported: dict[int, messages.Report] = {}  # the last report of each connection
        self._next_report = time.monotonic() + self._timeouts.report_every
        self._lock = threading.Lock()

    def serve(self) -> None:
        """Carry connections; returns when the server has ended and the connections are closed."""
        while self._serve_one():
            pass
        self._close(self._all(), SERVER_ENDING)
        for thread in list(self._threads.values()):
            thread.join(_CLOSE_ALL_TIMEOUT / max(1, len(self._threads)))

    def _serve_one(self) -> bool:
        self._report_until_message()
        try:
            message = messages.receive(self._control)
        except messages.BadMessage as error:
            _log.error("An invalid message from the server is dropped: %s", error)
            return True
        except ConnectionError:
            return False
        match message:
            case messages.Close(identifier):
                self._close(self._of(identifier), ENDED)
            case messages.Tell(identifier, text):
                for connection in self._of(identifier):
                    connection.tell(text)
            case messages.Lost(identifier):
                _log_no_file(identifier)
                self._report(messages.Report(identifier, 0, 0, End.REFUSED))
            case messages.Folder(path):
                self.folder = path
            case handoff, browser, target:
                self._begin(handoff, browser, target)
        return message is not None

    def _begin(self, handoff: messages.Handoff, browser: int, target: int) -> None:
        connection = Connection(
            handoff, socket.socket(fileno=browser), socket.socket(fileno=target), self._timeouts
        )
        with self._lock:
            replaced = [old for old in self._connections.values() if _replaces(handoff, old)]
            self._connections[handoff.id] = connection
        self._close(replaced, TAKEN_OVER)
        thread = threading.Thread(target=self._run, args=[connection], daemon=True)
        self._threads[handoff.id] = thread
        try:
            thread.start()
        except RuntimeError as error:
            _log.error(_NO_THREAD, handoff.id, error)
            connection.drop()
            self._over(connection, End.REFUSED)

    def _run(self, connection: Connection) -> None:
        end = End.FAILED
        try:
            end = connection.run()
        except OSError:
            _log_no_file(connection.handoff.id)
            end = End.REFUSED
        except Exception:
            _log.exception("Connection %d failed; the others continue.", connection.handoff.id)
        finally:
            self._over(connection, end)

    def _over(self, connection: Connection, end: End) -> None:
        identifier = connection.handoff.id
        with self._lock:
            del self._connections[identifier]
            del self._threads[identifier]
            self._reported.pop(identifier, None)
        self._report(replace(connection.report, end=end))

    def _report(self, report: messages.Report) -> None:
        try:
            messages.send_report(self._control, report)
        except OSError:
            pass  # the server has ended

    def _report_until_message(self) -> None:
        """Report carried bytes at most every ``report_every`` seconds, until there is a message."""
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        while self._connections:
            left = self._next_report - time.monotonic()
            if left <= 0:
                self._next_report = time.monotonic() + self._timeouts.report_every
                self._report_carried()
            elif poll.poll(left * 1000):
                return

    def _report_carried(self) -> None:
        with self._lock:
            reports = [connection.report for connection in self._connections.values()]
            news = [one for one in reports if self._reported.get(one.id) != one]
            self._reported.update((one.id, one) for one in news)
        for report in news:
            # If the server is too busy to read, the next report, or the last one, has the sum.
            with contextlib.suppress(OSError):
                messages.send_report(self._control, report, socket.MSG_DONTWAIT)

    def _close(self, connections: list[Connection], closing: Closing) -> None:
        for connection in connections:
            connection.close(closing)

    def _of(self, identifier: int) -> list[Connection]:
        """Return the connection of a hand-off; an empty list if it is over."""
        return [one for one in self._all() if one.handoff.id == identifier]

    def _all(self) -> list[Connection]:
        with self._lock:
            return list(self._connections.values())


def _log_no_file(identifier: int) -> None:
    most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    _log.error(_NO_FILE, identifier, most)


def _replaces(handoff: messages.Handoff, connection: Connection) -> bool:
    return _identity(handoff) == _identity(connection.handoff)


def _identity(handoff: messages.Handoff) -> tuple[str, str, str]:
    return handoff.session, handoff.page, handoff.stream
