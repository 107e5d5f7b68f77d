"""The keeper and its worker as real processes, and a whole session."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from jupyter_desktop.session.specification import Specification
from tests.servers import lock_holder

# The worker prints its process id, reads one byte, and then runs the code that is given. At the end
# the keeper prints the worker's exit status.
PROGRAM = """
import asyncio, os, signal, subprocess, sys, time
from jupyter_desktop.system import signals
from jupyter_desktop.session.processes.keeper import keep

def work():
    print(os.getpid(), flush=True)
    os.read(0, 1)
    exec(sys.argv[2], globals())

signals.defer()
print(keep(work, float(sys.argv[1])), flush=True)
"""

# Ends in order, after a moment, when the lifeline closes or a signal comes.
ORDERLY = """
async def run():
    over = asyncio.Event()
    asyncio.get_running_loop().add_reader(0, over.set)
    with signals.asking(lambda reason: over.set()):
        await over.wait()
        time.sleep(0.3)
asyncio.run(run())
print("in order", flush=True)
"""
DEAF = "time.sleep(1000)"

# Leaves processes behind that only the keeper can end.
LEAVING = """
command = ["sh", "-c", "trap '' TERM; exec sleep 20 >/dev/null"]
left = [subprocess.Popen(command, start_new_session=True).pid for _ in range(20)]
print(*left, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


class Kept:
    """A keeper whose worker runs ``work`` and has ``patience`` seconds to end."""

    def __init__(self, work: str, patience: float = 1.0) -> None:
        self.keeper = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(patience), work],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.keeper.stdin
        assert self.keeper.stdout
        self.lifeline, self.output = self.keeper.stdin, self.keeper.stdout
        self.worker = psutil.Process(int(self.output.readline()))
        # Only now: the worker may end at once.
        self.lifeline.write(".")
        self.lifeline.flush()

    def ends(self) -> list[str]:
        """Wait for the end of the keeper; return the lines printed after the process id."""
        lines = self.output.read().split("\n")
        self.keeper.wait(10)
        assert not self.worker.is_running()
        return lines[:-1]


@contextmanager
def kept(work: str, patience: float = 1.0) -> Iterator[Kept]:
    one = Kept(work, patience)
    try:
        yield one
    finally:
        # A worker that is suspended, or deaf, would outlive its keeper.
        with suppress(psutil.NoSuchProcess):
            one.worker.kill()
        one.keeper.kill()
        one.keeper.wait()
        one.lifeline.close()
        one.output.close()


@pytest.mark.parametrize("how", ["lifeline", "signal"])
def test_a_worker_that_ends_in_time_is_not_killed(how: str) -> None:
    with kept(ORDERLY, 20) as one:
        if how == "lifeline":
            one.lifeline.close()
        else:
            one.keeper.terminate()
        assert one.ends() == ["in order", "0"]


@pytest.mark.parametrize("how", ["lifeline", "signal"])
@pytest.mark.parametrize("stopped", [True, False])
def test_a_worker_that_does_not_end_is_killed(how: str, stopped: bool) -> None:
    with kept(DEAF, 0.3) as one:
        if stopped:
            one.worker.suspend()
        began = time.monotonic()
        if how == "lifeline":
            one.lifeline.close()
        else:
            one.keeper.terminate()
        assert one.ends() == ["137"]
        assert 0.3 <= time.monotonic() - began < 10


def test_the_exit_status_of_the_worker_is_passed_on() -> None:
    with kept("1 / 0") as one:
        assert one.ends() == ["1"]


def test_signals_do_not_interrupt_the_clean_up() -> None:
    with kept(LEAVING) as one:
        while psutil.pid_exists(one.worker.pid):
            pass
        while one.keeper.poll() is None:
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                one.keeper.send_signal(number)
            time.sleep(0.001)
        left, status = one.ends()
        assert status == "137"
        assert not [pid for pid in left.split() if psutil.pid_exists(int(pid))]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_session_that_is_ended_while_it_starts_leaves_nothing(
    tmp_path: Path, number: signal.Signals
) -> None:
    """Its folder exists, and its worker not yet."""
    specification = Specification(folders=(str(tmp_path),))
    for _ in range(2):
        with subprocess.Popen(
            [sys.executable, "-m", "jupyter_desktop.session"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        ) as session:
            assert session.stdin
            try:
                session.stdin.write(specification.to_line() + "\n")
                session.stdin.flush()
                while not list(tmp_path.iterdir()):
                    assert session.poll() is None
                session.send_signal(number)
                session.wait(10)
            finally:
                session.kill()
        assert not list(tmp_path.iterdir())
        locks = Path("/tmp").glob(".X*-lock")
        assert session.pid not in {lock_holder(lock) for lock in locks}
