"""Whatever ends, and however: five seconds later nothing is left, and a new start works.

Each server has its own user, so that all belongings of this user can be listed.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests import clients, servers, users
from tests.integration.viewing import open_socket, parent_of, view
from tests.servers import JupyterServer, until
from tests.xpra_viewer import MessageStream, XpraViewer, looking_on

BACKENDS = ["vnc", "xpra"]

# Programs that ignore signals, are in separate process sessions, have no parent, or lack the mark
# in their environment by which tests find them. And a socket that a session manager has left.
STUBBORN = """#!/bin/sh
setsid sh -c 'trap "" TERM HUP INT; exec sleep 1000' &
(env -i setsid sh -c '(trap "" TERM HUP INT; exec sleep 1000 >/dev/null 2>&1 <&1) &' &)
(setsid setsid sleep 1000 &)
python3 -c 'import os, socket; socket.socket(socket.AF_UNIX).bind(f"/tmp/.ICE-unix/{os.getpid()}")'
exec openbox --sm-disable
"""


def stubborn(server: JupyterServer) -> None:
    (server.home / "start").write_text(STUBBORN)


@contextmanager
def serving(*arguments: str, **options: Any) -> Iterator[JupyterServer]:
    """Run the server of a new user, with stubborn programs."""
    started = {"prepare": stubborn, "start_script": "~/start", **options}
    arguments = ("--DesktopApp.stop_timeout=0.2", "--Xpra.encryption=off", *arguments)
    with servers.running(*arguments, user=users.new(), **started) as server:
        yield server


@pytest.fixture(scope="module")
def server() -> Iterator[JupyterServer]:
    with serving() as server:
        server.start_desktop()  # the first desktop starts the bridge
        server.call("DELETE", "desktop/api/sessions/default")
        yield server


def start(server: JupyterServer, backend: str) -> None:
    """Start a desktop named like its backend, and wait until it runs."""
    server.start_desktop(backend, backend=backend)


def stop(server: JupyterServer, backend: str) -> None:
    assert server.call("DELETE", f"desktop/api/sessions/{backend}").status == 204


def all_of(server: JupyterServer) -> set[str]:
    """Return the belongings of the server's user outside the home."""
    return users.belongings(server.owner, [server.home, server.log_file])


def of_desktops(server: JupyterServer) -> set[str]:
    """Return the same without the bridge, which all desktops share."""
    entrances = [str(path.parent) for path in server.runtime.glob("jd-*/side.sock")]
    shared = ("jupyter_desktop.bridge", *entrances)
    return {line for line in all_of(server) if not any(name in line for name in shared)}


def settled(server: JupyterServer) -> set[str]:
    """Return the belongings of the server's user once they no longer change."""
    looks = [all_of(server)]

    def again() -> bool:
        time.sleep(0.2)
        looks.append(all_of(server))
        return looks[-1] == looks[-2]

    until(again, "nothing to change any more", 5)
    return looks[-1]


def come_back_to(server: JupyterServer, before: set[str]) -> None:
    """Fail unless nothing but ``before`` is left within five seconds."""
    deadline = time.monotonic() + 5
    while (more := of_desktops(server) - before) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not more, f"left behind: {sorted(more)}"


def nothing_is_left(server: JupyterServer) -> None:
    """Fail unless everything of a server is gone within five seconds.

    The time that Jupyter's own process takes to exit is not counted.
    """
    folders = {str(path) for path in (server.root, server.runtime, server.temporary)}
    jupyter = f"process {server.process.pid} "
    deadline = time.monotonic() + 5
    while True:
        left = {line for line in all_of(server) - folders if not line.startswith(jupyter)}
        if not left or time.monotonic() > deadline:
            break
        time.sleep(0.05)
    assert not left, f"left behind: {sorted(left)}"
    server.process.wait(20)


def folder_of(server: JupyterServer, backend: str) -> Path:
    """Return the runtime folder of the only desktop of this backend."""
    keys = [path.parent for path in server.runtime.glob("jd-*/key")]
    all_ = [path.parent for path in server.runtime.glob("jd-*/display.sock")]
    (folder,) = keys if backend == "xpra" else [path for path in all_ if path not in keys]
    return folder


