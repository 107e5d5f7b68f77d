"""``jupyter desktop doctor`` as in a terminal: trial starts, and reported problems."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.integration.test_xstartup import path_without
from tests.servers import TOKEN, JupyterServer, lock_holder, until

VNC = "--DesktopApp.backend=vnc"
STEPS = ["process", "display_server", "first_pixel"]


@pytest.fixture
def user() -> Iterator[JupyterServer]:
    """A user with empty folders and no running Jupyter server."""
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
    """The doctor's output and exit status."""

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
    """Write a start script; return the argument that sets it."""
    path = user.home / "start"
    path.write_text(f"#!/bin/sh\n{text}\n")
    return f"--DesktopApp.start_script={path}"


def config(user: JupyterServer, name: str, text: str) -> None:
    folder = user.home / ".jupyter"
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)


# -- trial starts


@pytest.mark.needs("xpra")
def test_trial_starts_of_vnc_and_xpra_succeed_and_leave_nothing(user: JupyterServer) -> None:
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
        assert lock_holder(Path(f"/tmp/.X{display[1:]}-lock")) != int(holder)


def test_a_quick_trial_does_not_run_the_start_script(user: JupyterServer) -> None:
    started = user.root / "started"
    report = doctor(user, "--json", "--quick", VNC, script(user, f"touch {started}; exit 3"))
    assert (report.status, report.problems) == (0, [])
    assert not started.exists()
    (trial,) = report.json["trials"]
    assert (trial["picture"], trial["window_manager"]) == ("1920x1080", False)
    assert "window_manager" not in trial["seconds"]


def test_a_failing_start_script_is_a_problem(user: JupyterServer) -> None:
    report = doctor(user, VNC, script(user, "echo it is broken; exec no-such-desktop"))
    assert report.status == 1
    assert "The start script ended before the desktop was up (status 127)." in report.text
    assert "| it is broken" in report.text
    assert "sudo apt install xfce4" in report.text
    assert "No desktop would start" in report.text


def test_a_missing_window_manager_is_a_note(user: JupyterServer) -> None:
    sleeping = script(user, "exec sleep 1000")
    report = doctor(user, "--json", VNC, "--DesktopApp.start_timeout=2", sleeping)
    assert report.status == 0
    fine, note = report.about("trial start (VNC)")
    assert (fine["state"], note["state"]) == ("ok", "note")
    assert "No window manager came up in time" in note["found"]


def test_a_failing_display_server_is_a_problem(user: JupyterServer) -> None:
    report = doctor(user, "--json", VNC, "--DesktopApp.display_server_arguments=-no-such-option")
    assert report.status == 1
    (problem,) = report.problems
    assert "display server ended before the desktop was up" in problem["found"]
    assert any("no-such-option" in line for line in problem["log"])


def test_a_doctor_killed_during_a_trial_leaves_nothing(user: JupyterServer) -> None:
    marker = user.root / "started"
    with user.ask_doctor(VNC, script(user, f"touch {marker}; exec sleep 1000")) as process:
        until(marker.exists, "the start script to run", 30)
        assert user.processes("Xtigervnc")
        process.kill()


# -- missing programs


def test_without_vnc_server_and_xpra_the_report_says_what_to_install(
    user: JupyterServer, tmp_path: Path
) -> None:
    path = path_without("Xtigervnc", "Xvnc", "xpra", folder=tmp_path / "bin")
    report = doctor(user, PATH=str(path))
    assert report.status == 1
    assert "No VNC server is installed where the desktop should run" in report.text
    assert "sudo apt install tigervnc-standalone-server" in report.text
    assert "No desktop would start" in report.text


# -- settings


def test_a_wrong_setting_is_a_problem_and_prevents_trials(user: JupyterServer) -> None:
    (user.home / ".jupyter").mkdir()
    (user.home / ".jupyter" / "jupyter_server_config.py").write_text("c.DesktopApp.sharing = 'no'")
    report = doctor(user, "--json")
    assert report.status == 1
    (problem,) = report.problems
    assert problem["topic"] == "settings"
    assert "sharing" in problem["found"]
    assert report.json["trials"] == []


# -- servers


def test_a_running_server_is_found_and_its_token_is_not_printed(server: JupyterServer) -> None:
    # Values in the environment are hidden in any case.
    report = doctor(server, "--no-trial", "--json", JUPYTER_TOKEN="")
    (found,) = report.about("running server")
    assert (found["state"], found["facts"]["desktop"]) == ("ok", True)
    assert found["facts"]["url"] == server.url
    assert TOKEN not in report.text


def test_jupyter_desktop_doctor_is_a_command(user: JupyterServer) -> None:
    jupyter = shutil.which("jupyter", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if jupyter is None:
        pytest.skip("there is no `jupyter` command")
    asked = subprocess.run(
        [jupyter, "desktop", "doctor", "--help"],
        env=user.environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "--no-trial" in asked.stdout
