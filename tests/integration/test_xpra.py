"""Desktops that Xpra shows: who gets in, their size, and their end."""

from __future__ import annotations

import importlib.util
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path

import psutil
import pytest

from jupyter_desktop.backends.xpra import protocol as xpra_protocol
from jupyter_desktop.backends.xpra.protocol import handshake
from jupyter_desktop.errors import NotReady
from tests import servers
from tests.clients import Denied
from tests.servers import JupyterServer, until
from tests.xpra_viewer import MessageStream, connected

from .viewing import folder_of, grabbed, logs, on_display, open_socket, size

XPRA = "--DesktopApp.backend=xpra"


@pytest.fixture(scope="module")
def server() -> Iterator[JupyterServer]:
    with servers.running(XPRA) as server:
        server.start_desktop()
        yield server


def secret(server: JupyterServer, name: str) -> str:
    return (folder_of(server) / name).read_text()


def log_in(server: JupyterServer, password: str | None = None, key: str | None = None) -> None:
    """Shake hands on Xpra's own socket, with what is in force if nothing else is given."""
    handshake(
        folder_of(server) / "display.sock",
        secret(server, "password") if password is None else password,
        secret(server, "key") if key is None else key,
    )


def test_who_has_password_and_key_gets_in(server: JupyterServer) -> None:
    log_in(server)


def test_a_wrong_password(server: JupyterServer) -> None:
    with pytest.raises(NotReady, match="authentication failed"):
        log_in(server, password="another")


def test_a_wrong_key(server: JupyterServer) -> None:
    with pytest.raises(NotReady, match="another key"):
        log_in(server, key="0" * 64)


def test_no_key(server: JupyterServer) -> None:
    with pytest.raises(NotReady, match="missing encryption tokens"):
        log_in(server, key="")


def test_a_password_ends_with_its_viewer_s_turn(server: JupyterServer) -> None:
    """What a viewer was told yesterday opens nothing today."""
    before = secret(server, "password")
    first = server.ticket()
    assert (len(first["password"]), first["key"]) == (32, secret(server, "key"))
    # Only its use puts it in force.
    assert secret(server, "password") == before
    arrive(server, first, first["password"])
    with pytest.raises(NotReady, match="authentication failed"):
        log_in(server, password=before)
    second = server.ticket()
    with pytest.raises(NotReady, match="authentication failed"):
        arrive(server, second, first["password"])
    log_in(server, password=second["password"])


def arrive(server: JupyterServer, ticket: dict[str, str], password: str) -> None:
    """Use a ticket, and log in with ``password`` on the connection that it is for."""
    with open_socket(server, ticket) as wire:
        stream = xpra_protocol.Wire(MessageStream(wire))
        xpra_protocol.log_in(stream, password, ticket["key"], xpra_protocol.HELLO)


