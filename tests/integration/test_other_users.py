"""Another user of the node has no access, even if the user's umask is 0."""

from __future__ import annotations

import base64
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests import servers, users
from tests.integration.viewing import view
from tests.servers import JupyterServer, until
from tests.xpra_viewer import looking_on

SCRIPT = """#!/bin/sh
umask >"$HOME/umask"
exec openbox --sm-disable
"""


@contextmanager
def no_umask() -> Iterator[None]:
    before = os.umask(0)
    try:
        yield
    finally:
        os.umask(before)


def prepare(server: JupyterServer) -> None:
    (server.home / "start").write_text(SCRIPT)
    # Others can reach the folders, so that our modes decide.
    server.root.chmod(0o755)
    server.runtime.chmod(0o755)


@pytest.fixture(scope="module")
def server() -> Iterator[JupyterServer]:
    """A server with a VNC and an Xpra desktop, each with a viewer."""
    with ExitStack() as stack:
        with no_umask():
            options: dict[str, Any] = {"prepare": prepare, "start_script": "~/start"}
            running = servers.running("--Xpra.encryption=off", user=users.new(), **options)
            server = stack.enter_context(running)
        for backend in ("vnc", "xpra"):
            server.start_desktop(backend, backend=backend)
        stack.enter_context(view(server, "vnc"))
        (key,) = server.runtime.glob("jd-*/key")
        stack.enter_context(looking_on(key.parent))
        yield server


@pytest.fixture(scope="module")
def neighbour() -> int:
    return users.new()


def folders(server: JupyterServer) -> list[Path]:
    return list(server.runtime.glob("jd-*"))


def sockets(server: JupyterServer, kind: str) -> list[Any]:
    """Return the sockets of all processes of the server's user."""
    found = []
    for process in users.processes(server.owner):
        found += process.net_connections(kind)
    return found


# -- files


def test_runtime_files_are_closed_to_others_whatever_the_umask(server: JupyterServer) -> None:
    paths = [path for folder in folders(server) for path in [folder, *folder.rglob("*")]]
    # Xorg sets the mode of its log itself.
    paths = [path for path in paths if path.name != "xorg.log"]
    modes = {str(path): stat.S_IMODE(path.lstat().st_mode) for path in paths}
    assert {path.name for path in paths if path.is_socket()} == {"display.sock", "side.sock"}
    assert len(paths) > 15
    assert not {path: oct(mode) for path, mode in modes.items() if mode & 0o077}
    assert {modes[str(path)] for path in paths if path.is_socket()} == {0o600}
    assert not [path for path in paths if path.lstat().st_uid != server.user]


def test_the_user_s_programs_keep_the_user_s_umask(server: JupyterServer) -> None:
    assert int((server.home / "umask").read_text(), 8) == 0


def test_shared_memory_is_closed_to_others(server: JupyterServer) -> None:
    """It may contain a picture of the screen."""
    shared = [line for line in users.belongings(server.owner) if line.startswith("shm")]
    assert not [line for line in shared if not line.endswith("600")]


# -- sockets

CONNECT = """
import socket, sys
for name in sys.argv[1:]:
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(name.replace("@", chr(0), 1))
            print("connected")
        except OSError as error:
            print(type(error).__name__)
"""


def connect(user: int, *names: str) -> list[str]:
    """Return the results of a user's attempts to connect to Unix sockets."""
    ran = users.run(user, CONNECT, *names)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.split()


def test_only_the_owner_can_connect_to_the_sockets(server: JupyterServer, neighbour: int) -> None:
    paths = [str(path) for folder in folders(server) for path in folder.glob("*.sock")]
    assert len(paths) == 3
    assert connect(server.owner, *paths) == ["connected"] * 3
    assert connect(neighbour, *paths) == ["PermissionError"] * 3


def test_no_display_server_listens_at_an_abstract_name(
    server: JupyterServer, neighbour: int
) -> None:
    names = [f"@/tmp/.X11-unix/X{display[1:]}" for display in server.displays()]
    assert len(names) == 2
    assert connect(neighbour, *names) == ["ConnectionRefusedError"] * 2


