"""A window with a picture in it; run by the system's Python: gtk_picture.py FILE."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import gi

# Otherwise GTK starts a D-Bus and leaves it behind.
os.environ |= {"NO_AT_BRIDGE": "1", "GSETTINGS_BACKEND": "memory"}
gi.require_version("Gtk", "3.0")
from gi.repository import Gtk  # noqa: E402

window = Gtk.Window(title=Path(sys.argv[1]).name, icon_name="image-x-generic")
window.connect("destroy", Gtk.main_quit)
window.add(Gtk.Image.new_from_file(sys.argv[1]))
window.show_all()
Gtk.main()
