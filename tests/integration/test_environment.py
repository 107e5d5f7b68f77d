"""Unusual environments: the desktop starts, or reports the problem."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator

import psutil
import pytest

from tests import users
from tests.integration.viewing import view, x_environment
from tests.servers import JupyterServer, named, running, until

# Quotes, blanks, non-ASCII letters, special characters of shells and path lists, and a line end.
ODD = '-n Jör\'s "$HOME" `x` &%;*?[a]:\nb'

# Variables that are empty or unsuitable.
NEGLECTED = {
    **dict.fromkeys(("LANG", "LC_ALL", "LC_CTYPE", "LANGUAGE", "TERM", "USER", "LOGNAME"), ""),
    "SHELL": "/usr/sbin/nologin",
    "TMPDIR": "/nowhere/tmp",
}

FEW = (256, 256)  # open files

SCRIPT = """#!/bin/sh
umask >"$HOME/umask"
mkdir "$HOME/made" && touch "$HOME/made/file"
exec openbox --sm-disable
"""


def with_odd_home(server: JupyterServer) -> None:
    home = server.root / "homes" / ODD
    home.parent.mkdir()
    shutil.move(server.home, home)
    server.home = home


def shown(server: JupyterServer) -> list[str]:
    """Return the classes of all windows that the window manager manages."""
    environment = x_environment(server)

    def of(*asked: str) -> str:
        ran = subprocess.run(
            ["xprop", *asked], env=environment, capture_output=True, text=True, check=False
        )
        return ran.stdout

    windows = re.findall("0x[0-9a-f]+", of("-root", "_NET_CLIENT_LIST"))
    return re.findall(r'", "(.*)"', "".join(of("-id", window, "WM_CLASS") for window in windows))


def test_xfce_starts_with_an_odd_home_and_unusable_variables() -> None:
    with running(start_script="xfce", environment=NEGLECTED, prepare=with_odd_home) as server:
        # After the start, since Jupyter raises the limit.
        psutil.Process(server.process.pid).rlimit(psutil.RLIMIT_NOFILE, FEW)
        server.start_desktop()
        both = {"Xfce4-panel", "Xfdesktop"}
        until(lambda: both <= set(shown(server)), "panel and background", 45)
        until((server.home / ".config" / "xfce4" / "xfconf").is_dir, "settings in the home")
        # No dialog is shown.
        assert set(shown(server)) == both
        (manager,) = named(server.processes(), "xfwm4")
        assert manager.environ()["HOME"] == str(server.home)
        assert "TMPDIR" not in manager.environ()
        assert manager.rlimit(psutil.RLIMIT_NOFILE) == FEW
        # Set by Python (PEP 538); otherwise a shell would lose non-ASCII letters.
        assert manager.environ()["LC_CTYPE"] == "C.UTF-8"


@contextlib.contextmanager
def umask_restored() -> Iterator[None]:
    """Restore this process's umask, which children inherit, after the block."""
    umask = os.umask(0o022)
    os.umask(umask)
    try:
        yield
    finally:
        os.umask(umask)


def with_umask_0177(server: JupyterServer) -> None:
    """Set a umask that excludes the user from new folders."""
    (server.home / "start").write_text(SCRIPT)
    # Jupyter itself needs these folders.
    for folder in ("jupyter-runtime", ".jupyter", ".local/share/jupyter", ".config", ".cache"):
        (server.home / folder).mkdir(parents=True)
    os.umask(0o177)


@pytest.fixture
def careful() -> Iterator[JupyterServer]:
    with contextlib.ExitStack() as stack:
        with umask_restored():
            started = running(user=users.new(), start_script="~/start", prepare=with_umask_0177)
            server = stack.enter_context(started)
        yield server


def test_a_umask_that_excludes_the_user_is_corrected(careful: JupyterServer) -> None:
    for backend in ("vnc", "xpra"):
        careful.start_desktop(backend, backend=backend)
        assert (careful.home / "made" / "file").exists()
        shutil.rmtree(careful.home / "made")
        # Other users stay excluded.
        assert int((careful.home / "umask").read_text(), 8) == 0o077
    with view(careful, "vnc") as viewer:
        assert viewer.width
