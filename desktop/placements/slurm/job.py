"""One job with a desktop: submission, queue, connection to the session, and cancellation."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from ...errors import DesktopError
from ...session import failures
from ...session.control import Control
from ...session.processes.deadlines import GOODBYE, KEEPER, SLACK
from ...session.processes.stopping import Stopped, Stopping
from ...session.specification import Specification
from ...system.session_messages import (
    Admitted,
    BatchJob,
    Command,
    Here,
    Phase,
    State,
    Step,
    Stop,
    failed,
    stopped,
)
from . import commands, endings, job_queue, refusals
from .commands import CommandFailed, Script
from .job_queue import Look
from .link import Link
from .note import Note
from .output import note_use
from .request import Request

# All in seconds, except the factor.
_FIRST_POLL = 1.0  # before the first look at the queue; the interval then grows by half each time
_RUNNING_FACTOR = 3  # a running job is polled at this multiple of the interval
_CONNECT_TIMEOUT = 120.0  # for us to connect to a job that has begun; slurmctld may restart
_SILENCE_LIMIT = 300.0  # without a message the session ends: this machine may have failed
_LISTEN_TIMEOUT = 60.0  # for the job's own program to listen; the file system may be slow
_REACH_TIMEOUT = _LISTEN_TIMEOUT + 30.0  # the same, with the start of a step
_LAST_POLLS = (0.2, 0.4, 0.8, 1.6, 2.0)  # pauses between looks at a job that is ending
_LAST_POLL_TIMEOUT = 3.0  # for each of them; the page shows the desktop as running meanwhile
_SBATCH_TIMEOUT = 1.0  # for sbatch to print the id of a job that is to be cancelled

_ATTEMPTS = 3
_NO_ANSWER = "Slurm's controller does not answer at the moment"
_LAST_LINES = 20


class Job:
    """Connects a Jupyter server, at ``control``, with the session in the job.

    ``note`` holds the job until it is cancelled; ``output`` is the file for its output. ``run``
    returns when the job has ended.
    """

    def __init__(  # noqa: PLR0917  wiring
        self,
        request: Request,
        specification: Specification,
        command: Sequence[str],
        control: Control,
        note: Note,
        output: Path,
    ) -> None:
        self._request = request
        self._specification = replace(specification, silence=_SILENCE_LIMIT)
        self._control = control
        self._note = note
        self._output = output
        self._python = request.python or command[0]
        self._name = f"jupyter-desktop-{secrets.token_hex(8)}"  # visible to all users in the queue
        self._script = Script(
            f"jupyter-desktop-{secrets.token_hex(16)}",
            self._python,
            request.setup,
            _CONNECT_TIMEOUT,
            [self._python, *command[1:]],
        )
        self._stopping = Stopping()
        self._job = ""  # Slurm's id of the job; empty until sbatch has printed it
        self._link: Link | None = None  # None until the session is reached
        # Seconds for a session to end after its lifeline has closed, and for its keeper.
        self._closing = specification.stop_timeout + SLACK + KEEPER
        self._look = Look(job_queue.PENDING)  # Slurm's last answer about the job
        self._silent = False  # whether the controller does not answer
        self._state = State(Phase.STARTING, Step.SUBMIT)  # for ``_tell``, which adds the job
        self._last: State | None = None  # the session's last state

    async def run(self) -> None:
        """Run a job with a session until it ends, and send the last state."""
        try:
            last = await self._run()
        except DesktopError as error:
            last = failed(error)
        except Stopped as asked:
            last = self._last or stopped(str(asked))
            if self._last:
                # Let Slurm record it as completed instead of cancelled.
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(self._last_look(), GOODBYE)
        except OSError as error:
            last = failed(failures.system_error(error))
        finally:
            await self._cancel()
        if last.state is Phase.FAILED and not last.log:
            last = replace(last, log=tuple(self._printed()))
        self._state = last
        self._tell()

    def stop(self, reason: str) -> None:
        """Request the end; ``reason`` is shown to the user."""
        self._stopping.stop(reason)

    def pass_on(self, command: Command) -> None:
        """Handle a command of the Jupyter server; all but ``Stop`` are passed to the session."""
        if isinstance(command, Stop):
            self.stop("It was stopped.")
        elif self._link:
            self._link.send(command)

    # -- from submission to end

    async def _run(self) -> State:
        self._tell()
        await self._stopping.unless(self._submit(), _SBATCH_TIMEOUT)
        self._state = State(Phase.STARTING, Step.QUEUE)
        self._tell()
        await self._until_begun()
        unreached: CommandFailed | None = None
        if not self._look.over:
            try:
                async with self._linked() as link:
                    await self._until_end(link)
            except CommandFailed as error:
                unreached = error
        await self._stopping.unless(self._last_look())
        return self._ending() or self._last or self._unexplained(unreached)

    async def _submit(self) -> None:
        command = commands.sbatch(self._name, self._request.arguments, self._output)
        # Before sbatch runs: if it fails or is killed, the controller may still have the job.
        self._note.job = commands.named(self._name)
        try:
            self._job = commands.job_id(await commands.run(command, str(self._script)))
        except FileNotFoundError as error:
            self._note.job = []
            raise refusals.not_installed(command[0]) from error
        except CommandFailed as error:
            raise refusals.refused(str(error)) from error
        self._note.job = [self._job]

    async def _until_begun(self) -> None:
        pause = _FIRST_POLL
        while True:
            await self._stopping.first(pause)
            pause = min(pause * 1.5, self._request.poll_interval)
            if await self._stopping.unless(self._looked()) and not self._look.waiting:
                return

    @asynccontextmanager
    async def _linked(self) -> AsyncIterator[Link]:
        """Connect to the session; on exit, close the link and wait for the session to end."""
        link = self._link = await self._reach()
        try:
            yield link
        finally:
            # Last events can no longer be sent to the closed link.
            await link.close(self._closing)

    async def _reach(self) -> Link:
        command = commands.srun(self._job, self._python, _LISTEN_TIMEOUT)
        for attempt in range(1, _ATTEMPTS + 1):
            opening = Link.open(command, f"@{self._script.name}", _REACH_TIMEOUT)
            try:
                return await self._stopping.unless(opening)
            except CommandFailed:
                # Retry only if the controller answers and the job still runs.
                answered = attempt < _ATTEMPTS and await self._stopping.unless(self._looked())
                if not answered or self._look.over:
                    raise
            await self._stopping.first(_FIRST_POLL * attempt)
        raise AssertionError

    async def _until_end(self, link: Link) -> None:
        link.send_line(self._specification.to_line())
        listening = asyncio.ensure_future(self._listen(link))
        watching = asyncio.ensure_future(self._watch())
        beating = asyncio.ensure_future(self._beat(link))
        try:
            await self._stopping.first(None, listening, watching)
        except Stopped:
            link.send(Stop())
            await asyncio.wait([listening], timeout=self._specification.stop_timeout + SLACK)
            self._closing = KEEPER  # the wait for the session is over
            raise
        finally:
            for task in (listening, watching, beating):
                task.cancel()

    async def _listen(self, link: Link) -> None:
        async for event in link.events():
            match event:
                case State(state) if state.alive:
                    self._state = event
                    self._tell()
                case State():
                    self._last = event
                case Admitted(socket=path) if path:
                    # With the job's id, for the placement (see ``SlurmPlacement.connect``).
                    self._control.send(replace(event, socket=f"{self._job}:{path}"))
                case _:
                    self._control.send(event)

    async def _watch(self) -> None:
        """Poll a running job; return when it has ended."""
        while not (self._look.waiting or self._look.over):
            await asyncio.sleep(self._request.poll_interval * _RUNNING_FACTOR)
            await self._looked()

    async def _beat(self, link: Link) -> None:
        while True:
            await asyncio.sleep(_SILENCE_LIMIT / 10)
            link.send(Here())

    # -- Slurm's view of the job

    async def _looked(self, timeout: float = commands.COMMAND_TIMEOUT) -> bool:
        """Query the job's state, and send changes; return whether Slurm answered."""
        note_use(self._output)
        before = self._shown()
        try:
            self._look = await job_queue.look(self._job, timeout)
            self._silent = False
        except (CommandFailed, OSError, ValueError):  # also if squeue cannot be run
            self._silent = True
        if self._shown() != before:
            self._tell()
        return not self._silent

    async def _last_look(self) -> None:
        """Query the job until Slurm reports its end; its session has ended, or is ending."""
        for pause in (*_LAST_POLLS, 0):
            if self._look.waiting or self._look.over:
                return
            if not await self._looked(_LAST_POLL_TIMEOUT):
                return
            await asyncio.sleep(pause)

    def _ending(self) -> State | None:
        return endings.as_state(self._look, self._look.node)

    def _unexplained(self, unreached: CommandFailed | None) -> State:
        if unreached and not self._look.over:
            return endings.unreachable(str(unreached))
        began = self._link or self._printed()
        return endings.unexplained(self._look, None if began else self._output.parent)

    async def _cancel(self) -> None:
        if self._note.job and not self._look.ended:
            try:
                await commands.run(["scancel", *self._note.job], timeout=GOODBYE)
            except (CommandFailed, OSError) as error:
                if "Invalid job id" not in str(error):
                    return  # the note stays: the keeper tries again
        # Without an id from sbatch, the job may not be in the queue yet: the keeper tries again.
        if self._job:
            self._note.job = []

    def _printed(self) -> list[str]:
        try:
            return self._output.read_text(errors="replace").splitlines()[-_LAST_LINES:]
        except OSError:
            return []

    # -- events for the Jupyter server

    def _shown(self) -> BatchJob:
        shown = self._look.shown(self._job, self._request.warnings)
        silent = self._silent and self._look.waiting
        return replace(shown, waiting=_NO_ANSWER) if silent else shown

    def _tell(self) -> None:
        self._control.send(replace(self._state, job=self._shown()))
