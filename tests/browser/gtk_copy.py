"""A program that owns the clipboard and is slow to send its text.

Run by the system's Python, which has GTK 3 where there is Xpra: gtk_copy.py TEXT SECONDS
"""

from __future__ import annotations

import os
import sys
import time

import gi

# Otherwise GTK starts a D-Bus and leaves it behind.
os.environ |= {"NO_AT_BRIDGE": "1", "GSETTINGS_BACKEND": "memory"}
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, Gtk  # noqa: E402

text, seconds = sys.argv[1], float(sys.argv[2])


def hand_over(owner: Gtk.Invisible, data: Gtk.SelectionData, *_: int) -> None:
    time.sleep(seconds)
    data.set_text(text, -1)


owner = Gtk.Invisible()
Gtk.selection_add_target(owner, Gdk.SELECTION_CLIPBOARD, Gdk.Atom.intern("UTF8_STRING", False), 0)
owner.connect("selection-get", hand_over)
Gtk.selection_owner_set(owner, Gdk.SELECTION_CLIPBOARD, 0)
Gtk.main()
