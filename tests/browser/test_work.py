"""Working on the desktop: keyboard, toolbar, full screen, and no screen locker."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, expect

from tests import servers
from tests.servers import until

from .desktop import Desktop, eventually
from .guest import Guest
from .link import Link
from .visitor import Visitor

_LOCKERS = ("xscreensaver", "light-locker", "xfce4-screensaver", "xss-lock", "gnome-screensaver")
# Wider than 99 pixels: Xfce's session manager also has small invisible windows.
_LOG_OUT_WINDOW = re.compile(r'"Xfce4-session"\)\s+\d{3,}x')
# The user returns to the page, and the browser is slow to return its clipboard.
_SLOW_CLIPBOARD = """() => {
  navigator.clipboard.readText = () => new Promise((resolve) => setTimeout(resolve, 200, ""));
  dispatchEvent(new Event("focus"));
}"""
# Seconds. Servers that repeat keys start after half a second, at dozens per second.
LATE = 3
_NAMED_ROLES = (
    *("button", "link", "textbox", "menuitem", "menu", "dialog", "toolbar", "application"),
    *("canvas", "image", "img"),
)


def test_typed_text_reaches_a_program(desktop: Desktop, guest: Guest) -> None:
    text = 'It works: 100 % {of} "the" keys, [all] @ ~once\\!'
    assert guest.output(desktop, f"echo '{text}'", "typed") == f"{text}\n"


def test_a_key_with_a_late_release_types_one_letter(
    linked: Desktop, guest: Guest, cable: Link
) -> None:
    keyboard = linked.page.keyboard
    with _letters(linked, guest) as typed:
        keyboard.down("a")
        until(lambda: typed() == "a", "the letter whose key is down")
        cable.freeze()
        keyboard.up("a")
        time.sleep(LATE)
        cable.thaw()
        keyboard.press("b")
        until(lambda: typed().endswith("b"), "a letter that was typed after it")
        assert typed() == "ab"


def test_a_held_key_repeats_as_often_as_in_the_browser(desktop: Desktop, guest: Guest) -> None:
    keyboard = desktop.page.keyboard
    with _letters(desktop, guest) as typed:
        for _ in range(5):
            keyboard.down("a")  # from the second one on, events with the repeat flag
        until(lambda: len(typed()) >= 5, "five letters of a key that is held")
        # Programs see a held key.
        until(lambda: _keys_down(guest) == 1, "a key that is down")
        keyboard.up("a")
        for _ in range(3):
            keyboard.down("Shift")
        keyboard.up("Shift")
        keyboard.press("b")
        until(lambda: typed().endswith("b"), "a letter that was typed after it")
        assert typed() == "aaaaab"
        until(lambda: _keys_down(guest) == 0, "no key that is down")


def test_clicks_reach_a_program_at_the_pointer_s_position(
    desktop: Desktop, guest: Guest, tmp_path: Path
) -> None:
    log = tmp_path / "buttons"
    with guest.running("xev", "-geometry", "300x200+300+520", "-event", "button", output=log):
        guest.await_window("Event Tester")
        desktop.page.mouse.click(411, 633)
        desktop.page.mouse.click(412, 634, button="right")
        desktop.page.mouse.wheel(0, 200)
        wanted = [("411", "633", "1"), ("412", "634", "3"), ("412", "634", "5")]
        until(lambda: _clicked(log)[:3] == wanted, f"{wanted} at xev, in {log}")


def test_a_click_that_waits_for_the_clipboard_arrives_whole(
    desktop: Desktop, guest: Guest, tmp_path: Path
) -> None:
    log = tmp_path / "buttons"
    with guest.running("xev", "-geometry", "300x200+300+520", "-event", "button", output=log):
        guest.await_window("Event Tester")
        desktop.run(_SLOW_CLIPBOARD)
        desktop.page.mouse.click(411, 633)
        desktop.page.mouse.click(422, 644)
        wanted = [("411", "633", "1"), ("422", "644", "1")]
        until(lambda: _clicked(log) == wanted, f"{wanted} at xev, in {log}")
        desktop.tool("Keys").click()


def test_the_keys_menu_sends_keys_that_the_browser_keeps(
    desktop: Desktop, guest: Guest, tmp_path: Path
) -> None:
    log = tmp_path / "keys"
    wanted = {
        "Escape": ["Escape"],
        "Ctrl + W": ["Control_L", "w"],
        "Ctrl + T": ["Control_L", "t"],
        "Ctrl + N": ["Control_L", "n"],
        "F11": ["F11"],
    }
    with guest.running(
        "xev", "-geometry", "300x200+300+520", "-event", "keyboard", output=log
    ) as xev:
        guest.await_window("Event Tester")
        for entry, keys in wanted.items():
            log.write_text("")
            _press(desktop, entry)
            _await_keys(log, keys)
        _press(desktop, "Alt + F4")
        until(lambda: xev.poll() is not None, "xev closed by Alt+F4")


def test_control_alt_delete_opens_the_log_out_window(desktop: Desktop, guest: Guest) -> None:
    _press(desktop, "Ctrl + Alt + Del")
    until(lambda: _LOG_OUT_WINDOW.search(guest.windows()), "Xfce's log out window")
    _press(desktop, "Escape")
    until(lambda: _is_gone(guest, _LOG_OUT_WINDOW), "it is gone")


def test_full_screen_is_entered_and_left(desktop: Desktop) -> None:
    in_full_screen = "() => document.fullscreenElement !== null"
    desktop.tool("Full screen").click()
    eventually(lambda: desktop.run(in_full_screen), "full screen")
    expect(desktop.here.locator("#tool-fullscreen")).to_have_attribute("aria-pressed", "true")
    desktop.tool("Full screen").click()
    eventually(lambda: not desktop.run(in_full_screen), "no full screen")
    desktop.is_live()


def test_the_toolbar_hides_when_the_pointer_leaves(desktop: Desktop) -> None:
    tools = desktop.here.locator("#tools")
    expect(tools).not_to_be_visible()
    desktop.page.mouse.move(640, 3)
    expect(tools).to_be_visible()
    desktop.page.mouse.move(640, 400)
    expect(tools).not_to_be_visible()


def test_the_handle_shows_its_label_until_used_or_timed_out(desktop: Desktop) -> None:
    handle = desktop.here.locator("#handle")
    said = handle.get_by_text("Tools")

    def height() -> float:
        box = handle.bounding_box()
        assert box
        return box["height"]

    desktop.page.reload()
    expect(said).to_have_css("opacity", "1")
    tall = height()
    # Its timeout starts with the connection.
    desktop.becomes("connected")
    handle.evaluate(
        "(handle) => handle.getAnimations({ subtree: true }).forEach((one) => one.finish())"
    )
    expect(said).to_have_css("opacity", "0")
    assert height() < tall
    desktop.page.reload()
    expect(said).to_have_css("opacity", "1")
    expect(desktop.tool("Keys")).to_be_visible()
    desktop.clicks((640, 400))
    expect(handle).to_be_visible()
    expect(said).to_have_css("opacity", "0")


def test_reduced_motion_stops_animations(desktop: Desktop) -> None:
    """Elements appear and disappear without a transition (Media Queries Level 5)."""

    def moving() -> list[float]:
        """Return the durations of current and pending animations, in milliseconds."""
        durations = "document.getAnimations().map((one) => one.effect.getTiming().duration)"
        return [float(one) for one in desktop.run(durations)]

    desktop.page.reload()
    desktop.becomes("connected")
    # The handle's animation is pending.
    desktop.run("document.getAnimations().forEach((one) => one.pause())")
    assert max(moving()) > 100
    desktop.page.emulate_media(reduced_motion="reduce")
    assert 0 < max(moving()) <= 10
    expect(desktop.here.locator("#tools")).to_have_css("transition-duration", "0s")


def test_all_tools_can_be_used_with_the_keyboard(desktop: Desktop, guest: Guest) -> None:
    page = desktop.page
    _leave_desktop(desktop)
    desktop.screenshot("toolbar")
    for tool in ("clipboard", "share", "fullscreen", "restart", "stop", "keys"):
        page.keyboard.press("ArrowRight")
        expect(desktop.here.locator(f"#tool-{tool}")).to_be_focused()
    page.keyboard.press("Enter")
    expect(desktop.here.get_by_role("menuitem", name="Ctrl + Alt + Del")).to_be_focused()
    desktop.screenshot("keys")
    page.keyboard.press("Escape")
    expect(desktop.here.locator("#tool-keys")).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(desktop.here.get_by_label("Text")).to_be_focused()
    page.keyboard.press("Escape")
    desktop.has_focus()
    # No key is stuck on the desktop.
    guest.forget("after")
    page.keyboard.type("echo still typing > after\n")
    assert guest.file("after") == "still typing\n"


def test_stop_asks_first_and_escape_keeps_the_desktop(desktop: Desktop, guest: Guest) -> None:
    desktop.tool("Stop").click()
    expect(desktop.here.get_by_role("dialog", name="Stop the desktop?")).to_be_visible()
    desktop.screenshot("stop")
    desktop.page.keyboard.press("Escape")
    desktop.has_focus()
    assert guest.output(desktop, "echo alive", "kept") == "alive\n"


def test_every_control_has_a_name(desktop: Desktop, visitor: Visitor) -> None:
    _leave_desktop(desktop)
    assert _unnamed(visitor, desktop.page) == []
    desktop.page.keyboard.press("Enter")
    expect(desktop.here.get_by_role("menu")).to_be_visible()
    assert _unnamed(visitor, desktop.page) == []
    desktop.page.keyboard.press("Escape")
    desktop.page.keyboard.press("Escape")
    desktop.opens_panel()
    assert _unnamed(visitor, desktop.page) == []
    desktop.page.keyboard.press("Escape")


def test_the_screen_is_never_locked(
    xfce: servers.JupyterServer, desktop: Desktop, guest: Guest
) -> None:
    screen = guest.run("xset", "q")
    assert re.search(r"timeout:\s+0\b", screen), screen
    assert "DPMS is Enabled" not in screen
    assert [p for name in _LOCKERS for p in xfce.processes(name)] == []
    guest.run("xflock4", check=False)
    assert guest.output(desktop, "echo open", "not-locked") == "open\n"


@contextmanager
def _letters(desktop: Desktop, guest: Guest) -> Iterator[Callable[[], str]]:
    """Have the terminal write letters into a file at once; yields a function that reads it."""
    guest.forget("letters")
    desktop.types("stty -icanon -echo; cat >letters\n")
    path = guest.server.home / "letters"
    until(path.exists, "a program that reads letters")
    yield path.read_text
    desktop.presses("Control+c")
    desktop.types("stty sane\n")


def _keys_down(guest: Guest) -> int:
    """Return the number of pressed keys in the X server."""
    keymap = """
