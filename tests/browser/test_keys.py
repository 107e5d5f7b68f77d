"""Keys of other keyboards: accents, alphabets, a Mac's Command key."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import CDPSession, Page, WebSocket, expect

from tests import servers
from tests.servers import until

from .desktop import Desktop
from .guest import Guest
from .test_clipboard import SMALL, at_work
from .visitor import Visitor

_CONTROL, _META, _SHIFT = 2, 4, 8
_ON_A_MAC = 'Object.defineProperty(Navigator.prototype, "platform", { get: () => "MacIntel" })'
_PRESS = re.compile(r"KeyPress event.*?state (0x\w+).*?keysym 0x\w+, (\w+)\)", re.DOTALL)
_CLICK = re.compile(r"ButtonPress event.*?state (0x\w+), button 1", re.DOTALL)
# Keys that X servers and Xpra press to reach another level of a key.
_LEVELS = ("Shift_L", "Shift_R", "ISO_Level3_Shift", "Mode_switch")


@pytest.fixture(scope="module")
def plain(backend: str) -> Iterator[servers.JupyterServer]:
    """A server with a quickly started desktop."""
    with servers.running(f"--DesktopApp.backend={backend}", **SMALL) as server:
        yield server


@pytest.fixture
def guest(plain: servers.JupyterServer) -> Guest:
    return Guest(plain)


@pytest.fixture
def desktop(visitor: Visitor, plain: servers.JupyterServer) -> Desktop:
    return at_work(visitor.opens(plain))


class Keyboard:
    """Key events of the browser, on any keyboard layout; xev shows what arrives."""

    def __init__(self, page: Page, log: Path) -> None:
        self._log = log
        self._session: CDPSession = page.context.new_cdp_session(page)

    def down(self, key: str, code: str, *, text: str = "", held: int = 0) -> None:
        """Press a key; ``text`` is its text in a field, combined with earlier dead keys."""
        self._send("keyDown" if text else "rawKeyDown", key, code, held, text)

    def up(self, key: str, code: str, *, held: int = 0) -> None:
        self._send("keyUp", key, code, held)

    def strike(self, key: str, code: str, *, text: str = "", held: int = 0) -> None:
        self.down(key, code, text=text, held=held)
        self.up(key, code, held=held)

    def compose(self, *steps: str) -> None:
        """Compose a text like an input method; the last step is the result."""
        for text in steps[:-1]:
            places = {"selectionStart": len(text), "selectionEnd": len(text)}
            self._session.send("Input.imeSetComposition", {"text": text, **places})
        self._session.send("Input.insertText", {"text": steps[-1]})

    def _send(self, kind: str, key: str, code: str, held: int, text: str = "") -> None:
        # Windows' key code, without which browsers have no shortcuts on letter keys.
        number = ord(code[-1]) if code.startswith(("Key", "Digit")) else 0
        event = {"type": kind, "key": key, "code": code, "modifiers": held, "text": text}
        self._session.send("Input.dispatchKeyEvent", {**event, "windowsVirtualKeyCode": number})

    def is_known(self) -> bool:
        """Whether accented letters arrive.

        A VNC server adds a new character to its keyboard map when it first arrives. TigerVNC 1.12
        loses the very first one, and programs may learn of it after the key (NoSymbol).
        """
        self.compose("éäü.")
        until(lambda: "period" in self.arrived(), "keys at xev")
        letters = self.arrived()
        self._log.write_text("")
        return letters == ["eacute", "adiaeresis", "udiaeresis", "period"]

    def arrived(self) -> list[str]:
        """Return X11's names of the keys that xev saw going down."""
        names = [name for _, name in _PRESS.findall(self._log.read_text())]
        return [name for name in names if name not in _LEVELS]

    def becomes(self, *names: str) -> None:
        """Fail unless just these keys arrive; clear the log."""
        wanted = list(names)
        until(lambda: self.arrived() == wanted, f"{wanted} at xev, in {self._log}")
        self._log.write_text("")


