"""The process that follows a job, with scripts in the place of Slurm's commands.

Tests with a real Slurm are in ``tests/deployment/test_slurm.py``.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_desktop.placements.slurm.request import Request
from jupyter_desktop.placements.slurm.stdio import READY
from jupyter_desktop.session.specification import Specification
from tests import pipes
from tests.servers import until

SOON = 5.0  # seconds
SILENT = "exec sleep 30"
WAITS = {"sbatch": "echo 7", "squeue": "echo 'PENDING|N/A|N/A||Priority'"}


class Programs:
    """A folder of commands, each of which notes its arguments."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(self, name: str, script: str = "") -> None:
        path = self.folder / name
        path.write_text(f'#!/bin/sh\necho "$@" >> "$0.args"\n{script}\n')
        path.chmod(0o755)

    def calls(self, name: str) -> list[str]:
        """Return the arguments of each call."""
        notes = self.folder / f"{name}.args"
        return notes.read_text().splitlines() if notes.exists() else []


@pytest.fixture
def programs(tmp_path: Path) -> Programs:
    made = Programs(tmp_path)
    made.add("scancel")
    return made


@contextlib.contextmanager
def following(programs: Programs) -> Iterator[subprocess.Popen[bytes]]:
    """Run the process that submits a job and follows it."""
    request = Request(output_folder=str(programs.folder), poll_interval=0.1)
    command = [sys.executable, "-m", "jupyter_desktop.placements.slurm", sys.executable]
    path = f"{programs.folder}:{os.environ['PATH']}"
    with subprocess.Popen(
        command,
        env={**os.environ, "PATH": path},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        for line in (request.to_line(), Specification().to_line()):
            pipes.stdin(process).write(line.encode() + b"\n")
        pipes.stdin(process).flush()
        try:
            yield process
        finally:
            pipes.stdin(process).close()


def states(process: subprocess.Popen[bytes]) -> Iterator[dict[str, Any]]:
    for line in pipes.stdout(process):
        event = json.loads(line)
        if event["event"] == "state":
            yield event


def test_after_unreadable_output_squeue_is_run_again(programs: Programs) -> None:
    programs.add("sbatch", "echo 7")
    waiting = "echo 'PENDING|N/A|N/A||Priority'"
    programs.add("squeue", "echo hello")
    with following(programs) as process:
        told = states(process)
        until_waiting(told, "does not answer")
        (programs.folder / "squeue").unlink()
        programs.add("squeue", waiting)
        until_waiting(told, "Priority")
        pipes.stdin(process).close()
        assert [state["state"] for state in told][-1] == "stopped"
    assert set(programs.calls("scancel")) == {"7"}


def until_waiting(told: Iterator[dict[str, Any]], words: str) -> None:
    assert any(words in (state["job"]["waiting"] or "") for state in told)


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo 'sbatch: error: Socket timed out on send/recv operation' >&2; exit 1", "timed out"),
        ("echo 'Welcome to the cluster.'", "'cluster.' instead of a job's id"),
        ("echo '7;elsewhere'", "'7;elsewhere' instead of a job's id"),
        ("", "'' instead of a job's id"),
    ],
)
def test_a_job_without_a_known_id_is_cancelled_by_its_name(
    programs: Programs, script: str, words: str
) -> None:
    programs.add("sbatch", script)
    with following(programs) as process:
        last = list(states(process))[-1]
    assert last["state"] == "failed"
    assert words in last["error"]["message"]
    assert set(programs.calls("scancel")) == {by_name(programs)}


def by_name(programs: Programs) -> str:
    """Return the arguments with which scancel finds the submitted job by its name."""
    (submitted,) = programs.calls("sbatch")
    return f"--name={submitted.split('--job-name=')[1]} --user={os.getuid()}"


def test_a_job_that_slurm_no_longer_knows_is_cancelled_all_the_same(
    programs: Programs,
) -> None:
    """The controller may have lost its state for a moment."""
    programs.add("sbatch", f"echo {'Welcome. ' * 20}; echo 7")
    programs.add("squeue", "echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1")
    with following(programs) as process:
        assert list(states(process))[-1]["state"] == "failed"
    assert set(programs.calls("scancel")) == {"7"}


def test_old_job_outputs_are_removed(programs: Programs) -> None:
    left, young, other = (
        programs.folder / name for name in ("desktop-job-1.log", "desktop-job-2.log", "kernel.log")
    )
    for file in (left, young, other):
        file.touch()
    for file in (left, other):
        age(file)
    programs.add("sbatch", "exit 1")
    with following(programs) as process:
        assert list(states(process))
    assert not left.exists()
    assert sorted(programs.folder.glob("*.log")) == [young, other]


def age(file: Path, days: float = 3) -> None:
    then = time.time() - days * 86400
    os.utime(file, (then, then))


