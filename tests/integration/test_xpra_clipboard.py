"""Xpra's clipboard: the newest text reaches viewers, even if another program answers late."""

from __future__ import annotations

import select
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from Xlib import X, Xatom
from Xlib.display import Display
from Xlib.protocol import event

from tests import servers
from tests.servers import JupyterServer, until
from tests.xpra_viewer import XpraViewer, connected

from .viewing import folder_of, x_environment

TEXT = "UTF8_STRING"
CLIPBOARD: dict[str, Any] = {
    "clipboard": True,
    "clipboard.greedy": True,
    "clipboard.want_targets": True,
    "clipboard.selections": ["CLIPBOARD"],
    "clipboard.preferred-targets": [TEXT],
}
XPRA_S_PROPERTY = f"CLIPBOARD-{TEXT}"
SECONDS = 15


@pytest.fixture(scope="module")
def server() -> Iterator[JupyterServer]:
    with servers.running("--DesktopApp.backend=xpra", "--Xpra.encryption=off") as server:
        server.start_desktop()
        yield server


class Owner(threading.Thread):
    """An X client with a text in CLIPBOARD, which it sends once ``may_answer`` is set."""

    # Xpra may have requested it more than once, and each request gets an answer.
    ANSWERS = 5

    def __init__(self, text: bytes) -> None:
        super().__init__()
        self.is_asked = threading.Event()
        self.may_answer = threading.Event()
        self.answers_are_read = threading.Event()
        self.ends = threading.Event()
        self._text = text
        self._display = Display()
        self._waiting: list[Any] = []
        self._window = self._display.screen().root.create_window(0, 0, 1, 1, 0, X.CopyFromParent)
        self._text_format = self._atom(TEXT)

    def copies(self) -> None:
        self._window.set_selection_owner(self._atom("CLIPBOARD"), X.CurrentTime)
        self._display.sync()
        self.start()

    def run(self) -> None:
        while not self.ends.is_set():
            select.select([self._display], [], [], 0.05)
            while self._display.pending_events():
                got = self._display.next_event()
                if got.type == X.SelectionRequest:
                    self._request(got)
            if self.may_answer.is_set():
                while self._waiting:
                    request = self._waiting.pop()
                    for _ in range(self.ANSWERS if self._is_of_xpra(request) else 1):
                        self._answer(request, self._text_format, 8, self._text)
                        if self._is_of_xpra(request):
                            self._await_reading(request)
                    if self._is_of_xpra(request):
                        self.answers_are_read.set()

    def _request(self, request: Any) -> None:
        if request.target == self._atom("TARGETS"):
            self._answer(request, Xatom.ATOM, 32, [request.target, self._text_format])
        elif request.target == self._text_format:
            self._waiting.append(request)
            if self._is_of_xpra(request):
                self.is_asked.set()
        else:
            self._answer(request, Xatom.ATOM, 32, [])

    def _answer(self, request: Any, kind: int, size: int, data: Any) -> None:
        request.requestor.change_property(request.property, kind, size, data)
        fields = ("time", "requestor", "selection", "target", "property")
        notify = event.SelectionNotify(**{name: getattr(request, name) for name in fields})
        request.requestor.send_event(notify)
        self._display.flush()

    def _await_reading(self, request: Any) -> None:
        """Xpra deletes the property when it has read it."""

        def read() -> bool:
            return not request.requestor.get_full_property(request.property, X.AnyPropertyType)

        until(read, "Xpra to read the answer", SECONDS)

    def _is_of_xpra(self, request: Any) -> bool:
        return str(self._display.get_atom_name(request.property)).startswith(XPRA_S_PROPERTY)

    def closes(self) -> None:
        self._display.close()

    def _atom(self, name: str) -> int:
        return int(self._display.intern_atom(name))


@contextmanager
def owning(server: JupyterServer, text: bytes) -> Iterator[Owner]:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("DISPLAY", "XAUTHORITY"):
            patch.setenv(name, x_environment(server)[name])
        owner = Owner(text)
    try:
        yield owner
    finally:
        owner.ends.set()
        if owner.is_alive():
            owner.join()
        owner.closes()


def awaits_text(viewer: XpraViewer, text: bytes) -> None:
    """Wait until ``viewer`` has the text, within its connection's time limit."""
    while text not in viewer.awaits(b"clipboard-token"):
        pass


@pytest.mark.parametrize("xpra_waits", [True, False])
def test_the_new_text_arrives_if_the_previous_owner_answers_first(
    server: JupyterServer, xpra_waits: bool
) -> None:
    with (
        connected(folder_of(server), **CLIPBOARD) as viewer,
        owning(server, b"first") as first,
        owning(server, b"second") as second,
    ):
        first.copies()
        assert first.is_asked.wait(SECONDS)
        if not xpra_waits:
            viewer.awaits(b"clipboard-token")  # without a text
        second.copies()
        assert second.is_asked.wait(SECONDS)
        first.may_answer.set()
        assert first.answers_are_read.wait(SECONDS)
        second.may_answer.set()
        awaits_text(viewer, b"second")
