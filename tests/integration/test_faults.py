"""Failures of single parts: each is reported, and a desktop can be started again."""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests import clients, servers
from tests.clients import Viewer
from tests.integration.viewing import (
    folder_of,
    logs,
    on_display,
    open_socket,
    session_processes,
    view,
)


def script(text: str) -> dict[str, Any]:
    """Return options for a server with that start script."""

    def prepare(server: servers.JupyterServer) -> None:
        (server.home / "start").write_text(f"#!/bin/sh\n{text}\n")

    return {"prepare": prepare, "start_script": "~/start"}


def shows_pictures(server: servers.JupyterServer, name: str = "default") -> None:
    with view(server, name) as viewer:
        viewer.set_encodings(0)
        viewer.request_update()
        assert viewer.update() > 0


def parts_of_desktops(server: servers.JupyterServer) -> set[int]:
    """Return the process ids of display servers and window managers."""
    return {one.pid for one in server.processes("Xtigervnc") + server.processes("--sm-disable")}


# -- the bridge


def test_a_killed_bridge_is_replaced_and_desktops_go_on(server: servers.JupyterServer) -> None:
    server.start_desktop()
    before = parts_of_desktops(server)
    with view(server) as viewer:
        servers.until(lambda: len(server.session()["viewers"]) == 1, "a viewer")
        server.process_of("jupyter_desktop.bridge").kill()
        assert viewer.wire.closing().code is None
    servers.until(lambda: server.session()["viewers"] == [], "no viewer")
    shows_pictures(server)
    assert parts_of_desktops(server) == before


def test_a_bridge_killed_five_times_is_replaced_each_time(server: servers.JupyterServer) -> None:
    server.start_desktop()
    for _ in range(5):
        server.process_of("jupyter_desktop.bridge").kill()
        servers.until(lambda: _can_view(server), "a viewer that gets through")


def _can_view(server: servers.JupyterServer) -> bool:
    """Whether a viewer can connect; like the page, it may have to retry."""
    try:
        shows_pictures(server)
    except (clients.Closed, clients.Denied):
        return False
    return True


def test_a_suspended_bridge_holds_up_viewers_but_not_jupyter(server: servers.JupyterServer) -> None:
    """Its viewers wait, and continue when it is resumed."""
    server.start_desktop()
    with view(server) as viewer:
        bridge = server.process_of("jupyter_desktop.bridge")
        bridge.suspend()
        try:
            assert server.call("GET", "api").status == 200
            assert server.session()["state"] == "running"
            viewer.set_encodings(0)
            viewer.request_update()
        finally:
            bridge.resume()
        assert viewer.update() > 0


# -- the desktop


def test_a_killed_display_server_stops_the_desktop(server: servers.JupyterServer) -> None:
    server.start_desktop()
    with view(server) as viewer:
        server.process_of("Xtigervnc").kill()
        assert viewer.wire.closing().code == 4000
    stopped = server.wait_for("stopped")
    assert stopped["reason"] == "The display server ended (signal 9)."
    assert (stopped["reachable"], stopped["error"]) == (False, None)
    ticket = server.call("POST", "desktop/api/sessions/default/ticket")
    assert (ticket.status, ticket.json["reason"]) == (410, "session-ended")
    assert ticket.json["remedy"]
    assert not server.processes("--sm-disable")
    server.start_desktop()
    shows_pictures(server)


def test_a_ticket_of_an_ended_desktop_is_refused(server: servers.JupyterServer) -> None:
    server.start_desktop()
    ticket = server.ticket()
    server.process_of("Xtigervnc").kill()
    server.wait_for("stopped")
    with pytest.raises(clients.Denied) as denied:
        open_socket(server, ticket)
    assert denied.value.status == 410


def test_a_desktop_starts_again_after_each_log_out(server: servers.JupyterServer) -> None:
    for _ in range(3):
        server.start_desktop()
        with view(server) as viewer:
            server.process_of("--sm-disable").terminate()
            assert viewer.wire.closing().code == 4000
        stopped = server.wait_for("stopped")
        assert stopped["reason"].startswith("The session was logged out")
        assert stopped["log"]


@pytest.mark.parametrize("which", ["keeper", "worker"])
def test_a_killed_session_process_leaves_nothing_and_a_new_desktop_starts(
    server: servers.JupyterServer, which: str
) -> None:
    """Nothing of its desktop remains, and a new one can be started."""
    server.start_desktop()
    session_processes(server)[which].kill()
    server.note_displays()
    ended = servers.until(lambda: _if_over(server), "the end")
    if ended["state"] == "failed":
        assert ended["error"]["reason"] == "start-failed"
        assert ended["error"]["remedy"]
    servers.until(lambda: not parts_of_desktops(server), "nothing left of the desktop", 5)
    server.start_desktop()
    shows_pictures(server)
    assert len(server.displays()) == 1
    assert len(list(server.runtime.glob("jd-*/display.sock"))) == 1


