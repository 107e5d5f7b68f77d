"""Text goes between the clipboards, with each browser's keys for pasting."""

from __future__ import annotations

import pytest

from tests.browser.desktop import eventually
from tests.servers import until

from .text_window import TextWindow

CHORDS = ["Ctrl+v", "Ctrl+Shift+v", "Shift+Insert"]


@pytest.mark.parametrize("chord", CHORDS)
def test_pasting_keys_paste_the_user_s_clipboard(desk: TextWindow, chord: str) -> None:
    screen = desk.page.screen
    screen.copy(f"Käse → {chord}")
    # Without a wait: the text must arrive before the key.
    screen.presses(chord)
    desk.holds(f"Käse → {chord}")


def test_copying_and_pasting_work_with_a_cyrillic_layout(desk: TextWindow) -> None:
    screen = desk.page.screen
    # As usual for Russian: the second layout is on another key.
    screen.layout("ru,us")
    screen.presses("g h b")
    desk.holds("при")
    screen.presses("Ctrl+a Ctrl+c")
    comes_out(desk, "при")
    screen.copy("извне")
    screen.presses("Ctrl+a Ctrl+v")
    desk.holds("извне")


def test_the_middle_button_pastes_text_marked_on_the_desktop(desk: TextWindow) -> None:
    """The browser must not paste its own text."""
    screen = desk.page.screen
    copies_elsewhere(desk, "not marked")
    screen.presses("w o r d Enter Enter Ctrl+Home Shift+End")
    until(lambda: desk.guest.paste("primary") == "word", "the marked word on the desktop")
    desk.clicks(button=2)
    desk.holds("word\n\nword")


def test_the_middle_button_pastes_text_copied_elsewhere_if_readable(desk: TextWindow) -> None:
    """If the page may not read the clipboard, the desktop's selection is pasted."""
    page = desk.page
    desk.guest.copy("marked before", "primary")
    copies_elsewhere(desk, "from elsewhere")
    desk.clicks(button=2)
    desk.holds("from elsewhere" if page.engine.abilities.reads_clipboard else "marked before")


def copies_elsewhere(desk: TextWindow, text: str) -> None:
    """Copy a text in another window; return, and wait until the desktop has it."""
    desk.page.copies_elsewhere(text)
    if desk.page.engine.abilities.reads_clipboard:
        until(lambda: desk.guest.paste() == text, f"{text!r} on the desktop")


def test_text_copied_on_the_desktop_reaches_the_user_s_clipboard(desk: TextWindow) -> None:
    text = f"Größe ✓ {desk.guest.server.port}"
    desk.guest.copy(text)
    comes_out(desk, text, again=True)


def test_the_same_text_reaches_the_user_s_clipboard_twice(desk: TextWindow) -> None:
    text = f"again {desk.guest.server.port}"
    desk.guest.copy(text)
    comes_out(desk, text, again=True)
    copies_elsewhere(desk, "copied elsewhere in between")
    desk.guest.copy(text)
    comes_out(desk, text)


# Counts the page's attempts to write the clipboard.
_COUNT_WRITES = """(() => {
  window.writes = 0;
  const clipboard = Object.getPrototypeOf(navigator.clipboard);
  const { writeText } = clipboard;
  clipboard.writeText = function (...given) {
    window.writes += 1;
    return writeText.apply(this, given);
  };
})()"""


def test_text_reaches_the_user_s_clipboard_after_keys_without_activation(desk: TextWindow) -> None:
    page, text = desk.page, f"after Shift {desk.guest.server.port}"
    page.comes_true("!navigator.userActivation.isActive")
    page.run(_COUNT_WRITES)
    desk.guest.copy(text)
    page.comes_true("window.writes > 0")

    def pressed_often() -> bool:
        page.screen.presses("Shift")
        return page.screen.paste() == text or page.run("window.writes > 6")

    eventually(pressed_often, "it on the user's clipboard, or seven attempts to write it", 20)
    comes_out(desk, text)


def comes_out(desk: TextWindow, text: str, again: bool = False) -> None:
    """Fail unless the user's clipboard gets the desktop's text; click if the browser needs it."""
    page = desk.page
    until(lambda: desk.guest.paste() == text, f"{text!r} on the desktop's clipboard")

    def copied() -> bool:
        if not page.engine.abilities.writes_clipboard:
            if again:
                # The page drops a text after a few gestures that came too early.
                desk.guest.copy(text)
            # A click, since a modifier key is no user activation in Firefox.
            desk.clicks()
        return page.screen.paste() == text

    eventually(copied, f"{text!r} on the user's clipboard", 20)


def test_the_panel_sends_and_copies_text(desk: TextWindow) -> None:
    page, screen, guest = desk.page, desk.page.screen, desk.guest
    page.tool("clipboard")
    page.comes_true("document.activeElement.id === 'clipboard-text'")
    screen.presses("Ctrl+a b y Space h a n d")
    page.comes_true("document.activeElement.value === 'by hand'")
    page.clicks_on("#clipboard-in")
    until(lambda: guest.paste() == "by hand", "it on the desktop")
    assert page.run("document.querySelector('#clipboard-status').textContent").startswith("Sent.")
    screen.presses("Escape")
    page.comes_true("!document.querySelector('#clipboard').open")

    guest.copy("back by hand")
    # It arrives without the panel. The following checks are about the panel.
    comes_out(desk, "back by hand")
    screen.copy("something else")
    page.tool("clipboard")
    page.comes_true("document.querySelector('#clipboard-text').value === 'back by hand'")
    page.clicks_on("#clipboard-out")
    eventually(lambda: screen.paste() == "back by hand", "it on the user's clipboard")
    said = "document.querySelector('#clipboard-status').textContent"
    page.comes_true(f"{said} === 'Copied to this computer.'")
    screen.presses("Escape")
    page.comes_true("!document.querySelector('#clipboard').open")
