"""Text goes between the clipboards in the allowed directions."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests import servers
from tests.servers import until

from .desktop import Desktop, eventually
from .guest import Guest
from .visitor import Visitor

GTK_COPY = Path(__file__).with_name("gtk_copy.py")
GTK_MANAGER = Path(__file__).with_name("gtk_manager.py")
LONG = ("Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich. 🏃‍♀️ " * 20000)[: 1 << 20]
TEXTS = {
    "ASCII": "plain text, with 'quotes' and \\backslashes",
    "lines": "one\n\ttwo\n\nthree\n",
    "Unicode": "Grüße, Ελλάδα, Привет, שלום, 日本語, ไทย, e\u0301 \u00a0 \u2028",
    "emoji": "🎉 👩‍👩‍👧‍👦 🇩🇪 \U0001d4b3",
    "one MiB": LONG,
}
MODES = {"both": (True, True), "in": (True, False), "out": (False, True), "off": (False, False)}


def _without_terminal(server: servers.JupyterServer) -> None:
    """Start no terminal: it would take the focus from the tests' terminals."""
    autostart = server.home / ".config" / "openbox" / "autostart"
    autostart.parent.mkdir(parents=True)
    autostart.write_text("")


# A desktop that starts quickly, with the D-Bus that a terminal needs.
SMALL: dict[str, Any] = {"start_script": "openbox", "prepare": _without_terminal}

_SETTING = """{
  const { parse } = JSON;
  JSON.parse = (...given) => {
    const value = parse(...given);
    if (value?.clipboard && value.xsrf) value.clipboard = %s;
    return value;
  };
}"""

# A text of given letters and code units, sent by the panel and by a paste event.
_MADE = """(parts) => {
  const letters = (part) => typeof part === "string" ? part : String.fromCharCode(part);
  const text = parts.map(letters).join("");
  %s
}"""
_BY_HAND = (
    _MADE
    % """
  document.querySelector("#clipboard-text").value = text;
  document.querySelector("#clipboard-in").click();
"""
)
_PASTED = (
    _MADE
    % """
  const clipboardData = new DataTransfer();
  clipboardData.setData("text/plain", text);
  const event = new ClipboardEvent("paste", { clipboardData, bubbles: true });
  document.querySelector("#screen canvas").dispatchEvent(event);
"""
)

# Whether the desktop's focused field accepts a change of its text.
_MAY_CHANGE = """(inputType) => document.querySelector("#screen [contenteditable]").dispatchEvent(
  new InputEvent("beforeinput", { inputType, bubbles: true, cancelable: true }))"""

texts = pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())


@pytest.fixture(scope="module")
def plain(backend: str) -> Iterator[servers.JupyterServer]:
    """A server with a quickly started desktop, reachable under another host name."""
    settings = (f"--DesktopApp.backend={backend}", "--ServerApp.allow_remote_access=True")
    with servers.running(*settings, **SMALL) as server:
        yield server


@pytest.fixture
def guest(plain: servers.JupyterServer) -> Guest:
    return Guest(plain)


@pytest.fixture
def desktop(visitor: Visitor, plain: servers.JupyterServer, guest: Guest) -> Desktop:
    desktop = at_work(visitor.opens(plain))
    # The page may still send an earlier test's text.
    begin = "waiting for something to be copied"
    desktop.run("(text) => navigator.clipboard.writeText(text)", begin)
    desktop.run("() => dispatchEvent(new Event('focus'))")
    until(lambda: guest.paste() == begin, "one text on both sides")
    return desktop


@pytest.fixture
def elsewhere(desktop: Desktop, visitor: Visitor, plain: servers.JupyterServer) -> Page:
    """Another page of the same browser, to copy from."""
    page = visitor.context.new_page()
    page.goto(f"{plain.url}api")
    for one in (desktop.page, page):
        visitor.own_focus(one)
    desktop.page.bring_to_front()
    return page


def at_work(desktop: Desktop) -> Desktop:
    desktop.shows_desktop(colours=1)
    desktop.clicks((640, 400))
    desktop.has_focus()
    return desktop


def with_setting(visitor: Visitor, mode: str) -> Visitor:
    """Make pages use ``mode`` instead of the server's clipboard setting."""
    inward, outward = MODES[mode]
    visitor.context.add_init_script(_SETTING % json.dumps({"in": inward, "out": outward}))
    return visitor


def copy_in(page: Page, text: str) -> None:
    page.bring_to_front()
    page.evaluate("(text) => navigator.clipboard.writeText(text)", text)


def same(one: str, other: str) -> bool:
    # Not `==` in an assert: pytest would print the difference of two texts of 1 MiB.
    return one == other


