"""One desktop: its display server, its start script, and their end."""

from __future__ import annotations

import asyncio
import os
import traceback
from collections import deque
from dataclasses import replace
from pathlib import Path

from ..backends import Backend, Installed, Runtime
from ..errors import DesktopError, NotReady, StartFailed, VideoUnavailable
from ..system import libraries
from ..system.access import Access
from ..system.libraries import Misfit
from ..system.session_messages import Input, Log, Phase, State, Step, failed, stopped
from ..system.streams import DESKTOP, VIDEO, unknown_stream
from . import display_server, ending, failures, library_check, own_programs, programs, startscript
from .control import Control
from .display_server import DisplayServer
from .processes.children import Child, Children
from .processes.log import SessionLog
from .processes.stopping import Stopped, Stopping
from .search import Search
from .specification import Specification
from .video import VideoCompanion
from .x11.watch import DisplayWatch

# Seconds. A start script that returns sooner has put its desktop in the background, as old
# ~/.vnc/xstartup files do; then the session ends with the window manager.
_EARLY_RETURN = 10.0
_REPLACEMENT_TIMEOUT = 1.0  # seconds for one window manager to replace another

_LOG_INTERVAL = 0.1  # seconds
_LOST_TIMEOUT = 0.1  # seconds for the display watch's thread to report a lost display
_SERVER_EXIT_TIMEOUT = 2.0  # seconds for a killed display server to exit

_DISPLAY_SERVER = display_server.NAME


