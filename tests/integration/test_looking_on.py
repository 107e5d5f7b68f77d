"""Keys, clicks and clipboard that raw view-only viewers send.

In each test a viewer with full access sends the same, to show that the test can fail.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import zlib
from abc import abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests import clients, servers
from tests.clients import Viewer, Wire
from tests.servers import JupyterServer, until
from tests.xpra_viewer import MessageStream, XpraViewer

from .viewing import asked, open_socket, selected, selection

# The number of pressed keys, and the mask of pointer buttons and modifiers.
HELD = (
    "keys = c.core.QueryKeymap().reply().keys; mask = c.core.QueryPointer(r).reply().mask; "
    "print(sum(bin(byte).count('1') for byte in keys), mask)"
)
NOTHING, KEY_AND_BUTTON = (0, 0), (1, 1 << 8)

KEY = ord("a")

# Capabilities of an Xpra viewer with keyboard and clipboard.
WISHES = {
    "keyboard": 1,
    "keyboard_sync": 1,
    "xkbmap_keycodes": [[KEY, "a", 38, 0, 0]],
    "clipboard": 1,
    "clipboard.greedy": 1,
    "clipboard.selections": ["CLIPBOARD"],
}


class Raw(threading.Thread):
    """A viewer that tries everything; ``texts`` are those received from the desktop."""

    def __init__(self, text: str) -> None:
        super().__init__(daemon=True)
        self.texts: list[str] = []
        self._text = text
        self._answers = 0

    @abstractmethod
    def holds(self, down: bool) -> None:
        """Press or release a key and a pointer button."""

    @abstractmethod
    def copies(self) -> None:
        """Send its text to the desktop's clipboard."""

    @abstractmethod
    def pastes(self) -> None:
        """Request the desktop's clipboard."""

    @abstractmethod
    def _ask(self) -> None:
        """Send a request whose answer comes after everything was processed."""

    @abstractmethod
    def _take(self) -> None:
        """Read until the connection ends."""

    def is_heard(self) -> None:
        """Wait until everything sent has been processed, and the answers have arrived."""
        for _ in range(5):
            before = self._answers
            self._ask()
            until(lambda before=before: self._answers > before, "an answer")

    def run(self) -> None:
        with contextlib.suppress(clients.Closed, OSError):
            self._take()


class RawVnc(Raw):
    """An RFB viewer with the extended clipboard."""

    def __init__(self, wire: Wire, password: str, text: str) -> None:
        super().__init__(text)
        self._viewer = Viewer(wire).authenticate(password)
        self._viewer.offer_extended_clipboard()

    def holds(self, down: bool) -> None:
        # KeyEvent and PointerEvent (RFC 6143, 7.5.4 and 7.5.5).
        self._viewer.send(struct.pack(">BBxxI", 4, down, KEY))
        self._viewer.send(struct.pack(">BBHH", 5, down, 140, 150))

    def copies(self) -> None:
        self._viewer.cut_text(self._text)
        self._viewer.provide(self._text)
        self._viewer.notify()

    def pastes(self) -> None:
        self._viewer.request_text()

    def _ask(self) -> None:
        self._viewer.send(struct.pack(">BBHHHH", 3, False, 0, 0, 1, 1))

    def _take(self) -> None:
        for kind, body in self._viewer.messages():
            if kind == 0:
                self._viewer._rectangles()
                self._answers += 1
            elif kind == 3 and int.from_bytes(body[:4], "big", signed=True) >= 0:
                self.texts.append(body[4:].decode("latin-1"))
            elif kind == 3:
                self._take_extended(body[4:8], body[8:])

    def _take_extended(self, flags: bytes, data: bytes) -> None:
        """Answer a message of the extended clipboard (rfbproto)."""
        if flags[0] & 2:  # request
            self._viewer.provide(self._text)
        elif flags[0] & 8:  # notify
            self.pastes()
        elif flags[0] & 16:  # provide
            self.texts.append(zlib.decompressobj().decompress(data)[4:].rstrip(b"\0").decode())