@texts
def test_text_goes_from_the_desktop_to_the_browser(
    desktop: Desktop, guest: Guest, text: str
) -> None:
    guest.copy(text)
    eventually(lambda: same(desktop.read_clipboard(), text), "the text in the browser")


@texts
def test_text_goes_from_the_browser_to_the_desktop(
    desktop: Desktop, guest: Guest, elsewhere: Page, text: str
) -> None:
    # Another text than that of the tests above.
    other = text[:-1] + "→"
    copy_in(elsewhere, other)
    desktop.page.bring_to_front()
    until(lambda: same(guest.paste(), other), "the text on the desktop")


def test_paste_keys_paste_the_browser_s_text(
    desktop: Desktop, guest: Guest, elsewhere: Page
) -> None:
    guest.forget("pasted")
    with terminal(desktop, guest, "stty -icanon; cat > pasted"):
        copy_in(elsewhere, "Käse 🧀")
        desktop.page.bring_to_front()
        # Without a wait: the text must arrive before the key.
        desktop.page.keyboard.press("Control+Shift+V")
        until(lambda: guest.file("pasted") == "Käse 🧀", "the text in a program")


def test_copy_keys_copy_to_the_browser(desktop: Desktop, guest: Guest) -> None:
    with terminal(desktop, guest, "printf 'Wörter-zum-Kopieren🧀\\n'; cat > copied"):

        def is_marked() -> bool:
            return "Wörter-zum-Kopieren" in guest.paste("primary")

        def marks() -> bool:
            # The terminal may not have drawn the text yet, or take a slow double click for two
            # clicks; two more at once would unmark it.
            desktop.page.mouse.dblclick(60, 12)
            with suppress(AssertionError):
                until(is_marked, "the words to be marked", 2)
            return is_marked()

        until(marks, "the words to be marked")
        desktop.presses("Control+Shift+C")
        until(lambda: "Wörter-zum-Kopieren" in guest.paste(), "them in the desktop's clipboard")
        eventually(lambda: "Wörter-zum-Kopieren" in desktop.read_clipboard(), "them in the browser")


def test_text_of_a_slow_program_arrives(desktop: Desktop, guest: Guest) -> None:
    with guest.running("/usr/bin/python3", str(GTK_COPY), "better late ✓", "1"):
        eventually(lambda: desktop.read_clipboard() == "better late ✓", "it in the browser", 20)


def test_many_copies_in_a_row_end_with_the_last(desktop: Desktop, guest: Guest) -> None:
    for number in range(20):
        guest.copy(f"copy {number}")
    eventually(lambda: desktop.read_clipboard() == "copy 19", "the last of twenty")


def test_an_echo_does_not_bring_the_older_text_back(
    desktop: Desktop, guest: Guest, elsewhere: Page
) -> None:
    copy_in(elsewhere, "first, from the browser")
    desktop.page.bring_to_front()
    until(lambda: guest.paste() == "first, from the browser", "the first on the desktop")
    guest.copy("second, from the desktop")
    eventually(lambda: desktop.read_clipboard() == "second, from the desktop", "the second")
    elsewhere.bring_to_front()
    desktop.page.bring_to_front()
    desktop.presses("Shift")
    assert guest.paste() == "second, from the desktop"
    assert desktop.read_clipboard() == "second, from the desktop"


# Writes wait for goOn(); begun counts them.
_SLOW_WRITES = """() => {
  window.begun = 0;
  const gate = new Promise((resolve) => { window.goOn = resolve; });
  const { writeText } = Clipboard.prototype;
  Clipboard.prototype.writeText = async function (text) {
    window.begun += 1;
    await gate;
    await writeText.call(this, text);
  };
}"""


def test_a_text_copied_again_during_a_slow_write_arrives(desktop: Desktop, guest: Guest) -> None:
    guest.copy("again")
    eventually(lambda: desktop.read_clipboard() == "again", "the first in the browser", 15)
    desktop.run(_SLOW_WRITES)
    guest.copy("in between")
    eventually(lambda: desktop.run("() => begun") == 1, "a write under way", 15)
    guest.copy("again")
    _round_trip(desktop, guest)
    desktop.run("() => goOn()")
    # The pending write ends with the other text.
    eventually(lambda: desktop.run("() => begun") == 2, "another write", 15)
    eventually(lambda: desktop.read_clipboard() == "again", "the first once more", 15)


# A read waits for goOn(), and returns the text that the clipboard had at its start.
_SLOW_READ = """() => {
  const gate = new Promise((resolve) => { window.goOn = resolve; });
  const { readText } = Clipboard.prototype;
  Clipboard.prototype.readText = async function () {
    Clipboard.prototype.readText = readText;
    const text = await readText.call(this);
    window.hasRead = true;
    await gate;
    return text;
  };
  window.dispatchEvent(new FocusEvent("focus"));
}"""


