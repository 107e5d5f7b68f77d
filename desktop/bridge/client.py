"""The bridge, seen from the Jupyter server: a process that is there when it is needed."""

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

_PATIENCE = 3.0  # seconds for the bridge to say goodbye to its browsers
_BUSY = 0.5  # seconds
_SHORT_LIFE = 1.0  # seconds; one that dies sooner would die again


@dataclass
class _Open:
    """A connection that the bridge has, and the bytes that it has reported of it."""

    handoff: messages.Handoff
    sent: int = 0
    received: int = 0


class BridgeClient:
    """Hands connections over to a bridge process, which it starts, and starts again if it died.

    ``ended`` is called with a hand-off, and why, when its connection is over. ``carried`` is called
    with the bytes that went to browsers, and came from them, since it was called last. ``folder``
    is ours, to be made when the bridge runs, and the bridge removes it when it ends, since it
    outlives even a server that is killed.
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
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._open: dict[int, _Open] = {}  # by the hand-off's number
        self._started = 0.0  # when the bridge was started last; 0 if it never was

    @property
    def pid(self) -> int | None:
        """The bridge's process id, None where there is none."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the bridge, if it does not run; it is ready for hand-offs at once.

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

        Raises ``BridgeUnavailable``; then they are closed as well.
        """
        with browser, target:
            # A bridge that has died is noticed at the first attempt.
            if not self._send(handoff, browser, target):
                self._lost()
                if not self._send(handoff, browser, target):
                    raise _unavailable("it does not take connections")
        self._open[handoff.id] = _Open(handoff)

    def close(self, identifier: int) -> None:
        """End the connection of a hand-off; the browser is told that it was ended on purpose."""
        if self._control and identifier in self._open:
            try:
                messages.send_close(self._control, identifier)
            except OSError as error:
                self._log.warning("The bridge does not listen: %s", error)
                self._lost()

    def tell(self, identifier: int, text: str) -> None:
        """Have the page of a hand-off told ``text``; nothing depends on it, so it may fail."""
        if self._control and identifier in self._open:
            try:
                messages.send_tell(self._control, identifier, text)
            except OSError as error:
                self._log.warning("The bridge does not tell a page %s: %s", text, error)

    async def stop(self) -> None:
        """End the bridge; the browsers are told."""
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
            # Ready at once, but for a bridge that is busy with very many.
            select.select([], [self._control], [], _BUSY)
            messages.send_handoff(self._control, handoff, browser.fileno(), target.fileno())
        except OSError as error:
            self._log.warning("The bridge did not take a connection: %s", error)
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
            self._log.error("The bridge process has died; pages will connect again.")
            self._lost()
            self._start_again()
            return
        self._take(messages.decode_report(data))

    def _lost(self) -> None:
        """Forget a bridge that is gone."""
        # In this order: one that merely seemed so would take the closed socket for our end.
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None
        self._forget_control()
        for one in list(self._open.values()):
            number = one.handoff.id
            self._take(messages.Report(number, one.sent, one.received, End.BRIDGE_DIED))

    def _start_again(self) -> None:
        """Start the bridge where one has died, so that the folder is removed in any case."""
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
            return  # one that was reported over already
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
        # numpy, which unmasks frames, would start a thread per core with megabytes of stack.
        environment={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )


def _unavailable(why: str) -> BridgeUnavailable:
    return BridgeUnavailable(
        f"The process that carries the picture cannot be used: {why}.",
        remedy="Try again. If it stays so, restart the Jupyter server.",
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
