"""One desktop in the Jupyter server: its session process, its state and its viewers."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from ..backends import AUTO, backend
from ..errors import NotReady, SessionEnded, StartFailed
from ..placements import Local, Placement
from ..session.specification import Specification
from ..system import credentials
from ..system.access import Access
from ..system.session_messages import (
    Admit,
    Admitted,
    Command,
    Event,
    Input,
    Log,
    Phase,
    Resize,
    State,
    Step,
    Stop,
    failed,
)
from ..system.streams import DESKTOP, VIDEO
from .activity import INPUT, Use, isoformat
from .plans import Plan
from .process import SessionProcess
from .record import Record
from .viewers import Viewer, Viewers

_COMMAND = [sys.executable, "-m", "jupyter_desktop.session"]
_ANSWER_TIMEOUT = 5.0  # seconds for the session to set a password
_VIDEO_TIMEOUT = 20.0  # seconds for the session to start the video companion, if necessary
# Sent to pages over the WebSocket, since a Jupyter server that is ending answers no requests.
_ENDING = json.dumps({"step": Step.ENDING})


@dataclass(frozen=True)
class Snapshot:
    """A desktop at one moment; ``application`` is empty for a whole desktop."""

    name: str
    application: str
    viewers: tuple[Viewer, ...]
    last_activity: datetime
    state: State

    def as_json(self) -> dict[str, Any]:
        """Return it as the API shows it."""
        job = self.state.job
        return {
            "name": self.name,
            "application": self.application or None,
            "viewers": [viewer.as_json() for viewer in self.viewers],
            "last_activity": isoformat(self.last_activity),
            **asdict(self.state),
            # With the server's time, by which a page corrects for its own clock.
            "job": job and {**asdict(job), "now": time.time()},
        }


class DesktopSession:
    """One desktop in the Jupyter server: a session process, and the state that it reports.

    ``activity`` defines its use (see ``activity.Use``).
    """

    def __init__(self, name: str, log: logging.Logger, activity: str = INPUT) -> None:
        self.name = name
        self.state = State(Phase.STOPPED, Step.DISPLAY_SERVER, AUTO)  # changed by ``_set_state``
        self.viewers = Viewers(name, log, self.publish)
        self._record = Record(name, log)
        self.run = 0  # how often it was started
        self.turn = asyncio.Lock()  # serialises starts and stops
        self._specification = Specification()  # of the last start; the defaults before it
        self._placement: Placement = Local()  # of the last start
        self._log = log
        self._use = Use(activity)
        self._process: SessionProcess | None = None  # of the last start; None before it
        self._listening: asyncio.Task[None] | None = None  # reads its events; None before the start
        self._subscribers: set[asyncio.Queue[Snapshot | Log]] = set()  # one for each subscriber
        self._admitted: dict[int, asyncio.Future[str]] = {}  # by the command's id
        self._last_id = 0  # of the last ``Admit``; each has the next number

    @property
    def backend(self) -> str:
        """The name of its backend; "auto" until the session has chosen one."""
        return self.state.backend or AUTO

    @property
    def application(self) -> str:
        """The name of its application; empty for a desktop."""
        return self._specification.application

    def key(self, access: Access) -> str | None:
        """Return the key that viewers need besides a password; None without encryption."""
        encrypts = backend(self.backend).encrypts(self._specification.display)
        return credentials.key_for(self._specification.key, access) if encrypts else None

    @property
    def greeting(self) -> int:
        """``Backend.greeting`` of its backend, in bytes; 0 while the backend is unknown."""
        return 0 if self.backend == AUTO else backend(self.backend).greeting

    @property
    def opens_within(self) -> float:
        """Seconds that a connection to it may take."""
        return self._placement.opens_within

    def new_password(self) -> str:
        """Return a password for one viewer, to be set when it connects."""
        return backend(self.backend).new_password()

    @property
    def alive(self) -> bool:
        """Whether the desktop runs or is starting."""
        return self.state.state.alive

    @property
    def last_activity(self) -> datetime:
        """When it was last in use."""
        return self._use.last

    def snapshot(self) -> Snapshot:
        """Return its present state."""
        viewers = tuple(self.viewers)
        return Snapshot(self.name, self.application, viewers, self.last_activity, self.state)

    def as_json(self) -> dict[str, Any]:
        """Return the session as the API shows it."""
        return self.snapshot().as_json()

    async def start(self, plan: Plan) -> None:
        """Start the session process; subscribers receive its progress."""
        # The process of an ended desktop may still exist.
        await self._gone()
        self.run += 1
        self.viewers.begin()
        self._specification = specification = plan.specification
        self._placement = plan.placement
        self._use.note_input(False)
        self._set_state(State(Phase.STARTING, self._placement.first_step, specification.backend))
        command = self._placement.launch(_COMMAND)
        try:
            first = [*self._placement.preamble(), specification.to_line()]
            self._process = await SessionProcess.spawn(command, first, self.name, self._log)
        except OSError as error:
            self._set_state(failed(_not_started(command[0], error)))
            return
        self._listening = asyncio.ensure_future(self._listen(self._process))

    async def stop(self) -> None:
        """End the desktop; returns when its processes have ended."""
        self._send(Stop())
        await self._gone()

    async def connect(self, password: str, access: Access, stream: str = DESKTOP) -> socket.socket:
        """Set ``password`` and return a byte stream to the server of ``stream``.

        Raises ``NotReady``, ``SessionEnded``, ``Unreachable``, ``ShareUnsupported`` or
        ``UnknownStream``.
        """
        return await self._placement.connect(await self._admit(password, access, stream))

    async def check_video(self) -> None:
        """Raise the error that viewers would get from ``connect`` to its video.

        The answer to a request for a ticket has the reason; a refused WebSocket has none.
        """
        await self._admit(None, Access.FULL, VIDEO, timeout=_VIDEO_TIMEOUT)

    async def check_shareable(self, access: Access) -> None:
        """Raise the error that viewers with ``access`` would get from ``connect``."""
        self.check_reachable()
        if access is Access.VIEW:
            await self._admit(None, access)

    def resize(self, geometry: str) -> None:
        """Resize the screen; no effect if the display server's own protocol resizes it.

        Raises ``NotReady`` or ``SessionEnded``.
        """
        self.check_reachable()
        self._send(Resize(geometry))

    def check_reachable(self) -> None:
        """Raise ``NotReady`` or ``SessionEnded`` where viewers cannot connect."""
        if not self.alive:
            raise SessionEnded(
                f"The desktop {self.name!r} has ended.", remedy="Start the desktop again."
            )
        if not self.state.reachable:
            why = "is still starting"
            if self.state.state is Phase.RUNNING:
                why = "is running, but its display server has ended and is being restarted"
            raise NotReady(f"The desktop {self.name!r} {why}.", remedy="Try again in a moment.")

    @asynccontextmanager
    async def subscribe(self) -> AsyncIterator[asyncio.Queue[Snapshot | Log]]:
        """Yield a queue of events, the present state first."""
        queue: asyncio.Queue[Snapshot | Log] = asyncio.Queue()
        queue.put_nowait(self.snapshot())
        self._subscribers.add(queue)
        try:
            yield queue
        finally:
            self._subscribers.discard(queue)

    def publish(self) -> None:
        """Send subscribers the present state, and pages the message that programs are saving."""
        self._update_use()
        self._tell(self.snapshot())
        if self.alive and self.state.step is Step.ENDING:
            for viewer in self.viewers:
                viewer.tell(_ENDING)

    async def _gone(self) -> None:
        """Wait for the session process to end; after a timeout, end it."""
        if self._process and self._listening:
            await self._process.close(self._specification.stop_timeout + self._placement.slack)
            await asyncio.shield(self._listening)

    async def _admit(
        self,
        password: str | None,
        access: Access,
        stream: str = DESKTOP,
        *,
        timeout: float | None = None,
    ) -> str:
        """Have the session set a password; return the path of the socket that requires it.

        None keeps the present password.
        """
        self.check_reachable()
        self._last_id += 1
        answer = asyncio.get_running_loop().create_future()
        self._admitted[identifier := self._last_id] = answer
        self._send(Admit(identifier, password, access, stream))
        try:
            return await asyncio.wait_for(answer, timeout or self._answer_timeout(access))
        except asyncio.TimeoutError:
            raise NotReady(
                f"The desktop {self.name!r} does not answer.", remedy="Try again, or restart it."
            ) from None
        finally:
            self._admitted.pop(identifier, None)

    def _answer_timeout(self, access: Access) -> float:
        """Return the seconds to wait for the session's answer to ``Admit``."""
        if access is Access.FULL:
            return _ANSWER_TIMEOUT
        # The view-only server may have to start first; the session itself reports its failure.
        return self._specification.start_timeout + _ANSWER_TIMEOUT

    async def _listen(self, process: SessionProcess) -> None:
        """Handle the events of the session process until it has ended."""
        async for event in process.events():
            self._take(event)
        if self.alive:
            self._set_state(failed(_died(process.status)))
        self._refuse_waiting()

    def _take(self, event: Event) -> None:
        match event:
            case State():
                self._set_state(event)
            case Log():
                self._tell(event)
            case Input(active):
                self._use.note_input(active)
                self._update_use()
            case Admitted(identifier, path, problem):
                answer = self._admitted.get(identifier)
                if answer:  # otherwise the request has timed out
                    _settle(answer, path, problem.as_error() if problem else None)

    def _set_state(self, state: State) -> None:
        step, backend = state.step or self.state.step, state.backend or self.state.backend
        self.state = replace(state, step=step, backend=backend)
        if self.state.state is Phase.FAILED:
            message = self.state.error.message if self.state.error else ""
            self._record.failed(message, self.state.log)
        else:
            self._record.changed(self.state.state, self.state.reason or self.state.step or "")
        self.publish()

    def _update_use(self) -> None:
        phase = self.state.state
        self._use.update(
            starting=phase is Phase.STARTING,
            running=phase is Phase.RUNNING,
            viewed=bool(self.viewers),
        )

    def _refuse_waiting(self) -> None:
        for answer in self._admitted.values():
            _settle(answer, error=SessionEnded("The desktop has just ended."))

    def _tell(self, news: Snapshot | Log) -> None:
        for queue in self._subscribers:
            queue.put_nowait(news)

    def _send(self, command: Command) -> None:
        if self._process:
            self._process.send(command)


def _settle(future: asyncio.Future[str], path: str = "", error: Exception | None = None) -> None:
    if future.done():
        return  # the waiting request was cancelled
    if error:
        future.set_exception(error)
    else:
        future.set_result(path)


def _not_started(program: str, error: OSError) -> StartFailed:
    return StartFailed(
        f"{program} could not be run: {error.strerror}.", remedy="Reinstall jupyter-desktop."
    )


def _died(status: int) -> StartFailed:
    return StartFailed(
        f"The desktop's session process ended without an error message (status {status}).",
        remedy="Start the desktop again. The log of the Jupyter server may give the cause; "
        "`jupyter desktop doctor`, in a terminal, checks this machine.",
    )