def test_a_text_copied_on_the_desktop_during_a_slow_read_stays(
    desktop: Desktop, guest: Guest
) -> None:
    desktop.run("(text) => navigator.clipboard.writeText(text)", "older, from the browser")
    desktop.run(_SLOW_READ)
    eventually(lambda: desktop.run("() => window.hasRead"), "a read under way", 15)
    guest.copy("newer, from the desktop")
    eventually(lambda: desktop.read_clipboard() == "newer, from the desktop", "the newer", 15)
    desktop.run("() => goOn()")
    _round_trip(desktop, guest)
    assert guest.paste() == "newer, from the desktop"


def test_unencodable_characters_are_replaced_and_the_rest_is_sent(
    desktop: Desktop, guest: Guest
) -> None:
    """Half a surrogate pair and NUL, as Windows' clipboard may contain."""
    for way, name in ((_BY_HAND, "panel"), (_PASTED, "paste event")):
        desktop.run(way, [f"{name}: 1", 0xD83E, "2", 0xDDC0, "3", 0, "4 🧀"])
        sent = f"{name}: 1\ufffd2\ufffd34 🧀"
        until(lambda sent=sent: guest.paste() == sent, f"the rest of {name!r} on the desktop")
    guest.copy("after that")
    eventually(lambda: desktop.read_clipboard() == "after that", "the next text in the browser")


def test_invalid_utf_8_is_replaced_and_the_rest_arrives(desktop: Desktop, guest: Guest) -> None:
    guest.copy(b"K\xc3\xa4se \xff \xed\xa0\xbe 1")
    kept = re.compile("Käse \ufffd+ \ufffd+ 1")
    eventually(lambda: kept.fullmatch(desktop.read_clipboard()), "the rest in the browser")
    guest.copy(b"2 \xf0\x9f\xa7\x80")
    eventually(lambda: desktop.read_clipboard() == "2 🧀", "the next text in the browser")


def test_a_clipboard_manager_causes_no_loop(
    desktop: Desktop, guest: Guest, elsewhere: Page
) -> None:
    """Text goes both ways without an endless exchange."""
    taken = guest.server.home / "taken"
    texts = [f"{number} {way}" for number in range(3) for way in ("outward", "inward")]
    with guest.running("/usr/bin/python3", str(GTK_MANAGER), output=taken):
        until(lambda: taken.read_text() == "ready\n", "a clipboard manager")
        for text in texts:
            if "outward" in text:
                guest.copy(text)
            else:
                copy_in(elsewhere, text)
                desktop.page.bring_to_front()
            until(lambda text=text: taken.read_text().endswith(f"{text}\n"), f"{text!r} taken")
            eventually(lambda text=text: desktop.read_clipboard() == text, f"{text!r} here")
        for _ in range(2):
            _round_trip(desktop, guest)
            assert (guest.paste(), desktop.read_clipboard()) == (texts[-1], texts[-1])
        assert taken.read_text().splitlines() == ["ready", *texts]


@pytest.mark.parametrize("mode", MODES)
def test_the_server_enforces_the_setting(
    backend: str, jupyter: Callable[..., servers.JupyterServer], visitor: Visitor, mode: str
) -> None:
    inward, outward = MODES[mode]
    settings = (f"--DesktopApp.backend={backend}", f"--DesktopApp.clipboard={mode}")
    server = jupyter(*settings, start_script="openbox")
    # A page that ignores the setting.
    desktop, guest = at_work(with_setting(visitor, "both").opens(server)), Guest(server)
    panel = desktop.opens_panel()
    panel.get_by_label("Text").fill("inward")
    panel.get_by_role("button", name="Send to desktop").click()
    desktop.presses("Escape")
    if inward:
        until(lambda: guest.paste() == "inward", "the text on the desktop")
    text = f"outward, {mode}"
    guest.copy(text)
    if outward:
        eventually(lambda: desktop.read_clipboard() == text, "the text in the browser")
    # After a round trip all earlier texts have arrived.
    _round_trip(desktop, guest)
    assert guest.paste() == text
    assert outward or desktop.read_clipboard() != text
    if not inward:
        desktop.opens_panel().get_by_role("button", name="Send to desktop").click()
        desktop.presses("Escape")
        _round_trip(desktop, guest)
        assert guest.paste() == text


