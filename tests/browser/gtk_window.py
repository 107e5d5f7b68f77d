"""A program with a menu, a dialog and a tooltip, or with its own title bar.

Run by the system's Python, which has GTK 3 where there is Xpra: gtk_window.py TITLE [--own-frame]
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


def menu_bar() -> Gtk.MenuBar:
    """Return a menu whose entries write their label into a file."""
    menu = Gtk.Menu()
    for label in ("Open", "Save", "Print"):
        entry = Gtk.MenuItem(label=label)
        entry.connect("activate", lambda entry: Path("chosen").write_text(entry.get_label()))
        menu.append(entry)
    file = Gtk.MenuItem(label="File")
    file.set_submenu(menu)
    bar = Gtk.MenuBar()
    bar.append(file)
    return bar


def ask(parent: Gtk.Window) -> None:
    """Show a dialog that blocks the window."""
    dialog = Gtk.MessageDialog(transient_for=parent, modal=True, text="Really?", title="A question")
    dialog.connect("response", lambda *_: dialog.destroy())
    dialog.show()


window = Gtk.Window(title=sys.argv[1])
window.connect("destroy", Gtk.main_quit)
window.set_default_size(400, 250)
if "--own-frame" in sys.argv:
    window.set_titlebar(Gtk.HeaderBar(title=sys.argv[1], show_close_button=True))
else:
    box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL)
    button = Gtk.Button(label="Ask", tooltip_text="This asks a question")
    button.connect("clicked", lambda _: ask(window))
    for widget in (menu_bar(), button, Gtk.Entry()):
        box.pack_start(widget, False, False, 0)
    window.add(box)
window.show_all()
Gtk.main()
