"""Ten minutes in which everything goes wrong; then all is as it should be, and nothing else is."""

from __future__ import annotations

import copy
import os
import random
from collections import Counter
from collections.abc import Sequence

import psutil
import pytest

from tests.browser.link import link
from tests.servers import JupyterServer, until

from .faults import Desktop, Faults, told
from .settings import DESKTOPS, SECONDS, in_time, note, running
from .visitors import Visitor, seconds_to_picture

XPRA = 3  # one desktop in so many is Xpra's
PICTURE = 5.0  # seconds in which who comes afterwards sees a desktop


@pytest.mark.needs("xpra")
@in_time
def test_faults():
    seed = os.environ.get("SOAK_SEED") or str(random.SystemRandom().randrange(10**6))
    print(f"SOAK_SEED={seed}")
    desktops = [
        Desktop(f"desktop{number}", "vnc" if number % XPRA else "xpra")
        for number in range(DESKTOPS)
    ]
    note("Desktops", f"{len(desktops)}")
    with running("--Xpra.encryption=off") as server, link(server.port) as line:
        for desktop in desktops:
            desktop.start(server)
            seconds_to_picture(server, desktop.name)
        quiet(server, desktops)
        before = settled(server)
        # Of each desktop one, and one from afar.
        afar = copy.copy(server)
        afar.port = line.port
        visitors = [
            Visitor(way, desktop.name, number)
            for desktop in desktops
            for number, way in enumerate((server, afar))
        ]
        for visitor in visitors:
            visitor.start()
        faults = Faults(server, desktops, visitors, line, random.Random(seed))
        try:
            faults.go_wrong(SECONDS)
            leave(visitors, faults)
            killed = [desktop for desktop in desktops if desktop.killed]
            check_living(server, [one for one in desktops if not one.killed])
            for desktop in killed:
                told(server, desktop)
                desktop.start(server)
                seconds_to_picture(server, desktop.name)
            quiet(server, desktops)
            check_nothing_else(server, desktops, before)
            stop_all(server, desktops)
        except BaseException:
            print("\n".join(faults.log))
            raise
        note(f"Faults (SOAK_SEED={seed})", f"{sum(faults.count.values()):,}")
        for fault, count in faults.count.most_common():
            note(f"— {fault}", f"{count:,}")
        note("Viewers' connections, updates", f"{connections(visitors)}")


def leave(visitors: Sequence[Visitor], faults: Faults) -> None:
    """End all connections that were ours."""
    for visitor in visitors:
        assert visitor.is_alive(), f"{visitor.name} met something that a page does not"
        visitor.stop()
    for visitor in visitors:
        visitor.join(60)
        assert not visitor.is_alive(), f"{visitor.name} keeps a viewer waiting"
    for connection in (*faults.broken_off, *(one for v in visitors for one in v.abandoned)):
        connection.close()


def connections(visitors: Sequence[Visitor]) -> str:
    count = sum(visitor.connections for visitor in visitors)
    return f"{count:,}, {sum(visitor.updates for visitor in visitors):,}"


def check_living(server: JupyterServer, living: Sequence[Desktop]) -> None:
    """Fail if a desktop is not what it was, or cannot be seen."""
    waited = []
    for desktop in living:
        # An Xpra may have been killed just now.
        until(lambda name=desktop.name: server.session(name)["reachable"], f"{desktop.name} back")
        session = server.session(desktop.name)
        assert (session["state"], session["reachable"]) == ("running", True), session
        # psutil compares the time at which a process was started, too.
        for process in (desktop.program, *desktop.parts.values()):
            alive = process.is_running() and process.status() != psutil.STATUS_ZOMBIE
            assert alive, f"{desktop.name}: {process}"
        waited.append(seconds_to_picture(server, desktop.name))
    kinds = Counter(desktop.backend for desktop in living)
    which = f"VNC: {kinds['vnc']}, Xpra: {kinds['xpra']}"
    note("Desktops that were to survive, and did", f"{len(living)} of {len(living)} ({which})")
    note("Seconds to a picture afterwards, at most", f"{max(waited):.2f}")
    assert max(waited) < PICTURE


def quiet(server: JupyterServer, desktops: Sequence[Desktop]) -> None:
    """Wait until nobody is connected."""
    for desktop in desktops:
        until(lambda name=desktop.name: not server.session(name)["viewers"], "no viewers", 20)


def resources(server: JupyterServer) -> dict[str, int]:
    """Return what Jupyter and the bridge hold."""
    jupyter, bridge = (
        psutil.Process(server.process.pid),
        server.process_of("jupyter_desktop.bridge"),
    )
    return {
        "Jupyter's descriptors": jupyter.num_fds(),
        "Jupyter's threads": jupyter.num_threads(),
        "the bridge's descriptors": bridge.num_fds(),
        "the bridge's threads": bridge.num_threads(),
        "folders": len([*server.runtime.glob("jd-*"), *server.temporary.glob("jd-*")]),
        "displays": len(server.displays()),
        "processes": len(server.processes()),
    }


def settled(server: JupyterServer) -> dict[str, int]:
    """Return the same when it stays so: the last request's connection may just be closing."""
    last: dict[str, int] = {}

    def same() -> dict[str, int]:
        nonlocal last
        previous, last = last, resources(server)
        return last if last == previous else {}

    return until(same, "everything to settle")


def check_nothing_else(
    server: JupyterServer, desktops: Sequence[Desktop], before: dict[str, int]
) -> None:
    """Fail if there is more than there was when the same desktops ran before."""
    left = {}

    def as_before() -> bool:
        left.clear()
        left.update({k: (before[k], v) for k, v in resources(server).items() if v != before[k]})
        return not left

    try:
        until(as_before, "everything as before", 20)
    except AssertionError as problem:
        raise AssertionError(f"before and after: {left}") from problem
    keepers = [desktop.parts["keeper"] for desktop in desktops]
    known = {server.process.pid, server.process_of("jupyter_desktop.bridge").pid}
    for keeper in keepers:
        known |= {keeper.pid, *(child.pid for child in keeper.children(recursive=True))}
    others = [process for process in server.processes() if process.pid not in known]
    assert not others
    for surprise in ("Traceback", "invalid message"):
        assert surprise not in server.log
    note("Descriptors, threads, processes, folders, displays", "as before")


def stop_all(server: JupyterServer, desktops: Sequence[Desktop]) -> None:
    """End all desktops; only Jupyter and its bridge are left."""
    for desktop in desktops:
        assert server.call("DELETE", f"desktop/api/sessions/{desktop.name}").status == 204
        assert server.session(desktop.name)["state"] == "stopped"
    assert len(server.processes()) == 2
    assert not server.displays()
    assert not list(server.runtime.glob("jd-*/display.sock"))