@pytest.mark.parametrize("mode", MODES)
def test_the_page_offers_what_the_setting_allows(
    plain: servers.JupyterServer, visitor: Visitor, mode: str
) -> None:
    inward, outward = MODES[mode]
    desktop = at_work(with_setting(visitor, mode).opens(plain))
    panel = desktop.opens_panel()
    expect(panel.get_by_role("button", name="Send to desktop")).to_be_visible(visible=inward)
    expect(panel.get_by_role("button", name="Copy from desktop")).to_be_visible(visible=outward)
    desktop.screenshot(f"clipboard-{mode}")
    desktop.presses("Escape")
    # Text from the browser's menu or a drop is never typed.
    changes = {"insertText": True, "insertFromPaste": False, "insertFromDrop": False}
    assert {change: desktop.run(_MAY_CHANGE, change) for change in changes} == changes


def test_the_panel_works_if_the_browser_denies_the_clipboard(
    plain: servers.JupyterServer, visit: Callable[..., Visitor], guest: Guest
) -> None:
    visitor = visit(permissions=())
    desktop = visitor.opens(plain)
    _deny_clipboard(visitor, plain.address)
    at_work(desktop)
    assert _permission(desktop) == "denied"
    _panel_works(desktop, guest, "🔒 by hand")


def test_the_panel_works_without_a_clipboard_interface(
    plain: servers.JupyterServer, visit: Callable[..., Visitor], guest: Guest
) -> None:
    visitor = visit(permissions=())
    visitor.expects("noVNC requires a secure context")
    desktop = at_work(visitor.opens(plain, at=f"http://desktop.test:{plain.port}"))
    assert desktop.run("() => !isSecureContext && navigator.clipboard === undefined")
    _panel_works(desktop, guest, "🔓 by hand")


def _panel_works(desktop: Desktop, guest: Guest, text: str) -> None:
    panel = desktop.opens_panel()
    field = panel.get_by_label("Text")
    field.fill(text + " in")
    panel.get_by_role("button", name="Send to desktop").click()
    expect(panel.get_by_role("status")).to_contain_text("Sent")
    until(lambda: guest.paste() == text + " in", "the text on the desktop")
    desktop.presses("Escape")
    desktop.has_focus()
    guest.copy(text + " out")
    _round_trip(desktop, guest)
    panel = desktop.opens_panel()
    expect(field).to_have_value(text + " out")
    panel.get_by_role("button", name="Copy from desktop").click()
    expect(panel.get_by_role("status")).to_have_text("Copied to this computer.")
    # The copied text can be pasted, here into the field itself.
    field.fill("")
    desktop.presses("Control+V")
    expect(field).to_have_value(text + " out")
    desktop.screenshot("clipboard-panel")


class terminal:  # noqa: N801
    """A terminal with ``command`` running in it, at the top left of the desktop."""

    def __init__(self, desktop: Desktop, guest: Guest, command: str) -> None:
        script = guest.server.home / "in-terminal.sh"
        script.write_text(f"touch it-runs\n{command}\n")
        self._runs = guest.server.home / "it-runs"
        self._runs.unlink(missing_ok=True)
        self._desktop = desktop
        self._guest = guest
        self._program = guest.running(
            *("xfce4-terminal", "--disable-server", "--hide-menubar", "--hide-borders"),
            *("--hide-scrollbar", "--font=Monospace 14", "--geometry=80x20+0+0"),
            *("--title=at-work", "--dynamic-title-mode=none"),
            *("-x", "sh", str(script)),
        )

    def __enter__(self) -> None:
        self._program.__enter__()
        until(self._runs.exists, "a program in a terminal")
        self._guest.await_window("at-work")
        self._desktop.clicks((300, 200))
        until(lambda: self._guest.active_window() == "at-work", "keys that go to the terminal")

    def __exit__(self, *error: Any) -> None:
        self._program.__exit__(*error)


def _round_trip(desktop: Desktop, guest: Guest) -> None:
    """Wait until pending data of both directions has arrived: one stream carries all in order."""
    desktop.page.set_viewport_size({"width": 1200, "height": 760})
    eventually(lambda: guest.size() == desktop.size() == (1200, 760), "the new size at both ends")
    desktop.page.set_viewport_size({"width": 1280, "height": 800})
    eventually(lambda: guest.size() == desktop.size() == (1280, 800), "the old size at both ends")


def _deny_clipboard(visitor: Visitor, origin: str) -> None:
    session = visitor.context.new_cdp_session(visitor.context.pages[0])
    for name in ("clipboard-read", "clipboard-write"):
        session.send(
            "Browser.setPermission",
            {"permission": {"name": name}, "setting": "denied", "origin": origin},
        )


def _permission(desktop: Desktop) -> str:
    state: str = desktop.run(
        "async () => (await navigator.permissions.query({ name: 'clipboard-read' })).state"
    )
    return state
