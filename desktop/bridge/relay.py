"""Relay of bytes between a browser and a display server, with back-pressure."""

from __future__ import annotations

import select
import socket
import time
from collections import deque
from collections.abc import Callable

from websockify.websocket import WebSocketWantReadError, WebSocketWantWriteError

from .closing import NOT_AUTHORISED, SESSION_ENDED, SILENT, Closing, End
from .messages import WITH_TEXTS
from .timeouts import TIMEOUTS, Timeouts
from .websocket import BrowserSocket, ProtocolError

CHUNK = 64 * 1024
_CLOSE_TIMEOUT = 2.0  # seconds to wait for the browser's close frame
_GONE = select.POLLHUP | select.POLLERR


class Relay:
    """Carries one connection.

    It holds at most one chunk in each direction: while a chunk waits to be sent, its source is not
    read, so the back-pressure of either side reaches the other. An empty message from the browser
    is answered by an empty one: browser scripts cannot send pings.

    ``greeting`` is the number of bytes that the display server has sent when it has checked a
    password; a connection that does not get further in time is closed. 0 disables this limit.

    ``close`` and ``tell`` may be called from any thread.
    """

    def __init__(
        self,
        browser: BrowserSocket,
        target: socket.socket,
        greeting: int,
        timeouts: Timeouts = TIMEOUTS,
    ) -> None:
        self._browser = browser
        self._target = target
        self._greeting = greeting  # bytes left until the password is checked; then 0 or less
        self._timeouts = timeouts
        # One of websockify's sending methods with its argument, to be called again with the same
        # argument until it does not raise; any other call in between would break the frame.
        self._sending: tuple[Callable[[bytes], object], bytes] | None = None
        self._to_target = memoryview(b"")  # the browser's bytes that are not sent yet
        self._asked_for_life = False  # an empty message has come, and needs an answer
        self._texts: deque[str] = deque(maxlen=1)  # the newest text, until it is sent
        self.sent = self.received = 0  # bytes taken from the display server, and passed to it
        # Monotonic times: of the start, of the last sign of life, and of the last ping.
        self._began = self._alive = self._pinged = time.monotonic()
        self._heard = 0  # ``BrowserSocket.heard`` at the last check for silence
        self._closing: Closing | None = None  # of the first ``close``; None before it
        self._woken, self._wake = socket.socketpair()
        self._poll = select.poll()
        self._poll.register(self._woken, select.POLLIN)

    def close(self, closing: Closing) -> None:
        """Request the end."""
        self._closing = self._closing or closing
        self._wake_up()

    def tell(self, text: str) -> None:
        """Send the page ``text`` once the socket is writable; only the newest text is kept."""
        if self._browser.protocol == WITH_TEXTS:
            self._texts.append(text)
            self._wake_up()

    def _wake_up(self) -> None:
        try:
            self._wake.send(b"\0")
        except OSError:
            pass  # the relay has ended

    def run(self) -> End:
        """Relay until either side closes; send the browser a close frame if it is still there."""
        with self._woken, self._wake:
            try:
                closing = self._carry()
            except ProtocolError as error:
                closing = Closing(error.code, error.reason, End.PROTOCOL)
            except OSError:
                return End.LOST
            if closing is None:
                return End.CLOSED if self._browser.said_goodbye else End.LOST
            self._say_goodbye(closing)
            return closing.end

    def _carry(self) -> Closing | None:
        """Relay; return the reason for the close frame, None if the browser has closed."""
        while True:
            ready = self._wait()
            if self._woken.fileno() in ready:
                self._woken.recv(CHUNK)
            closing = self._closing or self._overdue()
            if closing:
                return closing
            browser = ready.get(self._browser.fileno(), 0)
            if browser & _GONE or (browser & select.POLLIN and not self._read_browser()):
                return None
            target = ready.get(self._target.fileno(), 0)
            # poll reports a hang-up even while the target is not read because a frame is half sent.
            readable = target & ~select.POLLOUT and self._sending is None
            if not self._write_target() or (readable and not self._read_target()):
                return SESSION_ENDED
            self._write_browser()

    def _wait(self) -> dict[int, int]:
        """Return the ready descriptors; a side is read only while the other one is writable."""
        blocked, pending = self._sending is not None, bool(self._to_target)
        self._watch(self._browser.fileno(), reading=not pending, writing=blocked)
        self._watch(self._target.fileno(), reading=not blocked, writing=pending)
        return dict(self._poll.poll(1000))

    def _watch(self, descriptor: int, *, reading: bool, writing: bool) -> None:
        # Unregistered, a descriptor reports no hang-up either: poll would otherwise return at once,
        # again and again, until the other side accepts the remaining bytes.
        if reading or writing:
            events = select.POLLIN * reading | select.POLLOUT * writing
            self._poll.register(descriptor, events)
        else:
            try:
                self._poll.unregister(descriptor)
            except KeyError:
                pass

    def _overdue(self) -> Closing | None:
        """Return why the browser has timed out; None if it has not."""
        now = time.monotonic()
        if self._browser.heard != self._heard or self._to_target:
            self._heard, self._alive = self._browser.heard, now
        if now - self._alive > self._timeouts.silence:
            return SILENT
        if self._greeting > 0 and now - self._began > self._timeouts.login:
            return NOT_AUTHORISED
        return None

    def _read_browser(self) -> bool:
        """Read the available messages; False when the browser has closed."""
        messages: list[bytes] = []
        closed = False
        try:
            while not closed and (not messages or self._browser.pending()):
                message = self._browser.recvmsg()
                if message is None:
                    closed = True
                else:
                    messages.append(message)
        except WebSocketWantReadError:
            pass
        self._asked_for_life |= b"" in messages
        self._to_target = memoryview(b"".join(messages))
        if closed:
            # The last key events of a page arrive together with its close frame.
            self._write_target()
        return not closed

    def _write_target(self) -> bool:
        """Send pending bytes to the display server; False when it has closed."""
        try:
            if self._to_target:
                taken = self._target.send(self._to_target)
                self._to_target = self._to_target[taken:]
                self.received += taken
        except BlockingIOError:
            pass
        except OSError:
            return False
        return True

    def _read_target(self) -> bool:
        """Read from the display server; False when it has closed."""
        try:
            data = self._target.recv(CHUNK)
        except BlockingIOError:
            return True
        except OSError:
            return False
        self.sent += len(data)
        self._greeting -= len(data) if self._greeting > 0 else 0
        self._sending = (self._browser.sendmsg, data)
        return bool(data)

    def _write_browser(self) -> None:
        """Send pending frames to the browser until its socket would block."""
        try:
            while self._sending or self._next_own_frame():
                assert self._sending
                send, data = self._sending
                send(data)
                self._sending = None
        except WebSocketWantWriteError:
            pass

    def _next_own_frame(self) -> bool:
        """Make the next pong, ping or text the pending frame; False if there is none."""
        now = time.monotonic()
        if self._browser.unanswered is not None:
            self._sending = (self._browser.pong, self._browser.unanswered)
            self._browser.unanswered = None
        elif self._asked_for_life:
            self._sending = (self._browser.sendmsg, b"")
            self._asked_for_life = False
        elif self._texts:
            self._sending = (self._browser.send_text, self._texts.popleft().encode())
        elif now - self._pinged > self._timeouts.ping_every:
            self._sending = (self._browser.ping, b"")
            self._pinged = now
        return self._sending is not None

    def _say_goodbye(self, closing: Closing) -> None:
        """Do the closing handshake, if the browser answers (RFC 6455, section 7.1)."""
        deadline = time.monotonic() + _CLOSE_TIMEOUT
        self._browser.settimeout(_CLOSE_TIMEOUT)
        try:
            self._write_browser()
            self._browser.send_close(closing.code, closing.reason)
            # Frames that the browser sent before it received the close frame come first.
            while time.monotonic() < deadline and self._browser.recvmsg() is not None:
                pass
        except (OSError, ProtocolError):
            pass
