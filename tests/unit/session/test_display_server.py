"""The first X server that works is taken, whatever is the matter with those before it."""

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
    """A backend whose X servers are shell scripts; None is a program that is not there."""

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
        """Everyone gets in."""


async def run(folder: Path, scripts: Sequence[str | None]) -> None:
    """Start it with 2 seconds for all together; print the log."""
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
        # Nothing is left of those before it.
        assert len(list(filter(Process.is_running, descendants()))) == 1
    except StartError as error:
        print(error)
    finally:
        await children.kill_all()
        await log.close()
    print(*log.tail, sep="\n")


def started(folder: Path, *scripts: str | None) -> str:
    """Return what is printed: a child subreaper adopts for the rest of its life."""
    command = [sys.executable, "-m", __name__, str(folder), json.dumps(scripts)]
    ran = subprocess.run(
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True, timeout=20, check=True
    )
    return ran.stdout


@pytest.mark.parametrize(
    ("first", "said"),
    [(HANGS, "not ready after 1 seconds"), (ENDS, "status 1"), (None, "could not be started")],
)
def test_the_next_one_follows(tmp_path, first, said):
    assert said in started(tmp_path, first, WORKS)


def test_of_one_that_is_known_to_be_missing_it_is_said(tmp_path):
    assert started(tmp_path, ABSENT, WORKS).splitlines() == [
        "absent does not work here: it is not installed.",
        f"Starting {WORKS}.",
    ]


def test_one_that_is_known_to_be_missing_takes_no_time_from_the_next(tmp_path):
    assert "not ready after 2 seconds" in started(tmp_path, ABSENT, HANGS)


def test_one_that_is_missing_does_not_hide_what_is_the_matter_with_another(tmp_path):
    assert "status 1" in started(tmp_path, ENDS, ABSENT).splitlines()[0]


@pytest.mark.parametrize(
    ("last", "said"),
    [(HANGS, "not ready after 1 seconds"), (ENDS, "status 1"), (None, "could not be started")],
)
def test_of_the_last_one_it_is_said_what_is_the_matter(tmp_path, last, said):
    assert said in started(tmp_path, ENDS, last).splitlines()[0]


if __name__ == "__main__":
    asyncio.run(run(Path(sys.argv[1]), json.loads(sys.argv[2])))
