"""The end of a desktop, from the outside in: programs first, then the services they use.

Some programs save their state on SIGTERM; meanwhile they need the display, D-Bus, and the services
that D-Bus has started. An X client whose X server has gone ends at once, as in a crash.
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

_LOG_OUT_SHARE = 0.5  # of ``stop_timeout`` at most; then programs get SIGTERM

# The D-Bus call that makes a session manager log out: its clients save and exit (XSMP), with no
# dialog that would block. The session manager refuses it while it is still starting programs; its
# own log-out tools would show that in a dialog, and wait.
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
# In the environment of a session manager's children (X Session Management Library, 2).
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
    ``children``. Each process that has to be killed is reported to ``log``.
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
    """The present descendants of this process, by their part in the desktop.

    ``programs`` are those of the user; ``all_but_display`` includes the services they use.
    """

    def __init__(self, children: Children, clients: DisplayClients, script: str) -> None:
        self._tree = {process.pid: process for process in descendants()}  # by process id
        self._clients = clients.all
        self._display = children.pids(display_server.NAME)
        known = {*clients.managers, *children.pids(script), *_session_managers(self._tree.values())}
        # The start script waits for the session manager, which waits for the window manager.
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
        """Whether it is a D-Bus service, and no X client, such as a terminal, or below one."""
        is_program = not self._clients.isdisjoint(self._line(process.pid))
        return not is_program and _STARTED_BY_BUS in process.variables()

    def _line(self, pid: int) -> list[int]:
        """Return ``pid`` and its ancestors, up to but without this process."""
        line = []
        while pid in self._tree:
            line.append(pid)
            pid = self._tree[pid].parent
        return line


def _started_elsewhere(clients: DisplayClients, display: str) -> Iterable[Process]:
    """Yield this user's programs that were started elsewhere, such as in a terminal of Jupyter.

    Only those that were started for the display and have windows on it: they cannot run without
    it. A daemon that opened a window there on request can (Emacs), and so can ssh, which forwards
    windows of another host and may carry other connections.
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
    """Ask the session manager, if any, to log out.

    Return when it has ended, at once if it refuses, or at ``deadline``.
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
            # dbus-run-session would end D-Bus, which programs still use, after the session manager.
            above.send(signal.SIGSTOP)
        try:
            command = [program, *options, *_LOG_OUT[manager.name]]
            output = subprocess.DEVNULL
            asked = children.start("log out", command, variables, folder=Path("/"), output=output)
        except StartFailed:
            continue
        await children.gone(manager, deadline, asked)


def _session_managers(tree: Iterable[Process]) -> set[int]:
    """Return the session managers in ``tree``, by the addresses in their children's environment.

    An address ends with the session manager's process id (libICE names its sockets by it).
    """
    addresses = (process.variables().get(_SESSION_MANAGER, "") for process in tree)
    named = {int(pid) for address in addresses for pid in re.findall(r"/(\d+)(?:,|$)", address)}
    return named & {process.pid for process in tree}


def _kill(processes: Iterable[Process], log: Callable[[str], None]) -> None:
    """Kill those that are descendants; programs that were started elsewhere are left running."""
    ours = {process.pid for process in descendants()}
    for one in processes:
        if one.pid in ours:
            log(f"{one.name or 'A process'} ({one.pid}) did not end in time and is killed.")
            one.send(signal.SIGKILL)
