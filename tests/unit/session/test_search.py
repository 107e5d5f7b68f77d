"""The search for a display server, in its real process."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path
from subprocess import PIPE

import pytest

from jupyter_desktop.backends import Backend, DisplaySettings, Installed, XpraSettings, backend
from jupyter_desktop.errors import DisplayServerUnsuitable, StartFailed
from jupyter_desktop.session.specification import Specification


def program(folder: Path, text: str) -> DisplaySettings:
    """Return settings whose display server is the shell script ``text``."""
    path = folder / "server"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return DisplaySettings(executable=str(path), xpra=XpraSettings(executable=str(path)))


# The search forks, so it is started in a process without other threads.
FIND = """
import asyncio, pickle, sys
from jupyter_desktop.session.search import Search
from tests.descriptors import nothing_leaks
settings = pickle.load(sys.stdin.buffer)
try:
    with nothing_leaks():
        answer = asyncio.run(Search("vnc", settings).result())
except Exception as error:
    answer = error
pickle.dump(answer, sys.stdout.buffer)
"""


def found(settings: DisplaySettings) -> tuple[Backend, Installed]:
    command = [sys.executable, "-W", "error", "-c", FIND]
    ran = subprocess.run(command, input=pickle.dumps(settings), capture_output=True, check=True)
    assert not ran.stderr
    answer: tuple[Backend, Installed] | Exception = pickle.loads(ran.stdout)
    if isinstance(answer, Exception):
        raise answer
    return answer


# Runs a session; prints its number of threads at each fork.
SESSION = """
import os, sys
fork = os.fork
def count_and_fork():
    print(len(os.listdir("/proc/self/task")), file=sys.stderr, flush=True)
    return fork()
os.fork = count_and_fork
from jupyter_desktop.session.__main__ import main
sys.exit(main())
"""


def test_a_session_has_a_single_thread_when_it_forks(tmp_path: Path) -> None:
    """A lock held by another thread would never be released in the new process."""
    specification = Specification(display=program(tmp_path, "exit 1"), folders=(str(tmp_path),))
    line = specification.to_line().encode() + b"\n"
    session = [sys.executable, "-c", SESSION]
    with subprocess.Popen(session, stdin=PIPE, stdout=PIPE, stderr=PIPE) as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        process.stdin.write(line)
        process.stdin.flush()  # not closed: it is the lifeline
        told, counted = process.stdout.read(), process.stderr.read()
    assert b"display-server-unsuitable" in told
    # When the keeper forks, and when the search does.
    assert counted.split() == [b"1", b"1"]


def test_a_suitable_display_server_is_found(tmp_path: Path) -> None:
    kind, installed = found(program(tmp_path, "echo Xvnc TigerVNC 1.12.0"))
    assert kind.name == "vnc"
    assert installed == kind.find(program(tmp_path, "echo Xvnc TigerVNC 1.12.0"))


def test_an_unsuitable_display_server_is_reported_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(DisplayServerUnsuitable, match=r"TigerVNC 1\.8\.0") as error:
        found(program(tmp_path, "echo Xvnc TigerVNC 1.8.0"))
    assert error.value.remedy


def test_a_killed_search_is_reported_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(StartFailed, match="without a result") as error:
        found(program(tmp_path, "kill -9 $PPID"))
    assert error.value.remedy


@pytest.mark.parametrize("name", ["vnc", "xpra"])
def test_a_program_that_reads_its_input_does_not_read_ours(tmp_path: Path, name: str) -> None:
    """The program may be a wrapper script, and our input a lifeline."""
    settings = program(tmp_path, "read line; echo $line nothing that is known")
    reading, writing = os.pipe()
    ours = os.dup(0)
    os.dup2(reading, 0)
    try:
        os.write(writing, b"command\n")
        with pytest.raises(DisplayServerUnsuitable):
            backend(name).find(settings)
        os.set_blocking(reading, False)
        assert os.read(reading, 100) == b"command\n"
    finally:
        os.dup2(ours, 0)
        for descriptor in (reading, writing, ours):
            os.close(descriptor)
