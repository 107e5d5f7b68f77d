"""A program that needs a moment, X and D-Bus to save when it is asked to end.

Run by the system's Python: saving_program.py FILE [--known] [--asks]. FILE contains "up" once its
window is shown, and "saved" at the end. With --known it registers with the session manager. With
--asks it saves when its user confirms a dialog "Save?"; FILE contains "asks" while that is shown.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import gi

# Otherwise it starts services and leaves them behind.
os.environ |= {"NO_AT_BRIDGE": "1", "GSETTINGS_BACKEND": "memory"}
gi.require_version("Gdk", "3.0")
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, Gio, GLib, Gtk  # noqa: E402

file = Path(sys.argv[1])
known = "--known" in sys.argv
asks = "--asks" in sys.argv
application = Gtk.Application(
    application_id="org.example.Saving" if known else None,
    flags=Gio.ApplicationFlags.NON_UNIQUE,
    register_session=known,
)


def show(application: Gtk.Application) -> None:
    window = Gtk.ApplicationWindow(application=application, title="Saving")
    window.add(Gtk.Label(label="There is something to save."))
    window.connect("map-event", lambda *_: file.write_text("up"))
    window.show_all()


def asked() -> bool:
    if asks:
        ask()
    else:
        GLib.timeout_add(100, save)
    remove: bool = GLib.SOURCE_REMOVE
    return remove


def ask() -> None:
    dialog = Gtk.MessageDialog(
        transient_for=application.get_active_window(), text="Save?", title="Save?"
    )
    dialog.add_button("Save", Gtk.ResponseType.YES)
    dialog.connect("response", lambda *_: save())
    dialog.connect("map-event", lambda *_: file.write_text("asks"))
    dialog.show_all()


def save() -> None:
    Gdk.Display.get_default().sync()
    if "DBUS_SESSION_BUS_ADDRESS" in os.environ:
        bus = Gio.bus_get_sync(Gio.BusType.SESSION)
        where = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")
        bus.call_sync(*where, "ListNames", None, None, Gio.DBusCallFlags.NONE, 1000)
    file.write_text("saved")
    application.quit()


application.connect("activate", show)
# Sent by the session manager before it ends the program.
application.connect("query-end", lambda _: file.write_text("saved"))
GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, signal.SIGTERM, asked)
# If it has only just registered, the session manager ends it without "query-end".
application.connect("shutdown", lambda _: file.write_text("saved"))
application.run()