class Session:
    """Runs one desktop from start to end.

    Events are sent to ``control`` as they happen; ``run`` returns when no process is left.
    """

    def __init__(
        self, specification: Specification, where: Runtime, search: Search, control: Control
    ) -> None:
        self._specification = specification
        self._where = where
        self._search = search
        self._display_server: DisplayServer | None = None  # once the session is starting
        # From the same time; stays None if the display server sends video itself.
        self._video: VideoCompanion | None = None
        self._settings = specification.display
        self._control = control
        self._environment = dict(os.environ)  # as at the start: os.environ gets an XAUTHORITY later
        self._program = programs.program(specification, self._environment)
        self._starting = True  # until the program is up, or ``start_timeout`` is over
        self._unsent_log: deque[str] = deque(maxlen=20)  # log lines to send
        self._ended_first = _DISPLAY_SERVER  # the child whose log explains the end
        self._stopping = Stopping()

    async def run(self) -> None:
        """Start the desktop, wait for its end, and send the last state."""
        try:
            last = await self._run()
        except OSError as error:  # no space for a log
            last = failed(failures.system_error(error))
        except Exception as error:
            last = self._unexpected(error)
        self._control.send(last)

    def stop(self, reason: str) -> None:
        """Request the end; ``reason`` is shown to the user."""
        self._stopping.stop(reason)

    async def admit(self, password: str | None, access: Access, stream: str) -> Path:
        """Admit viewers to ``stream`` (see ``DisplayServer.admit``)."""
        if stream not in (DESKTOP, VIDEO):
            raise unknown_stream(stream)
        if self._display_server is None:
            raise NotReady("The desktop is still starting.", remedy="Try again in a moment.")
        if stream == VIDEO:
            return await self._admit_to_video()
        return await self._display_server.admit(password, access)

    async def _admit_to_video(self) -> Path:
        if self._video is None:
            raise VideoUnavailable("The display server of this desktop sends video itself.")
        return await self._video.admit()

    async def resize(self, geometry: str) -> None:
        """Resize the screen (see ``DisplayServer.resize``)."""
        if self._display_server:
            await self._display_server.resize(geometry)

    async def _run(self) -> State:
        """Run the desktop, end every process, and return the last state."""
        self._logs = {
            name: SessionLog(self._where.log(name), self._on_log_line)
            for name in (_DISPLAY_SERVER, self._program.name)
        }
        self._children = Children()
        try:
            ended = await self._live()
        except Stopped as asked:
            ended = stopped(str(asked))
        except DesktopError as error:
            ended = failed(await self._explained(error))
        except OSError as error:
            ended = failed(failures.system_error(error))
        except Exception as error:  # the waiting request needs an answer
            ended = self._unexpected(error)
        finally:
            await self._end()
            for log in self._logs.values():
                await log.close()
        return replace(ended, log=tuple(self._logs[self._ended_first].tail))

    def _unexpected(self, error: Exception) -> State:
        """Return the last state after an unexpected error; print the traceback to Jupyter's log."""
        traceback.print_exception(type(error), error, error.__traceback__)
        return failed(failures.unexpected(error))

    async def _end(self) -> None:
        """End every process."""
        if not self._starting:
            self._tell_step(Step.ENDING)
        if self._video:
            await self._video.end()
        await ending.end(
            self._children,
            self._where.display,
            self._program.name,
            self._specification.stop_timeout,
            self._logs[self._program.name].write,
        )

    async def _explained(self, error: DesktopError) -> DesktopError:
        """Return ``error``, with the loader's message if an unfit library ended a program."""
        log = self._logs[self._ended_first]
        await log.caught_up()
        said = libraries.fatal_complaint("\n".join(log.tail))
        variables = libraries.are_set(self._environment)
        if isinstance(error, StartFailed) and said and variables:
            return failures.unfit_library(error, variables, said)
        return error

    async def _live(self) -> State:
        """Start everything and return why it ended."""
        self._control.send(State(Phase.STARTING, Step.DISPLAY_SERVER))
        backend, installed = await self._stopping.unless(self._found())
        script = self._program.find()
        unfit = asyncio.ensure_future(self._look_for_unfit_libraries(script))
        try:
            self._logs[_DISPLAY_SERVER].write(f"This is {installed}.")
            self._logs[self._program.name].write(f"This is {script}.")
            self._display_server = DisplayServer(
                backend,
                installed,
                self._where,
                self._specification,
                self._logs[_DISPLAY_SERVER],
                tell_reachable=self._tell_reachable,
            )
            if not backend.sends_video:
                self._video = VideoCompanion(
                    self._children,
                    self._where,
                    self._environment,
                    self._specification,
                    self._stopping,
                )
            server = await self._display_server.start(
                self._children, self._environment, self._stopping
            )
            self._tell_step(Step.SESSION, backend.name)
            await self._stopping.first(None, unfit)
            desktop = self._start_script(script, unfit.result(), repeat=backend.repeats_keys)
        finally:
            unfit.cancel()
        watch = self._watch(backend)
        self._tell_step(Step.WINDOW_MANAGER)
        await self._until_up(watch, server, desktop)
        self._starting = False
        self._tell_step(Step.RUNNING)
        return await self._until_end(watch, server, desktop)

    async def _found(self) -> tuple[Backend, Installed]:
        timeout = self._specification.start_timeout
        try:
            return await asyncio.wait_for(self._search.result(), timeout)
        except asyncio.TimeoutError:
            raise failures.search_too_late(timeout) from None

    def _watch(self, backend: Backend) -> DisplayWatch:
        clipboard = self._settings.clipboard
        return DisplayWatch(
            self._where.display,
            self._program.sign,
            long_texts=backend.long_texts if clipboard.outbound else "",
            primary=clipboard.inbound,
            spare_keys=backend.takes_spare_keys,
            tell_input=lambda active: self._control.send(Input(active)),
        )

    async def _look_for_unfit_libraries(self, script: Path) -> Misfit | None:
        """Return which of the user's libraries do not fit the programs that ``script`` starts."""
        if not startscript.is_ours(script):
            return None  # a start script of the user's runs in the user's environment
        try:
            return await library_check.first_misfit(own_programs.NAMES, self._environment)
        except libraries.Unknown:
            self._logs[self._program.name].write(failures.unknown_fit("the desktop's own programs"))
            return None

    def _start_script(self, script: Path, misfit: Misfit | None, *, repeat: bool) -> Child:
        """Run the start script on the display, without the libraries that do not fit."""
        environment = self._environment
        log = self._logs[self._program.name]
        if misfit:
            environment = own_programs.apart(environment, self._where.folder)
            names = " and ".join(misfit.variables)
            log.write(f"The desktop's own programs run without {names}: {misfit}.")
            log.write("Shells in its terminals have these variables.")
        environment = {
            **environment,
            "DISPLAY": self._where.display,
            "XAUTHORITY": str(self._where.xauthority),
            "JUPYTER_DESKTOP_RUNTIME": str(self._where.folder),
            "JUPYTER_DESKTOP_KEY_REPEAT": "on" if repeat else "off",
            **self._program.variables(),
        }
        return self._children.start(
            self._program.name,
            [*startscript.command(script), *self._program.arguments()],
            environment,
            folder=Path(self._program.folder),
            output=log.pipe,
        )

    async def _until_up(self, watch: DisplayWatch, server: Child, desktop: Child) -> None:
        """Return when the program's sign is present, or after ``start_timeout``.

        The desktop is shown in both cases: a start script need not start a window manager that
        announces itself, and an application may start slowly.
        """
        present = asyncio.ensure_future(watch.until(True))
        timeout = self._specification.start_timeout
        try:
            await self._stopping.first(timeout, present, watch.lost, server.exited, desktop.exited)
            if not present.done():
                await self._if_lost(watch, server)
            if desktop.exited.done() and not present.done():
                await self._in_background(desktop, server, present)
        finally:
            present.cancel()
        if server.exited.done():
            raise self._ended_early(server)
        if watch.lost.done():
            raise StartFailed(
                f"The X display {self._where.display} cannot be used: {watch.lost.result()}."
            )

    async def _in_background(
        self, desktop: Child, server: Child, present: asyncio.Future[None]
    ) -> None:
        """Wait for a desktop that the start script may have started in the background."""
        if server.exited.done():
            return
        if desktop.exited.result() != 0:
            self._ended_first = desktop.name
            raise self._program.ended_early(desktop)
        if not self._program.may_return:
            return
        await self._stopping.first(self._specification.start_timeout, present, server.exited)
        if not present.done() and not server.exited.done():
            self._ended_first = desktop.name
            raise StartFailed(
                "The start script returned, and no window manager came up.",
                remedy="Let the script end with a program that runs as long as the desktop: "
                "`exec startxfce4`, for example.",
            )

    async def _until_end(self, watch: DisplayWatch, server: Child, desktop: Child) -> State:
        """Wait for the end of the desktop, and return the last state."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        await self._stopping.first(None, server.exited, desktop.exited)
        await self._if_lost(watch, server)
        if self._program.may_return and loop.time() - started < _EARLY_RETURN:
            await self._without_window_manager(watch, server)
        if server.exited.done():
            return stopped(f"The display server ended ({server.status}).")
        self._ended_first = desktop.name
        return self._program.ended(desktop)

    async def _without_window_manager(self, watch: DisplayWatch, server: Child) -> None:
        """Return when there is no window manager, and none replaces it."""
        there = True
        while there and not server.exited.done():
            absent = asyncio.ensure_future(watch.until(False))
            await self._stopping.first(None, absent, server.exited)
            back = asyncio.ensure_future(watch.until(True))
            await self._stopping.first(_REPLACEMENT_TIMEOUT, back, server.exited)
            there = back.done()

    async def _if_lost(self, watch: DisplayWatch, server: Child) -> None:
        """Wait for the display server to exit if the display is gone already.

        A killed server closes its sockets before it can be reaped, so programs on the display may
        exit first, without being the cause.
        """
        await self._stopping.first(_LOST_TIMEOUT, watch.lost, server.exited)
        if watch.lost.done():
            await self._stopping.first(_SERVER_EXIT_TIMEOUT, server.exited)

    def _ended_early(self, child: Child) -> StartFailed:
        self._ended_first = child.name
        return failures.ended_early(child)

    def _on_log_line(self, line: str) -> None:
        """Send log lines while the desktop starts, the newest of each ``_LOG_INTERVAL``."""
        if not self._starting:
            return
        if not self._unsent_log:
            asyncio.get_running_loop().call_later(_LOG_INTERVAL, self._tell_log)
        self._unsent_log.append(line)

    def _tell_log(self) -> None:
        self._control.send(Log(tuple(self._unsent_log)))
        self._unsent_log.clear()

    def _tell_step(self, step: Step, backend: str | None = None) -> None:
        """Send the step that is reached, once there is a display server."""
        self._step = step
        self._tell_reachable(backend)

    def _tell_reachable(self, backend: str | None = None) -> None:
        assert self._display_server
        phase = Phase.STARTING if self._starting else Phase.RUNNING
        self._control.send(State(phase, self._step, backend, self._display_server.reachable))
