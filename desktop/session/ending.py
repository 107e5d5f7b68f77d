"""The end of a desktop, from the outside in: programs first, then what serves them.

Programs that are asked to end (SIGTERM) save what they have, if they are made so; meanwhile they
need the display, D-Bus, and the services that it has started. An X client whose X server has gone
ends at once, as by a crash.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

from ..errors import StartFailed
from ..system.processes import Process, ancestors, descendants, process
from . import display_server
from .leftovers import shared_memory
from .processes.children import Children
from .processes.deadlines import LEAST, X_ANSWERS
from .x11.clients import DisplayClients, clients_of

_LOG_OUT_SHARE = 0.5  # of ``stop_timeout``, at most: then programs are asked one by one

# The D-Bus call that makes a session manager have the programs that know it save, and leave (XSMP),
# without a question to the user, which would hold it up. It is refused while the session manager is
# still starting programs; the tools that come with it would show that in a dialog, and wait.
_CALL = ("dbus-send", "--session", "--print-reply")
_LOG_OUT = {
    "xfce4-session": (
        *("--dest=org.xfce.SessionManager", "/org/xfce/SessionManager"),
        *("org.xfce.Session.Manager.Logout", "boolean:false", "boolean:false"),
    ),
    "mate-session": (
        *("--dest=org.gnome.SessionManager", "/org/gnome/SessionManager"),
        *("org.gnome.SessionManager.Logout", "uint32:1"),
    ),
}
# In the environment of what a session manager has started (X Session Management Library, 2).
_SESSION_MANAGER = "SESSION_MANAGER"

# Names of programs, of 15 bytes at most (proc(5), "comm").
_WAITS_FOR_LOG_OUT = "dbus-run-sessio"
_BUSES = (_WAITS_FOR_LOG_OUT, "dbus-daemon", "dbus-launch", "dbus-broker", "dbus-broker-lau")
_FORWARDS = "ssh"  # with -X
_STARTED_BY_BUS = "DBUS_STARTER_BUS_TYPE"  # in the environment of services (dbus-daemon(1))


async def end(
    children: Children, display: str, script: str, stop_timeout: float, log: Callable[[str], None]
) -> None:
    """End every process of a desktop; its programs have ``stop_timeout`` seconds.

    ``display`` is the X display (":N"), ``script`` the name of the start script among
    ``children``. ``log`` is told what did not end by itself.
    """
    children.ending = True
    now = asyncio.get_running_loop().time
    deadline = now() + stop_timeout
    if children.pids(display_server.NAME):
        clients = await asyncio.to_thread(clients_of, display, min(X_ANSWERS, stop_timeout / 4))
        outside = list(_started_elsewhere(clients, display))
        await _log_out(children, now() + stop_timeout * _LOG_OUT_SHARE)
        programs = _Parts(children, clients, script).programs
        _kill(await children.end([*programs, *outside], deadline), log)
        services = _Parts(children, clients, script).all_but_display
        _kill(await children.end(services, max(deadline, now() + LEAST)), log)
    _kill(await children.end(descendants(), max(deadline, now() + LEAST)), log)
    await children.kill_all()
    shared_memory.remove_left_by(children.asked, children.since)


class _Parts:
    """The descendants of this process, sorted by their part in the desktop, as it is now.

    ``programs`` are those of the user, ``all_but_display`` also what serves them.
    """

    def __init__(self, children: Children, clients: DisplayClients, script: str) -> None:
        self._tree = {process.pid: process for process in descendants()}
        self._clients = clients.all
        self._display = children.pids(display_server.NAME)
        known = {*clients.managers, *children.pids(script), *_session_managers(self._tree.values())}
        # The start script waits for the session manager, and that for the window manager.
        self._frame = {pid for one in known for pid in self._line(one)}

    @property
    def programs(self) -> list[Process]:
        return [process for process in self.all_but_display if not self._serves(process)]

    @property
    def all_but_display(self) -> list[Process]:
        tree = self._tree.values()
        return [process for process in tree if self._display.isdisjoint(self._line(process.pid))]

    def _serves(self, process: Process) -> bool:
        return process.pid in self._frame or process.name in _BUSES or self._is_bus_service(process)

    def _is_bus_service(self, process: Process) -> bool:
        """Whether D-Bus has started it, and it is no program, such as a terminal, or in one."""
        is_program = not self._clients.isdisjoint(self._line(process.pid))
        return not is_program and _STARTED_BY_BUS in process.variables()

    def _line(self, pid: int) -> list[int]:
        """Return ``pid`` and those above it, up to this process, which is not one of them."""
        line = []
        while pid in self._tree:
            line.append(pid)
            pid = self._tree[pid].parent
        return line


def _started_elsewhere(clients: DisplayClients, display: str) -> Iterable[Process]:
    """Yield this user's programs that were started elsewhere, from a terminal of Jupyter perhaps.

    Only those that were started for the display and have windows on it: they cannot go on without
    it. A daemon that was asked for a window there can (Emacs), and so can what forwards windows
    from elsewhere, with a login and other connections that are none of this desktop's business.
    """
    ours = {*ancestors(), *(process.pid for process in descendants())}
    there = map(process, clients.owners - ours)
    return (
        one
        for one in there
        if one.is_of(os.getuid()) and one.name != _FORWARDS and _is_started_for(one, display)
    )


def _is_started_for(one: Process, display: str) -> bool:
    # With or without the number of a screen (X(7), "Display Names").
    return re.sub(r"\.\d+$", "", one.variables().get("DISPLAY", "")) == display


async def _log_out(children: Children, deadline: float) -> None:
    """Ask the session manager, if there is one, and return when it has gone, or at ``deadline``.

    Or at once, where it refuses.
    """
    tree = {process.pid: process for process in descendants()}
    for manager in map(tree.__getitem__, _session_managers(tree.values())):
        variables = manager.variables()
        call, *options = _CALL
        program = shutil.which(call, path=variables.get("PATH", os.defpath))
        if not program or manager.name not in _LOG_OUT:
            continue
        above = tree.get(manager.parent)
        if above and above.name == _WAITS_FOR_LOG_OUT:
            # It would take D-Bus away from the programs, as soon as the session manager has gone.
            above.send(signal.SIGSTOP)
        try:
            command = [program, *options, *_LOG_OUT[manager.name]]
            output = subprocess.DEVNULL
            asked = children.start("log out", command, variables, folder=Path("/"), output=output)
        except StartFailed:
            continue
        await children.gone(manager, deadline, asked)


def _session_managers(tree: Iterable[Process]) -> set[int]:
    """Return those in ``tree``, by the addresses that what they have started has of them.

    Each ends with the process id (libICE names its sockets by it).
    """
    addresses = (process.variables().get(_SESSION_MANAGER, "") for process in tree)
    named = {int(pid) for address in addresses for pid in re.findall(r"/(\d+)(?:,|$)", address)}
    return named & {process.pid for process in tree}


def _kill(processes: Iterable[Process], log: Callable[[str], None]) -> None:
    """Kill those that are our descendants: others have not asked to be ended with the desktop."""
    ours = {process.pid for process in descendants()}
    for one in processes:
        if one.pid in ours:
            log(f"{one.name or 'A process'} ({one.pid}) did not end in time, and is killed.")
            one.send(signal.SIGKILL)