class RawXpra(Raw):
    """An Xpra viewer with a keyboard and a clipboard."""

    def __init__(self, wire: Wire, password: str, text: str) -> None:
        super().__init__(text)
        self._viewer = XpraViewer(MessageStream(wire), password, **WISHES)

    def holds(self, down: bool) -> None:
        self._viewer.send(["key-action", 1, "a", int(down), [], KEY, "a", 38, 0, 0])
        self._viewer.send(["button-action", 1, 1, int(down), [140, 150], []])

    def copies(self) -> None:
        text = ["UTF8_STRING", "UTF8_STRING", 8, "bytes", self._text]
        self._viewer.send(["clipboard-token", "CLIPBOARD", ["UTF8_STRING"], *text, 1, 1, 1])

    def pastes(self) -> None:
        self._viewer.send(["clipboard-request", 1, "CLIPBOARD", "UTF8_STRING"])

    def _ask(self) -> None:
        self._viewer.send(["ping", 1])

    def _take(self) -> None:
        while True:
            match self._viewer.receive():
                case [b"ping_echo", *_]:
                    self._answers += 1
                case [b"ping", when, *_]:
                    self._viewer.send(["ping_echo", when, 0, 0, 0, 0])
                case [b"clipboard-request", number, selection, *_]:
                    text = ["UTF8_STRING", 8, "bytes", self._text]
                    self._viewer.send(["clipboard-contents", number, selection, *text])
                case [b"clipboard-token" | b"clipboard-contents", *rest]:
                    self.texts += [part.decode() for part in rest if isinstance(part, bytes)]


KINDS: dict[str, Callable[[clients.Wire, str, str], Raw]] = {"vnc": RawVnc, "xpra": RawXpra}


@pytest.fixture(scope="module", params=KINDS)
def server(request: pytest.FixtureRequest) -> Iterator[JupyterServer]:
    settings = (f"--DesktopApp.backend={request.param}", "--Xpra.encryption=off")
    with servers.running(*settings) as server:
        server.start_desktop()
        yield server


@contextmanager
def connected(server: JupyterServer, access: str) -> Iterator[Raw]:
    """Connect a viewer by a link; its text names its access."""
    session = "desktop/api/sessions/default"
    share = server.call("POST", f"{session}/share", {"access": access}).json
    ticket = server.call("POST", f"{session}/ticket", {"share": share["id"]}).json
    with open_socket(server, ticket) as wire:
        # A quiet viewer gets only the bridge's pings, every 20 seconds.
        wire.socket.settimeout(120)
        viewer = KINDS[ticket["backend"]](wire, ticket["password"], f"text of one with {access}")
        viewer.start()
        try:
            yield viewer
        finally:
            with contextlib.suppress(OSError):
                wire.socket.shutdown(socket.SHUT_RDWR)
            viewer.join(10)


@pytest.fixture(scope="module")
def looks(server: JupyterServer) -> Iterator[Raw]:
    with connected(server, "view") as viewer:
        yield viewer


@pytest.fixture(scope="module")
def works(server: JupyterServer) -> Iterator[Raw]:
    with connected(server, "full") as viewer:
        yield viewer


def test_keys_and_buttons_of_view_only_viewers_are_ignored(
    server: JupyterServer, looks: Raw, works: Raw
) -> None:
    looks.holds(True)
    looks.is_heard()
    assert asked(server, HELD) == NOTHING
    works.holds(True)
    try:
        until(lambda: asked(server, HELD) == KEY_AND_BUTTON, "a key and a button that are down")
        # Releases are ignored, too.
        looks.holds(False)
        looks.is_heard()
        assert asked(server, HELD) == KEY_AND_BUTTON
    finally:
        works.holds(False)
        until(lambda: asked(server, HELD) == NOTHING, "nothing that is down")


def test_the_clipboard_of_a_view_only_viewer_does_not_reach_the_desktop(
    server: JupyterServer, looks: Raw, works: Raw
) -> None:
    text = "text of one with full"
    works.copies()
    until(lambda: selection(server) == text, "the text of one who may do all")
    looks.copies()
    looks.is_heard()
    works.is_heard()
    assert selection(server) == text


def test_the_desktop_s_clipboard_does_not_reach_a_view_only_viewer(
    server: JupyterServer, looks: Raw, works: Raw
) -> None:
    text = "text of the desktop"
    with selected(server, text):
        until(lambda: text in works.texts, "the text for one who may do all")
        looks.pastes()
        looks.is_heard()
        assert looks.texts == []
