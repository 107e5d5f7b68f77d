"""A read-only /tmp/.X11-unix, as in WSL 2 and some containers."""

from __future__ import annotations

import errno
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.test_doctor import doctor
from tests.servers import JupyterServer, running, until
from tests.users import with_read_only_x_sockets

# Xlib connects in another way than we and the window manager.
START = "#!/bin/sh\nxdpyinfo >$HOME/xdpyinfo 2>&1\nexec openbox --sm-disable\n"


@pytest.fixture
def within() -> list[str]:
    return with_read_only_x_sockets()


def prepare(server: JupyterServer) -> None:
    (server.home / "start").write_text(START)


@pytest.mark.parametrize("kind", ["vnc", "xpra"])
def test_a_desktop_starts_at_its_abstract_socket_and_needs_the_cookie(
    within: list[str], kind: str
) -> None:
    with running(
        f"--DesktopApp.backend={kind}",
        start_script="~/start",
        within=within,
        prepare=prepare,
    ) as server:
        server.start_desktop()
        (display,) = server.displays()
        printed = (server.home / "xdpyinfo").read_text()
        assert f"name of display:    {display}" in printed
        (log,) = server.runtime.glob("jd-*/display-server.log")
        assert "at its abstract socket only" in log.read_text()
        with (
            socket.socket(socket.AF_UNIX) as other,
            pytest.raises(OSError, match=os.strerror(errno.EADDRINUSE)),
        ):
            other.bind(f"\0/tmp/.X11-unix/X{display[1:]}")
        no_cookie = {"XAUTHORITY": "/dev/null", "PATH": os.environ["PATH"]}
        ran = subprocess.run(
            ["xdpyinfo", "-display", display],
            env=no_cookie,
            check=False,
            capture_output=True,
            text=True,
        )
        assert "unable to open display" in ran.stderr


def test_two_desktops_start_at_once(within: list[str]) -> None:
    with running(within=within) as server:
        for name in ("default", "second"):
            server.call("POST", "desktop/api/sessions", {"name": name})
        for name in ("default", "second"):
            server.wait_for("running", name)
        assert len(server.displays()) == 2


def test_an_x_server_without_abstract_sockets_is_reported_with_a_remedy(
    within: list[str], tmp_path: Path
) -> None:
    without = tmp_path / "Xpath"
    without.write_text('#!/bin/sh\nexec Xtigervnc "$@" -nolisten local\n')
    without.chmod(0o755)
    with running(f"--DesktopApp.display_server={without}", within=within) as server:
        server.call("POST", "desktop/api/sessions")
        until(lambda: server.session()["state"] == "failed", "it to fail", 60)
        error = server.session()["error"]
        assert "/tmp/.X11-unix (it is mounted read-only)" in error["message"]
        assert error["command"] == "sudo mount -o remount,rw /tmp/.X11-unix"


@pytest.fixture
def user(within: list[str]) -> Iterator[JupyterServer]:
    root = Path(tempfile.mkdtemp(prefix="jdt-", dir="/tmp"))
    try:
        yield JupyterServer(root, within=within)
    finally:
        shutil.rmtree(root, ignore_errors=True)


def test_the_doctor_reports_a_read_only_socket_folder(user: JupyterServer) -> None:
    report = doctor(user, "--no-trial", "--json")
    (finding,) = report.about("X sockets")
    assert finding["state"] == "note"
    assert "mounted read-only" in finding["found"]
    assert finding["command"] == "sudo mount -o remount,rw /tmp/.X11-unix"
