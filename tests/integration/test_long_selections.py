"""Texts that X programs give in pieces reach who cannot read pieces, such as a VNC server."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.servers import JupyterServer, until

from .viewing import x_environment

IN_PIECES = "xclip gives whole what is shorter than a mebibyte"
TEXT = ("naïve 😀 " * 150_000).encode()
assert len(TEXT) > 1024 * 1024, IN_PIECES


def copy(server: JupyterServer, selection: str, text: bytes) -> None:
    # xclip goes into the background, and keeps what it inherits open.
    subprocess.run(
        ["xclip", "-selection", selection, "-in"],
        input=text,
        env=x_environment(server),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=10,
        check=True,
    )


def whole(server: JupyterServer, selection: str) -> bytes | None:
    """Return a selection as a client gets it that does not know of pieces; None if in pieces."""
    code = """
import sys, xcffib, xcffib.xproto as x
c = xcffib.connect()
w, root = c.generate_id(), c.get_setup().roots[0].root
c.core.CreateWindow(0, w, root, 0, 0, 1, 1, 0, x.WindowClass.InputOnly, 0, 0, [])
atom = lambda n: c.core.InternAtom(False, len(n), n).reply().atom
name = sys.argv[1].encode()
c.core.ConvertSelection(w, atom(name), atom(b"UTF8_STRING"), atom(b"HERE"), 0)
c.flush()
while not isinstance(event := c.wait_for_event(), x.SelectionNotifyEvent):
    pass
if not event.property:
    sys.exit(3)
reply = c.core.GetProperty(False, w, atom(b"HERE"), 0, 0, 1 << 22).reply()
if reply.type == atom(b"INCR"):
    sys.exit(4)
sys.stdout.buffer.write(bytes(reply.value.buf()))
"""
    ran = subprocess.run(
        [sys.executable, "-c", code, selection],
        env=x_environment(server),
        capture_output=True,
        timeout=10,
        check=False,
    )
    assert ran.returncode in (0, 3, 4), ran.stderr
    return ran.stdout if ran.returncode == 0 else None


@pytest.mark.parametrize("selection", ["CLIPBOARD", "PRIMARY"])
def test_a_text_in_pieces_is_offered_whole(server: JupyterServer, selection: str) -> None:
    server.start_desktop()
    text = TEXT + selection.encode()
    copy(server, selection.lower(), text)
    until(lambda: whole(server, "PRIMARY") == text, "the text to be offered as PRIMARY")


def test_the_owner_of_the_clipboard_stays_its_owner(server: JupyterServer) -> None:
    server.start_desktop()
    copy(server, "clipboard", TEXT)
    until(lambda: whole(server, "PRIMARY") == TEXT, "the text to be offered as PRIMARY")
    assert whole(server, "CLIPBOARD") is None


def test_short_texts_are_left_alone(server: JupyterServer) -> None:
    server.start_desktop()
    copy(server, "primary", b"in one piece")
    copy(server, "clipboard", b"another one")
    assert whole(server, "PRIMARY") == b"in one piece"


def test_a_window_that_asks_and_closes_does_no_harm(server: JupyterServer) -> None:
    server.start_desktop()
    copy(server, "clipboard", TEXT)
    for _ in range(5):
        asking = subprocess.Popen(
            ["xclip", "-selection", "primary", "-out"],
            env=x_environment(server),
            stdout=subprocess.DEVNULL,
        )
        asking.kill()
        asking.wait()
    copy(server, "clipboard", TEXT + b"!")
    until(lambda: whole(server, "PRIMARY") == TEXT + b"!", "the next text to be offered")


def test_not_where_text_must_not_leave_the_desktop(jupyter) -> None:
    server = jupyter("--DesktopApp.clipboard=in")
    server.start_desktop()
    copy(server, "primary", b"mine")
    copy(server, "clipboard", TEXT)
    # A second owner of CLIPBOARD is seen no sooner than the first.
    copy(server, "clipboard", b"short")
    until(lambda: whole(server, "CLIPBOARD") == b"short", "the last text to be there")
    assert whole(server, "PRIMARY") == b"mine"
