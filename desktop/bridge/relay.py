"""Relay of bytes between a browser and a display server; a slow reader pauses the other side."""

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
_FAREWELL = 2.0  # seconds to wait for the browser's close frame
_GONE = select.POLLHUP | select.POLLERR


class Relay:
    """Carries one connection.

    It holds at most one chunk in each direction: while one waits to be sent its source is not
    read, so the back-pressure of either side reaches the other. An empty message from the browser
    asks for a sign of life, and is answered by an empty one.

    ``greeting`` is how many bytes the display server has sent once it has judged a password; a
    browser that gets no further in time is shut out. 0 is for those that need no such limit.

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
        self._greeting = greeting
        self._timeouts = timeouts
        # One of websockify's sending methods with its argument, to be called again with the same
        # until it does not raise; anything else in between would break the frame.
        self._sending: tuple[Callable[[bytes], object], bytes] | None = None
        self._to_target = memoryview(b"")
        self._asked_for_life = False
        self._texts: deque[str] = deque(maxlen=1)
        self.sent = self.received = 0  # bytes taken from the display server, and passed to it
        self._began = self._alive = self._pinged = time.monotonic()
        self._heard = 0
        self._closing: Closing | None = None
        self._woken, self._wake = socket.socketpair()
        self._poll = select.poll()
        self._poll.register(self._woken, select.POLLIN)

    def close(self, closing: Closing) -> None:
        """Ask for the end."""
        self._closing = self._closing or closing
        self._wake_up()

    def tell(self, text: str) -> None:
        """Have the page told ``text``, the newest one, once it takes something."""
        if self._browser.protocol == WITH_TEXTS:
            self._texts.append(text)
            self._wake_up()

    def _wake_up(self) -> None:
        try:
            self._wake.send(b"\0")
        except OSError:
            pass  # it is over already

    def run(self) -> End:
        """Relay until either side closes, and tell the browser why where it can be told."""
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
        """Relay; return what to tell the browser, None if it has closed."""
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
            # A hang-up is reported even while it is not read, because a frame is half sent.
            readable = target & ~select.POLLOUT and self._sending is None
            if not self._write_target() or (readable and not self._read_target()):
                return SESSION_ENDED
            self._write_browser()

    def _wait(self) -> dict[int, int]:
        """Wait for what can be done now; a side is read only while the other one takes."""
        blocked, pending = self._sending is not None, bool(self._to_target)
        self._watch(self._browser.fileno(), reading=not pending, writing=blocked)
        self._watch(self._target.fileno(), reading=not blocked, writing=pending)
        return dict(self._poll.poll(1000))

    def _watch(self, descriptor: int, *, reading: bool, writing: bool) -> None:
        # A descriptor that is not registered reports no hang-up either, which would otherwise
        # come back at once for as long as the other side does not take what is left.
        if reading or writing:
            events = select.POLLIN * reading | select.POLLOUT * writing
            self._poll.register(descriptor, events)
        else:
            try:
                self._poll.unregister(descriptor)
            except KeyError:
                pass

    def _overdue(self) -> Closing | None:
        """Return why to give up on the browser, if it is time to."""
        now = time.monotonic()
        if self._browser.heard != self._heard or self._to_target:
            self._heard, self._alive = self._browser.heard, now
        if now - self._alive > self._timeouts.silence:
            return SILENT
        if self._greeting > 0 and now - self._began > self._timeouts.login:
            return NOT_AUTHORISED
        return None

    def _read_browser(self) -> bool:
        """Take the messages that are there; False when the browser has closed."""
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
            # The last keys pressed on a page come together with its goodbye.
            self._write_target()
        return not closed

    def _write_target(self) -> bool:
        """Pass on what waits for the display server; False when that is gone."""
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
        """Take what the display server has; False when it is gone."""
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
        """Send what waits for the browser, as far as it takes it."""
        try:
            while self._sending or self._next_of_ours():
                assert self._sending
                send, data = self._sending
                send(data)
                self._sending = None
        except WebSocketWantWriteError:
            pass

    def _next_of_ours(self) -> bool:
        """Put what is not data in the place of data; False if there is nothing of that kind."""
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
        """Close in order, if the browser still takes part (RFC 6455, section 7.1)."""
        deadline = time.monotonic() + _FAREWELL
        self._browser.settimeout(_FAREWELL)
        try:
            self._write_browser()
            self._browser.send_close(closing.code, closing.reason)
            # It may talk on for a while, having not seen the close frame yet.
            while time.monotonic() < deadline and self._browser.recvmsg() is not None:
                pass
        except (OSError, ProtocolError):
            pass