# A program that leaves its shared memory.
SHARING = """#!/bin/sh
python3 -c '
import ctypes, os
ctypes.CDLL(None).shmget(0, 4096, 0o1600)
os.execvp("sleep", ["sleep", "1000"])
' &
exec openbox --sm-disable
"""


def test_shared_memory_of_programs_is_removed() -> None:
    """Removed by the worker, or by the keeper."""

    def prepare(server: JupyterServer) -> None:
        (server.home / "start").write_text(SHARING)

    with serving(prepare=prepare) as server:
        before = of_desktops(server)
        for end in (stop, lambda server, _: part(server, "worker").kill()):
            start(server, "vnc")
            until(lambda: [one for one in all_of(server) if one.startswith("shm")], "its memory")
            end(server, "vnc")
            come_back_to(server, before)


# -- killed parts


WORDS = {
    "X server": "-displayfd",
    "Xpra": "start-desktop",
    "start script": "openbox",
    "bridge": "jupyter_desktop.bridge",
}


def part(server: JupyterServer, name: str) -> psutil.Process:
    """Return a process of the server's only desktop."""
    if name in ("worker", "keeper"):
        worker = parent_of(part(server, "X server"))
        return worker if name == "worker" else parent_of(worker)
    return server.process_of(WORDS[name])


LOST = "The display server ended (signal 9)."
PARTS = {
    "X server": ("stopped", LOST),
    "start script": ("stopped", "The session was logged out (signal 9)."),
    "worker": ("failed", None),
    "bridge": ("running", None),
    "Xpra": ("running", None),
    "keeper": ("stopped", "It was ended."),
}


@pytest.mark.parametrize(
    ("backend", "name"),
    [(one, name) for one in BACKENDS for name in PARTS if (one, name) != ("vnc", "Xpra")],
)
def test_a_killed_part_leaves_nothing_and_the_desktop_starts_again(
    server: JupyterServer, backend: str, name: str
) -> None:
    before = of_desktops(server)
    start(server, backend)
    killed = part(server, name)
    killed.kill()
    state, reason = PARTS[name]
    told = server.wait_for(state, backend)
    assert told["reason"] == reason
    if state == "failed":
        assert told["error"]["reason"] == "start-failed"
        assert told["error"]["remedy"]
    if state == "running":
        until(lambda: not killed.is_running() and server.processes(WORDS[name]), "another one")
        assert server.call("POST", f"desktop/api/sessions/{backend}/restart").status == 200
        server.wait_for("running", backend)
    else:
        come_back_to(server, before)
        start(server, backend)
    stop(server, backend)
    assert server.session(backend)["state"] == "stopped"
    come_back_to(server, before)


@pytest.mark.parametrize("backend", BACKENDS)
def test_stop_leaves_nothing_with_a_viewer_connected(server: JupyterServer, backend: str) -> None:
    before = of_desktops(server)
    start(server, backend)
    if backend == "vnc":
        with view(server, backend) as viewer:
            stop(server, backend)
            assert viewer.wire.closing().code in (4000, 4001)
    else:
        with looking_on(folder_of(server, backend)):
            stop(server, backend)
    come_back_to(server, before)
    assert not list(server.home.glob(".config/xpra"))


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_log_out_leaves_nothing(server: JupyterServer, backend: str) -> None:
    before = of_desktops(server)
    start(server, backend)
    part(server, "start script").terminate()
    assert "logged out" in server.wait_for("stopped", backend)["reason"]
    come_back_to(server, before)


def look(server: JupyterServer, backend: str) -> None:
    """Get one picture of a desktop through the bridge, as a page does."""
    if backend == "vnc":
        with view(server, backend) as viewer:
            viewer.set_encodings(0)
            viewer.request_update()
            assert viewer.update() > 0
        return
    ticket = server.ticket(backend)
    with open_socket(server, ticket) as wire:
        stream = MessageStream(wire)
        XpraViewer(stream, ticket["password"], desktop_size=[1920, 1080]).awaits_picture()


