"""Firefox and LibreOffice Writer on the desktop, each with a text to edit.

Unlike GTK's and Qt's text fields, they have their own code for selections.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests import firefox, programs
from tests.servers import until

from .guest import Guest

# The text fills the page; the title is set when it is shown.
_PAGE = """<!doctype html>
<meta charset="utf-8">
<textarea autofocus style="position: fixed; inset: 0">{text}</textarea>
<script>document.title = "entry";</script>
"""

# No tip of the day, and a window that is not maximised.
_SETTINGS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
  <item oor:path="/org.openoffice.Office.Common/Misc">
    <prop oor:name="ShowTipOfTheDay" oor:op="fuse"><value>false</value></prop>
  </item>
  <item oor:path="/org.openoffice.Setup/Office/Factories/\
org.openoffice.Setup:Factory['com.sun.star.text.TextDocument']">
    <prop oor:name="ooSetupFactoryWindowAttributes" oor:op="fuse">
      <value>{x},{y},{width},{height};1;0,0,0,0;</value>
    </prop>
  </item>
</oor:items>
"""

# The right half of the screen.
_X, _Y, _WIDTH, _HEIGHT = 450, 0, 780, 700

# The desktop of these tests has no D-Bus: they would start one and leave it behind.
_ALONE = (
    *("env", "NO_AT_BRIDGE=1", "GSETTINGS_BACKEND=memory"),
    "DBUS_SESSION_BUS_ADDRESS=disabled:",
)


def _firefox(folder: Path, text: str) -> list[str]:
    firefox.require()
    page = folder / "entry.html"
    page.write_text(_PAGE.format(text=text))
    window = {"screenX": _X, "screenY": _Y, "width": _WIDTH, "height": _HEIGHT}
    return [*firefox.command(folder, **window), page.as_uri()]


def _writer(folder: Path, text: str) -> list[str]:
    programs.require("lowriter")
    (folder / "user").mkdir()
    settings = _SETTINGS.format(x=_X, y=_Y, width=_WIDTH, height=_HEIGHT)
    (folder / "user" / "registrymodifications.xcu").write_text(settings)
    document = folder / "entry.txt"
    document.write_text(text)
    first_start = ("--norestore", "--nofirststartwizard", "--nologo")
    return ["lowriter", f"-env:UserInstallation={folder.as_uri()}", *first_start, str(document)]


EDITORS: dict[str, Callable[[Path, str], list[str]]] = {"Firefox": _firefox, "Writer": _writer}


@contextmanager
def editor(guest: Guest, name: str, text: str) -> Iterator[str]:
    """Run an editor with ``text`` on the desktop's right half; yields its window's name."""
    folder = guest.server.home / name
    folder.mkdir()
    with guest.running(*_ALONE, *EDITORS[name](folder, text)):
        try:
            yield until(lambda: _window(guest), f"a window of {name}", 60)
        finally:
            pipes = _pipes(guest)
    for pipe in pipes:
        pipe.unlink(missing_ok=True)


def _window(guest: Guest) -> str:
    # Both also have invisible windows with this name.
    search = ("xdotool", "search", "--onlyvisible", "--name", "^entry", "getwindowname")
    return guest.run(*search, check=False).strip()


def _pipes(guest: Guest) -> list[Path]:
    """Return LibreOffice's sockets outside its folders, which it leaves when it is killed."""
    sockets = [
        Path(str(socket.laddr))
        for process in guest.server.processes("soffice.bin")
        for socket in process.net_connections("unix")
        if socket.laddr
    ]
    return [socket for socket in sockets if socket.name.startswith("OSL_PIPE_")]