import xcffib, xcffib.xproto
keys = xcffib.connect().core.QueryKeymap().reply().keys
print(sum(bin(key).count("1") for key in keys))
"""
    return int(guest.run(sys.executable, "-c", keymap))


def _press(desktop: Desktop, entry: str) -> None:
    desktop.tool("Keys").click()
    desktop.here.get_by_role("menuitem", name=entry, exact=True).click()


def _is_gone(guest: Guest, window: re.Pattern[str]) -> bool:
    windows = guest.windows()
    # The panel is always there: a list without it is incomplete.
    return "xfce4-panel" in windows and not window.search(windows)


def _clicked(log: Path) -> list[tuple[str, str, str]]:
    """Return position and number of button presses in xev's log."""
    press = r"ButtonPress event.*?root:\((\d+),(\d+)\),\s+state 0x\w+, button (\d+)"
    return re.findall(press, log.read_text(), re.DOTALL)


def _await_keys(log: Path, keys: list[str]) -> None:
    until(lambda: _pressed(log, len(keys)) == keys, f"{keys} at xev, in {log}")


def _pressed(log: Path, count: int) -> list[str]:
    """Return the last ``count`` key presses in xev's log."""
    presses = re.findall(r"KeyPress event.*?keysym 0x\w+, (\w+)\)", log.read_text(), re.DOTALL)
    return presses[-count:]


def _leave_desktop(desktop: Desktop) -> None:
    """Press and release Ctrl, Alt and Shift together, which focuses the toolbar."""
    for key in ("Control", "Alt", "Shift"):
        desktop.page.keyboard.down(key)
    for key in ("Control", "Alt", "Shift"):
        desktop.page.keyboard.up(key)
    expect(desktop.here.locator("#tool-keys")).to_be_focused()


def _unnamed(visitor: Visitor, page: Page) -> list[str]:
    """Return the roles of controls without an accessible name."""
    session = visitor.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    controls = [
        node
        for node in nodes
        if not node["ignored"] and node["role"]["value"].lower() in _NAMED_ROLES
    ]
    assert len(controls) > 3
    return [one["role"]["value"] for one in controls if not one.get("name", {}).get("value")]