def start_look_and_stop(server: JupyterServer, backend: str) -> None:
    start(server, backend)
    look(server, backend)
    stop(server, backend)


@pytest.mark.timeout(900)  # for slow machines
def test_forty_desktops_in_a_row_leave_nothing() -> None:
    with serving(start_script=servers.XSTARTUP / "openbox") as server:
        for backend in BACKENDS:
            start_look_and_stop(server, backend)
        parts = [psutil.Process(server.process.pid), server.process_of("jupyter_desktop.bridge")]
        before = settled(server)
        descriptors = [part.num_fds() for part in parts]
        memory = [part.memory_info().rss for part in parts]
        for backend in ["vnc", "xpra"] * 20:
            start_look_and_stop(server, backend)
        deadline = time.monotonic() + 5
        while (now := all_of(server)) != before and time.monotonic() < deadline:
            time.sleep(0.05)
        assert now == before
        for part, fds, rss in zip(parts, descriptors, memory, strict=True):
            # Descriptors whose other side was just closed are closed soon.
            until(lambda part=part, fds=fds: part.num_fds() <= fds, "all descriptors closed", 5)
            assert part.memory_info().rss - rss < 2 * 1024 * 1024


# -- the server ends


def shutdown(server: JupyterServer) -> None:
    assert server.call("POST", "api/shutdown").status == 200


def interrupt(server: JupyterServer) -> None:
    server.signal(signal.SIGINT)
    # Jupyter asks on its terminal first; a second SIGINT confirms.
    if server.process.poll() is None:
        server.signal(signal.SIGINT)


ENDS: dict[str, Callable[[JupyterServer], None]] = {
    "SIGTERM": lambda server: server.signal(signal.SIGTERM),
    "SIGKILL": lambda server: server.signal(signal.SIGKILL),
    "SIGINT": interrupt,
    "shutdown": shutdown,
}


@pytest.mark.parametrize("how", ENDS)
def test_nothing_is_left_however_the_server_ends(how: str) -> None:
    with serving(check=False) as server:
        for backend in BACKENDS:
            start(server, backend)
        with looking_on(folder_of(server, "xpra")), view(server, "vnc"):
            ENDS[how](server)
            nothing_is_left(server)


def kill_all(server: JupyterServer) -> None:
    """Kill every process of the server's user at once, as at the end of a batch job."""
    subprocess.run(
        ["/bin/sh", "-c", "kill -9 -1"], **users.become(server.owner), check=False, timeout=10
    )
    server.process.wait(10)


def processes_of(server: JupyterServer) -> list[str]:
    """Return processes and shared memory of the server's user."""
    return [line for line in all_of(server) if line.startswith(("process", "shm"))]


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_next_desktop_cleans_up_after_all_processes_were_killed(backend: str) -> None:
    """No process is left to clean up; the next desktop of this user does it."""
    with serving(check=False) as server:
        start(server, backend)
        (display,) = server.displays()
        kill_all(server)
        left = {path.name for path in server.runtime.glob("jd-*")}
        assert len(left) == 2
        assert Path(f"/tmp/.X{display[1:]}-lock").exists()
        until(lambda: not processes_of(server), "every process has gone", 5)
        # The same folders, another server.
        server.start("server", [], {})
        start(server, backend)
        assert not left & {path.name for path in server.runtime.glob("jd-*")}
        # A lower number may be free by now.
        assert len(server.displays()) == 1
        if server.displays() != [display]:
            assert f"/tmp/.X{display[1:]}-lock" not in users.belongings(server.owner)
        server.stop()
        nothing_is_left(server)


def test_a_killed_server_leaves_nothing_and_the_user_s_other_server_runs_on(
    server: JupyterServer,
) -> None:
    """They share home and runtime folder."""
    folders = {"XDG_RUNTIME_DIR": str(server.runtime), "HOME": str(server.home)}
    before = of_desktops(server)
    with servers.running(user=server.user, environment=folders, check=False) as other:
        start(server, "vnc")
        for backend in BACKENDS:
            start(other, backend)
        other.signal(signal.SIGKILL)
        other.process.wait(10)
        until(lambda: not other.processes(), "nothing left of it", 5)
        assert server.session("vnc")["state"] == "running"
        with view(server, "vnc"):
            pass
        stop(server, "vnc")
    come_back_to(server, before)


