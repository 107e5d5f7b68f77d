"""The display server of one desktop: an X server, and the server for its viewers."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from ..backends import Backend, Entrance, Installed, Runtime, ServerProgram, size
from ..errors import NotReady, StartError, StartFailed
from ..system import credentials, libraries, pipes
from ..system.access import Access
from ..system.runtime import write_secret
from . import failures, library_check
from .processes.children import Child, Children, first_of, kept
from .processes.log import SessionLog
from .processes.stopping import Stopped, Stopping
from .specification import Specification
from .x11 import cookies
from .x11.display_number import is_own_server, unwritable
from .x11.sizing import Sizing

_T = TypeVar("_T")

NAME = "display server"
# Three exits of Xpra within so many seconds end the desktop; the time that it takes to become ready
# is added.
_RESTART_WINDOW = 60.0


class DisplayServer:
    """Starts the programs of ``backend`` as children that print to ``log``.

    ``reachable`` says whether viewers can connect. ``tell_reachable`` is called when that changes
    after the start.
    """

    def __init__(
        self,
        backend: Backend,
        installed: Installed,
        where: Runtime,
        specification: Specification,
        log: SessionLog,
        *,
        tell_reachable: Callable[[], None],
    ) -> None:
        self.reachable = False  # False until the start is complete, and during restarts
        self._backend = backend
        self._installed = installed
        self._where = where
        self._settings = specification.display
        self._key = specification.key
        self._timeout = specification.start_timeout
        self._log = log
        self._tell_reachable = tell_reachable
        self._passwords = {access: backend.new_password() for access in Access}  # the present ones
        self._library_variables: Mapping[str, str] = {}  # empty until the user's are left out
        if installed.misfit:
            self._leave_out_libraries(installed.misfit)
        self._view_only: Child | None = None  # None before its start, and after a failed one
        self._view_only_turn = asyncio.Lock()
        self._sizing: Sizing | None = None  # None if the display server resizes the screen itself
        if backend.largest_screen:
            self._sizing = Sizing(where.display, backend.largest_screen, log.write)

    async def admit(self, password: str | None, access: Access) -> Path:
        """Set ``password`` for ``access``, and return the socket that accepts it.

        Viewers that authenticate from now on need it; None keeps the present one. Raises
        ``DesktopError``, or ``OSError``.
        """
        entrance = self._where.entrance
        if access is Access.VIEW:
            program = self._backend.view_only_server(self._installed, self._where, self._settings)
            if program:
                entrance = self._where.view_only_entrance
                await self._serve_view_only(program, entrance)
        if password is not None:
            self._passwords[access] = password
            self._write_passwords()
        return entrance.socket

    async def resize(self, geometry: str) -> None:
        """Resize the screen, where the display server does not do so itself."""
        if self._sizing:
            await self._sizing.resize(*size(geometry))

    async def start(
        self, children: Children, environment: Mapping[str, str], stopping: Stopping
    ) -> Child:
        """Start it; return it when X clients and viewers can connect.

        Raises ``StartError``, or ``Stopped``.
        """
        self._children = children
        self._environment = environment
        self._stopping = stopping
        self._write_files()
        if self._where.abstract:
            self._log.write(
                "The folder of X sockets is not writable: X clients reach this display at its "
                "abstract socket only."
            )
        server = await self._start_x_server()
        if self._where.abstract and not is_own_server(self._where.display):
            raise failures.foreign_display(self._where.display)
        # Xpra reads the size as it starts, then changes it: set it before, and again below.
        await self._in_time(self.resize(self._settings.geometry), server)
        viewers = self._backend.viewer_server(self._installed, self._where, self._settings)
        if viewers is None:
            await self._in_time(self._answering(self._where.entrance, Access.FULL), server)
            self.reachable = True
            return server
        viewer_server = await self._fitting(viewers, lambda: self._start_viewers(viewers, server))
        both = first_of(server, viewer_server)
        await self._in_time(self.resize(self._settings.geometry), both)
        self.reachable = True
        # Restarting is safe: the programs on the desktop are clients of the X server.
        within = _RESTART_WINDOW + 2 * self._timeout
        again = kept(viewer_server, lambda: self._start_again(viewers), within=within)
        return first_of(server, again)

    async def _start_viewers(self, program: ServerProgram, x_server: Child) -> Child:
        """Start the server for viewers; return it when they can connect."""
        server = self._start(program)
        both = first_of(x_server, server)
        await self._in_time(self._answering(self._where.entrance, Access.FULL), both)
        return server

    async def _fitting(self, program: ServerProgram, start: Callable[[], Awaitable[_T]]) -> _T:
        """Call ``start``, which starts ``program``, and return its result.

        If the program ends because of an unfit library, start it once more without the user's
        libraries.
        """
        log_begins = self._log.count
        try:
            return await start()
        except StartFailed:  # not StartTimeout: a late program may still be running
            await self._log.caught_up()
            said = libraries.complaint("\n".join(self._log.since(log_begins)))
            if self._library_variables or not said:
                raise
            misfit = await self._misfit(program.command[0], said)
            if not misfit:
                raise
            self._leave_out_libraries(misfit)
            return await start()

    async def _misfit(self, program: str, said: str) -> libraries.Misfit | None:
        """Return the library that made ``program`` complain; None if unknown."""
        check = library_check.first_misfit([program], self._environment, said)
        try:
            return await self._stopping.unless(check)
        except libraries.Unknown:
            self._log.write(failures.unknown_fit("the display server"))
            return None

    def _leave_out_libraries(self, misfit: libraries.Misfit) -> None:
        """From now on, run its programs without the libraries of the user's environment."""
        self._library_variables = libraries.NONE
        names = " and ".join(misfit.variables)
        self._log.write(f"The display server runs without {names}: {misfit}.")

    def _write_files(self) -> None:
        """Write the secrets and other files that the display server reads."""
        self._write_passwords()
        cookie = cookies.entries(credentials.x_cookie(), self._where.display)
        write_secret(self._where.xauthority, cookie)
        files = self._backend.files(self._where, self._settings, self._key)
        for path, contents in files.items():
            write_secret(path, contents)
        # For this process's own X clients: xcffib reads this variable.
        os.environ["XAUTHORITY"] = str(self._where.xauthority)

    def _write_passwords(self) -> None:
        files = self._backend.password_files(self._where, self._passwords)
        for path, contents in files.items():
            write_secret(path, contents)

    async def _serve_view_only(self, program: ServerProgram, entrance: Entrance) -> None:
        """Return when the view-only server admits viewers."""
        async with self._view_only_turn:
            if self._view_only is None or self._view_only.exited.done():
                self._view_only = self._start(program)
            server = self._view_only
            try:
                # Probed each time: it may be alive and hang.
                await self._in_time(self._answering(entrance, Access.VIEW), server)
            except StartError:
                self._view_only = None
                await self._children.kill(server)
                raise

    async def _start_x_server(self) -> Child:
        """Start the first X server that works; return it when X clients can connect."""
        reading, writing = os.pipe()
        try:
            async with pipes.reader(reading) as ready:
                programs = self._backend.x_servers(
                    self._installed, self._where, self._settings, writing
                )
                for program in programs:
                    if program.problem:
                        self._pass_over(program, f"{program.problem}.")
                there = [program for program in programs if not program.problem]
                timeout = self._timeout / len(there)
                for program in there:
                    start = partial(self._start_one, program, writing, ready, timeout)
                    try:
                        return await self._fitting(program, start)
                    except StartError as error:
                        self._pass_over(program, error)
                        problem = error
        finally:
            os.close(writing)
        why = unwritable() if self._where.abstract else None
        raise failures.no_x_socket(problem, why) if why else problem

    async def _start_one(
        self, program: ServerProgram, ready_fd: int, ready: asyncio.StreamReader, timeout: float
    ) -> Child:
        """Start an X server; return it when X clients can connect."""
        server = self._start(program, pass_fds=[ready_fd])
        await self._is_ready(ready, server, timeout)
        return server

    def _pass_over(self, program: ServerProgram, problem: object) -> None:
        self._log.write(f"{program.name} does not work here: {problem}")

    async def _is_ready(self, ready: asyncio.StreamReader, server: Child, timeout: float) -> None:
        """Return when ``server`` reports that it is ready.

        If it does not, end it and raise ``StartError``.
        """
        line = asyncio.ensure_future(ready.readline())
        try:
            await self._stopping.first(timeout, line, server.exited)
            if line.done():
                return
            if server.exited.done():
                raise failures.ended_early(server)
            await self._children.kill(server)
            raise failures.too_late(timeout)
        finally:
            line.cancel()

    def _start(self, program: ServerProgram, pass_fds: Sequence[int] = ()) -> Child:
        """Start one program of the display server."""
        self._log.write(f"Starting {program.name}.")
        return self._children.start(
            NAME,
            program.command,
            {**self._environment, **self._library_variables, **program.environment},
            folder=Path("/"),
            output=self._log.pipe,
            pass_fds=pass_fds,
            # Otherwise some of their files would be readable by all users.
            umask=0o077,
        )

    def _start_again(self, program: ServerProgram) -> Child | None:
        """Restart a program of the display server; None while the desktop is ending."""
        if self._children.ending:
            return None
        self._log.write(f"{program.name} has ended.")
        self._set_reachable(False)
        try:
            server = self._start(program)
        except StartFailed as error:
            self._log.write(str(error))
            return None
        self._returning = asyncio.ensure_future(self._return(server))
        return server

    async def _return(self, server: Child) -> None:
        """Wait until viewers can connect to the restarted ``server``; kill it if they cannot."""
        try:
            await self._in_time(self._answering(self._where.entrance, Access.FULL), server)
            self._set_reachable(True)
        except Stopped:
            return
        except StartError as error:
            if not server.exited.done():
                self._log.write(str(error))
                await self._children.kill(server)

    def _set_reachable(self, reachable: bool) -> None:
        if self.reachable != reachable and not self._children.ending:
            self.reachable = reachable
            self._tell_reachable()

    async def _answering(self, entrance: Entrance, access: Access) -> None:
        """Return when a viewer's handshake at ``entrance`` succeeds."""
        encrypts = self._backend.encrypts(self._settings)
        key = credentials.key_for(self._key, access) if encrypts else ""
        while True:
            try:
                return await asyncio.to_thread(
                    self._backend.probe, entrance.socket, self._passwords[access], key
                )
            except NotReady:
                await asyncio.sleep(0.02)

    async def _in_time(self, waiting: Awaitable[_T], server: Child) -> _T:
        """Return the result of ``waiting``; raise if the server is late, or ends."""
        task = asyncio.ensure_future(waiting)
        try:
            await self._stopping.first(self._timeout, task, server.exited)
        finally:
            task.cancel()
        if task.done() and not task.cancelled():
            return task.result()
        if server.exited.done():
            raise failures.ended_early(server)
        raise failures.too_late(self._timeout)