def _if_over(server: servers.JupyterServer) -> dict[str, Any] | None:
    session = server.session()
    return session if session["state"] in ("stopped", "failed") else None


@pytest.mark.parametrize("which", ["keeper", "worker"])
def test_a_suspended_session_process_does_not_prevent_a_stop(
    jupyter: Callable[..., servers.JupyterServer], which: str
) -> None:
    """A ticket works or is refused in time; a stop leaves nothing."""
    server = jupyter("--DesktopApp.stop_timeout=0.2")
    server.start_desktop("hangs")
    process = session_processes(server, "hangs")[which]
    process.suspend()
    if which == "worker":
        with pytest.raises(clients.Denied) as denied:
            open_socket(server, server.ticket("hangs"))
        assert denied.value.status == 409
    else:
        shows_pictures(server, "hangs")
    assert server.call("DELETE", "desktop/api/sessions/hangs").status == 204
    servers.until(lambda: not server.processes("Desktop hangs"), "nothing left of it", 5)
    assert not process.is_running()


def test_a_desktop_without_its_runtime_folder_refuses_viewers_and_stops(
    server: servers.JupyterServer,
) -> None:
    """As systemd does with $XDG_RUNTIME_DIR when a user logs out."""
    server.start_desktop("removed")
    line = session_processes(server, "removed")["display server"].cmdline()
    shutil.rmtree(Path(line[line.index("-rfbunixpath") + 1]).parent)
    ticket = server.ticket("removed")
    with pytest.raises(clients.Denied) as denied:
        open_socket(server, ticket)
    assert json.loads(denied.value.body)["remedy"]
    assert server.call("DELETE", "desktop/api/sessions/removed").status == 204
    servers.until(lambda: not server.processes("Desktop removed"), "nothing left of it", 5)


# -- starting


def failure(server: servers.JupyterServer) -> dict[str, Any]:
    server.call("POST", "desktop/api/sessions")
    return server.wait_for("failed")


def test_a_failing_start_script_is_reported_and_can_be_repaired(
    jupyter: Callable[..., servers.JupyterServer],
) -> None:
    server = jupyter(**script("echo I cannot >&2; exit 3"))
    failed = failure(server)
    assert failed["error"]["reason"] == "start-failed"
    assert "start script ended before the desktop was up (status 3)" in failed["error"]["message"]
    assert "I cannot" in failed["log"]
    assert not server.processes("Xtigervnc")
    assert not list(server.runtime.glob("jd-*/display.sock"))
    (server.home / "start").write_text("exec openbox")
    server.start_desktop()


def test_a_megabyte_of_output_of_a_failing_start_script_is_truncated(
    jupyter: Callable[..., servers.JupyterServer],
) -> None:
    """More than a megabyte as JSON, and invalid UTF-8."""
    line = "日" * 1990
    server = jupyter(**script(f"for i in $(seq 150); do echo {line}; done\nprintf '\\377'\nexit 1"))
    assert len(failure(server)["log"]) == 100


def test_output_of_a_start_script_is_escaped_in_jupyter_s_log(
    jupyter: Callable[..., servers.JupyterServer],
) -> None:
    forged = "[I 2026-01-01 00:00:00.000 ServerApp] All is well"
    server = jupyter(**script(f"printf '\\033[2Jcleared\\r{forged}\\n{forged}\\n'; exit 1"))
    assert f"\x1b[2Jcleared\r{forged}" in failure(server)["log"]
    servers.until(lambda: forged in server.log, "the script's last lines")
    assert not [line for line in server.log.splitlines() if line.startswith(forged)]
    assert "\\x1b[2Jcleared\\r[I" in server.log
    assert "\x1b[2J" not in server.log


@pytest.mark.parametrize("setting", ["/nowhere/start", "no-such-name", "~/missing"])
def test_a_missing_start_script_is_named(
    jupyter: Callable[..., servers.JupyterServer], setting: str
) -> None:
    server = jupyter(start_script=setting)
    failed = failure(server)
    assert failed["error"]["reason"] == "start-script-missing"
    assert setting.rsplit("/", maxsplit=1)[-1] in failed["error"]["message"]
    assert "xfce" in failed["error"]["remedy"]
    assert not server.processes("Xtigervnc")


def test_a_missing_interpreter_of_a_start_script_is_named(
    jupyter: Callable[..., servers.JupyterServer],
) -> None:
    server = jupyter(
        prepare=lambda one: (one.home / "start").write_text("#!/nowhere/sh\n"),
        start_script="~/start",
    )
    failed = failure(server)
    assert failed["error"]["reason"] == "start-failed"
    assert "/nowhere/sh" in failed["error"]["message"]