# -- unusable folders


@contextmanager
def file_system(folder: Path, options: str) -> Iterator[None]:
    """Mount a new file system on ``folder``."""
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=10)
    except (OSError, subprocess.CalledProcessError) as problem:
        pytest.skip(f"no file system can be mounted here: {problem}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True, timeout=10)


def fill(folder: Path) -> Path:
    """Fill the file system of ``folder``; return the file that fills it."""
    path = folder / "filler"
    with path.open("wb", buffering=0) as file:
        for size in (65536, 4096, 1):
            try:
                while file.write(b"x" * size):
                    pass
            except OSError:
                continue
    return path


def mounted(server: JupyterServer, folder: Path, options: str) -> AbstractContextManager[None]:
    """Mount a file system of the server's user on ``folder``."""
    return file_system(folder, f"uid={server.user},gid={server.user},mode=0700,{options}")


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_full_runtime_folder_is_reported_and_leaves_nothing(backend: str) -> None:
    with serving() as server, mounted(server, server.runtime, "size=256k"):
        filler = fill(server.runtime)
        before = of_desktops(server)
        server.call("POST", "desktop/api/sessions", {"name": backend, "backend": backend})
        error = server.wait_for("failed", backend)["error"]
        assert "No space left" in error["message"]
        assert error["remedy"]
        come_back_to(server, before)

        filler.unlink()
        start(server, backend)
        filler = fill(server.runtime)
        assert _answer(server, server.ticket(backend)) == 500
        assert server.session(backend)["state"] == "running"
        filler.unlink()
        assert _answer(server, server.ticket(backend)) == 101
        fill(server.runtime)
        stop(server, backend)
        come_back_to(server, before)


def _answer(server: JupyterServer, ticket: Mapping[str, Any]) -> int:
    """Return the status with which the WebSocket of ``ticket`` is answered."""
    try:
        with open_socket(server, ticket):
            return 101
    except clients.Denied as denied:
        return denied.status


@pytest.mark.parametrize("home", ["full", "not writable", "noexec", "missing"])
def test_desktops_start_and_stop_with_an_unusable_home(home: str) -> None:
    """Neither VNC nor Xpra needs a home."""
    # Jupyter itself needs a folder for its runtime files.
    environment = {"JUPYTER_RUNTIME_DIR": "", "JUPYTER_CONFIG_DIR": ""}

    def prepare(server: JupyterServer) -> None:
        environment.update(dict.fromkeys(environment, str(server.temporary)))
        if home == "missing":
            environment["HOME"] = "/nowhere/home"
            return
        options = "noexec" if home == "noexec" else "size=64k"
        # The folder can only be removed after the file system is unmounted.
        mounts.callback(shutil.rmtree, server.root, ignore_errors=True)
        mounts.enter_context(mounted(server, server.home, options))
        stubborn(server)
        if home == "full":
            fill(server.home)
        elif home == "not writable":
            server.home.chmod(0o500)

    script = servers.XSTARTUP / "openbox" if home == "missing" else "~/start"
    options = {"prepare": prepare, "start_script": script, "environment": environment}
    with ExitStack() as mounts, serving(**options) as server:
        before = of_desktops(server)
        for backend in BACKENDS:
            start(server, backend)
            stop(server, backend)
            come_back_to(server, before)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_restart_after_the_removal_of_xdg_runtime_dir_uses_another_folder(backend: str) -> None:
    """As systemd removes $XDG_RUNTIME_DIR at log-out."""
    with serving(check=False) as server:
        start(server, backend)
        shutil.rmtree(server.runtime)
        assert _answer(server, server.ticket(backend)) >= 400
        assert server.call("POST", f"desktop/api/sessions/{backend}/restart").status == 200
        server.wait_for("running", backend)
        assert _answer(server, server.ticket(backend)) == 101
        server.stop()
        nothing_is_left(server)
