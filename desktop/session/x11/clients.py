"""Process ids of a display's clients, from the X server.

The X-Resource extension reports the process id of each local client, from version 1.2 on
(resproto.txt, "QueryClientIds"). The fallback is the windows' property _NET_WM_PID (EWMH).
"""

from __future__ import annotations

import queue
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .names import APPLICATION, WINDOW_MANAGER

if TYPE_CHECKING:
    from .connection import XConnection

_EXTENSION = "X-Resource"
_LOCAL_CLIENT_PID = 2  # a mask of ClientIdSpec
_DEPTH = 4  # levels below the root window to search: window managers put frames around windows


@dataclass(frozen=True)
class DisplayClients:
    """Process ids by role.

    ``all`` have a connection to the display. ``managers`` are window managers or the attendant of
    the application. ``owners`` have top-level windows, other than menus and the like.
    """

    all: frozenset[int] = frozenset()
    managers: frozenset[int] = frozenset()
    owners: frozenset[int] = frozenset()


def clients_of(display: str, timeout: float) -> DisplayClients:
    """Return the clients of ``display`` (":N"); none if the X server does not answer in time.

    ``timeout`` is in seconds: any program may grab the X server (XGrabServer(3)).
    """
    answer: queue.SimpleQueue[DisplayClients] = queue.SimpleQueue()

    def ask() -> None:
        try:
            # Imported here: libxcb may be missing where no display server is installed.
            from .connection import XConnection

            answer.put(_clients(XConnection(display)))
        except Exception:  # the display is gone, or ending
            answer.put(DisplayClients())

    threading.Thread(target=ask, name="clients", daemon=True).start()
    try:
        return answer.get(timeout=timeout)
    except queue.Empty:
        return DisplayClients()


def _clients(x: XConnection) -> DisplayClients:
    by_client = _processes(x)
    announced = [x.numbers(x.root, x.atom(name)) for name in (WINDOW_MANAGER, APPLICATION)]
    managers = {_process_of(x, by_client, window) for windows in announced for window in windows}
    owners = {_process_of(x, by_client, window) for window in _program_windows(x)}
    return DisplayClients(
        frozenset(by_client.values()), frozenset(managers - {0}), frozenset(owners - {0})
    )


def _processes(x: XConnection) -> Mapping[int, int]:
    """Return the process ids of all clients, by the common bits of their resource ids."""
    import xcffib.res

    # libxcb closes the connection if an extension is used that the server lacks.
    if not x.core.QueryExtension(len(_EXTENSION), _EXTENSION).reply().present:
        return {}
    resources = x.connection(xcffib.res.key)
    told = resources.QueryVersion(1, 2).reply()
    if (told.server_major, told.server_minor) < (1, 2):
        return {}
    every_client = xcffib.res.ClientIdSpec.synthetic(0, _LOCAL_CLIENT_PID)  # type: ignore[no-untyped-call]
    ids = resources.QueryClientIds(1, [every_client]).reply().ids
    # 0 where the client belongs to another process namespace.
    return {one.spec.client: one.value[0] for one in ids if one.length and one.value[0]}


def _process_of(x: XConnection, by_client: Mapping[int, int], window: int) -> int:
    """Return the process that created ``window``; 0 if unknown."""
    if by_client:
        return by_client.get(window & ~x.setup.resource_id_mask, 0)
    machine = x.text(window, x.atom("WM_CLIENT_MACHINE"))
    numbers = x.numbers(window, x.atom("_NET_WM_PID"))
    return numbers[0] if numbers and machine == socket.gethostname() else 0


def _program_windows(x: XConnection) -> list[int]:
    """Return the windows that a window manager manages (ICCCM, 4.1.3.1)."""
    state = x.atom("WM_STATE")
    found: list[int] = []
    level = [x.root]
    for _ in range(_DEPTH):
        level = x.children(level)
        managed = x.having(level, state)
        found += managed
        level = [window for window in level if window not in managed]
    return found