def test_the_output_of_a_followed_job_does_not_grow_old(programs: Programs) -> None:
    programs.add("sbatch", WAITS["sbatch"])
    programs.add("squeue", WAITS["squeue"])
    with following(programs) as process:
        until_waiting(states(process), "Priority")
        (output,) = programs.folder.glob("desktop-job-*.log")
        age(output)
        until(lambda: output.stat().st_mtime > time.time() - 60, "its use to be noted")


def test_a_job_that_has_ended_is_not_cancelled(programs: Programs) -> None:
    programs.add("sbatch", "echo 7")
    programs.add("squeue", "echo 'NODE_FAIL|1|2|n1|None'")
    with following(programs) as process:
        assert "n1 failed" in list(states(process))[-1]["error"]["message"]
    assert programs.calls("scancel") == []


@pytest.mark.parametrize("silent", WAITS)
def test_a_stop_does_not_wait_for_a_command_that_does_not_answer(
    programs: Programs, silent: str
) -> None:
    for name, script in WAITS.items():
        programs.add(name, SILENT if name == silent else script)
    with following(programs) as process:
        until(lambda: programs.calls(silent), f"{silent} to be asked")
        pipes.stdin(process).write(b'{"command": "stop"}\n')
        pipes.stdin(process).flush()
        stopped = time.monotonic()
        *_, last = states(process)
        process.wait(SOON)
    assert time.monotonic() - stopped < SOON
    assert (last["state"], last["reason"]) == ("stopped", "It was stopped.")
    expected = by_name(programs) if silent == "sbatch" else "7"
    assert set(programs.calls("scancel")) == {expected}


def test_where_sbatch_is_killed_before_it_prints_an_id_the_job_is_cancelled_twice(
    programs: Programs,
) -> None:
    """Slurm may accept the job later: the worker cancels it, and then its keeper once more."""
    programs.add("sbatch", SILENT)
    with following(programs) as process:
        until(lambda: programs.calls("sbatch"), "sbatch to be asked")
        pipes.stdin(process).close()
        assert list(states(process))[-1]["state"] == "stopped"
    # It may take longer than the keeper waits for it.
    until(lambda: len(programs.calls("scancel")) == 2, "both calls")
    assert set(programs.calls("scancel")) == {by_name(programs)}


def test_an_id_that_sbatch_prints_after_the_stop_is_used(programs: Programs) -> None:
    programs.add("sbatch", "sleep 0.2; echo 7")
    with following(programs) as process:
        until(lambda: programs.calls("sbatch"), "sbatch to be asked")
        pipes.stdin(process).close()
        *_, last = states(process)
    assert (last["state"], last["job"]["id"]) == ("stopped", "7")
    assert set(programs.calls("scancel")) == {"7"}


RUNS = "echo 'RUNNING|1|2|n1|None'"
NOT_THERE = "echo 'srun: error: Invalid job id specified' >&2; exit 1"


def first(script: str, then: str) -> str:
    """Return a script that runs ``script`` at the first call, and ``then`` at all later ones."""
    return f'[ -e "$0.again" ] && {{ {then}; exit; }}; : > "$0.again"; {script}'


def session(then: str = ":") -> str:
    """Return the script of an srun that reaches a session, and goes on with ``then``."""
    ready = READY[1:].decode().replace("\n", "\\n")
    return f"printf '\\0{ready}'; read specification; {then}"


def test_the_end_of_a_session_is_reported_even_where_slurm_does_not_answer(
    programs: Programs,
) -> None:
    programs.add("sbatch", "echo 7")
    programs.add("squeue", first(RUNS, SILENT))
    ended = json.dumps({"event": "state", "state": "stopped", "reason": "Logged out."})
    programs.add("srun", session(f"echo '{ended}'"))
    with following(programs) as process:
        until(lambda: programs.calls("srun"), "the session to be reached")
        reached = time.monotonic()
        *_, last = states(process)
    assert time.monotonic() - reached < 2 * SOON
    assert (last["state"], last["reason"]) == ("stopped", "Logged out.")


@pytest.mark.parametrize(
    ("srun", "printed", "words"),
    [
        (NOT_THERE, "", "Slurm.output_folder"),
        (NOT_THERE, "no python", "is below"),
        (session(), "", "is below"),  # its output could be written
    ],
)
def test_a_job_that_ends_without_an_event_fails_with_a_remedy(
    programs: Programs, srun: str, printed: str, words: str
) -> None:
    output = 'for one; do case $one in --output=*) file=${one#*=};; esac; done; printf "%s" '
    programs.add("sbatch", f"{output} '{printed}' > $file; echo 7")
    programs.add("squeue", first(RUNS, "echo 'FAILED|1|2|n1|NonZeroExitCode'"))
    programs.add("srun", srun)
    with following(programs) as process:
        *_, last = states(process)
    assert "for an unknown reason (Slurm says FAILED)" in last["error"]["message"]
    assert words in last["error"]["remedy"]
    assert last["log"] == ([printed] if printed else [])