def test_control_commands_are_refused(
    server: JupyterServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = {"command_request": [b"clipboard-direction", b"both"]}
    monkeypatch.setattr(xpra_protocol, "HELLO", {**xpra_protocol.HELLO, **command})
    with pytest.raises(NotReady, match="control commands are off"):
        log_in(server)


def test_control_commands_of_a_viewer_are_ignored(
    jupyter: Callable[..., JupyterServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    debug = ("--Xpra.encryption=off", "--Xpra.arguments=-d", "--Xpra.arguments=command")
    server = jupyter(XPRA, "--DesktopApp.clipboard=out", *debug)
    server.start_desktop()
    with connected(folder_of(server)) as viewer:
        # Xpra takes only marked texts for commands.
        command = b"l15:command_requestu19:clipboard-directionu4:bothe"
        monkeypatch.setattr(xpra_protocol, "bencode", lambda packet: command)
        viewer.send([])
        until(lambda: "command request returned" in logs(server), "an answer in the log")
    assert "control commands are off" in logs(server)
    assert "clipboard direction set" not in logs(server)


def test_a_program_that_keeps_the_x_server_for_itself_holds_nothing_up(
    jupyter: Callable[..., JupyterServer],
) -> None:
    server = jupyter(XPRA)
    server.start_desktop()
    with grabbed(server):
        body = {"geometry": "800x600"}
        assert server.call("PUT", "desktop/api/sessions/default/geometry", body).status == 204
        # Whoever leaves it alone now is not left behind.
        server.call("DELETE", "desktop/api/sessions/default")
        server.wait_for("stopped", seconds=6)


def test_secrets_are_for_this_user_only(server: JupyterServer) -> None:
    for name in ("password", "key", "Xauthority", "display.sock"):
        assert stat.S_IMODE((folder_of(server) / name).stat().st_mode) & 0o077 == 0, name
    told = "".join(
        servers.facts(
            server.processes(), lambda one: " ".join([*one.cmdline(), *one.environ().values()])
        ).values()
    )
    assert secret(server, "password") not in told
    assert secret(server, "key") not in told
    assert secret(server, "key") not in logs(server) + server.log


def test_nothing_listens_but_its_socket(server: JupyterServer) -> None:
    (xpra,) = server.processes("start-desktop")
    listening = [one for one in xpra.net_connections() if one.status == "LISTEN"]
    assert not listening
    assert not xpra.children()


def test_nothing_is_written_into_the_home(server: JupyterServer) -> None:
    names = {path.name for path in server.home.iterdir()}
    assert not names & {".xpra", ".dbus"}
    assert not list(server.home.glob(".config/xpra"))


@pytest.mark.parametrize("x_server", ["xorg", "xvfb"])
def test_any_size(jupyter: Callable[..., JupyterServer], x_server: str) -> None:
    server = jupyter(XPRA, f"--Xpra.x_server={x_server}")
    server.call("POST", "desktop/api/sessions", {"geometry": "1001x667"})
    server.wait_for("running")
    assert size(server) == (1001, 667)
    for wanted in ((640, 481), (2561, 1441), (1001, 667)):
        body = {"geometry": "{}x{}".format(*wanted)}
        assert server.call("PUT", "desktop/api/sessions/default/geometry", body).status == 204
        until(lambda wanted=wanted: size(server) == wanted, f"a size of {wanted}")


@pytest.mark.parametrize("geometry", ["", "1x1", "big"])
def test_what_is_no_size(server: JupyterServer, geometry: str) -> None:
    body = {"geometry": geometry}
    answer = server.call("PUT", "desktop/api/sessions/default/geometry", body)
    assert (answer.status, answer.json["reason"]) == (400, "bad-request")


def test_no_encryption(jupyter: Callable[..., JupyterServer]) -> None:
    server = jupyter(XPRA, "--Xpra.encryption=off")
    server.start_desktop()
    assert server.ticket()["key"] is None
    log_in(server, key="")


def test_it_is_killed_and_comes_back(jupyter: Callable[..., JupyterServer]) -> None:
    """The programs are clients of the X server, which has no part in it."""
    server = jupyter(XPRA)
    server.start_desktop()
    with on_display(server, "xterm") as program:
        for _ in range(2):
            xpra = server.process_of("start-desktop")
            xpra.kill()
            until(lambda old=xpra: _another(server, old), "another one")
            until(lambda: _gets_in(server), "a viewer gets in")
        assert (program.poll(), server.session()["state"]) == (None, "running")
        # It may be that it cannot live.
        server.process_of("start-desktop").kill()
        stopped = server.wait_for("stopped")
        assert stopped["reason"] == "The display server ended (signal 9)."
        assert program.wait(5)
    server.start_desktop()
    log_in(server)


def test_the_one_that_comes_back_hangs(jupyter: Callable[..., JupyterServer]) -> None:
    """Those who come are told at once that it is not ready; it is ended, and another one comes."""
    server = jupyter(XPRA, "--DesktopApp.start_timeout=5")
    server.start_desktop()
    ticket = server.ticket()
    program = server.process_of("--sm-disable")
    first = server.process_of("start-desktop")
    first.kill()
    second = _one_that_hangs(server, first)
    until(lambda: not server.session()["reachable"], "it to be known")
    began = time.monotonic()
    answer = server.call("POST", "desktop/api/sessions/default/ticket")
    assert (answer.status, answer.json["reason"]) == (409, "not-ready")
    assert "is being restarted" in answer.json["message"]
    with pytest.raises(Denied) as denied:
        open_socket(server, ticket)
    assert denied.value.status == 409
    assert time.monotonic() - began < 1
    until(lambda: _another(server, second), "a third one", 8)
    until(lambda: server.session()["reachable"], "it to be known")
    log_in(server)
    assert (program.is_running(), server.session()["state"]) == (True, "running")


def test_all_that_come_back_hang(jupyter: Callable[..., JupyterServer]) -> None:
    server = jupyter(XPRA, "--DesktopApp.start_timeout=4")
    server.start_desktop()
    one = server.process_of("start-desktop")
    one.kill()
    for _ in range(2):
        one = _one_that_hangs(server, one)
    stopped = server.wait_for("stopped")
    assert stopped["reason"] == "The display server ended (signal 9)."
    assert sum("not ready after 4 seconds" in line for line in stopped["log"]) == 2


def _one_that_hangs(server: JupyterServer, old: psutil.Process) -> psutil.Process:
    """Return the one that comes after ``old``, stopped before it can answer."""
    new = until(lambda: _another(server, old), "another one")
    new.suspend()
    return new


def _another(server: JupyterServer, old: psutil.Process) -> psutil.Process | None:
    others = (process for process in server.processes("start-desktop") if process != old)
    return next(others, None)


def _gets_in(server: JupyterServer) -> bool:
    try:
        log_in(server)
    except NotReady:
        return False
    return True


def x_server_of(server: JupyterServer) -> psutil.Process:
    return until(lambda: _only_x_server(server), "an X server, and no more")


def _only_x_server(server: JupyterServer) -> psutil.Process | None:
    """Return None also while it has forked, and that is no other program yet."""
    names = servers.facts(server.processes("-displayfd"), psutil.Process.name)
    found = [one for one in names if names[one] in ("Xorg", "Xvfb")]
    return found[0] if len(found) == 1 else None


def test_the_log_says_which_x_server_was_taken_and_why(server: JupyterServer) -> None:
    taken = x_server_of(server).name()
    assert f"\nStarting {taken}" in logs(server)
    if taken == "Xvfb":
        assert "Xorg with the dummy driver does not work here: " in logs(server)


def test_its_x_server_is_killed(jupyter: Callable[..., JupyterServer]) -> None:
    server = jupyter(XPRA)
    server.start_desktop()
    x_server_of(server).kill()
    stopped = server.wait_for("stopped")
    assert stopped["reason"] == "The display server ended (signal 9)."
    server.start_desktop()
    log_in(server)


def test_it_is_missing(jupyter: Callable[..., JupyterServer]) -> None:
    server = jupyter(XPRA, environment={"PATH": "/nowhere"})
    server.call("POST", "desktop/api/sessions")
    error = server.wait_for("failed")["error"]
    assert error["reason"] == "display-server-missing"
    assert "Xpra is not installed" in error["message"]
    assert "xpra" in error["command"]


@pytest.mark.needs("xpra")
def test_auto_takes_what_there_is(jupyter: Callable[..., JupyterServer], tmp_path: Path) -> None:
    for path in Path("/usr/bin").iterdir():
        if path.name not in ("Xtigervnc", "Xvnc", "Xtightvnc"):
            (tmp_path / path.name).symlink_to(path)
    server = jupyter(environment={"PATH": str(tmp_path)})
    assert server.start_desktop()["backend"] == "xpra"


def test_both_at_once(jupyter: Callable[..., JupyterServer]) -> None:
    server = jupyter()
    assert server.start_desktop()["backend"] == "vnc"
    assert server.start_desktop("xpra", backend="xpra")["backend"] == "xpra"


def test_a_backend_that_there_is_not(server: JupyterServer) -> None:
    body = {"name": "other", "backend": "rdp"}
    answer = server.call("POST", "desktop/api/sessions", body)
    assert (answer.status, answer.json["reason"]) == (400, "bad-request")
    assert "auto, vnc, xpra" in answer.json["remedy"]


def test_the_client_s_scripts_are_served_and_nothing_else(server: JupyterServer) -> None:
    answer = server.call("GET", "desktop/xpra/js/Client.js")
    assert (answer.status, answer.body) == (
        200,
        Path("/usr/share/xpra/www/js/Client.js").read_bytes(),
    )
    assert server.call("GET", "desktop/xpra/js/Client.js", token=None).status in (302, 403)
    for name in ("index.html", "connect.html", "js/Menu.js", "%2e%2e/%2e%2e/xpra/xorg.conf"):
        assert server.call("GET", f"desktop/xpra/{name}").status == 404, name


@pytest.fixture(scope="module")
def xpra_of_today(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The system's Xpra, in a Python that has the cryptography of these tests, which is new.

    Its ciphers are written in Rust: Debian 12's own are older, and not.
    """
    folder = tmp_path_factory.mktemp("today")
    python = folder / "bin" / "python3"
    create = ["-m", "venv", "--system-site-packages", "--without-pip", str(folder)]
    subprocess.run(["/usr/bin/python3", *create], check=True)
    (site,) = folder.glob("lib/python*/site-packages")
    for module in ("cryptography", "cffi"):
        (own,) = _spec(module).submodule_search_locations or []
        (site / module).symlink_to(own)
    compiled = Path(_spec("_cffi_backend").origin or "")
    if f"python{sys.version_info.major}.{sys.version_info.minor}" in str(site):
        (site / compiled.name).symlink_to(compiled)
    executable = folder / "bin" / "xpra"
    _, rest = Path("/usr/bin/xpra").read_text().split("\n", 1)
    executable.write_text(f"#!{python}\n{rest}")
    executable.chmod(0o755)
    # Otherwise this would show nothing.
    sets = "from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes; "
    sets += "Cipher(algorithms.AES(bytes(16)), modes.CBC(bytes(16))).encryptor().encrypt = 1"
    ran = subprocess.run([python, "-c", sets], check=False, capture_output=True, text=True)
    assert "AttributeError" in ran.stderr
    return executable


@pytest.mark.needs("xpra")
def test_aes_of_today(jupyter: Callable[..., JupyterServer], xpra_of_today: Path) -> None:
    server = jupyter(XPRA, f"--Xpra.executable={xpra_of_today}")
    server.start_desktop()
    log_in(server)
    with pytest.raises(NotReady, match="another key"):
        log_in(server, key="0" * 64)


def test_seamless(jupyter: Callable[..., JupyterServer], tmp_path: Path) -> None:
    script = tmp_path / "one-program"
    script.write_text("#!/bin/sh\nexec xterm\n")
    server = jupyter(XPRA, "--Xpra.mode=seamless", start_script=script)
    server.start_desktop()
    (xpra,) = server.processes("xpra/guard.py")
    assert "start" in xpra.cmdline()
    until(lambda: server.processes("xterm"), "the program")
    log_in(server)


def _spec(module: str) -> ModuleSpec:
    found = importlib.util.find_spec(module)
    assert found is not None
    return found
