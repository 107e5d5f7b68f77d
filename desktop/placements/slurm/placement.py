"""Sessions in Slurm jobs, with connections through srun(1): no port is opened."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
from collections.abc import Mapping, Sequence

from ...errors import DesktopError, NotReady, SessionEnded
from ...session.processes.deadlines import JOB_SLACK
from ...system import spawn
from ...system.session_messages import Step
from ..base import Placement
from . import commands
from .request import Request
from .stdio import READY

# Seconds for a step to start, for each attempt: a controller that has just restarted delays a
# request by a minute, but not a second request shortly after.
_TIMEOUTS = (5.0, 12.0)

_STDERR_TIMEOUT = 1.0  # seconds to read the standard error of a killed step
_MAX_BEFORE_READY = 64 * 1024  # bytes that a site's prolog may print before ``READY``

# Messages of srun(1), or of ``stdio``, if the job or the listener is gone.
_OVER = ("Invalid job id", "already completing", "No process listens")


class SlurmPlacement(Placement):
    """A job for ``request``, with a step for each viewer."""

    first_step = Step.SUBMIT
    slack = JOB_SLACK

    def __init__(self, request: Request, timeouts: Sequence[float] = _TIMEOUTS) -> None:
        self._request = request
        self._timeouts = timeouts
        self.opens_within = sum(timeouts) + len(timeouts) * _STDERR_TIMEOUT + 1
        self._steps: set[asyncio.Task[str]] = set()  # running; asyncio keeps only weak references

    def launch(self, session_command: Sequence[str]) -> list[str]:
        """Return the command that submits the job and connects us with the session in it."""
        return [sys.executable, "-m", "jupyter_desktop.placements.slurm", *session_command]

    def preamble(self) -> list[str]:
        """Return the request, for that command."""
        return [self._request.to_line()]

    async def connect(self, path: str) -> socket.socket:
        """Connect to ``path``, which starts with the job's id (see ``Job``)."""
        job, _, path = path.partition(":")
        command = commands.srun(job, self._request.python or sys.executable)
        error: DesktopError | None = None
        for timeout in self._timeouts:
            try:
                return await self._attempt(command, path, timeout)
            except NotReady as one:
                error = one
        assert error
        raise error

    async def _attempt(self, command: Sequence[str], path: str, timeout: float) -> socket.socket:
        try:
            ours, process = await _run(command, commands.reaching(path))
        except OSError as error:
            raise _not_connected(f"srun cannot be run ({error.strerror})") from error
        said = asyncio.ensure_future(_words(process))
        self._steps.add(said)
        said.add_done_callback(self._steps.discard)
        ours.setblocking(False)
        try:
            await asyncio.wait_for(_connected(ours), timeout)
        except (asyncio.TimeoutError, OSError) as error:
            ours.close()
            _kill(process)
            # Processes that it has left may keep its output open.
            done, _ = await asyncio.wait({said}, timeout=_STDERR_TIMEOUT)
            raise _not_connected(said.result() if done else "") from error
        except BaseException:  # the request was cancelled
            ours.close()
            _kill(process)
            raise
        return ours


async def _run(
    command: Sequence[str], environment: Mapping[str, str]
) -> tuple[socket.socket, asyncio.subprocess.Process]:
    """Start a process; return our end of its standard input and output, and the process."""
    ours, theirs = socket.socketpair()
    with theirs:
        try:
            process = await spawn.start_followed(
                command,
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                stderr=asyncio.subprocess.PIPE,
                environment=environment,
            )
        except BaseException:
            ours.close()
            raise
    return ours, process


async def _connected(stream: socket.socket) -> None:
    """Read up to ``READY``, and no further."""
    seen = b""
    for _ in range(_MAX_BEFORE_READY):
        byte = await asyncio.get_running_loop().sock_recv(stream, 1)
        seen = seen[-len(READY) + 1 :] + byte
        if seen == READY:
            return
        if not byte:
            break
    raise ConnectionResetError


async def _words(step: asyncio.subprocess.Process) -> str:
    """Return the standard error of a step, once it has ended."""
    assert step.stderr
    said = await step.stderr.read()
    await step.wait()
    return said.decode(errors="replace").strip()


def _cause(said: str) -> str:
    lines = [line for line in said.splitlines() if "lacks support for cpu binding" not in line]
    return lines[-1].rstrip(".") if lines else "srun does not answer"


def _kill(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.kill()


def _not_connected(said: str) -> DesktopError:
    if any(words in said for words in _OVER):
        return SessionEnded("The display server is gone.", remedy="Start the desktop again.")
    return NotReady(
        f"The job cannot be reached now: {_cause(said)}.",
        remedy="Try again in a moment. The desktop keeps running; open connections are unaffected.",
    )
