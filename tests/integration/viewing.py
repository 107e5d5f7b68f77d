"""Viewers of a server's desktops, with a browser's cookies or a script's token."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from tests import clients
from tests.clients import Viewer, Wire
from tests.servers import JupyterServer, facts

# A program that grabs the X server until a file "let-go" is in its folder, and makes clients look
# for a window manager again.
GRAB = """
import pathlib, struct, time, xcffib, xcffib.xproto
connection = xcffib.connect()
core, root = connection.core, connection.get_setup().roots[0].root
name = b"_NET_SUPPORTING_WM_CHECK"
atom = core.InternAtom(False, len(name), name).reply().atom
core.GrabServer()
nobody = struct.pack("=I", connection.generate_id())
core.ChangeProperty(0, root, atom, xcffib.xproto.Atom.WINDOW, 32, 1, nobody)
core.GetInputFocus().reply()
print("grabbed", flush=True)
while not pathlib.Path("let-go").exists():
    time.sleep(0.05)
"""


def open_socket(
    server: JupyterServer,
    ticket: Mapping[str, Any],
    headers: Mapping[str, str | None] | None = None,
) -> Wire:
    """Open the WebSocket that ``ticket`` is for, as a script with a token does."""
    sent = {"Authorization": f"token {server.token}", **(headers or {})}
    url = f"{server.url}desktop/{ticket['socket_url']}"
    return clients.connect(url, ticket["protocols"], sent, server.context)


def view(server: JupyterServer, name: str = "default", client: str = "") -> Viewer:
    """Connect a viewer, up to ServerInit."""
    ticket = server.ticket(name, client)
    return Viewer(open_socket(server, ticket)).authenticate(ticket["password"])


def log_in(server: JupyterServer) -> dict[str, str]:
    """Return the headers of a browser after it opened the address with the token."""
    answer = server.call("GET", f"desktop/?token={server.token}", token=None)
    pairs = [line.split(";")[0] for line in answer.headers.get_all("Set-Cookie", [])]
    assert any(pair.startswith("username-") for pair in pairs), pairs
    # Jupyter sets the XSRF cookie with the first page.
    page = server.call("GET", "desktop/", token=None, headers={"Cookie": "; ".join(pairs)})
    pairs += [line.split(";")[0] for line in page.headers.get_all("Set-Cookie", [])]
    cookies = dict(pair.split("=", 1) for pair in pairs)
    joined = "; ".join(f"{name}={value}" for name, value in cookies.items())
    return {"Cookie": joined, "X-XSRFToken": cookies["_xsrf"]}


def logs(server: JupyterServer) -> str:
    """Return the logs of display servers and start scripts."""
    found = server.runtime.glob("jd-*/*.log*")
    return "\n".join(path.read_text(errors="replace") for path in found)


def accepted(server: JupyterServer) -> int:
    """Return how many viewers' connections have reached a display server."""
    # TigerVNC writes "Connections: accepted: PATH", since 1.15 "Accepted:", and folds long lines.
    return len(re.findall(r"connections:\s+accepted:", logs(server), re.IGNORECASE))


def x_environment(server: JupyterServer) -> dict[str, str]:
    """Return the environment of X programs for the server's only desktop."""
    cookie = str(folder_of(server) / "Xauthority")
    return {**os.environ, "DISPLAY": server.displays()[0], "XAUTHORITY": cookie}


def asked(server: JupyterServer, request: str) -> tuple[int, int]:
    """Return two numbers that a request to the desktop's X server prints."""
    ask = f"import xcffib.xproto; c = xcffib.connect(); r = c.get_setup().roots[0].root; {request}"
    told = subprocess.run(
        [sys.executable, "-c", ask],
        env=x_environment(server),
        stdout=subprocess.PIPE,
        text=True,
        timeout=10,
        check=True,
    )
    one, other = told.stdout.split()
    return int(one), int(other)


def pointer(server: JupyterServer) -> tuple[int, int]:
    return asked(server, "p = c.core.QueryPointer(r).reply(); print(p.root_x, p.root_y)")


def size(server: JupyterServer) -> tuple[int, int]:
    return asked(server, "g = c.core.GetGeometry(r).reply(); print(g.width, g.height)")


def folder_of(server: JupyterServer) -> Path:
    """Return the runtime folder of its only desktop."""
    (socket,) = server.runtime.glob("jd-*/display.sock")
    return socket.parent


def session_processes(server: JupyterServer, name: str = "default") -> dict[str, psutil.Process]:
    """Return the processes of a desktop's session: its keeper, its worker, its display server.

    With Xpra the display server is the X server; ``xpra_of`` returns Xpra.
    """
    shows = xpra_of(server, name) or server.process_of(f"-desktop {_title(name)} -rfbunixpath")
    worker = parent_of(shows)
    names = facts(worker.children(), psutil.Process.name)
    (x_server,) = (child for child in names if names[child].startswith("X"))
    return {"keeper": parent_of(worker), "worker": worker, "display server": x_server}


def parent_of(process: psutil.Process) -> psutil.Process:
    """Return the parent of a process that has one."""
    parent = process.parent()
    assert parent is not None
    return parent


def xpra_of(server: JupyterServer, name: str = "default") -> psutil.Process | None:
    """Return the Xpra of a desktop; None if none runs now."""
    found = server.processes("start-desktop", f"--session-name={_title(name)} --")
    return found[0] if found else None


def _title(name: str) -> str:
    return "Desktop" if name == "default" else f"Desktop {name}"


def on_display(server: JupyterServer, *command: str, **options: Any) -> subprocess.Popen[bytes]:
    """Run an X program on the server's only desktop."""
    environment = x_environment(server)
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options
    )


@contextmanager
def grabbed(server: JupyterServer) -> Iterator[None]:
    """Grab the X server of its only desktop (XGrabServer(3))."""
    with on_display(server, sys.executable, "-c", GRAB) as greedy:
        assert greedy.stdout
        assert greedy.stdout.readline() == b"grabbed\n"
        yield
        greedy.kill()


def selection(server: JupyterServer) -> str | None:
    """Return the text in the desktop's CLIPBOARD; None if there is none.

    Empty if its owner does not answer, for example because it just lost it.
    """
    program = on_display(server, "xclip", "-o", "-selection", "clipboard", "-target", "UTF8_STRING")
    with program:
        try:
            printed, _ = program.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            program.kill()
            return ""
    return printed.decode() if program.returncode == 0 else None


@contextmanager
def selected(server: JupyterServer, text: str) -> Iterator[None]:
    """Have a program on the desktop own CLIPBOARD, with ``text`` in it."""
    command = ("xclip", "-quiet", "-selection", "clipboard", "-target", "UTF8_STRING")
    with on_display(server, *command, stdin=subprocess.PIPE) as program:
        assert program.stdin
        assert program.stderr
        program.stdin.write(text.encode())
        program.stdin.close()
        program.stderr.readline()  # printed when it owns the selection
        try:
            yield
        finally:
            program.kill()
