"""Texts of programs, names and clipboards stay text.

A script that runs or an element created from a text fails each of these tests; so does a violation
of the Content-Security-Policy (``Visitor.problems``).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from tests.servers import JupyterServer, until

from .desktop import Desktop, eventually
from .guest import Guest
from .visitor import LINK_IS_DOWN, Visitor

# As HTML it would request "/desktop/x", or set window.hacked.
MARKUP = '<img src=x onerror="window.hacked=1"><b id=made>bold</b></textarea></title>'


def stays_text(desktop: Desktop) -> None:
    made = "() => document.querySelectorAll('#made, img:not(#card-logo), [onerror]').length"
    assert desktop.run(made) == 0
    assert desktop.run("() => window.hacked") is None


def names_window_manager(guest: Guest) -> None:
    """Name the window manager ``MARKUP``, which Xpra uses as its window's title."""
    told = guest.run("xprop", "-root", "_NET_SUPPORTING_WM_CHECK").split()[-1]
    name = ("-f", "_NET_WM_NAME", "8u", "-set", "_NET_WM_NAME", MARKUP)
    guest.run("xprop", "-id", told, *name)


def test_markup_in_window_titles_and_clipboards_stays_text(
    server: JupyterServer, visitor: Visitor
) -> None:
    server.start_desktop()
    guest = Guest(server)
    names_window_manager(guest)
    with guest.running("xterm", "-T", MARKUP, "-n", MARKUP):
        until(lambda: "made>bold" in guest.windows(), "a window of that name")
        desktop = visitor.opens(server)
        desktop.shows_desktop(colours=2)
        desktop.is_still()
        stays_text(desktop)
    guest.copy(MARKUP)
    eventually(lambda: desktop.read_clipboard() == MARKUP, "the text in the browser")
    panel = desktop.opens_panel()
    expect(panel.get_by_label("Text")).to_have_value(MARKUP)
    stays_text(desktop)
    panel.get_by_label("Text").fill(MARKUP + MARKUP)
    panel.get_by_role("button", name="Send to desktop").click()
    until(lambda: guest.paste() == MARKUP + MARKUP, "the text on the desktop")
    stays_text(desktop)


def test_markup_in_title_log_and_errors_stays_text(
    backend: str, jupyter: Callable[..., JupyterServer], visitor: Visitor, tmp_path: Path
) -> None:
    """The display server sends its name to the browser (CVE-2017-18635)."""
    script = tmp_path / MARKUP.replace("/", "")
    script.write_text(f"echo '{MARKUP}' >&2; exit 3\n")
    visitor.expects(*LINK_IS_DOWN, r"Failed to load resource: .* (404|409|410)")
    arguments = (f"--DesktopApp.backend={backend}", f"--DesktopApp.title={MARKUP}")
    desktop = visitor.opens(jupyter(*arguments, start_script=script))
    desktop.becomes("failed")
    expect(desktop.card.get_by_label("Log", exact=True)).to_contain_text(MARKUP)
    expect(desktop.card).to_contain_text(script.name)
    stays_text(desktop)
    script.write_text("exec openbox --sm-disable\n")
    desktop.card.get_by_role("button", name="Try again").click()
    desktop.becomes("connected")
    assert desktop.page.title() == MARKUP
    stays_text(desktop)