def test_only_known_sockets_listen(server: JupyterServer) -> None:
    ports = {one.laddr.port for one in sockets(server, "inet") if one.status == "LISTEN"}
    assert ports == {server.port}
    assert not [one for one in sockets(server, "udp") if not one.raddr]
    displays = {f"/tmp/.X11-unix/X{display[1:]}" for display in server.displays()}
    inside = {str(path) for folder in folders(server) for path in folder.glob("*.sock")}
    assert listening() & {one.laddr for one in sockets(server, "unix")} == displays | inside


def listening() -> set[str]:
    """Return the names of this machine's listening Unix sockets ("@" for abstract ones)."""
    rows = [line.split() for line in Path("/proc/net/unix").read_text().splitlines()[1:]]
    accepts_connections = 1 << 16  # __SO_ACCEPTCON
    return {row[7] for row in rows if len(row) > 7 and int(row[3], 16) & accepts_connections}


def test_the_display_opens_with_the_owner_s_cookie_only(
    server: JupyterServer, neighbour: int
) -> None:
    """All users can connect to an X server's socket; access needs the cookie."""
    cookies = {str(path) for folder in folders(server) for path in folder.glob("Xauthority")}
    for display in server.displays():
        for cookie in [*cookies, ""]:
            asked = xdpyinfo(neighbour, display, cookie)
            assert asked.returncode != 0
            assert "unable to open display" in asked.stderr
        assert 0 in [xdpyinfo(server.owner, display, cookie).returncode for cookie in cookies]


def xdpyinfo(user: int, display: str, cookie: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["xdpyinfo"],
        check=False,
        env={"PATH": os.environ["PATH"], "DISPLAY": display, "XAUTHORITY": cookie, "HOME": "/"},
        capture_output=True,
        text=True,
        timeout=10,
        **users.become(user),
    )


REPLACE = """
import os, socket, sys
number = sys.argv[1]
for path in (f"/tmp/.X11-unix/X{number}", f"/tmp/.X{number}-lock"):
    for change in (os.unlink, lambda path: os.rename(path, path + "-gone")):
        try:
            change(path)
            print(path)
        except OSError:
            pass
try:
    socket.socket(socket.AF_UNIX).bind(f"{chr(0)}/tmp/.X11-unix/X{number}")
    print("abstract")
except OSError:
    pass
"""


def test_another_user_cannot_replace_the_display_s_socket(
    server: JupyterServer, neighbour: int
) -> None:
    """A false server would get the cookie of each client."""
    for display in server.displays():
        ran = users.run(neighbour, REPLACE, display[1:])
        assert (ran.returncode, ran.stdout) == (0, ""), ran.stderr


# -- secrets

READ = """
import base64, json, os, sys
read = {}
def take(path):
    try:
        with open(path, "rb") as file:
            read[path] = base64.b64encode(file.read(1 << 20)).decode()
    except OSError:
        pass
for pid in sys.argv[2:]:
    for name in ("cmdline", "environ", "maps", "mem", "auxv", "stack", "status", "comm"):
        take(f"/proc/{pid}/{name}")
    for name in ("fd", "cwd", "root", "map_files"):
        try:
            for entry in os.listdir(f"/proc/{pid}/{name}"):
                take(f"/proc/{pid}/{name}/{entry}")
        except OSError:
            pass
for folder, _, names in os.walk(sys.argv[1]):
    for name in names:
        take(os.path.join(folder, name))
print(json.dumps(read))
"""


def secrets_of(server: JupyterServer) -> dict[str, bytes]:
    """Return all secrets that give access, in every encoding in use."""
    found = {"token": server.token.encode()}
    for name in ("vnc", "xpra"):
        ticket = server.ticket(name)
        found |= {
            f"{name} {what}": ticket[what].encode() for what in ("password", "key") if ticket[what]
        }
        found[f"{name} ticket"] = ticket["protocols"][-1].encode()
    for folder in folders(server):
        for name in ("password", "key", "Xauthority"):
            if (folder / name).exists():
                contents = (folder / name).read_bytes()[-64:]
                found[f"{folder.name} {name}"] = contents
        if (folder / "Xauthority").exists():
            cookie = (folder / "Xauthority").read_bytes()[-16:]
            found |= {f"{folder.name} cookie": cookie, f"{folder.name} hex": cookie.hex().encode()}
    assert len(found) > 10
    return found