@contextmanager
def xev_running(
    desktop: Desktop, guest: Guest, log: Path, events: str = "keyboard"
) -> Iterator[Keyboard]:
    """The keyboard, while xev has the desktop's keys."""
    with guest.running("xev", "-geometry", "300x200+100+100", "-event", events, output=log):
        guest.await_window("Event Tester")
        desktop.clicks((250, 200))
        guest.await_keys("Event Tester")
        keyboard = Keyboard(desktop.page, log)
        if events == "keyboard":
            until(keyboard.is_known, "keys at xev", 60)
        yield keyboard


@pytest.fixture
def xev(desktop: Desktop, guest: Guest, tmp_path: Path) -> Iterator[Keyboard]:
    with xev_running(desktop, guest, tmp_path / "xev") as keyboard:
        yield keyboard


def test_a_dead_key_and_a_letter_give_an_accented_letter(xev: Keyboard) -> None:
    xev.strike("Dead", "Equal")
    xev.strike("e", "KeyE", text="é")
    xev.strike("x", "KeyX", text="x")
    xev.becomes("eacute", "x")


def test_backspace_cancels_a_dead_key(xev: Keyboard) -> None:
    xev.strike("Dead", "Equal")
    xev.strike("Backspace", "Backspace")
    xev.strike("e", "KeyE", text="e")
    xev.becomes("e")


def test_a_composed_letter_arrives(xev: Keyboard) -> None:
    xev.compose("¨", "ä")
    xev.strike("x", "KeyX", text="x")
    xev.becomes("adiaeresis", "x")


def test_a_change_of_focus_cancels_a_dead_key(desktop: Desktop, xev: Keyboard) -> None:
    xev.strike("Dead", "Equal")
    desktop.tool("Keys").click()
    desktop.presses("Escape")
    desktop.clicks((250, 200))
    xev.strike("e", "KeyE", text="e")
    xev.becomes("e")


def test_shift_is_released_if_the_input_method_keeps_its_release(
    desktop: Desktop, xev: Keyboard
) -> None:
    xev.down("Shift", "ShiftLeft", held=_SHIFT)
    xev.compose("¨", "ü")
    xev.strike("Tab", "Tab")
    # With Shift it would be ISO_Left_Tab.
    xev.becomes("udiaeresis", "Tab")


def test_shortcuts_work_with_another_alphabet(xev: Keyboard) -> None:
    xev.down("Control", "ControlLeft", held=_CONTROL)
    cyrillic, greek, hebrew, arabic = "с", "ψ", "ש", "ش"  # noqa: RUF001
    for key, code in ((cyrillic, "KeyC"), (greek, "KeyC"), (hebrew, "KeyA"), (arabic, "KeyA")):
        xev.strike(key, code, held=_CONTROL)
    xev.up("Control", "ControlLeft")
    xev.becomes("Control_L", "c", "c", "a", "a")


def test_pasting_works_with_another_alphabet(desktop: Desktop, guest: Guest, xev: Keyboard) -> None:
    desktop.run("() => navigator.clipboard.writeText('Шрифт ✓')")
    cyrillic = "М"  # noqa: RUF001
    xev.strike(cyrillic, "KeyV", held=_CONTROL | _SHIFT)
    until(lambda: guest.paste() == "Шрифт ✓", "the text on the desktop")


def test_held_keys_stay_held_during_clicks(desktop: Desktop, guest: Guest, tmp_path: Path) -> None:
    log = tmp_path / "xev"
    with xev_running(desktop, guest, log, "button"):
        desktop.page.keyboard.down("Control")
        for _ in range(2):
            desktop.clicks((250, 200))
        until(lambda: _CLICK.findall(log.read_text())[-2:] == ["0x4", "0x4"], "clicks with Control")
        desktop.page.keyboard.up("Control")


def test_command_on_a_mac_is_control_unless_switched_off(
    visit: Callable[..., Visitor], plain: servers.JupyterServer, guest: Guest, tmp_path: Path
) -> None:
    visitor, log = visit(), tmp_path / "xev"
    visitor.context.add_init_script(_ON_A_MAC)
    desktop = at_work(visitor.opens(plain))
    command = desktop.here.locator("#tool-command")
    with xev_running(desktop, guest, log) as keys:
        _command(keys, "c", "KeyC")
        _command(keys, "z", "KeyZ")
        keys.becomes("Control_L", "c", "Control_L", "z")
        desktop.run("() => navigator.clipboard.writeText('from a Mac ✓')")
        _command(keys, "v", "KeyV")
        until(lambda: guest.paste() == "from a Mac ✓", "the text on the desktop")
        keys.becomes("Control_L", "v")
        desktop.tool("⌘ is Ctrl").click()
        expect(command).to_have_attribute("aria-pressed", "false")
        desktop.has_focus()
        _command(keys, "c", "KeyC")
        until(lambda: keys.arrived()[-1:] == ["c"], f"c at xev, in {log}")
        assert "Control_L" not in keys.arrived()
    desktop.page.reload()
    expect(command).to_have_attribute("aria-pressed", "false")


