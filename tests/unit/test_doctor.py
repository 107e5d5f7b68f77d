"""What the doctor finds, on machines where something is not as it should be."""

from __future__ import annotations

import http.server
import json
import os
import resource
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from desktop.app import DesktopApp
from desktop.doctor import (
    cluster,
    desktops,
    displays,
    folders,
    graphics,
    limits,
    opengl,
    servers,
    software,
)
from desktop.doctor.app import Doctor
from desktop.doctor.finding import Finding, State
from desktop.doctor.subject import Subject, subject
from desktop.session import display_number, runtime, startscript

TOKEN = "0123456789abcdef"


@pytest.fixture(autouse=True)
def user(tmp_path, monkeypatch) -> Path:
    """Give the test a home of its own."""
    home = tmp_path / "home"
    home.mkdir()
    for name in [name for name in os.environ if name.startswith(("JUPYTER", "XDG_", "SLURM"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(home / ".jupyter"))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(home / "runtime"))
    (home / ".jupyter").mkdir()
    (home / "runtime").mkdir(mode=0o700)
    return home


@pytest.fixture
def programs(tmp_path, monkeypatch) -> Path:
    """The only folder on PATH, with nothing in it yet."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def program(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)


def asked(*arguments: str) -> Subject:
    """Return the settings with these arguments in the command line."""
    doctor = Doctor()
    doctor.initialize(list(arguments))
    return subject(doctor, doctor._remarks)


def found(check, *arguments: str) -> list[Finding]:
    return list(check(asked(*arguments)))


def told(check, *arguments: str) -> Finding:
    """Return the only finding."""
    (finding,) = found(check, *arguments)
    return finding


# -- settings


def config(home: Path, name: str, text: str) -> None:
    (home / ".jupyter" / name).write_text(text)


def test_settings_of_files_and_of_the_command_line(user):
    config(user, "jupyter_server_config.py", "c.Xpra.mode = 'seamless'\nc.DesktopApp.title = 'A'")
    config(user, "jupyter_desktop_config.py", "c.DesktopApp.geometry = '800x600'")
    read = asked("--DesktopApp.title=B")
    (finding,) = read.findings
    assert finding.facts == {
        "DesktopApp.geometry": "800x600",
        "DesktopApp.title": "B",
        "Xpra.mode": "seamless",
    }
    assert read.specification.display.geometry == "800x600"
    assert read.specification.display.xpra.mode == "seamless"


def test_what_a_server_reads_goes_before_what_the_desktop_s_file_says(user):
    config(user, "jupyter_server_config.py", "c.DesktopApp.title = 'server'")
    config(user, "jupyter_desktop_config.py", "c.DesktopApp.title = 'desktop'")
    assert asked().app.title == "server"


@pytest.mark.parametrize("where", ["jupyter_server_config", "jupyter_desktop_config", "argument"])
def test_wrong_settings(user, where):
    arguments = ["--DesktopApp.clipboard=sideways"] if where == "argument" else []
    if not arguments:
        config(user, f"{where}.json", json.dumps({"DesktopApp": {"clipboard": "sideways"}}))
    read = asked(*arguments)
    (finding,) = read.findings
    assert read.wrong
    assert (finding.topic, finding.state) == ("settings", State.PROBLEM)
    assert "clipboard" in finding.found
    assert "sideways" in finding.found
    assert read.app.clipboard == "both"


def test_misspelt_settings_and_files_that_cannot_be_run(user):
    config(user, "jupyter_server_config.py", "c.DesktopApp.clipbord = 'off'")
    config(user, "jupyter_desktop_config.py", "c.DesktopApp.title = 1 / 0")
    read = asked()
    settings, *remarks = read.findings
    said = " ".join(finding.found for finding in remarks)
    assert settings.state is State.OK
    assert {finding.state for finding in remarks} == {State.NOTE}
    assert "`clipbord` not recognized" in said
    assert "division by zero" in said
    assert not read.wrong


def test_applications_that_cannot_be_used(user):
    (user / ".jupyter" / "desktop" / "applications").mkdir(parents=True)
    config(user, "desktop/applications/gears.json", '{"comand": "glxgears"}')
    config(user, "jupyter_server_config.py", "c.DesktopApp.applications = {'a b': {}}")
    settings, *remarks = asked().findings
    assert settings.facts == {"DesktopApp.applications": "(1 given)"}
    assert {remark.state for remark in remarks} == {State.NOTE}
    name, remark = remarks
    assert "its name must be letters" in name.found
    assert "gears.json: there is no key 'comand'" in remark.found


def test_lists_may_hold_secrets_and_are_not_told():
    (finding,) = asked(f"--Xpra.arguments=--auth=password:value={TOKEN}").findings
    assert finding.facts == {"Xpra.arguments": "(1 given)"}
    assert TOKEN not in finding.found


def test_settings_of_slurm(user):
    config(user, "jupyter_server_config.py", f"c.Slurm.setup = 'export KEY={TOKEN}'")
    (finding,) = asked("--Slurm.hours=2", f"--Slurm.arguments=--comment={TOKEN}").findings
    assert finding.facts == {
        "Slurm.arguments": "(1 given)",
        "Slurm.hours": 2.0,
        "Slurm.setup": "(given)",
    }
    assert TOKEN not in finding.found


def test_a_file_called_doctor_is_no_subcommand_of_a_server_s_extension():
    """``jupyter lab doctor`` opens it."""
    server = Doctor()
    server.initialize([])
    server.extra_args = ["doctor"]
    app = DesktopApp()
    app._link_jupyter_server_extension(server)
    assert app.subapp is None


# -- software


def test_what_is_installed_for_this_python(monkeypatch):
    topics = {finding.topic: finding for finding in found(software.packages)}
    assert topics["jupyter-server"].facts["version"].startswith("2.")
    monkeypatch.setattr("sys.path", [])
    topics = {finding.topic: finding for finding in found(software.packages)}
    assert topics["jupyterlab"].state is State.NOTE
    assert topics["jupyterlab"].command.endswith("-m pip install jupyterlab")


def test_whether_the_page_was_built(tmp_path, monkeypatch):
    monkeypatch.setattr(software, "HERE", tmp_path)
    assert told(software.page).state is State.PROBLEM
    (tmp_path / "static").mkdir()
    for name in software._FILES:
        (tmp_path / "static" / name).touch()
    assert told(software.page).state is State.OK


def test_extensions_that_are_not_enabled(user):
    config(
        user,
        "jupyter_server_config.json",
        json.dumps({"ServerApp": {"jpserver_extensions": {"desktop": False}}}),
    )
    ours, proxy = found(software.extensions)
    assert (ours.facts["enabled"], ours.state) == (False, State.NOTE)
    assert ours.command.endswith("jupyter server extension enable --sys-prefix desktop")
    assert proxy.facts["name"] == "jupyter_server_proxy"


# -- display servers


def test_neither_vnc_server_nor_xpra(programs):
    problem = told(displays.choice)
    assert (problem.state, problem.facts) == (State.PROBLEM, {"reason": "display-server-missing"})
    assert "install" in problem.command
    for check in (displays.vnc, displays.xpra):
        assert told(check).state is State.NOTE


def test_every_vnc_server_is_named_once(programs):
    program(programs, "Xtigervnc", "echo TigerVNC 1.8.0")
    (programs / "Xvnc").symlink_to("Xtigervnc")
    (old,) = found(displays.vnc)
    assert old.state is State.NOTE
    assert "1.8.0" in old.found
    (programs / "Xvnc").unlink()
    program(programs, "Xvnc", "echo TigerVNC 1.13.1")
    first, second = found(displays.vnc)
    assert (first.state, second.state) == (State.NOTE, State.OK)
    assert second.facts["version"] == "1.13.1"
    # The first that is there is taken, and it will not do.
    assert told(displays.choice).facts == {"reason": "display-server-unsuitable"}
    chosen = told(displays.choice, f"--DesktopApp.display_server={programs}/Xvnc")
    assert chosen.found.endswith("as DesktopApp.display_server says")


# -- start scripts and desktops


def test_why_a_start_script_is_taken(user, tmp_path, monkeypatch):
    def why(*arguments: str) -> str:
        return told(desktops.start_script, *arguments).found.split(": ", 1)[1]

    assert why().startswith("comes with this package")
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


def test_a_start_script_that_is_not_there():
    problem = told(desktops.start_script, "--DesktopApp.start_script=/nowhere/start")
    assert (problem.state, problem.facts) == (State.PROBLEM, {"reason": "start-script-missing"})


def test_a_start_script_whose_interpreter_is_not_there(user):
    (user / "start").write_text("#!/opt/no/such/shell\n")
    problem = told(desktops.start_script, "--DesktopApp.start_script=~/start")
    assert problem.state is State.PROBLEM
    assert "/opt/no/such/shell" in problem.found


def test_desktop_environments(programs):
    (missing,) = found(desktops.installed)
    assert (missing.state, missing.topic) == (State.PROBLEM, "desktop environment")
    assert "install" in missing.command
    script = "--DesktopApp.start_script=icewm"
    assert told(desktops.installed, script).state is State.NOTE
    program(programs, "icewm-session", "exit 1")
    program(programs, "startxfce4", "exit 1")
    program(programs, "id", "exit 0")
    without_bus, icewm = found(desktops.installed)
    assert "lacks D-Bus" in without_bus.found
    assert (icewm.facts["name"], icewm.facts["taken"]) == ("icewm", True)
    program(programs, "dbus-launch", "exit 1")
    xfce, icewm = found(desktops.installed)
    assert (xfce.facts, icewm.facts["taken"]) == ({"name": "xfce", "taken": True}, False)


def test_d_bus(programs):
    missing = told(desktops.dbus)
    assert (missing.state, missing.facts) == (State.NOTE, {"programs": []})
    program(programs, "dbus-launch", "exit 1")
    program(programs, "dbus-daemon", "echo D-Bus Message Bus Daemon 1.14")
    assert told(desktops.dbus).found == "dbus-launch; D-Bus Message Bus Daemon 1.14"


# -- folders


def test_runtime_folders_that_are_too_long(tmp_path, monkeypatch):
    long = tmp_path / ("x" * 90)
    long.mkdir()
    for name in ("XDG_RUNTIME_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(long))
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    taken, *refused, path = found(folders.runtime_folder)
    assert (taken.state, taken.facts["path"]) == (State.OK, "/tmp")
    assert [one.facts["path"] for one in refused] == [str(long)]
    assert "longer than 82 bytes" in refused[0].facts["reason"]
    assert path.facts == {"length": len("/tmp/jd-xxxxxxxx/display.sock")}


def test_no_runtime_folder_at_all(monkeypatch):
    kinds = frozenset(runtime.file_system(Path(path)) for path in ("/tmp", tempfile.gettempdir()))
    monkeypatch.setattr(runtime, "_NETWORK_FILE_SYSTEMS", kinds)
    problem = told(folders.runtime_folder)
    assert (problem.state, problem.facts) == (State.PROBLEM, {"reason": "runtime-folder-unusable"})
    assert "network file system" in problem.found


def test_a_folder_of_x_sockets_that_is_not_safe(tmp_path, monkeypatch):
    unsafe = tmp_path / "X11-unix"
    unsafe.mkdir()
    unsafe.chmod(0o777)
    monkeypatch.setattr(display_number, "SOCKETS", unsafe)
    problem = told(folders.x_sockets)
    assert problem.state is State.PROBLEM
    assert problem.command.startswith("sudo chown root")


def test_a_display_number_is_given_back():
    number = told(folders.x_sockets).facts["display"]
    assert not Path(f"/tmp/.X{number}-lock").exists()


@pytest.mark.parametrize(
    ("home", "state"), [("/proc", State.NOTE), ("/nowhere", State.NOTE), ("", State.NOTE)]
)
def test_homes_in_which_nothing_can_be_kept(monkeypatch, home, state):
    monkeypatch.setenv("HOME", home)
    assert told(folders.home).state is state


def test_a_home(user):
    before = sorted(user.iterdir())
    assert told(folders.home).state is State.OK
    assert sorted(user.iterdir()) == before


def test_little_space(monkeypatch):
    assert {one.state for one in found(folders.space)} == {State.OK}
    monkeypatch.setattr(folders, "_LITTLE_SPACE", 1 << 62)
    assert {one.state for one in found(folders.space)} == {State.NOTE}


# -- graphics and Slurm


def test_graphics_cards(programs, tmp_path, monkeypatch):
    monkeypatch.setattr(graphics, "_DEVICES", tmp_path / "dri")
    assert told(graphics.devices).facts == {"devices": []}
    (tmp_path / "dri").mkdir()
    (tmp_path / "dri" / "renderD128").touch()
    program(programs, "nvidia-smi", "echo 'NVIDIA A100, 535.1'")
    card, nvidia = found(graphics.devices)
    assert card.facts == {"devices": [str(tmp_path / "dri" / "renderD128")]}
    assert nvidia.facts == {"gpus": ["NVIDIA A100, 535.1"]}
    program(programs, "vglrun", "exit 1")
    assert told(graphics.virtualgl).facts == {"path": str(programs / "vglrun")}


def test_what_glxinfo_says(programs):
    lacking = list(opengl.findings({}))
    assert [one.state for one in lacking] == [State.NOTE]
    assert "install" in lacking[0].command
    assert opengl._renderer("OpenGL vendor string: Mesa\nOpenGL renderer string: llvmpipe\n") == (
        "llvmpipe"
    )
    program(programs, "glxinfo", "exit 1")
    failed = opengl._renderer("(it fails with status 1: Error: no GLX)")
    assert [one.state for one in opengl.findings({"glxinfo": failed})] == [State.NOTE]


def test_slurm(programs, monkeypatch):
    assert told(cluster.slurm).facts == {"programs": []}
    program(programs, "sbatch", "echo slurm 23.11.4")
    program(programs, "sinfo", "echo 'slurm_load_partitions: Unable to contact' >&2; exit 1")
    slurm, controller = found(cluster.slurm)
    assert slurm.found == "sbatch, sinfo; srun, squeue, scancel missing; slurm 23.11.4"
    assert (controller.state, controller.facts["reachable"]) == (State.NOTE, False)
    assert "Unable to contact" in controller.found
    program(programs, "sinfo", "echo debug; echo gpu")
    monkeypatch.setenv("SLURM_JOB_ID", "77")
    _, job, controller = found(cluster.slurm)
    assert job.facts == {"job": "77"}
    assert controller.facts == {"reachable": True, "partitions": ["debug", "gpu"]}


ELSEWHERE = "--DesktopApp.placement=slurm"


def cluster_of(folder: Path, sbatch: str) -> None:
    """Have Slurm's commands, with an sbatch that answers like that where it is given a job."""
    for name in ("srun", "squeue", "scancel"):
        program(folder, name, "echo slurm 23.11.4")
    program(folder, "sbatch", f'[ "$1" = --version ] && echo slurm 23.11.4 && exit\n{sbatch}')


def test_desktops_that_run_in_jobs(programs, tmp_path):
    placement = found(cluster.slurm, ELSEWHERE)[0]
    assert (placement.topic, placement.state) == ("placement", State.PROBLEM)
    assert "sbatch, srun, squeue, scancel cannot be found" in placement.found
    cluster_of(programs, f'echo "$@" >{tmp_path}/asked')
    placement, *_, job = found(cluster.slurm, ELSEWHERE, "--Slurm.hours=2", "--Slurm.gpus=1")
    assert placement.state is State.OK
    assert (job.topic, job.state) == ("job of a desktop", State.OK)
    asked = (tmp_path / "asked").read_text().split()
    assert {"--test-only", "--time=120", "--gpus=1"} < set(asked)


@pytest.mark.parametrize(
    ("sbatch", "patience", "told"),
    [
        (
            "echo 'allocation failure: Invalid partition name' >&2; exit 1",
            60,
            ("job: Invalid", "sinfo"),
        ),
        (
            "exec /bin/sleep 1000",
            0.2,
            ("sbatch has not answered for 0.2 seconds", "Try again"),
        ),
    ],
)
def test_a_cluster_that_does_not_take_the_job_of_a_desktop(
    programs, monkeypatch, sbatch, patience, told
):
    monkeypatch.setattr(cluster, "_PATIENCE_FOR_A_JOB", patience)
    cluster_of(programs, sbatch)
    *_, job = found(cluster.slurm, ELSEWHERE)
    assert (job.state, job.facts) == (State.PROBLEM, {"reason": "job-refused"})
    words, remedy = told
    assert words in job.found
    assert remedy in job.remedy
    assert {one.topic for one in found(cluster.slurm)} == {"Slurm"}


def test_an_sbatch_that_cannot_be_run(programs):
    cluster_of(programs, "exit")
    (programs / "sbatch").write_text("#!/opt/no/such/shell\n")
    *_, job = found(cluster.slurm, ELSEWHERE)
    assert job.state is State.PROBLEM
    assert "sbatch cannot be run (No such file" in job.found


def test_what_a_silent_controller_means_depends_on_where_desktops_run(programs):
    cluster_of(programs, "exit 1")
    program(programs, "sinfo", "exit 1")
    here, there = found(cluster.slurm)[-1], found(cluster.slurm, ELSEWHERE)[-2]
    assert here.remedy == "Desktops on this machine start all the same."
    assert (there.found, there.remedy) == (here.found, None)


def test_a_controller_that_does_not_answer(programs, monkeypatch):
    monkeypatch.setattr(cluster, "_PATIENCE", 0.1)
    program(programs, "sinfo", '[ "$1" = --version ] && exit\nexec /bin/sleep 1000')
    controller = found(cluster.slurm, "--Doctor.trial=False")[-1]
    assert controller.found == "does not answer (no answer within 0.1 seconds)."


# -- Jupyter servers


@contextmanager
def answering(status: int) -> Iterator[tuple[int, list[str | None]]]:
    """An HTTP server that answers with ``status``; gives its port and the credentials it got."""
    credentials: list[str | None] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            credentials.append(self.headers["Authorization"])
            self.send_response(status)
            self.end_headers()

        def log_message(self, *words: object) -> None:
            """Say nothing."""

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port, credentials
        server.shutdown()
        thread.join(5)


def note_server(home: Path, **values: object) -> Path:
    """Write what a Jupyter server writes of itself."""
    usual = {"base_url": "/user/me/", "hostname": "127.0.0.1", "secure": False, "sock": ""}
    usual |= {"token": TOKEN, "pid": os.getpid(), "version": "2.14.0"}
    path = home / "runtime" / f"jpserver-{values.get('pid', os.getpid())}.json"
    path.write_text(json.dumps(usual | values))
    return path


@pytest.mark.parametrize(
    ("status", "state", "desktop"),
    [
        (200, State.OK, True),
        (403, State.OK, True),
        (404, State.NOTE, False),
        (500, State.NOTE, False),
    ],
)
def test_a_running_server(user, status, state, desktop):
    with answering(status) as (port, credentials):
        note_server(user, port=port, url=f"http://127.0.0.1:{port}/?token={TOKEN}")
        server = told(servers.running)
    assert (server.state, server.facts["desktop"]) == (state, desktop)
    assert server.facts["url"] == f"http://127.0.0.1:{port}/user/me/"
    assert credentials == [f"token {TOKEN}"]
    assert TOKEN not in json.dumps(server.as_json())


def test_another_process_on_the_port_of_a_server_gets_no_token(user):
    """As on another machine, or where the server has ended and its number is another's."""
    with answering(200) as (port, credentials), subprocess.Popen(["sleep", "60"]) as other:
        note_server(user, port=port, pid=other.pid)
        told(servers.running)
        other.kill()
    assert credentials == [None]


def test_a_server_that_does_not_answer(user):
    with answering(200) as (port, _):
        pass
    note_server(user, port=port)
    server = told(servers.running)
    assert (server.state, server.facts["desktop"]) == (State.NOTE, None)


def test_what_another_machine_s_server_has_written_stays(user):
    path = note_server(user, pid=1 << 30, port=1)
    (user / "runtime" / "jpserver-5.json").write_text("{")
    assert told(servers.running).facts == {"count": 0}
    assert path.exists()


def test_below_a_hub(monkeypatch):
    assert told(servers.hub).facts == {"hub": False}
    monkeypatch.setenv("JUPYTERHUB_SERVICE_PREFIX", "/user/me/")
    monkeypatch.setenv("JUPYTERHUB_API_URL", f"http://hub:{TOKEN}@10.0.0.1:8081/hub/api")
    monkeypatch.setenv("JUPYTERHUB_SSL_CERTFILE", "/etc/certificate")
    assert told(servers.hub).found == "its API is at http://10.0.0.1:8081"
    address, tls = found(servers.address)
    assert address.facts == {"base": "/user/me/"}
    assert tls.facts == {"by_jupyter": True}


def test_the_address_of_the_settings():
    address, origin = found(
        servers.address, "--ServerApp.base_url=/x/", "--ServerApp.allow_origin=https://portal"
    )
    assert "the desktop is at /x/desktop/" in address.found
    assert origin.facts == {"allow_origin": "https://portal"}


# -- limits


def test_few_open_files():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (200, hard))
    try:
        files = found(limits.resources)[0]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert (files.state, files.facts, files.command) == (
        State.NOTE,
        {"limit": 200},
        "ulimit -n 4096",
    )


def test_few_processes_in_a_container(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "_GROUP", tmp_path)
    (tmp_path / "pids.max").write_text("20\n")
    (tmp_path / "memory.max").write_text("2000000000\n")
    _, processes, memory = found(limits.resources)
    assert (processes.state, processes.facts) == (State.NOTE, {"limit": 20})
    assert memory.found == "at most 2.0 GB in this container or job"


def test_a_user_without_a_name(monkeypatch):
    assert told(limits.account).state is State.OK
    monkeypatch.setattr(os, "getuid", lambda: 1234567)
    assert told(limits.account).state is State.NOTE


def test_containers(monkeypatch):
    monkeypatch.setenv("BINDER_LAUNCH_HOST", "https://mybinder.org/")
    assert "Binder" in told(limits.container).facts["kinds"]