def what_is_in(secrets: dict[str, bytes], data: bytes) -> list[str]:
    return [name for name, secret in secrets.items() if secret in data]


def test_another_user_cannot_read_a_secret(server: JupyterServer, neighbour: int) -> None:
    secrets = secrets_of(server)
    processes = [str(process.pid) for process in server.processes()]
    ran = users.run(neighbour, READ, str(server.root), *processes)
    assert ran.returncode == 0, ran.stderr
    read = {path: base64.b64decode(data) for path, data in json.loads(ran.stdout).items()}
    lines = [data for path, data in read.items() if path.endswith("/cmdline")]
    assert len([line for line in lines if b"jupyter_desktop.session" in line]) == 4
    assert not [path for path in read if path.endswith("/environ") or "/jd-" in path]
    leaks = {path: found for path, data in read.items() if (found := what_is_in(secrets, data))}
    assert not leaks


def test_secrets_are_in_no_log_and_no_program_s_environment(server: JupyterServer) -> None:
    """Users pass logs on to support or colleagues."""
    secrets = secrets_of(server)
    logs = [server.log_file, *(path for one in folders(server) for path in one.glob("*.log*"))]
    assert len(logs) >= 6
    assert not {path: found for path in logs if (found := what_is_in(secrets, path.read_bytes()))}
    # The administrator set Jupyter's token in its environment, which its children inherit.
    ours = {name: secret for name, secret in secrets.items() if name != "token"}
    passed_on = servers.facts(
        server.processes(), lambda one: "\n".join([*one.environ().values(), *one.cmdline()])
    )
    assert not [one for one in passed_on if what_is_in(ours, passed_on[one].encode())]


OURS = ("jupyter_desktop.session", "jupyter_desktop.bridge", "-displayfd", "start-desktop")

# Raise the soft limit, usually 0, to the hard one (setrlimit(2)).
ALLOW_DUMPS = """
import resource, sys
_, hard = resource.getrlimit(resource.RLIMIT_CORE)
resource.prlimit(int(sys.argv[1]), resource.RLIMIT_CORE, (hard, hard))
print(hard)
"""


def test_our_processes_run_in_a_folder_that_users_cannot_write(
    server: JupyterServer, neighbour: int
) -> None:
    """So that no user can put a link there."""
    ours = [process for word in OURS for process in server.processes(word)]
    assert len(ours) == 4 + 1 + 2 + 1
    assert {process.cwd() for process in ours} == {"/"}
    for user in (server.owner, neighbour):
        assert users.run(user, "import os; print(os.access('/', os.W_OK))").stdout == "False\n"


def test_core_dumps_are_readable_by_the_user_only(server: JupyterServer, neighbour: int) -> None:
    """Even core dumps of the user's programs, with umask 0, in a folder open to all."""
    pattern = Path("/proc/sys/kernel/core_pattern").read_text().strip()
    if pattern.startswith(("|", "/")):
        pytest.skip(f"core dumps do not go into the folder of the program here, but to {pattern}")
    server.start_desktop("dumps")
    program = max(server.processes("--sm-disable"), key=psutil.Process.create_time)
    if users.run(server.owner, ALLOW_DUMPS, str(program.pid)).stdout == "0\n":
        pytest.skip("core dumps are forbidden here (ulimit -H -c)")
    for earlier in cores(server):
        earlier.unlink()
    program.send_signal(signal.SIGABRT)
    assert "signal 6" in server.wait_for("stopped", "dumps")["reason"]
    (core,) = cores(server)
    assert core.parent == server.home
    server.home.chmod(0o755)
    try:
        read = [
            users.run(user, READ, str(server.home)).stdout for user in (server.owner, neighbour)
        ]
    finally:
        server.home.chmod(0o700)
        core.unlink()
    assert [str(core) in one for one in read] == [True, False]


def cores(server: JupyterServer) -> set[Path]:
    """Return the core dumps of the server's user in the programs' working directories."""
    found = [*Path("/").glob("core*"), *server.home.glob("core*")]
    return {path for path in found if _is_file_of(path, server.owner)}


