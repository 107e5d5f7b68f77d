"""``jupyter desktop doctor``, as it is run in a terminal: real starts, and what keeps from one."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.integration.test_xstartup import path_without
from tests.servers import TOKEN, XSTARTUP, JupyterServer, until

OPENBOX = f"--DesktopApp.start_script={XSTARTUP / 'openbox'}"
VNC = "--DesktopApp.backend=vnc"
STEPS = ["process", "display_server", "first_pixel"]


@pytest.fixture
def user() -> Iterator[JupyterServer]:
    """A user with folders of their own, whose Jupyter server does not run."""
    root = Path(tempfile.mkdtemp(prefix="jdt-", dir="/tmp"))
    server = JupyterServer(root, "/", tls=False, user=None)
    try:
        yield server
        server.assert_nothing_left()
    finally:
        server.end_the_rest()
        shutil.rmtree(root, ignore_errors=True)


@dataclass
class Report:
    """What the doctor printed, and its exit status."""

    status: int
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    def about(self, topic: str) -> list[dict[str, Any]]:
        """Return the findings with that topic."""
        return [one for one in self.json["findings"] if one["topic"] == topic]

    @property
    def problems(self) -> list[dict[str, Any]]:
        return [one for one in self.json["findings"] if one["state"] == "problem"]


def doctor(user: JupyterServer, *arguments: str, **environment: str) -> Report:
    with user.ask_doctor(*arguments, environment=environment) as process:
        text, _ = process.communicate(timeout=60)
    return Report(process.returncode, text)


def script(user: JupyterServer, text: str) -> str:
    """Return the argument that makes ``text`` the start script."""
    path = user.home / "start"
    path.write_text(f"#!/bin/sh\n{text}\n")
    return f"--DesktopApp.start_script={path}"


def config(user: JupyterServer, name: str, text: str) -> None:
    folder = user.home / ".jupyter"
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)


# -- trial starts


def test_a_desktop_of_each_kind_starts_and_ends(user):
    note_lock = f"cat /tmp/.X${{DISPLAY#:}}-lock >>{user.root}/locks; echo $DISPLAY >>{user.root}/x"
    report = doctor(user, "--json", script(user, f"{note_lock}\nexec openbox --sm-disable"))
    assert (report.status, report.json["would_start"], report.problems) == (0, True, [])
    assert [trial["backend"] for trial in report.json["trials"]] == ["vnc", "xpra"]
    for trial in report.json["trials"]:
        seconds = trial["seconds"]
        times = [seconds[step] for step in STEPS]
        assert 0 < times[0] < times[1] < times[2] < 30
        assert times[1] < seconds["window_manager"] < 30
        assert 0 < seconds["clean_up"] < 5
        assert (trial["picture"], trial["window_manager"]) == ("1920x1080", True)
        assert (trial["started"], trial["error"], trial["left"]) == (True, None, [])
    displays = (user.root / "x").read_text().split()
    locks = (user.root / "locks").read_text().split()
    assert len(displays) == len(locks) == 2
    for display, holder in zip(displays, locks, strict=True):
        lock = Path(f"/tmp/.X{display[1:]}-lock")
        assert not lock.exists() or lock.read_text().strip() != holder


def test_without_the_start_script(user):
    broken = script(user, "exit 3")
    report = doctor(user, "--json", "--quick", VNC, broken)
    assert (report.status, report.problems) == (0, [])
    (trial,) = report.json["trials"]
    assert (trial["picture"], trial["window_manager"]) == ("1920x1080", False)
    assert "window_manager" not in trial["seconds"]


def test_a_start_script_that_fails(user):
    report = doctor(user, VNC, script(user, "echo it is broken; exec no-such-desktop"))
    assert report.status == 1
    assert "The start script ended before the desktop was up (status 127)." in report.text
    assert "| it is broken" in report.text
    assert "sudo apt install xfce4" in report.text
    assert "No desktop would start" in report.text


def test_a_start_script_that_returns_at_once(user):
    report = doctor(user, "--json", VNC, "--DesktopApp.start_timeout=2", script(user, "exit 0"))
    assert report.status == 1
    (problem,) = report.problems
    assert problem["found"] == "The start script returned, and no window manager came up."
    assert problem["remedy"]
    assert problem["facts"]["started"] is False


def test_no_window_manager_is_no_problem(user):
    sleeping = script(user, "exec sleep 1000")
    report = doctor(user, "--json", VNC, "--DesktopApp.start_timeout=2", sleeping)
    assert report.status == 0
    fine, note = report.about("trial start (VNC)")
    assert (fine["state"], note["state"]) == ("ok", "note")
    assert "No window manager came up in time" in note["found"]


def test_a_display_server_that_does_not_start(user):
    report = doctor(user, "--json", VNC, "--DesktopApp.display_server_arguments=-no-such-option")
    assert report.status == 1
    (problem,) = report.problems
    assert "display server ended before the desktop was up" in problem["found"]
    assert any("no-such-option" in line for line in problem["log"])


def test_it_is_killed_during_a_trial(user):
    marker = user.root / "started"
    with user.ask_doctor(VNC, script(user, f"touch {marker}; exec sleep 1000")) as process:
        until(marker.exists, "the start script to run", 30)
        assert user.processes("Xtigervnc")
        process.kill()


# -- what is missing


def test_neither_vnc_server_nor_xpra(user, tmp_path):
    path = path_without("Xtigervnc", "Xvnc", "xpra", folder=tmp_path / "bin")
    text = doctor(user, PATH=str(path))
    assert text.status == 1
    assert "sudo apt install tigervnc-standalone-server" in text.text
    report = doctor(user, "--json", "--no-trial", PATH=str(path))
    (problem,) = report.problems
    assert problem["topic"] == "display server"
    assert problem["command"] == "sudo apt install tigervnc-standalone-server"
    assert report.json["trials"] == []


def test_a_vnc_server_is_asked_for_and_only_xpra_is_there(user, tmp_path):
    path = path_without("Xtigervnc", "Xvnc", folder=tmp_path / "bin")
    assert doctor(user, "--json", "--no-trial", PATH=str(path)).status == 0
    report = doctor(user, "--json", "--no-trial", VNC, PATH=str(path))
    assert (report.status, report.problems[0]["facts"]) == (1, {"reason": "display-server-missing"})


def test_runtime_folders_that_are_too_long(user):
    long = user.root / ("x" * 90)
    long.mkdir()
    folders = dict.fromkeys(("XDG_RUNTIME_DIR", "JUPYTER_RUNTIME_DIR", "TMPDIR"), str(long))
    report = doctor(user, "--json", "--no-trial", **folders)
    taken, *refused = report.about("runtime folder")
    assert (report.status, taken["facts"]["path"]) == (0, "/tmp")
    assert refused
    for one in refused:
        assert (one["state"], one["facts"]["path"]) == ("note", str(long))
        assert "longer than 82 bytes" in one["found"]
    (path,) = report.about("socket path")
    assert path["facts"]["length"] == len("/tmp/jd-xxxxxxxx/display.sock")


# -- settings


def test_settings_in_files_and_in_the_command_line(user):
    config(user, "jupyter_server_config.py", "c.Xpra.mode = 'seamless'\nc.DesktopApp.title = 'A'")
    config(user, "jupyter_desktop_config.py", "c.DesktopApp.geometry = '800x600'")
    report = doctor(user, "--json", "--no-trial", "--DesktopApp.title=B")
    (settings,) = report.about("settings")
    assert settings["facts"] == {
        "DesktopApp.geometry": "800x600",
        "DesktopApp.title": "B",
        "Xpra.mode": "seamless",
    }


@pytest.mark.parametrize("where", ["jupyter_server_config", "jupyter_desktop_config", "argument"])
def test_wrong_settings(user, where):
    arguments = ["--DesktopApp.clipboard=sideways"] if where == "argument" else []
    if not arguments:
        config(user, f"{where}.json", json.dumps({"DesktopApp": {"clipboard": "sideways"}}))
    report = doctor(user, "--json", *arguments)
    assert report.status == 1
    (problem,) = report.problems
    assert (problem["topic"], problem["section"]) == ("settings", "Settings")
    assert "clipboard" in problem["found"]
    assert "sideways" in problem["found"]
    assert report.json["trials"] == []


def test_misspelt_settings_and_files_that_cannot_be_run(user):
    config(user, "jupyter_server_config.py", "c.DesktopApp.clipbord = 'off'")
    config(user, "jupyter_desktop_config.py", "c.DesktopApp.title = 1 / 0")
    report = doctor(user, "--json", "--no-trial")
    said = " ".join(one["found"] for one in report.about("settings") if one["state"] == "note")
    assert report.status == 0
    assert "`clipbord` not recognized" in said
    assert "division by zero" in said


# -- servers


def test_a_server_that_runs_is_found_and_its_token_is_not_told(server):
    for format_ in ("--json", "--log-level=WARN"):
        report = doctor(server, "--no-trial", format_)
        assert TOKEN not in report.text
        assert server.url in report.text
    report = doctor(server, "--no-trial", "--json")
    (found,) = report.about("running server")
    assert (found["state"], found["facts"]["desktop"]) == ("ok", True)
    assert server.call("GET", "desktop/api/sessions").json == []


def test_its_command_line(user):
    command = [shutil.which("jupyter") or "jupyter", "desktop", "doctor", "--help"]
    if not Path(command[0]).exists():
        pytest.skip("there is no `jupyter` on PATH")
    said = subprocess.run(
        command, env=user.environment(), capture_output=True, text=True, timeout=30, check=True
    )
    assert "--no-trial" in said.stdout
    assert not psutil.Process().children()
