"""A text field whose content is always in a file.

Each click adds a line to FILE.clicks.
Run by the system's Python, which has GTK 3 where there is Xpra: gtk_entry.py TITLE TEXT FILE
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import gi

# Otherwise GTK starts a D-Bus and leaves it behind.
os.environ |= {"NO_AT_BRIDGE": "1", "GSETTINGS_BACKEND": "memory"}
gi.require_version("Gtk", "3.0")
from gi.repository import Gtk  # noqa: E402

title, text, file = sys.argv[1:]


def note_click(*_: object) -> None:
    with Path(f"{file}.clicks").open("a") as clicks:
        clicks.write("click\n")


entry = Gtk.Entry()
entry.connect("changed", lambda entry: Path(file).write_text(entry.get_text()))
entry.connect("button-release-event", note_click)
entry.set_text(text)
window = Gtk.Window(title=title)
window.set_default_size(400, 100)
window.add(entry)
# Before the window is shown: a click before a move would miss it.
window.move(0, 0)
window.show_all()
Gtk.main()
