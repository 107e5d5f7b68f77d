"""A clipboard manager of the thorough kind: it takes over whatever is copied, and says so.

Run by the system's Python, which has GTK 3 where there is Xpra. It prints each text that it takes.
"""

from __future__ import annotations

import os

import gi

# It would start a D-Bus for these, and leave it behind.
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
