"""The companion as a program: it reports that viewers can connect, or the problem."""

from __future__ import annotations

import json
import os
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jupyter_desktop.video.records import FromPage, ToPage

from . import x_server
from .x_server import XServer


@contextmanager
def running(display: str, path: Path) -> Iterator[tuple[subprocess.Popen[bytes], dict[str, Any]]]:
    """Run the companion meanwhile; yield its report."""
    reading, writing = os.pipe()
    command = [sys.executable, "-m", "jupyter_desktop.video", str(path), "1", str(writing)]
    environment = {**os.environ, "DISPLAY": display, "XAUTHORITY": os.devnull}
    with (
        os.fdopen(reading) as ready,
        subprocess.Popen(command, env=environment, pass_fds=[writing]) as process,
    ):
        os.close(writing)
        try:
            yield process, json.loads(ready.readline())
        finally:
            process.kill()


def test_viewers_can_connect_when_it_is_ready(x: XServer, tmp_path: Path) -> None:
    path = tmp_path / "video.sock"
    start = bytes([FromPage.START]) + b'{"codecs": ["vp8"], "region": [0, 0, 32, 32]}'
    with running(x.display, path) as (process, report), socket.socket(socket.AF_UNIX) as viewer:
        assert report == {}
        viewer.settimeout(20)
        viewer.connect(str(path))
        viewer.sendall(struct.pack(">I", len(start)) + start)
        assert viewer.recv(5, socket.MSG_WAITALL)[4] == ToPage.CONFIG
        # As much as a program may lower its own (nice(2)).
        assert os.getpriority(os.PRIO_PROCESS, process.pid) == 5 + os.getpriority(0, 0)


def test_a_screen_that_cannot_be_captured(tmp_path: Path) -> None:
    path = tmp_path / "video.sock"
    with x_server.running(depth=16) as x, running(x.display, path) as (process, report):
        assert report["message"].startswith("The screen cannot be captured: The screen has 16 ")
        assert process.wait(20) == 1


def test_it_ends_with_the_display(tmp_path: Path) -> None:
    path = tmp_path / "video.sock"
    with x_server.running() as x, running(x.display, path) as (process, _):
        x.process.kill()
        assert process.wait(5) == 0
    assert not path.exists()
