"""A trial start: a real desktop, to the first pixel, and its end."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..backends import backend
from ..desktops.desktop_session import DesktopSession, Snapshot
from ..desktops.plans import Plan
from ..errors import DesktopError, StartFailed, StartTimeout
from ..system.access import Access
from ..system.processes import Process, descendants
from ..system.session_messages import Log, Phase, State, Step
from . import opengl

NAME = "doctor"
_SLACK = 10.0  # seconds beyond the limits of the start's steps
_LAST_STATE_TIMEOUT = 2.0  # seconds for a session to report why its display server has ended
_LOG_LINES = 20


@dataclass
class Trial:
    """The result of one trial.

    ``quick`` says that it was without the start script. ``seconds`` are from the start, except
    "clean_up", which is a duration. ``picture`` is the size of the first picture, ``opengl`` the
    renderers (see ``opengl``), and ``left`` the processes and files that were left.
    """

    backend: str
    quick: bool = False
    error: DesktopError | None = None
    seconds: dict[str, float] = field(default_factory=dict)
    picture: tuple[int, int] | None = None
    window_manager: bool = False
    opengl: dict[str, str] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)
    log: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return it in the format of ``--json``."""
        return {
            "backend": self.backend,
            "quick": self.quick,
            "started": self.error is None,
            "error": self.error and self.error.as_json(),
            "seconds": {step: round(value, 3) for step, value in self.seconds.items()},
            "picture": self.picture and "{}x{}".format(*self.picture),
            "window_manager": self.window_manager,
            "opengl": self.opengl,
            "left": self.left,
        }


class Attempt:
    """One start, to the first picture and the window manager; with ``quick``, to the picture."""

    def __init__(self, plan: Plan, quick: bool) -> None:
        self._plan = plan
        self._quick = quick
        self._start_timeout = plan.specification.start_timeout
        self._reachable = asyncio.Event()
        # The session's; None before the connection, and for a desktop on another machine.
        self._folder: Path | None = None
        self._trial = Trial(plan.specification.backend, quick)

    async def make(self) -> Trial:
        """Start a desktop, examine it, and end it."""
        log = logging.Logger(NAME)
        log.addHandler(logging.NullHandler())
        self._session = DesktopSession(NAME, log)
        self._began = time.monotonic()
        async with self._session.subscribe() as events:
            try:
                await self._session.start(self._plan)
                await self._to_the_first_picture(events)
                self._trial.opengl = await asyncio.to_thread(opengl.look, self._folder)
            except DesktopError as error:
                self._trial.error = error
            except OSError as error:
                self._trial.error = StartFailed(
                    f"The display server sent no picture: {error}.",
                    remedy="The last lines of the log below may say why.",
                )
            finally:
                await self._clean_up()
        self._trial.log = list(self._session.state.log[-_LOG_LINES:])
        return self._trial

    async def _to_the_first_picture(self, events: asyncio.Queue[Snapshot | Log]) -> None:
        following = asyncio.ensure_future(self._follow(events))
        seeing = asyncio.ensure_future(self._see())
        limit = 2 * self._start_timeout + _SLACK
        try:
            tasks = [following, seeing]
            await asyncio.wait(tasks, timeout=limit, return_when=asyncio.FIRST_EXCEPTION)
            if seeing.done() and seeing.exception():
                # The session's last state explains why there is no picture.
                await asyncio.wait([following], timeout=_LAST_STATE_TIMEOUT)
            for task in filter(asyncio.Task.done, tasks):
                task.result()
            if not all(map(asyncio.Task.done, tasks)):
                raise _too_late(limit)
        finally:
            following.cancel()
            seeing.cancel()

    async def _follow(self, events: asyncio.Queue[Snapshot | Log]) -> None:
        """Record when each step is reached; return after the last one."""
        entered: Step | None = None
        while True:
            news = await events.get()
            if isinstance(news, Log) or (news.state.state is Phase.STOPPED and not entered):
                continue
            state = news.state
            if not state.state.alive:
                raise _failed(state)
            if state.step is entered:
                self._mark("process")  # the first event of the process itself
            entered = state.step
            if state.reachable:
                self._mark("display_server")
                self._reachable.set()
            if state.state is Phase.RUNNING:
                return self._note_window_manager()
            if self._quick and state.reachable:
                return None

    def _note_window_manager(self) -> None:
        waited = time.monotonic() - self._began - self._trial.seconds["display_server"]
        # Otherwise the wait of the session has timed out.
        if waited < self._start_timeout:
            self._trial.window_manager = True
            self._mark("window_manager")

    async def _see(self) -> None:
        """Connect as a page does, and wait for a picture."""
        await self._reachable.wait()
        kind = backend(self._session.backend)
        password = self._session.new_password()
        connection = await self._session.connect(password, Access.FULL)
        if path := connection.getpeername():  # empty for a desktop on another machine
            self._folder = Path(path).parent
        key = self._session.key(Access.FULL) or ""

        def look() -> tuple[int, int]:
            with connection:
                connection.settimeout(self._start_timeout)
                return kind.first_picture(connection, password, key)

        self._trial.picture = await asyncio.to_thread(look)
        self._mark("first_pixel")

    def _mark(self, step: str) -> None:
        self._trial.seconds.setdefault(step, time.monotonic() - self._began)

    async def _clean_up(self) -> None:
        own = descendants()
        began = time.monotonic()
        await self._session.stop()
        self._trial.seconds["clean_up"] = time.monotonic() - began
        self._trial.left = list(_left(own, self._folder))


def _left(processes: list[Process], folder: Path | None) -> Iterator[str]:
    """Yield the processes and files that are left."""
    for process in filter(Process.is_running, processes):
        yield f"process {process.pid} ({process.name or 'name hidden'})"
    if folder and folder.exists():
        yield str(folder)


def _failed(state: State) -> DesktopError:
    if state.error:
        return state.error.as_error()
    return StartFailed(
        f"The desktop ended at once. {state.reason}",
        remedy="The last lines of the log below may say why.",
    )


def _too_late(seconds: float) -> StartTimeout:
    return StartTimeout(
        f"The desktop had no picture after {seconds:g} seconds.",
        remedy="If this machine is merely slow, raise DesktopApp.start_timeout.",
    )
