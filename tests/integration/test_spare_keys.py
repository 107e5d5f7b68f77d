"""Characters that the display server's keyboard lacks, typed by a raw VNC viewer."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import xcffib
import xcffib.xproto

from tests.clients import Viewer
from tests.servers import JupyterServer, until

from .viewing import view, x_environment

# Keysyms (X Window System Protocol, appendix A).
RUSSIAN = [*range(0x6C0, 0x6E0), 0x6A3]
CHINESE = [0x01000000 + code for code in range(0x4E00, 0x4E00 + 150)]


class Keyboard:
    """The keyboard of a desktop's X server."""

    def __init__(self, display: str) -> None:
        self._connection: Any = xcffib.connect(display)  # type: ignore[no-untyped-call]
        setup = self._connection.get_setup()
        self._keys = setup.min_keycode, setup.max_keycode - setup.min_keycode + 1

    def has(self, keysym: int) -> bool:
        mapping = self._connection.core.GetKeyboardMapping(*self._keys).reply()
        return keysym in list(mapping.keysyms)

    def close(self) -> None:
        self._connection.disconnect()


@contextmanager
def keyboard(server: JupyterServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Keyboard]:
    environment = x_environment(server)
    monkeypatch.setenv("XAUTHORITY", environment["XAUTHORITY"])
    opened = Keyboard(environment["DISPLAY"])
    try:
        yield opened
    finally:
        opened.close()


def press(viewer: Viewer, keysym: int) -> None:
    for down in (1, 0):
        viewer.send(struct.pack(">BBxxI", 4, down, keysym))  # KeyEvent (RFC 6143, section 7.5.4)


@pytest.mark.parametrize("text", [RUSSIAN, CHINESE], ids=["an alphabet", "many"])
def test_each_character_gets_a_key(
    server: JupyterServer, text: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    server.start_desktop()
    with view(server) as viewer, keyboard(server, monkeypatch) as keys:
        # TigerVNC 1.12 loses the first key if it is a new character.
        press(viewer, ord("a"))
        for keysym in text:
            press(viewer, keysym)
            until(lambda keysym=keysym: keys.has(keysym), f"a key for {keysym:#x}")