def test_the_window_manager_of_a_script_that_exits_is_the_session(
    jupyter: Callable[..., servers.JupyterServer],
) -> None:
    """As in old ~/.vnc/xstartup files: then the window manager is the session."""
    server = jupyter(**script("openbox --sm-disable &"))
    server.start_desktop()
    shows_pictures(server)
    server.process_of("--sm-disable").terminate()
    assert "logged out" in server.wait_for("stopped")["reason"]


def test_replacing_the_window_manager_keeps_the_desktop_running(
    jupyter: Callable[..., servers.JupyterServer],
) -> None:
    """As when a user tries another one."""
    server = jupyter(**script("openbox --sm-disable &"))
    server.start_desktop()
    first = server.process_of("--sm-disable")
    with on_display(server, "openbox", "--replace") as second:
        first.wait(5)
        with pytest.raises(AssertionError, match="not within"):
            servers.until(lambda: server.session()["state"] != "running", "its end", 2)
        second.terminate()
        assert "logged out" in server.wait_for("stopped")["reason"]


def test_endless_output_of_a_start_script_fills_neither_disk_nor_memory(
    jupyter: Callable[..., servers.JupyterServer],
) -> None:
    """The desktop starts all the same."""
    server = jupyter(**script("yes 'a line of many, and they are all the same' &\nexec openbox"))
    stream = server.connection()
    server.call("POST", "desktop/api/sessions")
    # A page that does not read its event stream.
    headers = {"Authorization": f"token {server.token}"}
    stream.request("GET", "/desktop/api/sessions/default/events", headers=headers)
    server.wait_for("running")
    shows_pictures(server)
    sizes = sum(path.stat().st_size for path in folder_of(server).iterdir() if path.is_file())
    assert sizes < 6 * 1024 * 1024
    grown = servers.facts(server.processes("python"), lambda one: one.memory_info().rss)
    assert max(grown.values()) < 250 * 1024 * 1024, grown
    stream.close()


def test_a_desktop_without_a_window_manager_is_reachable_and_runs_after_the_timeout(
    jupyter: Callable[..., servers.JupyterServer],
) -> None:
    """Viewers can connect at once; the state is "running" after the timeout."""
    server = jupyter("--DesktopApp.start_timeout=2", **script("exec sleep 1000"))
    server.call("POST", "desktop/api/sessions")
    servers.until(lambda: server.session()["reachable"], "to be seen")
    assert server.session()["state"] == "starting"
    shows_pictures(server)
    assert server.wait_for("running")["step"] == "running"


def test_a_missing_vnc_server_is_reported_with_an_install_command(
    jupyter: Callable[..., servers.JupyterServer],
) -> None:
    server = jupyter(environment={"PATH": "/nowhere"})
    failed = failure(server)
    assert failed["error"]["reason"] == "display-server-missing"
    assert "Xtigervnc and Xvnc in /nowhere" in failed["error"]["message"]
    assert "install" in failed["error"]["command"]
    ticket = server.call("POST", "desktop/api/sessions/default/ticket")
    assert (ticket.status, ticket.json["reason"]) == (410, "session-ended")


# The answer of a VNC server to -version and -help.
ANSWERS = """case "$*" in *-version* | *-help*) exec echo Xvnc TigerVNC 1.12.0 ;; esac"""


@pytest.mark.parametrize(
    ("text", "reason", "said"),
    [
        ("exit 1", "display-server-unsuitable", "neither TigerVNC nor TurboVNC"),
        ("echo Xvnc TigerVNC 1.8.0", "display-server-unsuitable", "1.9 or newer is needed"),
        (
            f"{ANSWERS}\necho no screen >&2; exit 1",
            "start-failed",
            "display server ended before the desktop was up (status 1)",
        ),
        (
            f"{ANSWERS}\nexec sleep 1000",
            "start-timeout",
            "not ready after 1 seconds",
        ),
    ],
)
def test_an_unusable_vnc_server_is_reported_with_the_reason(
    jupyter: Callable[..., servers.JupyterServer], tmp_path: Path, text: str, reason: str, said: str
) -> None:
    broken = tmp_path / "Xbroken"
    broken.write_text(f"#!/bin/sh\n{text}\n")
    broken.chmod(0o755)
    server = jupyter(f"--DesktopApp.display_server={broken}", "--DesktopApp.start_timeout=1")
    error = failure(server)["error"]
    assert error["reason"] == reason
    assert said in error["message"]
    assert error["remedy"]
    assert not server.processes("sleep 1000")


