"""The first X server that starts is used, however those before it fail."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from jupyter_desktop.backends import Backend, DisplaySettings, Installed, Runtime, ServerProgram
from jupyter_desktop.errors import StartError
from jupyter_desktop.session.display_server import DisplayServer
from jupyter_desktop.session.processes.children import Children
from jupyter_desktop.session.processes.log import SessionLog
from jupyter_desktop.session.processes.stopping import Stopping
from jupyter_desktop.session.specification import Specification
from jupyter_desktop.system.access import Access
from jupyter_desktop.system.processes import Process, descendants

ROOT = Path(__file__).parents[3]

HANGS = "exec sleep 1000"
ENDS = "exit 1"
ABSENT = "absent"
WORKS = "echo 7 >/proc/self/fd/{ready}; exec sleep 1000"


class Programs(Backend):
    """A backend whose X servers are shell scripts; None stands for a missing program."""

    name, greeting, largest_screen = "programs", 0, None

    def __init__(self, *scripts: str | None) -> None:
        self._scripts = scripts

    def executables(self, settings: DisplaySettings) -> list[str]:
        return ["/bin/sh"]

    def find(self, settings: DisplaySettings) -> Installed:
        return Installed("/bin/sh", "programs", (1,))

    def x_servers(
        self, installed: Installed, where: Runtime, settings: DisplaySettings, ready_fd: int
    ) -> Sequence[ServerProgram]:
        return [
            ServerProgram(
                str(script),
                ["/bin/sh", "-c", script.format(ready=ready_fd)] if script else ["/nowhere/X"],
                problem="it is not installed" if script == ABSENT else "",
            )
            for script in self._scripts
        ]

    def new_password(self) -> str:
        return "password"

    def password_files(self, where: Runtime, passwords: Mapping[Access, str]) -> dict[Path, bytes]:
        return {where.entrance.password_file: passwords[Access.FULL].encode()}

    def first_picture(self, connection: socket.socket, password: str, key: str) -> tuple[int, int]:
        raise NotImplementedError

    def probe(self, socket: Path, password: str, key: str) -> None:
        """Accept every password."""


async def run(folder: Path, scripts: Sequence[str | None]) -> None:
    """Start the display server, with 2 seconds for all candidates together; print the log."""
    backend = Programs(*scripts)
    specification = Specification(start_timeout=2)
    log = SessionLog(folder / "log", lambda line: None)
    children = Children()
    where = Runtime(folder, ":7")
    installed = backend.find(specification.display)
    server = DisplayServer(
        backend, installed, where, specification, log, tell_reachable=lambda: None
    )
    try:
        child = await server.start(children, dict(os.environ), Stopping())
        os.kill(child.pid, 0)
        # The X servers before it have ended.
        assert len(list(filter(Process.is_running, descendants()))) == 1
    except StartError as error:
        print(error)
    finally:
        await children.kill_all()
        await log.close()
    print(*log.tail, sep="\n")


def started(folder: Path, *scripts: str | None) -> str:
    """Run it in a process of its own, since a child subreaper stays one; return its output."""
    command = [sys.executable, "-m", __name__, str(folder), json.dumps(scripts)]
    ran = subprocess.run(
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True, timeout=20, check=True
    )
    return ran.stdout


@pytest.mark.parametrize(
    ("first", "said"),
    [(HANGS, "not ready after 1 seconds"), (ENDS, "status 1"), (None, "could not be started")],
)
def test_after_a_failure_the_next_x_server_is_started(
    tmp_path: Path, first: str | None, said: str
) -> None:
    assert said in started(tmp_path, first, WORKS)


def test_a_missing_x_server_is_named_in_the_log(tmp_path: Path) -> None:
    assert started(tmp_path, ABSENT, WORKS).splitlines() == [
        "absent does not work here: it is not installed.",
        f"Starting {WORKS}.",
    ]


def test_a_missing_x_server_takes_no_time_from_the_next_one(tmp_path: Path) -> None:
    assert "not ready after 2 seconds" in started(tmp_path, ABSENT, HANGS)


def test_a_failure_is_reported_although_the_next_x_server_is_missing(tmp_path: Path) -> None:
    assert "status 1" in started(tmp_path, ENDS, ABSENT).splitlines()[0]


@pytest.mark.parametrize(
    ("last", "said"),
    [(HANGS, "not ready after 1 seconds"), (ENDS, "status 1"), (None, "could not be started")],
)
def test_where_all_x_servers_fail_the_last_failure_is_reported(
    tmp_path: Path, last: str | None, said: str
) -> None:
    assert said in started(tmp_path, ENDS, last).splitlines()[0]


if __name__ == "__main__":
    asyncio.run(run(Path(sys.argv[1]), json.loads(sys.argv[2])))
