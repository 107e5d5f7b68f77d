"""Single applications with real X programs: start, window and end."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests import servers
from tests.browser.guest import Guest
from tests.servers import JupyterServer, facts

HOSTILE = ["a b", "$(touch hacked)", "`touch hacked`", "'", '"', "*", "; touch hacked", "-n", ""]
SERVICE = """[D-BUS Service]
Name=test.Window
Exec=/usr/bin/xterm -T service
"""

# Behaviour of common launchers.
APPLICATIONS: dict[str, dict[str, Any]] = {
    "plain": {"command": "xterm -T plain", "title": "Plain"},
    "returns": {"command": ["sh", "-c", "(sleep 0.5; exec xterm -T late) & exit 0"]},
    "service": {
        "command": "dbus-send --session --type=method_call --dest=test.Window / test.Window.Open"
    },
    "helper": {"command": ["sh", "-c", "setsid sleep 1000 & exec xterm -T helped"]},
    "splash": {"command": ["sh", "-c", "(xterm -T splash -e sleep 1; sleep 0.5; xterm -T main) &"]},
    "fails": {"command": ["sh", "-c", "xterm -e sleep 0.5; echo what went wrong; exit 3"]},
    "killed": {"command": ["sh", "-c", "xterm -e sleep 0.5; kill -SEGV $$"]},
    "early": {"command": ["sh", "-c", "echo no licence; exit 9"]},
    "missing": {"command": "paraview --data=x", "title": "ParaView"},
    "elsewhere": {"command": "/opt/none/bin/vmd"},
    "quoted": {
        "command": [
            "sh",
            "-c",
            'printf "%s|" "$@" >arguments; exec xterm',
            "sh",
            *HOSTILE,
        ]
    },
    "environment": {
        "command": ["sh", "-c", "env -0 >variables; exec xterm -T environment"],
        "environment": {"PATH": "${HOME}/bin:${PATH}", "LD_LIBRARY_PATH": "/opt/old", "A": "$${B}"},
    },
    "own-path": {"command": "sh-elsewhere", "environment": {"PATH": "${HOME}/bin:${PATH}"}},
}


def prepare(server: JupyterServer) -> None:
    folder = server.home / ".jupyter" / "desktop" / "applications"
    folder.mkdir(parents=True)
    for name, told in APPLICATIONS.items():
        (folder / f"{name}.json").write_text(json.dumps(told))
    (folder / "bad.json").write_text("{")
    services = server.home / ".local" / "share" / "dbus-1" / "services"
    services.mkdir(parents=True)
    (services / "test.Window.service").write_text(SERVICE)
    (server.home / "bin").mkdir()
    program = server.home / "bin" / "sh-elsewhere"
    program.write_text("#!/bin/sh\nexec xterm -T elsewhere\n")
    program.chmod(0o755)
    # "desktop" is a common name of a folder, and Python searches its working directory for modules.
    (server.home / "desktop").mkdir()
    (server.home / "desktop" / "__init__.py").touch()


@pytest.fixture(scope="module")
def server() -> Iterator[JupyterServer]:
    with servers.running(prepare=prepare) as started:
        yield started


class Running:
    """A started application, in the session of its name."""

    def __init__(self, server: JupyterServer, name: str, state: str = "running") -> None:
        self.server, self.name = server, name
        server.start_desktop(name, state, application=name)
        title = APPLICATIONS[name].get("title", name)
        self.guest = Guest(server, name, title)

    def ended(self, seconds: float = 15) -> dict[str, Any]:
        return self.server.wait_for("stopped", self.name, seconds)


@pytest.fixture
def start(server: JupyterServer) -> Iterator[Callable[..., Running]]:
    started: list[str] = []

    def make(name: str, state: str = "running") -> Running:
        started.append(name)
        return Running(server, name, state)

    yield make
    for name in started:
        server.call("DELETE", f"desktop/api/sessions/{name}")


# -- end


@pytest.mark.parametrize(
    ("name", "window"),
    [("plain", "plain"), ("returns", "late"), ("service", "service"), ("helper", "helped")],
)
def test_an_application_ends_when_its_window_is_closed(
    start: Callable[..., Running], name: str, window: str
) -> None:
    application = start(name)
    application.guest.closes(window)
    ended = application.ended()
    assert (ended["reason"], ended["status"]) == ("It was closed.", 0)
    assert not application.server.processes("sleep", "1000")


def test_a_pause_between_two_windows_does_not_end_an_application(
    start: Callable[..., Running],
) -> None:
    application = start("splash")
    application.guest.closes("main")
    assert application.ended()["reason"] == "It was closed."


@pytest.mark.parametrize(
    ("name", "status", "logged"), [("fails", 3, "what went wrong"), ("killed", 139, "SIGSEGV")]
)
def test_an_exit_status_or_signal_is_reported(
    start: Callable[..., Running], name: str, status: int, logged: str
) -> None:
    ended = start(name, "stopped").ended()
    assert (ended["reason"], ended["status"]) == (f"It ended with status {status}.", status)
    assert any(logged in line for line in ended["log"])


def test_an_application_that_exits_without_a_window_fails(start: Callable[..., Running]) -> None:
    failed = start("early", "failed").server.session("early")
    assert failed["error"]["message"] == "early ended before it showed a window (status 9)."
    assert any("no licence" in line for line in failed["log"])


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing", "paraview was not found on PATH."),
        ("elsewhere", "/opt/none/bin/vmd was not found."),
    ],
)
def test_a_missing_program_is_named_in_the_error(
    start: Callable[..., Running], name: str, message: str
) -> None:
    error = start(name, "failed").server.session(name)["error"]
    assert (error["reason"], error["message"]) == ("program-missing", message)
    assert APPLICATIONS[name].get("title", name) in error["remedy"]


# -- arguments and environment


def test_arguments_are_passed_unchanged(
    start: Callable[..., Running], server: JupyterServer
) -> None:
    assert start("quoted").guest.file("arguments") == "|".join([*HOSTILE, ""])
    assert not list(server.home.rglob("hacked"))


def test_an_application_s_environment_does_not_reach_the_window_manager(
    start: Callable[..., Running],
) -> None:
    application = start("environment")
    variables = dict(
        pair.split("=", 1) for pair in application.guest.file("variables").split("\0") if pair
    )
    assert variables["PATH"].startswith(f"{application.server.home}/bin:/")
    assert (variables["LD_LIBRARY_PATH"], variables["A"]) == ("/opt/old", "${B}")
    assert not any(name.startswith("JUPYTER_DESKTOP_ENV") for name in variables)
    assert "DBUS_SESSION_BUS_ADDRESS" in variables
    of_managers = facts(application.server.processes("openbox"), psutil.Process.environ)
    assert all(one.get("LD_LIBRARY_PATH") != "/opt/old" for one in of_managers.values())


def test_a_program_is_found_on_the_application_s_own_path(start: Callable[..., Running]) -> None:
    start("own-path").guest.await_window("elsewhere")


# -- the API


def test_only_configured_applications_start(server: JupyterServer) -> None:
    for name in ("xterm", "../plain", "<b>", "/bin/sh"):
        answer = server.call("POST", "desktop/api/sessions", {"application": name})
        assert (answer.status, answer.json["reason"]) in (
            (404, "unknown-application"),
            (400, "bad-request"),
        )
    bad = server.call("POST", "desktop/api/sessions", {"application": "bad"})
    assert (bad.status, bad.json["reason"]) == (409, "application-unusable")
    assert "desktop/applications/bad.json: it is not JSON" in bad.json["message"]
    names = [one["name"] for one in server.call("GET", "desktop/api/sessions").json["sessions"]]
    assert not {"xterm", "bad"} & set(names)


def test_a_command_in_the_request_is_ignored(
    start: Callable[..., Running], server: JupyterServer
) -> None:
    asked = {"application": "plain", "command": ["touch", "hacked"], "environment": {"A": "x"}}
    assert server.call("POST", "desktop/api/sessions", asked).json["name"] == "plain"
    start("plain")
    assert server.processes("xterm", "plain")
    assert not (server.home / "hacked").exists()


def test_a_restart_keeps_the_application(server: JupyterServer) -> None:
    session = server.start_desktop("second", application="plain")
    assert session["application"] == "plain"
    server.call("POST", "desktop/api/sessions/second/restart")
    assert server.wait_for("running", "second")["application"] == "plain"
    assert server.start_desktop("default")["application"] is None
    for name in ("second", "default"):
        server.call("DELETE", f"desktop/api/sessions/{name}")


def test_icons_are_served_with_a_policy_against_scripts(tmp_path: Path) -> None:
    icon = tmp_path / "icon.svg"
    icon.write_text("<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>")
    told = {"a": {"command": "x", "icon": str(icon)}, "b": {"command": "x"}}
    with servers.running(f"--DesktopApp.applications={told}") as server:
        answer = server.call("GET", "desktop/icons/a")
        assert (answer.status, answer.headers["Content-Type"]) == (200, "image/svg+xml")
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert b"desktop/icons/a" not in server.call("GET", "desktop/sessions/b/").body
        assert b'href="../../icons/a"' in server.call("GET", "desktop/sessions/a/").body
        for name in ("b", "c", "..%2Fa"):
            assert server.call("GET", f"desktop/icons/{name}").status == 404
        assert server.call("GET", "desktop/icons/a", token=None).status in (302, 403)


@pytest.mark.parametrize("x_server", ["xorg", "xvfb"])
def test_opengl_works_in_software_with_xpra(x_server: str) -> None:
    """OpenGL with VNC is tested in the browser."""
    told = {"a": {"command": ["sh", "-c", "glxinfo -B >opengl; exec glxgears"]}}
    settings = ("--DesktopApp.backend=xpra", f"--Xpra.x_server={x_server}")
    with servers.running(f"--DesktopApp.applications={told}", *settings) as server:
        server.start_desktop("a")
        opengl = Guest(server, "a", "a").file("opengl")
        assert "direct rendering: Yes" in opengl
        assert "OpenGL renderer string: llvmpipe" in opengl