def test_other_computers_show_no_command_key_tool(desktop: Desktop) -> None:
    expect(desktop.tool("Full screen")).to_be_visible()
    expect(desktop.here.locator("#tool-command")).to_be_hidden()


@pytest.mark.parametrize("lock", [True, False], ids=["keyboard lock", "no keyboard lock"])
def test_the_full_screen_title_says_whether_all_keys_are_captured(
    visit: Callable[..., Visitor], plain: servers.JupyterServer, lock: bool
) -> None:
    visitor = visit()
    if not lock:
        visitor.context.add_init_script("delete Navigator.prototype.keyboard")
    desktop = visitor.opens(plain)
    said = "all keys go to the desktop" if lock else "keys that this browser keeps for itself"
    button = desktop.here.locator("#tool-fullscreen")
    expect(button).to_have_attribute("title", re.compile(said))


@pytest.mark.parametrize("backend", ["vnc"], indirect=True, scope="module")
def test_vnc_servers_get_keysyms_and_no_key_codes(
    visit: Callable[..., Visitor], plain: servers.JupyterServer
) -> None:
    visitor, sent, received = visit(), bytearray(), bytearray()

    def record(socket: WebSocket) -> None:
        socket.on("framesent", lambda payload: sent.extend(_bytes(payload)))
        socket.on("framereceived", lambda payload: received.extend(_bytes(payload)))

    visitor.context.on("page", lambda page: page.on("websocket", record))
    desktop = at_work(visitor.opens(plain))
    # The server offers QEMU's key events by a rectangle of that pseudo-encoding.
    until(lambda: desktop.look() and (-258).to_bytes(4, "big", signed=True) in received, "an offer")
    keys = Keyboard(desktop.page, Path())
    typed = {"z": "KeyY", "y": "KeyZ", "ü": "BracketLeft", "@": "KeyQ", "я": "KeyZ"}
    for key, code in typed.items():
        keys.strike(key, code, text=key)
    wanted = [ord(key) if ord(key) < 0x100 else 0x6D1 for key in typed]
    until(lambda: desktop.look() and _keysyms(bytes(sent)) == wanted, "keysyms of the characters")


def _command(keys: Keyboard, key: str, code: str) -> None:
    """Press Command and a letter, whose release macOS does not report."""
    keys.down("Meta", "MetaLeft", held=_META)
    keys.down(key, code, held=_META)
    keys.up("Meta", "MetaLeft")


def _bytes(payload: Any) -> bytes:
    return payload if isinstance(payload, bytes) else payload.encode()


def _keysyms(sent: bytes) -> list[int]:
    """Return the keys that a viewer has pressed (RFC 6143 section 7.5, and used extensions)."""
    # Version, security type, answer to VncAuth's challenge, ClientInit.
    at, pressed = 12 + 1 + 16 + 1, []
    while at < len(sent):
        kind = sent[at]
        assert kind != 255, "a key event of QEMU's extension"
        if kind == 4 and sent[at + 1]:
            pressed.append(int.from_bytes(sent[at + 4 : at + 8], "big"))
        at += _length(kind, sent[at : at + 9])
    return pressed


def _length(kind: int, head: bytes) -> int:
    fixed = {0: 20, 3: 10, 4: 8, 5: 6, 150: 10}
    if kind == 2:  # SetEncodings
        return 4 + 4 * int.from_bytes(head[2:4], "big")
    if kind == 6:  # ClientCutText; the length of an extended one is negative
        return 8 + abs(int.from_bytes(head[4:8], "big", signed=True))
    if kind == 248:  # ClientFence
        return 9 + head[8]
    if kind == 251:  # SetDesktopSize
        return 8 + 16 * head[6]
    return fixed[kind]
