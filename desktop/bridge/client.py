"""The Jupyter server's side of the bridge: starts the process and hands connections over."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..errors import BridgeUnavailable
from ..system import spawn
from . import messages
from .closing import End

_STOP_TIMEOUT = 3.0  # seconds for the bridge to close its connections
_SEND_TIMEOUT = 0.5  # seconds
_SHORT_LIFE = 1.0  # seconds; no restart at once if the bridge died sooner


@dataclass
class _OpenConnection:
    """A connection in the bridge, and the bytes that the bridge has reported for it."""

    handoff: messages.Handoff
    sent: int = 0
    received: int = 0


class BridgeClient:
    """Hands connections over to a bridge process, starts it, and restarts it if it died.

    ``ended`` is called with a hand-off and a reason when its connection is over. ``carried`` is
    called with the bytes sent to and received from browsers since its last call. ``folder`` is the
    server's, created after the bridge has started; the bridge removes it when it ends, even if the
    server was killed.
    """

    def __init__(
        self,
        folder: Path,
        ended: Callable[[messages.Handoff, End], None],
        carried: Callable[[int, int], None],
        log: logging.Logger,
    ) -> None:
        self._folder = folder
        self._ended = ended
        self._carried = carried
        self._log = log
        # None before the start and after the end.
        self._process: subprocess.Popen[bytes] | None = None
        # Our end of the socket pair; None without a bridge.
        self._control: socket.socket | None = None
        self._open: dict[int, _OpenConnection] = {}  # by the hand-off's number
        self._started = 0.0  # when the bridge was last started; 0 if never

    @property
    def pid(self) -> int | None:
        """The bridge's process id, None if it does not run."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the bridge, if it does not run; hand-offs can be sent at once.

        Raises ``BridgeUnavailable``.
        """
        if self._control:
            return
        control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            try:
                self._process = _start_process(theirs)
                messages.send_folder(control, str(self._folder))
            except OSError as error:
                control.close()
                raise _unavailable(str(error)) from error
        if self._started:
            self._log.info("The bridge was started again (process %d).", self._process.pid)
        self._started = time.monotonic()
        control.setblocking(False)
        self._control = control
        asyncio.get_running_loop().add_reader(self._control, self._receive)

    def hand_over(
        self,
        browser: socket.socket,
        target: socket.socket,
        handoff: messages.Handoff,
    ) -> None:
        """Pass two sockets to the bridge and close them here.

        Raises ``BridgeUnavailable``; the sockets are closed in this case, too.
        """
        with browser, target:
            # The first attempt fails if the bridge has died.
            if not self._send(handoff, browser, target):
                self._lost()
                if not self._send(handoff, browser, target):
                    raise _unavailable("it does not accept connections")
        self._open[handoff.id] = _OpenConnection(handoff)

    def close(self, identifier: int) -> None:
        """End the connection of a hand-off; the close frame says that the owner has ended it."""
        if self._control and identifier in self._open:
            try:
                messages.send_close(self._control, identifier)
            except OSError as error:
                self._log.warning("The bridge could not be asked to close a connection: %s", error)
                self._lost()

    def tell(self, identifier: int, text: str) -> None:
        """Send ``text`` to the page of a hand-off; a failure is only logged."""
        if self._control and identifier in self._open:
            try:
                messages.send_tell(self._control, identifier, text)
            except OSError as error:
                self._log.warning("The bridge could not send a page %s: %s", text, error)

    async def stop(self) -> None:
        """End the bridge, which closes all connections."""
        process, self._process = self._process, None
        self._forget_control()
        if process:
            await asyncio.to_thread(_end, process)

    def _send(
        self, handoff: messages.Handoff, browser: socket.socket, target: socket.socket
    ) -> bool:
        try:
            self.start()
            assert self._control
            # Ready at once, unless the bridge is busy with very many connections.
            select.select([], [self._control], [], _SEND_TIMEOUT)
            messages.send_handoff(self._control, handoff, browser.fileno(), target.fileno())
        except OSError as error:
            self._log.warning("The bridge did not accept a connection: %s", error)
            return False
        return True

    def _receive(self) -> None:
        assert self._control
        try:
            data = self._control.recv(messages.LARGEST)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._log.error("The bridge process has died; pages will reconnect.")
            self._lost()
            self._start_again()
            return
        self._take(messages.decode_report(data))

    def _lost(self) -> None:
        """Kill a bridge that has died or does not answer, and end its connections here."""
        # In this order: a bridge that still runs would take the closed socket for the server's end.
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None
        self._forget_control()
        for one in list(self._open.values()):
            number = one.handoff.id
            self._take(messages.Report(number, one.sent, one.received, End.BRIDGE_DIED))

    def _start_again(self) -> None:
        """Restart a bridge that has died, so that the folder is removed in any case."""
        if time.monotonic() - self._started > _SHORT_LIFE:
            with contextlib.suppress(BridgeUnavailable):
                self.start()

    def _forget_control(self) -> None:
        if self._control:
            asyncio.get_running_loop().remove_reader(self._control)
            self._control.close()
            self._control = None

    def _take(self, report: messages.Report) -> None:
        known = self._open.get(report.id)
        if not known:
            return  # its end was reported before
        self._carried(report.sent - known.sent, report.received - known.received)
        known.sent, known.received = report.sent, report.received
        if report.end:
            del self._open[report.id]
            self._ended(known.handoff, report.end)


def _start_process(control: socket.socket) -> subprocess.Popen[bytes]:
    return spawn.start(
        [sys.executable, "-m", "jupyter_desktop.bridge"],
        stdin=control.fileno(),
        stdout=subprocess.DEVNULL,
        # numpy (unmasks frames) would start a thread per core, each with megabytes of stack.
        environment={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )


def _unavailable(why: str) -> BridgeUnavailable:
    return BridgeUnavailable(
        f"The process that carries the picture cannot be used: {why}.",
        remedy="Try again. If that does not help, restart the Jupyter server.",
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(_STOP_TIMEOUT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
