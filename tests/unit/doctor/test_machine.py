"""The doctor's findings on machines with faults."""

from __future__ import annotations

import json
import os
import resource
import shutil
import tempfile
from functools import partial
from pathlib import Path

import pytest

from jupyter_desktop.doctor import desktops, displays, folders, graphics, limits, opengl, software
from jupyter_desktop.doctor.finding import Severity
from jupyter_desktop.session import startscript
from jupyter_desktop.session.x11 import display_number
from jupyter_desktop.system import runtime

from .asking import config, found, program, told

# -- software


def test_versions_and_missing_packages_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    topics = {finding.topic: finding for finding in found(software.packages)}
    assert topics["jupyter-server"].facts["version"].startswith("2.")
    monkeypatch.setattr("sys.path", [])
    topics = {finding.topic: finding for finding in found(software.packages)}
    assert topics["jupyterlab"].state is Severity.NOTE
    assert (topics["jupyterlab"].command or "").endswith("-m pip install jupyterlab")


def test_a_page_that_is_not_built_is_a_problem(tmp_path: Path) -> None:
    page = partial(software.page, package=tmp_path)
    assert told(page).state is Severity.PROBLEM
    (tmp_path / "static").mkdir()
    for name in software._FILES:
        (tmp_path / "static" / name).touch()
    assert told(page).state is Severity.OK


def test_a_disabled_extension_is_a_note_with_a_command(user: Path) -> None:
    config(
        user,
        "jupyter_server_config.json",
        json.dumps({"ServerApp": {"jpserver_extensions": {"jupyter_desktop": False}}}),
    )
    ours, proxy = found(software.extensions)
    assert (ours.facts["enabled"], ours.state) == (False, Severity.NOTE)
    assert (ours.command or "").endswith(
        "jupyter server extension enable --sys-prefix jupyter_desktop"
    )
    assert proxy.facts["name"] == "jupyter_server_proxy"


# -- display servers


def test_without_any_display_server_there_is_a_problem(programs: Path) -> None:
    problem = told(displays.choice)
    assert (problem.state, problem.facts) == (
        Severity.PROBLEM,
        {"reason": "display-server-missing"},
    )
    assert "install" in (problem.command or "")
    for check in (displays.vnc, displays.xpra):
        assert told(check).state is Severity.NOTE


def test_every_vnc_server_is_named_once(programs: Path) -> None:
    program(programs, "Xtigervnc", "echo TigerVNC 1.8.0")
    (programs / "Xvnc").symlink_to("Xtigervnc")
    (old,) = found(displays.vnc)
    assert old.state is Severity.NOTE
    assert "1.8.0" in old.found
    (programs / "Xvnc").unlink()
    program(programs, "Xvnc", "echo TigerVNC 1.13.1")
    first, second = found(displays.vnc)
    assert (first.state, second.state) == (Severity.NOTE, Severity.OK)
    assert second.facts["version"] == "1.13.1"
    # The first suitable one is chosen.
    assert str(programs / "Xvnc") in told(displays.choice).found
    chosen = told(displays.choice, f"--DesktopApp.display_server={programs}/Xvnc")
    assert chosen.found.endswith("as DesktopApp.display_server says")


# -- start scripts and desktops


def test_the_origin_of_the_start_script_is_reported(
    user: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def why(*arguments: str) -> str:
        return told(desktops.start_script, *arguments).found.split(": ", 1)[1]

    assert why().startswith("part of this package")
    site = tmp_path / "site" / "desktop" / "xstartup"
    site.mkdir(parents=True)
    (site / "default").write_text("exec true")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "site"))
    assert why() == "this site's"
    (user / ".vnc").mkdir()
    (user / ".vnc" / "xstartup").write_text("exec true")
    assert why() == "yours"
    monkeypatch.setenv(startscript.COMPATIBLE_VARIABLE, str(site / "default"))
    assert why() == f"as ${startscript.COMPATIBLE_VARIABLE} says"
    assert why("--DesktopApp.start_script=icewm") == "as DesktopApp.start_script says"


