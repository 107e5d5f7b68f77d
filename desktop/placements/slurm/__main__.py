"""``python -m jupyter_desktop.placements.slurm COMMAND…``: runs the session COMMAND in a job.

Standard input has the request, and then the session's input (``system.session_messages``). When
this process ends, for any reason, the job is cancelled: by one of two processes (see
``session.processes.keeper``), or, if both are killed, by itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
from pathlib import Path

from ...session import failures
from ...session.control import Control
from ...session.processes.deadlines import JOB_SLACK, SCANCEL
from ...session.processes.keeper import keep
from ...session.specification import Specification
from ...system import signals, spawn
from ...system.session_messages import encode, failed
from . import commands
from .job import Job
from .note import Note
from .output import output_file
from .request import Request


def main(*command: str) -> int:
    """Run one job until it ends or the lifeline closes; return the exit status."""
    with os.fdopen(0, "rb", buffering=0, closefd=False) as lifeline:
        asked, line = lifeline.readline(), lifeline.readline()
    if not line:
        return 0
    request, specification = Request.from_line(asked), Specification.from_line(line)
    note = Note()
    signals.defer()
    try:
        with output_file(Path(request.output_folder)) as output:

            async def run() -> None:
                async with Control.open() as control:
                    job = Job(request, specification, command, control, note, output)
                    await _follow(job, control)

            try:
                return keep(lambda: asyncio.run(run()), specification.stop_timeout + JOB_SLACK)
            finally:
                _cancel(note)
    except OSError as error:
        problem = failures.system_error(error)
    os.write(1, encode(failed(problem)))
    return 1


async def _follow(job: Job, control: Control) -> None:
    with signals.asking(job.stop):
        listening = asyncio.ensure_future(_obey(control, job))
        listening.add_done_callback(lambda _: job.stop("Its server ended."))
        await job.run()
        listening.cancel()


async def _obey(control: Control, job: Job) -> None:
    async for command in control.commands():
        job.pass_on(command)


def _cancel(note: Note) -> None:
    """Cancel a job that is left, because the worker was killed or Slurm did not answer."""
    if note.job:
        # scancel keeps trying while the controller is down: do not wait for that.
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            spawn.start(
                ["scancel", *note.job],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                environment=commands.environment(os.environ),
            ).wait(SCANCEL)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