def _is_file_of(path: Path, user: int | None) -> bool:
    try:
        told = path.lstat()
    except OSError:
        return False  # it was removed meanwhile
    return stat.S_ISREG(told.st_mode) and told.st_uid == user


# -- traps

OPEN_TO_ALL = 0o777


def test_a_runtime_folder_below_another_user_s_is_not_used(neighbour: int) -> None:
    """The other user could replace the folder, and listen at its socket."""
    trap = Path("/tmp") / f"jdt-trap-{neighbour}"
    victim = users.new()
    (trap / "run").mkdir(parents=True)
    os.chown(trap, neighbour, neighbour)
    os.chown(trap / "run", victim, victim)
    (trap / "run").chmod(0o700)
    trap.chmod(0o755)
    try:
        environment = {"XDG_RUNTIME_DIR": str(trap / "run")}
        with servers.running(user=victim, environment=environment) as server:
            server.start_desktop()
            assert not list((trap / "run").iterdir())
            assert folders_elsewhere(server)
    finally:
        shutil.rmtree(trap)


def test_a_changed_link_to_the_runtime_folder_does_not_redirect_viewers(neighbour: int) -> None:
    """The desktop keeps the original folder."""
    link = Path("/tmp") / f"jdt-link-{neighbour}"
    decoy = link.with_name(f"jdt-decoy-{neighbour}")
    decoy.mkdir()
    decoy.chmod(OPEN_TO_ALL)

    def prepare(server: JupyterServer) -> None:
        link.symlink_to(server.runtime)
        os.lchown(link, neighbour, neighbour)

    try:
        environment = {"XDG_RUNTIME_DIR": str(link)}
        options: dict[str, Any] = {"prepare": prepare, "environment": environment}
        with servers.running(user=users.new(), **options) as server:
            server.start_desktop()
            link.unlink()
            link.symlink_to(decoy)
            # Folders with the same names, and listening sockets.
            names = [path.name for path in server.runtime.glob("jd-*")]
            listeners = [listen(decoy / name / "display.sock") for name in names]
            with view(server):
                pass
            for listener in listeners:
                with pytest.raises(BlockingIOError):
                    listener.accept()
                listener.close()
    finally:
        link.unlink(missing_ok=True)
        shutil.rmtree(decoy)


def listen(path: Path) -> socket.socket:
    path.parent.mkdir()
    path.parent.chmod(OPEN_TO_ALL)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    path.chmod(OPEN_TO_ALL)
    listener.listen()
    listener.setblocking(False)
    return listener


def folders_elsewhere(server: JupyterServer) -> list[Path]:
    places = [server.home / "jupyter-runtime", server.temporary]
    return [path for place in places for path in place.glob("jd-*/display.sock")]


@pytest.mark.parametrize("trap", ["pipe", "endless link", "folder", "socket", "huge number"])
def test_a_display_number_with_a_trap_is_skipped(
    server: JupyterServer, neighbour: int, trap: str
) -> None:
    """Another number is taken at once."""
    # Numbers are tried from 1 up: this is the next one.
    number = next(n for n in range(1, 1000) if not any(p.exists() for p in signs(n)))
    lock, path = signs(number)
    try:
        if trap == "pipe":
            os.mkfifo(lock)
        elif trap == "endless link":
            lock.symlink_to("/dev/zero")
        elif trap == "folder":
            lock.mkdir()
        elif trap == "huge number":
            lock.write_text("9999999999\n")
        else:
            with socket.socket(socket.AF_UNIX) as dead:
                dead.bind(str(path))
        for one in signs(number):
            if one.is_symlink() or one.exists():
                os.lchown(one, neighbour, neighbour)
        server.start_desktop("trapped")
        assert f":{number}" not in server.displays()
    finally:
        assert server.call("DELETE", "desktop/api/sessions/trapped").status == 204
        until(lambda: server.session("trapped")["state"] == "stopped", "its end")
        for one in signs(number):
            if one.is_dir() and not one.is_symlink():
                one.rmdir()
            else:
                one.unlink(missing_ok=True)


def signs(number: int) -> tuple[Path, Path]:
    return Path(f"/tmp/.X{number}-lock"), Path(f"/tmp/.X11-unix/X{number}")