def test_a_missing_start_script_is_a_problem() -> None:
    problem = told(desktops.start_script, "--DesktopApp.start_script=/nowhere/start")
    assert (problem.state, problem.facts) == (Severity.PROBLEM, {"reason": "start-script-missing"})


def test_a_start_script_without_its_interpreter_is_a_problem(user: Path) -> None:
    (user / "start").write_text("#!/opt/no/such/shell\n")
    problem = told(desktops.start_script, "--DesktopApp.start_script=~/start")
    assert problem.state is Severity.PROBLEM
    assert "/opt/no/such/shell" in problem.found


def test_installed_desktop_environments_are_reported(programs: Path) -> None:
    (missing,) = found(desktops.installed)
    assert (missing.state, missing.topic) == (Severity.PROBLEM, "desktop environment")
    assert "install" in (missing.command or "")
    script = "--DesktopApp.start_script=icewm"
    assert told(desktops.installed, script).state is Severity.NOTE
    program(programs, "icewm-session", "exit 1")
    program(programs, "startxfce4", "exit 1")
    program(programs, "id", "exit 0")
    without_bus, icewm = found(desktops.installed)
    assert "D-Bus is missing" in without_bus.found
    assert (icewm.facts["name"], icewm.facts["taken"]) == ("icewm", True)
    program(programs, "dbus-launch", "exit 1")
    xfce, icewm = found(desktops.installed)
    assert (xfce.facts, icewm.facts["taken"]) == ({"name": "xfce", "taken": True}, False)


def test_the_programs_of_dbus_are_reported(programs: Path) -> None:
    missing = told(desktops.dbus)
    assert (missing.state, missing.facts) == (Severity.NOTE, {"programs": []})
    program(programs, "dbus-launch", "exit 1")
    program(programs, "dbus-daemon", "echo D-Bus Message Bus Daemon 1.14")
    assert told(desktops.dbus).found == "dbus-daemon, dbus-launch; D-Bus Message Bus Daemon 1.14"


# -- folders