def test_a_ticket_for_a_starting_desktop_is_refused(
    jupyter: Callable[..., servers.JupyterServer], tmp_path: Path
) -> None:
    slow = tmp_path / "Xslow"
    slow.write_text('#!/bin/sh\n[ "$1" = -version ] && exec echo Xvnc TigerVNC 1.12.0\nsleep 1000')
    slow.chmod(0o755)
    server = jupyter(f"--DesktopApp.display_server={slow}")
    server.call("POST", "desktop/api/sessions")
    ticket = server.call("POST", "desktop/api/sessions/default/ticket")
    assert (ticket.status, ticket.json["reason"]) == (409, "not-ready")
    assert server.call("DELETE", "desktop/api/sessions/default").status == 204
    assert server.session()["state"] == "stopped"
    assert not server.processes("sleep 1000")


def test_a_bad_argument_for_the_display_server_is_in_the_log(
    jupyter: Callable[..., servers.JupyterServer],
) -> None:
    server = jupyter("--DesktopApp.display_server_arguments=-no-such-option")
    failed = failure(server)
    assert failed["error"]["reason"] == "start-failed"
    assert any("no-such-option" in line for line in failed["log"])


# -- restarts and concurrency


def test_a_restart_replaces_the_display_server(server: servers.JupyterServer) -> None:
    server.start_desktop()
    before = server.process_of("Xtigervnc").pid
    with view(server) as viewer:
        answer = server.call("POST", "desktop/api/sessions/default/restart")
        assert answer.status == 200
        assert viewer.wire.closing().code in (4000, 4001)
    server.wait_for("running")
    assert server.process_of("Xtigervnc").pid != before
    shows_pictures(server)


def test_restarting_an_unknown_desktop_starts_it(server: servers.JupyterServer) -> None:
    assert server.call("POST", "desktop/api/sessions/fresh/restart").status == 200
    server.wait_for("running", "fresh")
    assert server.call("DELETE", "desktop/api/sessions/fresh").status == 204


def test_concurrent_commands_leave_one_working_desktop(server: servers.JupyterServer) -> None:
    paths = [("POST", ""), ("POST", "/default/restart"), ("DELETE", "/default")] * 4
    threads = [
        threading.Thread(target=server.call, args=(method, f"desktop/api/sessions{path}"))
        for method, path in paths
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    server.start_desktop()
    assert len(server.processes("-desktop Desktop -rfbunixpath")) == 1
    shows_pictures(server)


def test_two_desktops_are_independent(server: servers.JupyterServer) -> None:
    server.start_desktop()
    server.start_desktop("second")
    assert len(server.displays()) == 2
    with view(server) as one, view(server, "second") as other:
        for viewer in (one, other):
            viewer.set_encodings(0)
            viewer.request_update()
            assert viewer.update() > 0
        assert server.call("DELETE", "desktop/api/sessions/second").status == 204
        assert other.wire.closing().code in (4000, 4001)
        one.request_update()
        assert one.update() > 0
    assert server.session("second")["state"] == "stopped"
    assert server.session()["state"] == "running"


def test_two_servers_of_one_user_are_independent(
    jupyter: Callable[..., servers.JupyterServer],
) -> None:
    """They share home and runtime folder, and are ended one after the other."""
    one = jupyter()
    with servers.running(
        environment={"XDG_RUNTIME_DIR": str(one.runtime), "HOME": str(one.home)}, check=False
    ) as other:
        for server in (one, other):
            server.start_desktop()
        assert not set(one.displays()) & set(other.displays())
        shows_pictures(other)
        shows_pictures(one)
    other.assert_nothing_left()
    shows_pictures(one)
    assert len(list(one.runtime.glob("jd-*/display.sock"))) == 1


def test_a_vnc_password_is_invalid_after_the_next_viewer(server: servers.JupyterServer) -> None:
    server.start_desktop()
    old = server.ticket()
    with Viewer(open_socket(server, old)) as viewer:
        viewer.authenticate(old["password"])
    with view(server):
        pass
    with (
        Viewer(open_socket(server, server.ticket())) as viewer,
        pytest.raises(clients.WrongPassword),
    ):
        viewer.authenticate(old["password"])


def test_the_display_server_s_log_is_kept(server: servers.JupyterServer) -> None:
    server.start_desktop()
    # TigerVNC 1.15 does not print its name and version.
    assert "Listening for VNC connections" in logs(server)


def test_desktop_processes_are_outside_jupyter_s_process_group(
    server: servers.JupyterServer,
) -> None:
    """Ctrl+C on the terminal signals the server's process group."""
    server.start_desktop()
    group = os.getpgid(server.process.pid)
    others = [p for p in server.processes() if p.pid != server.process.pid]
    assert others
    assert not [p for p in others if os.getpgid(p.pid) == group]
