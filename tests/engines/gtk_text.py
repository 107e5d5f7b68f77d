"""A text window whose text is always in a file.

Each click adds a line to FILE.clicks.

Run by the system's Python, which has GTK 3 where there is Xpra: gtk_text.py TITLE FILE. SIGUSR1
empties it. It pastes with Ctrl+Shift+V, too, as terminals do.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import gi

# Otherwise GTK starts a D-Bus and leaves it behind.
os.environ |= {"NO_AT_BRIDGE": "1", "GSETTINGS_BACKEND": "memory"}
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, GLib, Gtk  # noqa: E402

title, file = sys.argv[1], Path(sys.argv[2])
text = Gtk.TextView()
content = text.get_buffer()


def write(*_: object) -> None:
    """Write the file atomically."""
    new = file.with_suffix(".new")
    new.write_text(content.get_property("text"))
    new.replace(file)


def on_key(view: Gtk.TextView, event: Gdk.EventKey) -> bool:
    both = Gdk.ModifierType.CONTROL_MASK | Gdk.ModifierType.SHIFT_MASK
    pastes = event.state & both == both and event.keyval == Gdk.KEY_V
    if pastes:
        view.emit("paste-clipboard")
    return bool(pastes)


def note_click(*_: object) -> None:
    with Path(f"{file}.clicks").open("a") as clicks:
        clicks.write("click\n")


def clear() -> bool:
    content.set_text("")
    write()
    return True


content.connect("changed", write)
text.connect("key-press-event", on_key)
text.connect("button-release-event", note_click)
GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, signal.SIGUSR1, clear)
window = Gtk.Window(title=title, decorated=False)
window.connect("destroy", Gtk.main_quit)
window.set_default_size(600, 400)
window.move(60, 60)
window.add(text)
window.connect("map-event", write)
window.show_all()
Gtk.main()
