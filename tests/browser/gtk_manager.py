"""A clipboard manager that takes over and prints each copied text.

Run by the system's Python, which has GTK 3 where there is Xpra.
"""

from __future__ import annotations

import os

import gi

# Otherwise GTK starts a D-Bus and leaves it behind.
os.environ |= {"NO_AT_BRIDGE": "1", "GSETTINGS_BACKEND": "memory"}
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, Gtk  # noqa: E402

taken = [""]


def take_over(clipboard: Gtk.Clipboard, text: str | None) -> None:
    if text and text != taken[-1]:
        taken.append(text)
        clipboard.set_text(text, -1)
        print(text, flush=True)


clipboard = Gtk.Clipboard.get(Gdk.SELECTION_CLIPBOARD)
clipboard.connect("owner-change", lambda *_: clipboard.request_text(take_over))
print("ready", flush=True)
Gtk.main()