def test_runtime_folders_with_long_paths_are_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = tmp_path / ("x" * 90)
    long.mkdir()
    for name in ("XDG_RUNTIME_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(long))
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    taken, *refused, path = found(folders.runtime_folder)
    assert (taken.state, taken.facts["path"]) == (Severity.OK, "/tmp")
    assert [one.facts["path"] for one in refused] == [str(long)]
    assert "longer than 82 bytes" in refused[0].facts["reason"]
    assert path.facts == {"length": len("/tmp/jd-xxxxxxxx/display.sock")}


def test_without_a_usable_runtime_folder_there_is_a_problem(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kinds = frozenset(runtime.file_system(Path(path)) for path in ("/tmp", tempfile.gettempdir()))
    monkeypatch.setattr(runtime, "_NETWORK_FILE_SYSTEMS", kinds)
    problem = told(folders.runtime_folder)
    assert (problem.state, problem.facts) == (
        Severity.PROBLEM,
        {"reason": "runtime-folder-unusable"},
    )
    assert "network file system" in problem.found


def test_an_unsafe_folder_of_x_sockets_is_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unsafe = tmp_path / "X11-unix"
    unsafe.mkdir()
    unsafe.chmod(0o777)
    monkeypatch.setattr(display_number, "SOCKETS", unsafe)
    problem = told(folders.x_sockets)
    assert problem.state is Severity.PROBLEM
    assert (problem.command or "").startswith("sudo chown root")


def test_a_display_number_is_released() -> None:
    number = told(folders.x_sockets).facts["display"]
    assert not Path(f"/tmp/.X{number}-lock").exists()


@pytest.mark.parametrize(
    ("home", "state"), [("/proc", Severity.NOTE), ("/nowhere", Severity.NOTE), ("", Severity.NOTE)]
)
def test_a_home_that_cannot_be_written_to_is_a_note(
    monkeypatch: pytest.MonkeyPatch, home: str, state: Severity
) -> None:
    monkeypatch.setenv("HOME", home)
    assert told(folders.home).state is state


def test_the_check_of_a_home_leaves_nothing_in_it(user: Path) -> None:
    before = sorted(user.iterdir())
    assert told(folders.home).state is Severity.OK
    assert sorted(user.iterdir()) == before


def test_little_space_is_a_note() -> None:
    assert {one.state for one in found(folders.space)} == {Severity.OK}
    assert {one.state for one in found(partial(folders.space, little=1 << 62))} == {Severity.NOTE}


# -- graphics


def test_images_that_cannot_be_loaded_are_a_note(programs: Path) -> None:
    assert found(graphics.images) == []  # the programs load them themselves
    # As glycin's ends where it cannot make a sandbox.
    program(programs, "glycin-thumbnailer", "echo 'Loader process exited early' >&2; exit 2")
    program(programs, "bwrap", "echo 'No permissions to create a new namespace' >&2; exit 1")
    problem = told(graphics.images)
    assert problem.state is Severity.NOTE
    assert "Loader process exited early" in problem.found
    assert "No permissions to create a new namespace" in problem.found
    program(programs, "glycin-thumbnailer", 'echo image >"$4"')
    assert told(graphics.images).state is Severity.OK


def test_graphics_cards_are_reported(programs: Path, tmp_path: Path) -> None:
    devices = partial(graphics.devices, folder=tmp_path / "dri")
    assert told(devices).facts == {"devices": []}
    (tmp_path / "dri").mkdir()
    (tmp_path / "dri" / "renderD128").touch()
    program(programs, "nvidia-smi", "echo 'NVIDIA A100, 535.1'")
    card, nvidia = found(devices)
    assert card.facts == {"devices": [str(tmp_path / "dri" / "renderD128")]}
    assert nvidia.facts == {"gpus": ["NVIDIA A100, 535.1"]}
    program(programs, "vglrun", "exit 1")
    assert told(graphics.virtualgl).facts == {"path": str(programs / "vglrun")}


def test_the_renderer_is_read_from_glxinfo(programs: Path) -> None:
    lacking = list(opengl.findings({}))
    assert [one.state for one in lacking] == [Severity.NOTE]
    assert "install" in (lacking[0].command or "")
    assert opengl._renderer("OpenGL vendor string: Mesa\nOpenGL renderer string: llvmpipe\n") == (
        "llvmpipe"
    )
    program(programs, "glxinfo", "exit 1")
    failed = opengl._renderer("(it fails with status 1: Error: no GLX)")
    assert [one.state for one in opengl.findings({"glxinfo": failed})] == [Severity.NOTE]


# -- limits


def test_a_low_limit_of_open_files_is_a_note() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (200, hard))
    try:
        files = found(limits.resources)[0]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert (files.state, files.facts, files.command) == (
        Severity.NOTE,
        {"limit": 200},
        "ulimit -n 4096",
    )


def test_limits_of_a_container_are_reported(tmp_path: Path) -> None:
    (tmp_path / "pids.max").write_text("20\n")
    (tmp_path / "memory.max").write_text("2000000000\n")
    _, processes, memory = found(partial(limits.resources, group=tmp_path))
    assert (processes.state, processes.facts) == (Severity.NOTE, {"limit": 20})
    assert memory.found == "at most 2.0 GB in this container or job"


def test_little_shared_memory_is_a_note(tmp_path: Path) -> None:
    shared_memory = partial(limits.shared_memory, path=tmp_path)
    assert told(partial(shared_memory, little=1)).state is Severity.OK
    little = told(partial(shared_memory, little=1 << 62))
    assert (little.state, little.command) == (Severity.NOTE, "docker run --shm-size=1g")
    assert little.facts["size"] == shutil.disk_usage(tmp_path).total
    assert "emptyDir" in (little.remedy or "")
    missing = told(partial(limits.shared_memory, path=tmp_path / "missing"))
    assert "is not writable" in missing.found


def test_a_user_without_a_name_is_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    assert told(limits.account).state is Severity.OK
    monkeypatch.setattr(os, "getuid", lambda: 1234567)
    assert told(limits.account).state is Severity.NOTE


def test_the_kind_of_container_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BINDER_LAUNCH_HOST", "https://mybinder.org/")
    assert "Binder" in told(limits.container).facts["kinds"]
