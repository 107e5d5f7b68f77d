"""All processes of a desktop are ended, even those that evade signals."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import psutil
import pytest

from jupyter_desktop.session.processes.children import Child, kept
from tests import pipes

# In a process of its own, since a child subreaper adopts for the rest of its life.
PROGRAM = """
import asyncio, os, sys
from pathlib import Path
from jupyter_desktop.session.processes.children import Children
from jupyter_desktop.system.processes import descendants

async def main():
    children = Children()
    command = ["/bin/sh", "-c", sys.argv[1]]
    child = children.start("shell", command, os.environ, folder=Path("/"), output=2)
    {middle}
    print(child.exited.done() and child.exited.result(), flush=True)
    sys.stdin.readline()
    started = asyncio.get_running_loop().time()
    await children.end(descendants(), started + float(sys.argv[2]))
    await children.kill_all()
    print(asyncio.get_running_loop().time() - started, flush=True)

asyncio.run(main())
"""


class Run:
    def __init__(self, script: str, patience: float, wait: bool) -> None:
        program = PROGRAM.format(middle="await child.exited" if wait else "pass")
        self.process = subprocess.Popen(
            [sys.executable, "-c", program, textwrap.dedent(script), str(patience)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.status = pipes.stdout(self.process).readline().strip()

    def descendants(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def end(self) -> float:
        """End it, check that no process is left, and return how many seconds that took."""
        there = self.descendants()
        pipes.stdin(self.process).write("\n")
        pipes.stdin(self.process).flush()
        seconds = float(pipes.stdout(self.process).readline())
        self.process.communicate()
        assert self.process.returncode == 0
        assert not [process for process in there if process.is_running()]
        return seconds


def run(script: str, *, patience: float = 1, wait: bool = False) -> Run:
    return Run(script, patience, wait)


@pytest.mark.parametrize(
    ("script", "status"),
    [("exit 0", "0"), ("exit 3", "3"), ("kill -9 $$", "-9"), ("kill $$", "-15")],
)
def test_the_exit_status_is_reported(script: str, status: str) -> None:
    assert run(script, wait=True).status == status


def test_processes_that_end_on_sigterm_end_at_once(tmp_path: Path) -> None:
    family = run(f"sleep 100 & sleep 100 & touch {tmp_path}/up; wait")
    wait_for(tmp_path / "up")
    assert family.end() < 0.8


@pytest.mark.parametrize(
    "script",
    [
        "trap '' TERM; touch {up}; while :; do sleep 1; done",
        "setsid sh -c 'trap \"\" TERM; touch {up}; while :; do sleep 1; done' & wait",
        "(setsid sh -c 'touch {up}; sleep 1000' &) ; exit 0",
        "sleep 1000 & kill -STOP $!; touch {up}; wait",
        "(trap '' TERM HUP; touch {up}; exec setsid sleep 1000 &) & exit 0",
    ],
    ids=["ignores TERM", "new session", "daemon", "stopped", "ignoring daemon"],
)
def test_processes_that_evade_sigterm_are_killed(tmp_path: Path, script: str) -> None:
    family = run(script.format(up=tmp_path / "up"), patience=0.3)
    wait_for(tmp_path / "up")
    assert family.end() < 2


def test_processes_that_keep_forking_are_killed(tmp_path: Path) -> None:
    """Each child starts another one before it ends."""
    chain = f"trap '' TERM; f() {{ touch {tmp_path}/up; sleep 0.05; (f) & }}; f; wait"
    family = run(chain, patience=0.2)
    wait_for(tmp_path / "up")
    assert family.end() < 4


def wait_for(path: Path) -> None:
    from tests.servers import until

    until(path.exists, f"{path}")


async def test_a_missing_program_is_reported() -> None:
    ran = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        PROGRAM.format(middle="pass").replace('"/bin/sh", "-c"', '"/nowhere/sh"'),
        "x",
        "1",
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=dict(os.environ),
    )
    _, errors = await ran.communicate()
    assert b"The shell could not be started" in errors


def child() -> Child:
    return Child("part", 1)


async def ends(one: Child, status: int = 1) -> None:
    """Let ``one`` exit, and run the callbacks that wait for that."""
    one.exited.set_result(status)
    await asyncio.sleep(0)


async def test_a_kept_part_is_restarted_until_its_lives_are_used_up() -> None:
    lives = [child() for _ in range(4)]
    rest = iter(lives[1:])
    together = kept(lives[0], lambda: next(rest), lives=4)
    for one in lives[:3]:
        await ends(one)
        assert not together.exited.done()
    await ends(lives[3], -9)
    assert (together.name, together.status) == ("part", "signal 9")


async def test_a_kept_part_is_given_up_only_after_exits_in_quick_succession() -> None:
    lives = [child() for _ in range(4)]
    rest = iter(lives[1:])
    together = kept(lives[0], lambda: next(rest), lives=2, within=0)
    for one in lives[:3]:
        await ends(one)
    assert not together.exited.done()


async def test_a_kept_part_without_a_replacement_is_given_up() -> None:
    first = child()
    together = kept(first, lambda: None)
    await ends(first, 3)
    assert together.status == "status 3"
