"""One desktop: its display server, its start script, and their end."""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Awaitable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from .. import secrets
from ..backends import Backend, Installed, Program, Runtime, choose, size
from ..errors import DesktopError, NotReady, StartFailed, StartTimeout
from ..packages import install_command
from . import pipes, startscript, xauthority
from .children import Child, Children, first_of
from .control import Control
from .log import SessionLog
from .runtime import write_secret
from .sizing import Sizing
from .specification import Specification

if TYPE_CHECKING:
    from .window_manager import WindowManagerWatch

_T = TypeVar("_T")

# A start script that returns sooner has put its desktop in the background, as many an old
# ~/.vnc/xstartup does; then the window manager's end is the session's.
_IN_BACKGROUND = 10.0

_TELL_LOG_EVERY = 0.1  # seconds
_LAST_BREATH = 2.0  # seconds for a display server that is being killed

_DISPLAY_SERVER, _START_SCRIPT = "display server", "start script"
_COMMAND_NOT_FOUND = 127  # a shell's exit status (sh(1))


class _Stopped(Exception):
    """Somebody asked for the end while the desktop was starting."""


class Session:
    """Runs one desktop from start to end.

    What happens is told to ``control`` as it happens; ``run`` returns when no process is left.
    """

    def __init__(self, specification: Specification, where: Runtime, control: Control) -> None:
        self._specification = specification
        self._where = where
        self._backend: Backend
        self._sizing: Sizing | None = None
        self._settings = specification.display
        self._control = control
        self._environment = dict(os.environ)
        self._starting = True
        self._untold: deque[str] = deque(maxlen=20)  # lines of the log
        self._ended_first = _DISPLAY_SERVER  # whose log says why it is over
        self._stopping: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def run(self) -> None:
        """Start the desktop, wait for its end, and tell why it ended."""
        self._tell(**await self._run())

    def stop(self, reason: str) -> None:
        """Ask for the end; ``reason`` is told to the user."""
        if not self._stopping.done():
            self._stopping.set_result(reason)

    def set_password(self, password: str) -> None:
        """Put ``password`` in force: whoever authenticates from now on needs it."""
        write_secret(self._where.password_file, self._backend.password_file(password))

    async def resize(self, geometry: str) -> None:
        """Give the screen another size, where the display server does not do so itself."""
        if self._sizing:
            await self._sizing.resize(*size(geometry))

    async def _run(self) -> dict[str, Any]:
        """Live, end every process, and return the last state."""
        self._logs = {
            name: SessionLog(self._where.log(name), self._on_log_line)
            for name in (_DISPLAY_SERVER, _START_SCRIPT)
        }
        self._children = Children()
        ended: dict[str, Any]
        try:
            ended = {"state": "stopped", "reason": await self._live()}
        except _Stopped as stopped:
            ended = {"state": "stopped", "reason": str(stopped)}
        except DesktopError as error:
            ended = {"state": "failed", "error": error.as_json()}
        except OSError as error:
            ended = {"state": "failed", "error": _system_error(error).as_json()}
        finally:
            await self._children.end_all(self._specification.stop_timeout)
            for log in self._logs.values():
                await log.close()
        return {**ended, "log": list(self._logs[self._ended_first].tail)}

    async def _live(self) -> str:
        """Start everything and return why it ended."""
        self._tell("starting", step="display-server")
        self._backend, installed = choose(self._specification.backend, self._settings)
        script = self._find_start_script()
        self._logs[_DISPLAY_SERVER].write(f"This is {installed}.")
        self._logs[_START_SCRIPT].write(f"This is {script}.")
        server = await self._start_display_server(installed)
        reachable = {"reachable": True, "socket": str(self._where.socket)}
        self._tell("starting", step="session", backend=self._backend.name, **reachable)
        desktop = self._start_script(script)
        with self._window_manager() as window_manager, self._selections():
            self._tell("starting", step="window-manager", **reachable)
            await self._until_up(window_manager, server, desktop)
            self._starting = False
            self._tell("running", step="running", **reachable)
            return await self._until_end(window_manager, server, desktop)

    async def _start_display_server(self, installed: Installed) -> Child:
        """Start the display server; return it when X clients and viewers get in."""
        password = self._write_files()
        server = await self._start_x_server(installed)
        await self._in_time(self._begin_sizing(), server)
        viewers = self._backend.viewer_server(installed, self._where, self._settings)
        if viewers:
            server = first_of(server, self._start(viewers))
        await self._in_time(self._answering(password), server)
        # Xpra begins with a size of its own.
        await self._in_time(self.resize(self._settings.geometry), server)
        return server

    def _write_files(self) -> str:
        """Write secrets and what else the display server reads; return the password in force."""
        password = self._backend.new_password()
        self.set_password(password)
        write_secret(self._where.xauthority, xauthority.entry(secrets.x_cookie()))
        files = self._backend.files(self._where, self._settings, self._specification.key)
        for path, contents in files.items():
            write_secret(path, contents)
        # For our own X clients, whose library reads it from there.
        os.environ["XAUTHORITY"] = str(self._where.xauthority)
        return password

    async def _start_x_server(self, installed: Installed) -> Child:
        """Start the first X server that works; return it when X clients get in."""
        reading, writing = os.pipe()
        try:
            async with pipes.reader(reading) as ready:
                for program in self._backend.x_servers(
                    installed, self._where, self._settings, writing
                ):
                    server = self._start(program, pass_fds=[writing])
                    if await self._is_ready(ready, server):
                        return server
                    log = self._logs[_DISPLAY_SERVER]
                    log.write(f"{program.name} ended before it was ready ({_status(server)}).")
        finally:
            os.close(writing)
        raise self._early_end(server)

    async def _is_ready(self, ready: asyncio.StreamReader, server: Child) -> bool:
        """Whether ``server`` says that it is ready, rather than end."""
        line = asyncio.ensure_future(ready.readline())
        try:
            await self._first(self._specification.start_timeout, line, server.exited)
            if not line.done() and not server.exited.done():
                raise self._too_late()
            return line.done()
        finally:
            line.cancel()

    def _start(self, program: Program, pass_fds: Sequence[int] = ()) -> Child:
        """Start a part of the display server."""
        self._logs[_DISPLAY_SERVER].write(f"Starting {program.name}.")
        return self._children.start(
            _DISPLAY_SERVER,
            program.command,
            {**self._environment, **program.environment},
            folder=Path("/"),
            output=self._logs[_DISPLAY_SERVER].pipe,
            pass_fds=pass_fds,
        )

    async def _answering(self, password: str) -> None:
        """Return when the display server completes a viewer's handshake."""
        encrypts = self._backend.encrypts(self._settings)
        key = self._specification.key if encrypts else ""
        while True:
            try:
                return await asyncio.to_thread(
                    self._backend.probe, self._where.socket, password, key
                )
            except NotReady:
                await asyncio.sleep(0.02)

    async def _begin_sizing(self) -> None:
        """Give the screen its first size, where the display server does not do so itself."""
        largest, log = self._backend.largest_screen, self._logs[_DISPLAY_SERVER]
        if largest:
            self._sizing = Sizing(self._where.display, largest, log.write)
            await self.resize(self._settings.geometry)

    def _window_manager(self) -> WindowManagerWatch:
        # Where no display server is installed there may be no libxcb either, and that it is
        # missing would be said instead.
        from .window_manager import WindowManagerWatch

        return WindowManagerWatch(self._where.display)

    def _selections(self) -> AbstractContextManager[object]:
        """Help the display server with long selections, where text may leave the desktop."""
        if self._backend.reads_long_selections or self._settings.clipboard not in ("both", "out"):
            return nullcontext()
        from .long_selections import LongSelections

        return LongSelections(self._where.display)

    def _find_start_script(self) -> Path:
        return startscript.find(
            self._specification.start_script,
            self._specification.script_folders,
            self._environment,
        )

    def _start_script(self, script: Path) -> Child:
        """Run the start script on the display, in the user's home where there is one."""
        environment = {
            **self._environment,
            "DISPLAY": self._where.display,
            "XAUTHORITY": str(self._where.xauthority),
            "JUPYTER_DESKTOP_RUNTIME": str(self._where.folder),
        }
        home = environment.get("HOME", "/")
        return self._children.start(
            _START_SCRIPT,
            startscript.command(script),
            environment,
            folder=Path(home if os.access(home, os.X_OK) else "/"),
            output=self._logs[_START_SCRIPT].pipe,
        )

    async def _until_up(
        self, window_manager: WindowManagerWatch, server: Child, desktop: Child
    ) -> None:
        """Return when a window manager is there, or none came for as long as a start may take.

        A start script need not bring one that announces itself: the desktop is shown all the same.
        """
        present = asyncio.ensure_future(window_manager.present())
        timeout = self._specification.start_timeout
        try:
            await self._first(timeout, present, server.exited, desktop.exited)
            if desktop.exited.done() and not present.done():
                await self._if_lost(window_manager, server)
                await self._in_background(desktop, server, present)
        finally:
            present.cancel()
        if server.exited.done():
            raise self._early_end(server)

    async def _in_background(
        self, desktop: Child, server: Child, present: asyncio.Future[None]
    ) -> None:
        """Wait for what a start script may have left in the background before it returned."""
        if server.exited.done():
            return
        if desktop.exited.result() != 0:
            raise self._early_end(desktop)
        await self._first(self._specification.start_timeout, present, server.exited)
        if not present.done() and not server.exited.done():
            self._ended_first = desktop.name
            raise StartFailed(
                "The start script returned, and no window manager came up.",
                remedy="Let it end with a program that runs as long as the desktop, such as "
                "`exec startxfce4`.",
            )

    async def _until_end(
        self, window_manager: WindowManagerWatch, server: Child, desktop: Child
    ) -> str:
        """Return why the desktop is over."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        await self._first(None, server.exited, desktop.exited)
        await self._if_lost(window_manager, server)
        if loop.time() - started < _IN_BACKGROUND:
            while window_manager.is_present() and not server.exited.done():
                await self._first(1.0, server.exited)
        if server.exited.done():
            return f"The display server ended ({_status(server)})."
        self._ended_first = desktop.name
        return f"The session was logged out ({_status(desktop)})."

    async def _if_lost(self, window_manager: WindowManagerWatch, server: Child) -> None:
        """Wait for the display server's end if the display is gone already.

        A server that is killed closes its sockets before it can be waited for, so the programs on
        the display may end first; but they are not why.
        """
        if window_manager.is_lost():
            await self._first(_LAST_BREATH, server.exited)

    async def _in_time(self, waiting: Awaitable[_T], server: Child) -> _T:
        """Return what ``waiting`` returns; raise where the display server is late, or ends."""
        task = asyncio.ensure_future(waiting)
        try:
            await self._first(self._specification.start_timeout, task, server.exited)
        finally:
            task.cancel()
        if task.done() and not task.cancelled():
            return task.result()
        if server.exited.done():
            raise self._early_end(server)
        raise self._too_late()

    async def _first(self, timeout: float | None, *futures: asyncio.Future[Any]) -> None:
        """Wait for the first of ``futures``; raise ``_Stopped`` when the end is asked for."""
        await asyncio.wait(
            [*futures, self._stopping], timeout=timeout, return_when=asyncio.FIRST_COMPLETED
        )
        if self._stopping.done():
            raise _Stopped(self._stopping.result())

    def _too_late(self) -> StartTimeout:
        return StartTimeout(
            f"The display server was not ready after {self._specification.start_timeout:g} "
            f"seconds.",
            remedy="The log below may say why. If this machine is merely slow, raise "
            "DesktopApp.start_timeout.",
        )

    def _early_end(self, child: Child) -> StartFailed:
        self._ended_first = child.name
        message = f"The {child.name} ended before the desktop was up ({_status(child)})."
        if child.exited.result() == _COMMAND_NOT_FOUND:
            return StartFailed(
                message,
                remedy="A program it needs is not installed; the last lines of the log below say "
                "which. This installs a desktop:",
                command=install_command("xfce"),
            )
        return StartFailed(message, remedy="The last lines of the log below say why.")

    def _on_log_line(self, line: str) -> None:
        """Tell lines of the log while the desktop starts, the newest of each tenth of a second."""
        if not self._starting:
            return
        if not self._untold:
            asyncio.get_running_loop().call_later(_TELL_LOG_EVERY, self._tell_log)
        self._untold.append(line)

    def _tell_log(self) -> None:
        self._control.send("log", lines=list(self._untold))
        self._untold.clear()

    def _tell(self, state: str, **values: Any) -> None:
        self._control.send("state", state=state, **values)


def _system_error(error: OSError) -> StartFailed:
    return StartFailed(
        f"The desktop could not be started: {error}.",
        remedy="Free space or repair permissions there, and try again.",
    )


def _status(child: Child) -> str:
    status = child.exited.result()
    return f"signal {-status}" if status < 0 else f"status {status}"
