"""The video companion of a session, ``python -m jupyter_desktop.video``."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from ..backends import Runtime
from ..errors import DesktopError, SessionEnded, VideoUnavailable
from ..system import pipes
from ..system.streams import VIDEO_ACTIVE
from .processes.children import Child, Children
from .processes.deadlines import DYING
from .processes.log import SessionLog
from .processes.stopping import Stopping
from .specification import Specification

_NAME = "video"
_START_TIMEOUT = 15.0  # seconds


class VideoCompanion:
    """Starts the companion as a child, if ``specification`` allows video."""

    def __init__(
        self,
        children: Children,
        where: Runtime,
        environment: Mapping[str, str],
        specification: Specification,
        stopping: Stopping,
    ) -> None:
        self._children = children
        self._where = where
        self._environment = environment
        self._allowed = specification.video
        self._cores = specification.video_cores or len(os.sched_getaffinity(0)) / 2
        self._stopping = stopping
        self._log: SessionLog | None = None  # None before the first start
        self._child: Child | None = None  # None before the first start, and after a failed one
        self._turn = asyncio.Lock()
        self._over = False  # the session ends

    async def admit(self) -> Path:
        """Return the socket for viewers; start the companion if it does not run.

        Raises ``VideoUnavailable``, ``StartFailed``, ``SessionEnded`` or ``Stopped``.
        """
        if not self._allowed:
            raise VideoUnavailable(
                "Video is switched off.",
                remedy="The administrator of this server can set DesktopApp.video to 'auto'.",
            )
        async with self._turn:
            if not self._over and (self._child is None or self._child.exited.done()):
                try:
                    self._child = await self._start()
                except (DesktopError, OSError):
                    if not self._over:
                        raise
            if self._over:
                raise SessionEnded("The desktop has just ended.")
        return self._socket

    async def end(self) -> None:
        """End it at once: it has nothing to save."""
        self._over = True
        if self._child and not self._child.exited.done():
            killing = asyncio.ensure_future(self._children.kill(self._child))
            # A process that hangs in the kernel is left to ``ending``.
            await asyncio.wait([killing], timeout=DYING)
            killing.cancel()
        if self._log:
            await self._log.close()

    @property
    def _socket(self) -> Path:
        return self._where.folder / "video.sock"

    async def _start(self) -> Child:
        self._log = self._log or SessionLog(self._where.log(_NAME), lambda line: None)
        reading, writing = os.pipe()
        try:
            async with pipes.reader(reading) as ready:
                child = self._run(writing, self._log)
                os.close(writing)
                writing = -1
                try:
                    await self._until_ready(ready, child, self._log)
                except BaseException:
                    await self._children.kill(child)
                    raise
                return child
        finally:
            if writing >= 0:
                os.close(writing)

    def _run(self, ready_fd: int, log: SessionLog) -> Child:
        command = [sys.executable, "-m", "jupyter_desktop.video"]
        child = self._children.start(
            _NAME,
            [*command, str(self._socket), str(self._cores), str(ready_fd)],
            {
                **self._environment,
                "DISPLAY": self._where.display,
                "XAUTHORITY": str(self._where.xauthority),
            },
            # Python imports from its working directory first, which must not be the home.
            folder=Path("/"),
            output=log.pipe,
            pass_fds=[ready_fd],
        )
        # Otherwise companions of other desktops would still count it.
        active = self._where.folder / VIDEO_ACTIVE
        child.exited.add_done_callback(lambda exited: active.unlink(missing_ok=True))
        return child

    async def _until_ready(
        self, ready: asyncio.StreamReader, child: Child, log: SessionLog
    ) -> None:
        """Return when viewers can connect; raise ``VideoUnavailable`` if they cannot."""
        line = asyncio.ensure_future(ready.readline())
        try:
            await self._stopping.first(_START_TIMEOUT, line)
            if not line.done():
                raise VideoUnavailable(
                    f"The video encoder was not ready within {_START_TIMEOUT:g} seconds.",
                    remedy="The machine may be overloaded. Reload the page to try again.",
                )
            problem = json.loads(line.result() or "null")
        finally:
            line.cancel()
        if problem is None:
            await asyncio.wait([child.exited])
            await log.caught_up()
            last = log.tail[-1] if log.tail else "it printed nothing"
            raise VideoUnavailable(
                f"The video encoder ended early ({child.status}): {last}.",
                remedy="`jupyter desktop doctor`, in a terminal, checks this machine.",
            )
        if problem:
            raise VideoUnavailable(
                problem["message"], remedy=problem["remedy"], command=problem.get("command")
            )
