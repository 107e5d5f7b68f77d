"""Descendants: found by lists of children, found by ids of parents, and hidden ones."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil
import pytest

from jupyter_desktop.system import processes
from tests import users
from tests.servers import until

# Three generations; the second's name has characters that make /proc/PID/stat hard to read.
FAMILY = """
import subprocess, threading
import ctypes
ctypes.CDLL(None).prctl(15, b") Z 1 (", 0, 0, 0)  # PR_SET_NAME (linux/prctl.h)
thread = threading.Thread(target=lambda: subprocess.run(["sleep", "1000"]))
thread.start()
thread.join()
"""


@contextmanager
def family() -> Iterator[list[psutil.Process]]:
    """Run a parent and a child that its thread started; yield both."""
    with subprocess.Popen([sys.executable, "-c", FAMILY]) as parent:
        both = [psutil.Process(parent.pid)]
        try:
            until(both[0].children, "a child")
            until(lambda: both[0].name() == ") Z 1 (", "the name")
            both += both[0].children()
            yield both
        finally:
            for process in both:
                with suppress(psutil.NoSuchProcess):
                    process.kill()


@pytest.mark.parametrize("listed", [True, False])
def test_every_generation_is_found(monkeypatch: pytest.MonkeyPatch, listed: bool) -> None:
    if listed and not processes._lists_children():
        pytest.skip("this kernel does not list children (CONFIG_PROC_CHILDREN)")
    monkeypatch.setattr(processes, "_lists_children", lambda: listed)
    with family() as both:
        found = {one.pid: one for one in processes.descendants()}
        parent, child = (found[process.pid] for process in both)
        assert (parent.parent, child.parent) == (os.getpid(), parent.pid)
        assert parent.name == ") Z 1 ("
        assert child.variables()["PATH"] == os.environ["PATH"]
        assert parent.is_running()
        assert child.send(signal.SIGKILL)
        # Its parent may not have reaped it yet.
        until(lambda: not child.is_running(), "its end")
        assert not child.send(signal.SIGKILL)


# A process that is not dumpable is hidden even from its own user.
HIDDEN = """
import ctypes, os, subprocess, sys
from pathlib import Path
from jupyter_desktop.system.processes import descendants, is_running
command = "import ctypes, sys; ctypes.CDLL(None).prctl(4, 0); print(flush=True); sys.stdin.read()"
options = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
with subprocess.Popen([sys.executable, "-c", command], **options) as child:
    child.stdout.readline()
    hidden = not os.access(f"/proc/{child.pid}/stat", os.R_OK)
    (one,) = descendants()
    print(hidden, one.pid == child.pid, one.is_running(), is_running(child.pid), is_running(1))
    child.stdin.close()
    child.wait()
    print(one.is_running(), is_running(child.pid))
"""


@pytest.mark.parametrize("hidepid", ["1", "2"])
def test_a_hidden_process_is_found_and_its_end_noticed(hidepid: str) -> None:
    command = users.with_hidepid(users.new(), hidepid, [users.python(), "-c", HIDDEN])
    environment = {**os.environ, **users.environment()}
    ran = subprocess.run(
        command, cwd="/", env=environment, capture_output=True, text=True, check=False, timeout=30
    )
    assert ran.stdout == "True True True True True\nFalse False\n", ran.stderr
