"""Texts that X programs transfer incrementally reach clients that cannot read increments."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.servers import JupyterServer, until

from .viewing import x_environment

IN_PIECES = "xclip gives whole what is shorter than a mebibyte"
LETTERS = b"a" * 1_500_000
TEXT = ("naïve 😀 " * 150_000).encode()
assert len(TEXT) > 1024 * 1024, IN_PIECES


def copy(server: JupyterServer, selection: str, text: bytes) -> None:
    # xclip goes into the background and keeps inherited descriptors open.
    subprocess.run(
        ["xclip", "-selection", selection, "-in"],
        input=text,
        env=x_environment(server),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=10,
        check=True,
    )


@contextmanager
def gtk_copy(server: JupyterServer, length: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program that offers ``length`` letters as text and HTML, and a short format."""
    code = """
import sys, gi
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, Gtk
text = b"a" * int(sys.argv[1])
given = {"UTF8_STRING": text, "text/html": b"<b>" + text + b"</b>", "text/x-short": b"short"}
owner = Gtk.Invisible()
for number, target in enumerate(given):
    atom = Gdk.Atom.intern(target, False)
    Gtk.selection_add_target(owner, Gdk.SELECTION_CLIPBOARD, atom, number)
def get(owner, data, number, time):
    data.set(data.get_target(), 8, list(given.values())[number])
owner.connect("selection-get", get)
owner.connect("selection-clear-event", Gtk.main_quit)
Gtk.selection_owner_set(owner, Gdk.SELECTION_CLIPBOARD, 0)
Gdk.flush()
print("copied", flush=True)
Gtk.main()
"""
    quiet = {"NO_AT_BRIDGE": "1", "GSETTINGS_BACKEND": "memory"}
    process = subprocess.Popen(
        ["/usr/bin/python3", "-c", code, str(length)],
        env={**x_environment(server), **quiet},
        stdout=subprocess.PIPE,
    )
    try:
        assert process.stdout
        assert process.stdout.readline() == b"copied\n"
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stdout
        process.stdout.close()


def out(server: JupyterServer, target: str) -> bytes:
    """Return the clipboard in the format ``target``."""
    return subprocess.run(
        ["xclip", "-selection", "clipboard", "-out", "-target", target],
        env=x_environment(server),
        capture_output=True,
        timeout=30,
        check=True,
    ).stdout


def whole(server: JupyterServer, selection: str) -> bytes | None:
    """Return a selection as a client without INCR gets it; None if it is incremental."""
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


def test_a_text_in_pieces_is_offered_whole(server: JupyterServer) -> None:
    server.start_desktop()
    copy(server, "clipboard", TEXT)
    until(lambda: whole(server, "CLIPBOARD") == TEXT, "the text to be offered whole")
    targets = out(server, "TARGETS").split()
    assert b"UTF8_STRING" in targets
    assert out(server, "STRING") == TEXT.decode().encode("latin-1", "replace")


def test_nul_does_not_end_a_text(server: JupyterServer) -> None:
    server.start_desktop()
    copy(server, "clipboard", b"\0before\0 and after\0")
    until(lambda: whole(server, "CLIPBOARD") == b"before and after", "the text without NUL")
    copy(server, "clipboard", TEXT + b"\0!")
    until(lambda: whole(server, "CLIPBOARD") == TEXT + b"!", "the long text without NUL")


def test_other_formats_than_text_are_kept(server: JupyterServer) -> None:
    server.start_desktop()
    with gtk_copy(server, len(LETTERS)):
        until(lambda: whole(server, "CLIPBOARD") == LETTERS, "the text to be offered whole")
        assert {b"text/html", b"text/x-short"} <= set(out(server, "TARGETS").split())
        assert out(server, "text/html") == b"<b>" + LETTERS + b"</b>"
        assert out(server, "text/x-short") == b"short"


def test_primary_is_left_alone(server: JupyterServer) -> None:
    server.start_desktop()
    copy(server, "clipboard", b"copied")
    copy(server, "primary", TEXT)
    # Selections are processed in order.
    copy(server, "clipboard", TEXT + b"!")
    until(lambda: whole(server, "CLIPBOARD") == TEXT + b"!", "the text to be offered whole")
    assert whole(server, "PRIMARY") is None


def test_short_texts_are_left_alone(server: JupyterServer) -> None:
    server.start_desktop()
    with gtk_copy(server, 10) as owner:
        until(lambda: whole(server, "CLIPBOARD") == LETTERS[:10], "the text to be there")
        copy(server, "primary", b"marked")
        assert whole(server, "PRIMARY") == b"marked"
        assert owner.poll() is None, "it is over when it owns the clipboard no more"


def test_requestors_that_exit_do_not_block_the_next_text(server: JupyterServer) -> None:
    server.start_desktop()
    copy(server, "clipboard", TEXT)
    for _ in range(5):
        asking = subprocess.Popen(
            ["xclip", "-selection", "clipboard", "-out"],
            env=x_environment(server),
            stdout=subprocess.DEVNULL,
        )
        asking.kill()
        asking.wait()
    copy(server, "clipboard", TEXT + b"!")
    until(lambda: whole(server, "CLIPBOARD") == TEXT + b"!", "the next text to be offered")


def test_long_texts_keep_their_owner_if_the_clipboard_is_inbound_only(
    jupyter: Callable[..., JupyterServer],
) -> None:
    server = jupyter("--DesktopApp.clipboard=in")
    server.start_desktop()
    with gtk_copy(server, len(LETTERS)) as owner:
        # Nothing but this test requests its text, so it stays the owner.
        assert whole(server, "CLIPBOARD") is None
        assert out(server, "UTF8_STRING") == LETTERS
        assert owner.poll() is None


def test_xpra_gets_long_texts_through_secondary(
    jupyter: Callable[..., JupyterServer],
) -> None:
    server = jupyter("--DesktopApp.backend=xpra")
    server.start_desktop()
    with gtk_copy(server, len(LETTERS)) as owner:
        until(lambda: whole(server, "SECONDARY") == LETTERS, "the text to be offered whole")
        assert owner.poll() is None, "it owns the clipboard no more"
        copy(server, "clipboard", b"short")
        until(lambda: whole(server, "SECONDARY") is None, "the older text to be withdrawn")
    with gtk_copy(server, len(LETTERS)):
        until(lambda: whole(server, "SECONDARY") == LETTERS, "the next text to be offered")
